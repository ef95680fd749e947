"""Writes one PDF out of many as a stream: nothing but the places of its objects is kept in memory.

An object is copied as qpdf prints it, with its references numbered anew, and whatever it refers to follows;
the bytes of streams pass through as they are.
"""

import hashlib
import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import BinaryIO

import pikepdf

ObjGen = tuple[int, int]

_HEADER = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
_FLUSH = 1 << 20
_REFERENCE = re.compile(rb"\b(\d+) (\d+) R\b")
_REFERENCE_OR_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)|\b(\d+) (\d+) R\b", re.DOTALL)


def text_string(text: str) -> bytes:
    """A PDF text string, readable where it is ASCII."""
    if text.isascii() and text.isprintable():
        return b"(" + re.sub(r"([()\\])", r"\\\1", text).encode() + b")"
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"


class PdfStream:
    """A PDF as it is written. Numbers are given out by `reserve`; every one must be put once."""

    def __init__(self, out: BinaryIO, begin: Iterable[bytes] = (_HEADER,), taken: int = 1) -> None:
        """`begin` is how the file begins; numbers below `taken` are given out already."""
        self._out = out
        self._hash = hashlib.sha256()
        self._taken = taken
        self._places = array("Q", bytes(8 * taken))
        self._waiting: list[bytes] = []
        self._written = 0
        self.size = 0
        for data in begin:
            self._write(data)

    def _write(self, data: bytes) -> None:
        self._waiting.append(data)
        self.size += len(data)
        if self.size - self._written > _FLUSH:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._out.write(data)
        self._hash.update(data)
        self._written = self.size

    def reserve(self) -> int:
        """A number for an object that is put later."""
        self._places.append(0)
        return len(self._places) - 1

    def put(self, number: int, body: bytes) -> None:
        """Write an object that is no stream."""
        self._places[number] = self.size
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def put_stream(self, number: int, entries: bytes, data: bytes) -> None:
        """Write a stream; `entries` are those of its dictionary besides the length."""
        self.put(number, b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries, len(data), data))

    def copy(
        self, pdf: pikepdf.Pdf, numbers: dict[ObjGen, int], first: Iterable[ObjGen], added: Mapping[ObjGen, bytes]
    ) -> None:
        """Copy objects of a document, and every object that they refer to and that has no number yet.

        `numbers` are those given out already, of the objects `first` as well, and grow with what is copied.
        `added` are entries for the dictionaries of some.
        """
        queue = list(first)
        said: dict[bytes, bytes] = {}

        def renumbered(found: re.Match[bytes]) -> bytes:
            return said.get(found[0]) or new(found)

        def new(found: re.Match[bytes]) -> bytes:
            if found[1] is None:
                return found[0]
            key = (int(found[1]), int(found[2]))
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = self.reserve()
                queue.append(key)
            said[found[0]] = text = b"%d 0 R" % number
            return text

        for key in queue:
            self.put_object(numbers[key], pdf.get_object(key), added.get(key, b""), renumbered)

    def put_object(
        self, number: int, found: pikepdf.Object, added: bytes, renumbered: Callable[[re.Match[bytes]], bytes] | None
    ) -> None:
        """Write an object as qpdf prints it, with entries added to its dictionary, and references as they become."""
        data = _raw(found) if isinstance(found, pikepdf.Stream) else None
        body = _body(found if data is None else found.stream_dict)
        if renumbered is not None:
            body = (_REFERENCE_OR_STRING if b"(" in body else _REFERENCE).sub(renumbered, body)
        if added:
            body = b"%b %b >>" % (body[:-2], added)
        if data is None:
            self.put(number, body)
        else:
            # `<<` and `>>` are taken off, for the length to go in.
            self.put_stream(number, body[2:-2], data)

    def check_complete(self) -> None:
        """Raises ValueError where a number was given out and nothing written for it."""
        given = self._places[self._taken :]
        if given and min(given) == 0:
            raise ValueError("An object of the file was announced and not written.")

    def name(self) -> bytes:
        """A name of the file by its content so far, as its ID has it."""
        self._flush()
        return b"<%b>" % self._hash.copy().hexdigest()[:32].encode()

    def finish(self, root: int, info: int | None) -> str:
        """Write the table; returns the SHA-256 of the whole file."""
        self.check_complete()
        start, count = self.size, len(self._places)
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for at in range(1, count, 4096):
            self._write(b"".join(b"%010d 00000 n \n" % place for place in self._places[at : at + 4096]))
        name, said = self.name(), b"" if info is None else b" /Info %d 0 R" % info
        self._write(b"trailer\n<< /Size %d /Root %d 0 R%b /ID [%b %b] >>\n" % (count, root, said, name, name))
        return self.end(start)

    def end(self, start: int) -> str:
        """Say where the table began; returns the SHA-256 of the whole file."""
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)
        self._flush()
        return self._hash.hexdigest()


def _body(found: pikepdf.Object | int | bool | Decimal | None) -> bytes:
    """What stands between `obj` and `endobj`; a number that has a number of its own comes as Python's."""
    if isinstance(found, pikepdf.Object):
        return found.unparse(resolved=True)
    return pikepdf.Array([found]).unparse()[1:-1].strip()


def _raw(stream: pikepdf.Stream) -> bytes:
    """The bytes of a stream as they are stored; its dictionary loses the length."""
    entries = stream.stream_dict
    if "/Length" in entries:
        del entries["/Length"]
    return bytes(memoryview(stream.get_raw_stream_buffer()))
