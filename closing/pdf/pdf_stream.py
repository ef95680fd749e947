"""Writes one PDF out of many as a stream: nothing but the places of the objects is kept in memory.

A source comes as a file just saved by pikepdf without object streams: objects numbered from 1 without
gaps, one generation, a classic table, strings escaped, stream lengths direct. Copying it is then a
matter of adding a constant to every number, and streams pass through as bytes.
"""

import hashlib
import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

HEADER = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
BLOCK = 1 << 20
_STARTXREF = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_ROOT = re.compile(rb"/Root (\d+) 0 R")
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_REFERENCE_OR_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)|\b(\d+) 0 R\b", re.DOTALL)
_STREAM = b"\nstream\n"

Rewrite = Callable[[bytes], bytes]


def text_string(text: str) -> bytes:
    """A PDF text string, readable where it is ASCII."""
    if text.isascii() and text.isprintable():
        return b"(" + re.sub(r"([()\\])", r"\\\1", text).encode() + b")"
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"


def shifted(body: bytes, by: int) -> bytes:
    """The same object with every reference moved on; what stands in a string is left alone."""
    if b"(" not in body:
        return _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) + by), body)

    def moved(found: re.Match[bytes]) -> bytes:
        number = found[1]
        return found[0] if number is None else b"%d 0 R" % (int(number) + by)

    return _REFERENCE_OR_STRING.sub(moved, body)


def _moved(data: bytes, start: int, end: int, number: int, by: int, change: Rewrite | None) -> bytes:
    """An object of a saved file, from `start` to `end` of the data, under its new number."""
    cut = data.find(_STREAM, start, end)
    if cut < 0:
        cut = data.rindex(b"\nendobj", start, end)
    body = shifted(data[data.index(b"\n", start) + 1 : cut], by)
    return b"%d 0 obj\n%b%b" % (number, body if change is None else change(body), data[cut:end])


class SavedPdf:
    """A file as pikepdf saved it: its objects by number, and where each begins."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        size = source.seek(0, 2)
        source.seek(max(0, size - 1024))
        found = _STARTXREF.search(source.read())
        if found is None:
            raise ValueError("The saved file has no table.")
        end = int(found[1])
        source.seek(end)
        _, head, rest = source.read().split(b"\n", 2)
        count = int(head.split()[1])
        root = _ROOT.search(rest, 20 * count)
        if root is None:
            raise ValueError("The saved file has no catalog.")
        self.count = count - 1
        self.catalog = int(root[1])
        self._starts = array("Q", (int(rest[at : at + 10]) for at in range(0, 20 * count, 20)))
        self._starts.append(end)

    def runs(self) -> Iterator[tuple[int, int]]:
        """The objects in the order of the file, as (first, after the last): about a megabyte, or one that is larger."""
        first = 1
        for number in range(1, self.count + 1):
            if number > first and self.start(number + 1) - self.start(first) > BLOCK:
                yield first, number
                first = number
        yield first, self.count + 1

    def start(self, number: int) -> int:
        """Where an object begins; that of the one after the last is where the table begins."""
        return self._starts[number]

    def bytes_at(self, start: int, length: int) -> bytes:
        """A piece of the file."""
        self._source.seek(start)
        return self._source.read(length)

    def read(self, number: int) -> bytes:
        """One object that is no stream, without its number and its end."""
        data = self.bytes_at(self.start(number), self.start(number + 1) - self.start(number))
        return data[data.index(b"\n") + 1 : data.rindex(b"\nendobj")]


class PdfStream:
    """A PDF as it is written. Numbers are given out by `reserve`; every one must be put once."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self._offsets = array("Q", [0])
        self._spare: list[int] = []
        self.size = 0
        self._write(HEADER)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self.size += len(data)

    def reserve(self) -> int:
        """A number for an object that is put later."""
        if self._spare:
            return self._spare.pop()
        self._offsets.append(0)
        return len(self._offsets) - 1

    def put(self, number: int, body: bytes) -> None:
        """Write an object that is no stream."""
        self._offsets[number] = self.size
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def put_stream(self, number: int, entries: bytes, data: bytes) -> None:
        """Write a stream; `entries` are those of its dictionary besides the length."""
        self.put(number, b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries, len(data), data))

    def begin_copy(self, saved: SavedPdf) -> int:
        """Take numbers for every object of a saved file; returns what is added to the source's own."""
        by = len(self._offsets) - 1
        self._offsets.extend([0] * saved.count)
        return by

    def copy(self, saved: SavedPdf, by: int, changes: Mapping[int, Rewrite]) -> None:
        """Copy every object but the catalog. `changes` are made to the objects of those source numbers, shifted."""
        self._spare.append(saved.catalog + by)
        for first, after in saved.runs():
            base = saved.start(first)
            window = saved.bytes_at(base, min(saved.start(after) - base, BLOCK))
            if len(window) < saved.start(after) - base and _STREAM not in window:
                window = saved.bytes_at(base, saved.start(after) - base)
            pieces: list[bytes] = []
            place = self.size
            for number in range(first, after):
                if number != saved.catalog:
                    start, end = saved.start(number) - base, min(saved.start(number + 1) - base, len(window))
                    moved = _moved(window, start, end, number + by, by, changes.get(number))
                    self._offsets[number + by] = place
                    place += len(moved)
                    pieces.append(moved)
            self._write(b"".join(pieces))
            self._pass(saved, base + len(window), saved.start(after))

    def _pass(self, saved: SavedPdf, start: int, end: int) -> None:
        """The rest of a large stream, as it is."""
        while start < end:
            block = saved.bytes_at(start, min(end - start, BLOCK))
            self._write(block)
            start += len(block)

    def finish(self, root: int, info: int) -> str:
        """Write the table; returns the SHA-256 of the whole file."""
        for number in self._spare:
            self.put(number, b"null")
        self._spare.clear()
        start = self.size
        count = len(self._offsets)
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for at in range(1, count, 4096):
            self._write(b"".join(b"%010d 00000 n \n" % offset for offset in self._offsets[at : at + 4096]))
        name = self._hash.copy().hexdigest()[:32].encode()
        self._write(
            b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%b> <%b>] >>\nstartxref\n%d\n%%%%EOF\n"
            % (count, root, info, name, name, start)
        )
        return self._hash.hexdigest()
