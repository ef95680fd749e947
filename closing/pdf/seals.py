"""Seals: PAdES signatures of the room itself, the last thing that is done to a file.

A seal (PAdES-B-B; B-T with a time stamp server) is added as an incremental update that covers every byte of the file
and allows no change after it. It shows on no page, and keeps a PDF/A-2 and PDF/UA-1 file what it is.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import overload

import pikepdf

from closing.pdf.sealing_keys import SealingKey


class CannotSeal(ValueError):
    """The file cannot be sealed. The message says why, and what to do."""


class NoTimeStamp(OSError):
    """The time stamp server gave none, so nothing was sealed; to be tried again."""


@dataclass(frozen=True, slots=True)
class SealWords:
    """What a seal says of itself: why, by whom, and when by its maker's clock (aware)."""

    reason: str
    name: str
    at: datetime


def is_sealed(pdf: bytes | Path) -> bool:
    """Whether anybody's signature is in the file: such a file is never rewritten.

    Counts every signature field that has a value, certifications and usage rights. Raises pikepdf.PdfError for what is
    no PDF.
    """
    with pikepdf.open(BytesIO(pdf) if isinstance(pdf, bytes) else pdf, suppress_warnings=True) as opened:
        permissions = opened.Root.get("/Perms")
        if isinstance(permissions, pikepdf.Dictionary) and len(permissions) > 0:
            return True
        form = opened.Root.get("/AcroForm")
        fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
        return any(_is_signature(field) for field in filled_signature_fields(fields))


def filled_signature_fields(fields: object) -> Iterator[pikepdf.Dictionary]:
    """The fields of an AcroForm's array, at any depth, that are for signatures and have a value."""
    # Hostile files have fields that hold each other, or one field a million times.
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[object, str]] = [(fields, "")]
    while waiting:
        array, kind = waiting.pop()
        for field in array if isinstance(array, pikepdf.Array) else ():
            if not isinstance(field, pikepdf.Dictionary) or field.objgen in seen:
                continue
            if field.is_indirect:
                seen.add(field.objgen)
            own = str(field.get("/FT", kind))
            if own == "/Sig" and field.get("/V") is not None:
                yield field
            waiting.append((field.get("/Kids"), own))


def _is_signature(field: pikepdf.Dictionary) -> bool:
    return isinstance(field.get("/V"), pikepdf.Dictionary)


@overload
def seal(
    pdf: bytes, key: SealingKey, *, reason: str, at: datetime, name: str, out: None = None, timestamp_url: str = ""
) -> bytes: ...
@overload
def seal(
    pdf: Path, key: SealingKey, *, reason: str, at: datetime, name: str, out: Path, timestamp_url: str = ""
) -> Path: ...
def seal(
    pdf: bytes | Path,
    key: SealingKey,
    *,
    reason: str,
    at: datetime,
    name: str,
    out: Path | None = None,
    timestamp_url: str = "",
) -> bytes | Path:
    """Seal a PDF: bytes give bytes; a file is copied to `out`, which is there whole or not at all, and never loaded.

    `at` is the machine's own time (aware), which the seal states as its maker's word; `name` who seals, `reason` why.
    With `timestamp_url` a server's time stamp is added, or NoTimeStamp is raised: no seal goes without one then.
    Raises CannotSeal for a file that is signed already or cannot be read, KeyNotUsable where the certificate is out of
    date. No two seals of one file are the same bytes.
    """
    # The signing library takes half a second to load, and who only asks `is_sealed` needs none of it.
    from closing.pdf.signing import sign_in_place

    key.check_valid(at)
    words = SealWords(reason, name, at)
    if isinstance(pdf, bytes):
        stream = BytesIO(pdf)
        sign_in_place(stream, key, words, timestamp_url)
        return stream.getvalue()
    if out is None:
        raise TypeError("A file is sealed into another one: give `out`.")
    unfinished = out.with_name(f"{out.name}.{os.getpid()}.sealing")
    try:
        shutil.copyfile(pdf, unfinished)
        with unfinished.open("r+b") as file:
            sign_in_place(file, key, words, timestamp_url)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return out


def seal_data(data: bytes, key: SealingKey, *, at: datetime, timestamp_url: str = "") -> bytes:
    """A seal for what is no PDF, to be kept beside it: a detached signature (CMS, DER; the ending is .p7s).

    Raises NoTimeStamp and KeyNotUsable, as `seal` does.
    """
    from closing.pdf.signing import sign_data

    key.check_valid(at)
    return sign_data(data, key, at, timestamp_url)
