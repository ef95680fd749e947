"""Signed pages that came back: which page each is, upright, with a picture for the screen.

Pictures are decoded in a child process with limits and without this process's environment: what
signatories send was never in our hands, and decoders of pictures break more often than any other
code. A page that breaks the child is set aside, and the rest is read.
"""

import json
import os
import selectors
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from closing.pdf.page_reading import ReadPage, unshown_page
from closing.pdf.scans import ScanNotRead
from closing.pdf.tokens import check_token
from closing.pdf.unsigned import was_left_blank

__all__ = ["ReadPage", "ScanLimits", "ScanNotRead", "count_pages", "looks_unsigned", "read_scans"]

_ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH")
_ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_LONGEST_ANSWER = 512 * 1024 * 1024
_NOT_OPENED = "The file of scans takes too long, or too much memory, to open. Print it to a new PDF, or split it."


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """What the child may take: seconds of wall time for one page, and bytes of memory."""

    seconds: float = 60.0
    memory_bytes: int = 2 * 1024 * 1024 * 1024


DEFAULT_LIMITS = ScanLimits()


class _Stopped(Exception):
    """The child died, or took too long."""


def count_pages(filename: str, data: bytes, limits: ScanLimits = DEFAULT_LIMITS) -> int:
    """How many pages `read_scans` will find. Raises ScanNotRead. Takes about half a second."""
    with _child("count", data, limits) as answers:
        try:
            return int(answers.head()["pages"])
        except _Stopped as stopped:
            raise ScanNotRead(_NOT_OPENED) from stopped


def read_scans(
    filename: str, data: bytes, *, start: int = 1, limits: ScanLimits = DEFAULT_LIMITS
) -> Iterator[ReadPage]:
    """Read the pages of a PDF, PNG or JPEG one by one, from page `start` on (the first is 1).

    What a file is, its bytes say, not its name. No more than two pages are held at a time. A page
    that cannot be shown comes without a code. Raises ScanNotRead for a file that cannot be opened,
    or has a picture of absurd size in it.
    """
    last: int | None = None
    number, unshown = start, 0
    while last is None or number <= last:
        try:
            with _child("read", data, limits, number, unshown) as answers:
                while (page := answers.page(number)) is not None:
                    yield page
                    number += 1
            return
        except _Stopped:
            if last is None:
                last = count_pages(filename, data, limits)
        if number <= last and unshown == number:
            yield unshown_page(number)
            number += 1
        else:
            unshown = number


def looks_unsigned(page: ReadPage, blank: bytes) -> bool:
    """Whether nobody signed the page: `blank` is the page as it was sent out, a PDF of that page alone.

    Specks, a fax machine's noise, a copier's dark edges and blots are no signature; a typed name is one.
    Raises ValueError where `blank` cannot be read.
    """
    return not page.is_plainly_signed and was_left_blank(page.picture, page.corners, blank)


# ------------------------------------------------------------------------ the child


class _Answers:
    """What the child says, each piece within the time that it has."""

    def __init__(self, pipe: IO[bytes], seconds: float) -> None:
        self._pipe = pipe
        self._seconds = seconds
        self._ready = selectors.DefaultSelector()
        self._ready.register(pipe, selectors.EVENT_READ)

    def _bytes(self, count: int) -> bytes:
        if count > _LONGEST_ANSWER:
            raise _Stopped
        parts: list[bytes] = []
        until = time.monotonic() + self._seconds
        while count:
            if not self._ready.select(max(until - time.monotonic(), 0)):
                raise _Stopped
            part = os.read(self._pipe.fileno(), min(count, 1 << 20))
            if not part:
                raise _Stopped
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def head(self) -> dict[str, Any]:
        """The next object. Raises ScanNotRead where the file is refused."""
        (length,) = struct.unpack(">I", self._bytes(4))
        head: dict[str, Any] = json.loads(self._bytes(length))
        if "refused" in head:
            raise ScanNotRead(head["refused"])
        return head

    def page(self, number: int) -> ReadPage | None:
        """The next page, which must be the one awaited; None after the last."""
        head = self.head()
        if head.get("done"):
            return None
        if head["number"] != number:
            raise _Stopped
        tokens = tuple(check_token(token) for token in head["tokens"])
        upright, picture = (self._bytes(length) for length in head["lengths"])
        return ReadPage(
            number=number,
            token=tokens[0] if len(tokens) == 1 else None,
            tokens=tokens,
            turned=int(head["turned"]),
            skew=float(head["skew"]),
            upright=upright,
            picture=picture,
            corners=tuple((bool(is_qr), tuple((x, y) for x, y in points)) for is_qr, points in head["corners"]),
            is_plainly_signed=head["is_plainly_signed"] is True,
        )

    def close(self) -> None:
        self._ready.close()


@contextmanager
def _child(what: str, data: bytes, limits: ScanLimits, start: int = 1, unshown: int = 0) -> Iterator[_Answers]:
    """Run the child on a file, and end it in any case."""
    command = [sys.executable, "-m", "closing.pdf.scan_child", what, str(limits.memory_bytes), str(start), str(unshown)]
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ALONE
    with tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        child = subprocess.Popen(
            command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, env=environment
        )
    if child.stdout is None:
        raise RuntimeError("The child that reads scans has no pipe.")
    answers = _Answers(child.stdout, limits.seconds)
    try:
        yield answers
    finally:
        answers.close()
        with suppress(OSError):
            child.kill()
        child.stdout.close()
        child.wait()
