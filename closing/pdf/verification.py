"""Checking seals with nothing but the file: no network, no database, no list of trusted authorities.

A seal holds when its range is the whole file but the signature itself, the digest and the signature are right, and
nothing follows. What an update may have changed is not argued about: a seal with anything after it does not hold.
Memory does not grow with the file.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pikepdf
from cryptography import x509

from closing.pdf.envelopes import Envelope, EnvelopeBroken, open_envelope
from closing.pdf.sealing_keys import day_of, fingerprint_of, name_of, read_certificates
from closing.pdf.seals import filled_signature_fields

_KINDS = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached")
_LARGEST_SIGNATURE = 1 << 20
_CHUNK = 1 << 20
# One case throughout, as every program writes it: a letter in the other case is a changed byte.
_HEXADECIMAL = re.compile(rb"<([0-9A-F]*|[0-9a-f]*)>")
_PDF_DATE = re.compile(r"D:(\d{14})(?:Z|([+-])(\d\d)'?(\d\d)'?)?")


class CannotVerify(ValueError):
    """The file cannot be read as what it should be."""


@dataclass(frozen=True, slots=True)
class SealFinding:
    """What a seal shows. It holds where it is whole and covers all.

    `fingerprint` is of the signer's certificate. `at` is the time stamp's where there is one that holds, else what the
    signer's clock said, for which nobody vouches. `is_own` where the certificate is among those given to compare.
    `time_stamped_by` names the server and the fingerprint of its certificate; whether to trust it is not checked.
    """

    is_whole: bool
    covers_all: bool
    signer: str
    fingerprint: str
    at: datetime | None
    is_time_stamped: bool
    is_own: bool
    problems: tuple[str, ...]
    reason: str = ""
    time_stamped_by: str = ""

    @property
    def holds(self) -> bool:
        return self.is_whole and self.covers_all


@dataclass(frozen=True, slots=True)
class _Range:
    """The two covered parts: from the start for `first` bytes, and `length` bytes from `second`."""

    first: int
    second: int
    length: int

    @property
    def end(self) -> int:
        return self.second + self.length


class _Broken(Exception):
    """Why this one seal cannot be checked any further."""


def verify_seals(path: Path, own_certificates: Sequence[bytes] = ()) -> tuple[SealFinding, ...]:
    """Check every signature in a PDF; `own_certificates` are PEM files, the room's own first in each.

    No signature gives no finding. Raises CannotVerify for what is no PDF, KeyNotUsable for what is no certificate.
    """
    own = _fingerprints(own_certificates)
    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf, path.open("rb") as file:
            form = pdf.Root.get("/AcroForm")
            fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
            values = [field.get("/V") for field in filled_signature_fields(fields)]
            return tuple(_finding(value, file, path.stat().st_size, own) for value in values)
    except (pikepdf.PdfError, pikepdf.PasswordError) as broken:
        raise CannotVerify(f"The file cannot be read as a PDF ({broken}).") from broken


def verify_data(data: bytes, signature: bytes, own_certificates: Sequence[bytes] = ()) -> SealFinding:
    """Check the detached signature (DER) that is kept beside something which is no PDF."""
    try:
        envelope = open_envelope(signature, is_ours=True)
    except EnvelopeBroken as broken:
        return _unreadable(str(broken))
    problems = list(envelope.problems(lambda algorithm: hashlib.new(algorithm, data).digest()))
    return _judged(envelope, problems, _fingerprints(own_certificates))


def _fingerprints(certificates: Sequence[bytes]) -> frozenset[str]:
    return frozenset(fingerprint_of(read_certificates(pem)[0]) for pem in certificates)


def _unreadable(why: str) -> SealFinding:
    return SealFinding(
        is_whole=False,
        covers_all=False,
        signer="",
        fingerprint="",
        at=None,
        is_time_stamped=False,
        is_own=False,
        problems=(why,),
    )


def _finding(value: object, file: BinaryIO, size: int, own: frozenset[str]) -> SealFinding:
    try:
        if not isinstance(value, pikepdf.Dictionary):
            raise _Broken("The signature is not where its field says.")
        covered = _byte_range(value, size)
        envelope = _envelope(value, covered, file)
    except (_Broken, EnvelopeBroken) as broken:
        return _unreadable(str(broken))
    problems = list(envelope.problems(_digester(file, covered)))
    found = _judged(replace(envelope, signed_at=_signed_at(value) or envelope.signed_at), problems, own)
    found = replace(found, reason=str(value.get("/Reason", "")))
    if covered.end == size:
        return found
    added = f"{size - covered.end:,} bytes follow the sealed part: something was added to the file."
    return replace(found, covers_all=False, problems=(*found.problems, added))


def _judged(envelope: Envelope, problems: list[str], own: frozenset[str]) -> SealFinding:
    """The finding of a signature whose mathematics had these problems, and that covers all it stands for."""
    stamp = envelope.time_stamp
    is_stamped = stamp is not None and not stamp.problem
    at = stamp.at if stamp is not None and is_stamped else envelope.signed_at
    fingerprint = fingerprint_of(envelope.certificate)
    dates = _dates(envelope.certificate, at)
    return SealFinding(
        is_whole=not problems and not dates,
        covers_all=True,
        signer=name_of(envelope.certificate),
        fingerprint=fingerprint,
        at=at,
        is_time_stamped=is_stamped,
        is_own=fingerprint in own,
        problems=(*problems, *dates),
        time_stamped_by=stamp.by if stamp is not None else "",
    )


def _byte_range(signature: pikepdf.Dictionary, size: int) -> _Range:
    found = signature.get("/ByteRange")
    if not isinstance(found, pikepdf.Array) or len(found) != 4:
        raise _Broken("The signature does not say what it covers.")
    values: list[object] = list(found)
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) != 4:
        raise _Broken("The signature does not say what it covers.")
    start, first, second, length = numbers
    if start != 0 or not 0 < first < second <= second + length <= size:
        raise _Broken("The signature does not cover the file from its start, or more than there is of it.")
    if second - first > _LARGEST_SIGNATURE:
        raise _Broken("The signature leaves too much of the file uncovered.")
    return _Range(first, second, length)


def _envelope(value: pikepdf.Dictionary, covered: _Range, file: BinaryIO) -> Envelope:
    """The signature itself, which must be all that stands in the uncovered place."""
    if str(value.get("/SubFilter", "")) not in _KINDS:
        raise _Broken("The signature is of a kind that is not checked here.")
    file.seek(covered.first)
    gap = _HEXADECIMAL.fullmatch(file.read(covered.second - covered.first))
    if gap is None or len(gap[1]) % 2:
        raise _Broken("The place of the signature holds something else.")
    held = bytes.fromhex(gap[1].decode("ascii"))
    contents = value.get("/Contents")
    if not isinstance(contents, pikepdf.String) or bytes(contents) != held:
        raise _Broken("The signature is not the one in its place.")
    return open_envelope(held, is_ours=_is_ours(value))


def _is_ours(value: pikepdf.Dictionary) -> bool:
    """Whether the signed part says that the seal was made here, and so has the form of those."""
    built = value.get("/Prop_Build")
    program = built.get("/App") if isinstance(built, pikepdf.Dictionary) else None
    return isinstance(program, pikepdf.Dictionary) and str(program.get("/Name", "")) == "/ClosingRoom"


def _digester(file: BinaryIO, covered: _Range) -> Callable[[str], bytes]:
    def digest(algorithm: str) -> bytes:
        running = hashlib.new(algorithm)
        for chunk in _chunks(file, 0, covered.first):
            running.update(chunk)
        for chunk in _chunks(file, covered.second, covered.length):
            running.update(chunk)
        return running.digest()

    return digest


def _chunks(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    file.seek(start)
    while length > 0:
        chunk = file.read(min(length, _CHUNK))
        if not chunk:
            return
        length -= len(chunk)
        yield chunk


def _signed_at(value: pikepdf.Dictionary) -> datetime | None:
    said = _PDF_DATE.fullmatch(str(value.get("/M", "")))
    if said is None:
        return None
    digits, sign, hours, minutes = said.groups()
    zone = f"{sign}{hours}{minutes}" if sign else "+0000"
    try:
        return datetime.strptime(digits + zone, "%Y%m%d%H%M%S%z").astimezone(UTC)
    except ValueError:
        return None


def _dates(certificate: x509.Certificate, at: datetime | None) -> list[str]:
    if at is None:
        return ["The seal states no time."]
    if certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return []
    return [
        f"The certificate was valid from {day_of(certificate.not_valid_before_utc)} to "
        f"{day_of(certificate.not_valid_after_utc)}, and the seal is of {day_of(at)}."
    ]
