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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from closing.pdf.page_reading import ReadPage, unshown_page
from closing.pdf.scans import ScanNotRead
from closing.pdf.tokens import check_token
from closing.pdf.unsigned import was_left_blank

__all__ = ["ReadPage", "ScanLimits", "ScanNotRead", "count_pages", "looks_unsigned", "read_scans"]

_ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH")
# One thread, and memory kept from page to page: given back, it would have to be cleared each time.
_ALONE = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "268435456",
}
_LONGEST_ANSWER = 512 * 1024 * 1024
# From this size on a second child reads every other page, where there is a second core.
_LARGE = 2_000_000
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
    child = _Child(data, limits, "count")
    try:
        return int(child.head()["pages"])
    except _Stopped as stopped:
        raise ScanNotRead(_NOT_OPENED) from stopped
    finally:
        child.end()


def read_scans(
    filename: str, data: bytes, *, start: int = 1, limits: ScanLimits = DEFAULT_LIMITS
) -> Iterator[ReadPage]:
    """Read the pages of a PDF, PNG or JPEG one by one, from page `start` on (the first is 1).

    What a file is, its bytes say, not its name. Few pages are held at a time. A page that cannot
    be shown comes without a code. Raises ScanNotRead for a file that cannot be opened, or has a
    picture of absurd size in it.
    """
    step = 2 if len(data) >= _LARGE and (os.cpu_count() or 1) > 1 else 1
    readers = [_Reader(data, limits, start + at, step) for at in range(step)]
    try:
        number = start
        while (page := readers[(number - start) % step].page(number)) is not None:
            yield page
            number += 1
    finally:
        for reader in readers:
            reader.end()


def looks_unsigned(page: ReadPage, blank: bytes) -> bool:
    """Whether nobody signed the page: `blank` is the page as it was sent out, a PDF of that page alone.

    Specks, a fax machine's noise, a copier's dark edges and blots are no signature; a typed name is one.
    Raises ValueError where `blank` cannot be read.
    """
    return not page.is_plainly_signed and was_left_blank(page.picture, page.corners, blank)


# ------------------------------------------------------------------------ the child


class _Reader:
    """Reads every `step`th page by a child, and by another child what comes after a page that broke it."""

    def __init__(self, data: bytes, limits: ScanLimits, start: int, step: int) -> None:
        self._data, self._limits, self._step = data, limits, step
        self._unshown = 0
        self._last: int | None = None
        self._child: _Child | None = None
        self._begin(start)

    def _begin(self, number: int) -> None:
        self.end()
        self._child = _Child(self._data, self._limits, "read", start=number, step=self._step, unshown=self._unshown)

    def page(self, number: int) -> ReadPage | None:
        """The page of that number; None after the last."""
        while True:
            if self._child is None:
                self._begin(number)
            try:
                return None if self._child is None else self._child.page(number)
            except _Stopped:
                self.end()
            if self._last is None:
                self._last = count_pages("", self._data, self._limits)
            if number > self._last:
                return None
            if self._unshown == number:
                return unshown_page(number)
            self._unshown = number

    def end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """The child at work on a file; what it says has to come within the time that it has."""

    def __init__(
        self, data: bytes, limits: ScanLimits, what: str, *, start: int = 1, step: int = 1, unshown: int = 0
    ) -> None:
        numbers = (limits.memory_bytes, start, step, unshown)
        command = [sys.executable, "-m", "closing.pdf.scan_child", what, *(str(number) for number in numbers)]
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ALONE
        with tempfile.TemporaryFile() as given:
            given.write(data)
            given.seek(0)
            self._process = subprocess.Popen(
                command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, env=environment
            )
        if self._process.stdout is None:
            raise RuntimeError("The child that reads scans has no pipe.")
        self._pipe = self._process.stdout
        self._seconds = limits.seconds
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._pipe, selectors.EVENT_READ)

    def end(self) -> None:
        self._ready.close()
        self._process.kill()
        self._pipe.close()
        self._process.wait()

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
