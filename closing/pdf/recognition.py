"""Signed pages that came back: which page each is, upright, with a picture for the screen.

Pictures are decoded in a child process with limits and without this process's environment: what
signatories send was never in our hands, and decoders of pictures break more often than any other
code. A page that breaks the child is set aside, and the rest is read.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from closing.pdf.page_reading import ReadPage, unshown_page
from closing.pdf.scan_pictures import ScanNotRead
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
# What a child may have read ahead while a page is compared and filed, in bytes: some twenty-five pages of a scanner.
_MOST_AHEAD = 8 * 1024 * 1024
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
    with _lent(data) as given:
        return _count(given, limits)


def _count(given: IO[bytes], limits: ScanLimits) -> int:
    child = _Child(given, limits, "count")
    try:
        return int(child.head()["pages"])
    except _Stopped as stopped:
        raise ScanNotRead(_NOT_OPENED) from stopped
    finally:
        child.end()


def read_scans(
    filename: str, data: bytes, *, start: int = 1, limits: ScanLimits = DEFAULT_LIMITS
) -> Iterator[ReadPage]:
    """Read the pages of a PDF, TIFF, PNG or JPEG one by one, from page `start` on (the first is 1).

    What a file is, its bytes say, not its name. Few pages are held at a time. A page that cannot
    be shown comes without a code. Raises ScanNotRead for a file that cannot be opened, or has a
    picture of absurd size in it.
    """
    step = 2 if len(data) >= _LARGE and (os.cpu_count() or 1) > 1 else 1
    with _lent(data) as given:
        readers = [_Reader(given, limits, start + at, step) for at in range(step)]
        try:
            number = start
            while (page := readers[(number - start) % step].page(number)) is not None:
                yield page
                number += 1
        finally:
            for reader in readers:
                reader.end()


@contextmanager
def _lent(data: bytes) -> Iterator[IO[bytes]]:
    """The file where children can read it, under no name that would outlive this process."""
    with tempfile.TemporaryFile() as given:
        given.write(data)
        given.flush()
        yield given


def looks_unsigned(page: ReadPage, blank: bytes) -> bool:
    """Whether nobody signed the page: `blank` is the page as it was sent out, a PDF of that page alone.

    Specks, a fax machine's noise, a copier's dark edges and blots are no signature; a typed name is one.
    Raises ValueError where `blank` cannot be read.
    """
    return not page.is_plainly_signed and was_left_blank(page.picture, page.corners, blank)


# ------------------------------------------------------------------------ the child


class _Reader:
    """Reads every `step`th page by a child, and by another child what comes after a page that broke it."""

    def __init__(self, given: IO[bytes], limits: ScanLimits, start: int, step: int) -> None:
        self._given, self._limits, self._step = given, limits, step
        self._unshown = 0
        self._last: int | None = None
        self._child: _Child | None = None
        self._begin(start)

    def _begin(self, number: int) -> None:
        self.end()
        self._child = _Child(self._given, self._limits, "read", start=number, step=self._step, unshown=self._unshown)

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
                self._last = _count(self._given, self._limits)
            if number > self._last:
                return None
            if self._unshown == number:
                return unshown_page(number)
            self._unshown = number

    def end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Ahead:
    """Takes in what a child says before it is asked for: it goes on while a page is compared and filed."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._parts: deque[bytes] = deque()
        self._held = 0
        self._is_over = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._fill, name="scans read ahead", daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        part = b"the first"
        while part:
            with self._changed:
                self._changed.wait_for(lambda: self._held < _MOST_AHEAD or self._is_over)
                if self._is_over:
                    return
            part = os.read(self._pipe.fileno(), 1 << 20)
            with self._changed:
                self._parts.append(part)
                self._held += len(part)
                self._changed.notify_all()

    def take(self, count: int, until: float) -> bytes:
        """The next `count` bytes. Raises _Stopped where they do not come by `until`, on the monotonic clock."""
        taken: list[bytes] = []
        while count:
            part = self._next(until)
            if len(part) > count:
                with self._changed:
                    self._parts.appendleft(part[count:])
                    self._held += len(part) - count
                part = part[:count]
            taken.append(part)
            count -= len(part)
        return b"".join(taken)

    def _next(self, until: float) -> bytes:
        with self._changed:
            if not self._changed.wait_for(lambda: self._parts, max(until - time.monotonic(), 0)) or not self._parts[0]:
                raise _Stopped
            part = self._parts.popleft()
            self._held -= len(part)
            self._changed.notify_all()
            return part

    def end(self) -> None:
        """Once the child is killed."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._thread.join()
        self._pipe.close()


class _Child:
    """The child at work on a file; what it says has to come within the time that it has."""

    def __init__(
        self, given: IO[bytes], limits: ScanLimits, what: str, *, start: int = 1, step: int = 1, unshown: int = 0
    ) -> None:
        numbers = (limits.memory_bytes, start, step, unshown)
        command = [sys.executable, "-m", "closing.pdf.scan_child", what, *(str(number) for number in numbers)]
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ALONE
        self._process = subprocess.Popen(
            command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, env=environment
        )
        if self._process.stdout is None:
            raise RuntimeError("The child that reads scans has no pipe.")
        self._answers = _Ahead(self._process.stdout)
        self._seconds = limits.seconds

    def end(self) -> None:
        self._process.kill()
        self._answers.end()
        self._process.wait()

    def _bytes(self, count: int) -> bytes:
        if count > _LONGEST_ANSWER:
            raise _Stopped
        return self._answers.take(count, time.monotonic() + self._seconds)

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
