"""Adds to a PDF without a change to its bytes: an incremental update, written as a stream.

What the file says anew, and what is new, follows its own bytes, and a table of these objects alone. Of the two forms
of such a table the update has the one that the file has.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from os import SEEK_END
from typing import BinaryIO

import pikepdf

from closing.pdf.pdf_stream import ObjGen, PdfStream

_BLOCK = 1 << 20
_TAIL = 1024
_TABLE = re.compile(rb"xref\s|\d+ \d+ obj\b")
_HYBRID = b"/XRefStm"
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")


class CannotBeUpdated(pikepdf.PdfError):
    """The file has faults that reading mends and adding to it would not, or tables of both forms: write it anew first.

    Where that does not help either, it is a broken PDF like any other.
    """


def _table_start(file: BinaryIO) -> int | None:
    """Where the newest table of the file begins; None for a file whose ends are not just as they should be."""
    if _at(file, 0, 5) != b"%PDF-":
        return None
    size = file.seek(0, SEEK_END)
    found = _START.search(_at(file, max(0, size - _TAIL), _TAIL))
    if found is None:
        return None
    start = int(found[1])
    return start if _TABLE.match(_at(file, start, _TAIL)) else None


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _is_hybrid(file: BinaryIO) -> bool:
    """Whether it has tables of both forms, as Word saves it, so that old readers find other objects than new ones."""
    end = b""
    for block in _blocks(file):
        if _HYBRID in end + block:
            return True
        end = block[1 - len(_HYBRID) :]
    return False


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block
    yield b"\n"


def object_count(pdf: pikepdf.Pdf) -> int:
    """How many numbers the file says that it has given out. Raises CannotBeUpdated where it does not say."""
    said: object = pdf.trailer.get("/Size")
    if not isinstance(said, int):
        raise CannotBeUpdated
    return said


class PdfUpdate(PdfStream):
    """A PDF and its update as they are written. An object of the file may be put anew under its number, once."""

    def __init__(
        self,
        out: BinaryIO,
        file: BinaryIO,
        pdf: pikepdf.Pdf,
        changed: Sequence[pikepdf.Object],
        *,
        is_mended: bool = False,
    ) -> None:
        """`pdf` is `file` opened, and `changed` what was changed or made in it by now.

        `is_mended` says that the library wrote the file itself: what it warns of then is no fault of the table.
        Raises CannotBeUpdated.
        """
        start = _table_start(file)
        # A warning on opening is of the table, or of the count: numbers that seem free may be taken.
        # Strict readers take no seal over a hybrid file.
        if start is None or (not is_mended and (pdf.get_warnings() or _is_hybrid(file))):
            raise CannotBeUpdated
        self._is_mended = is_mended
        self._pdf, self._before = pdf, start
        self._is_stream = _at(file, start, 4) != b"xref"
        self._anew: dict[int, list[bytes]] = {self.number(found): [] for found in changed}
        taken = max([object_count(pdf), *(number + 1 for number in self._anew)])
        super().__init__(out, _blocks(file), taken)

    def number(self, found: pikepdf.Object | ObjGen) -> int:
        """The number of an object of the file. Raises CannotBeUpdated where it was given to another object before."""
        number, generation = found if isinstance(found, tuple) else found.objgen
        if generation:
            raise CannotBeUpdated
        return number

    def mark(self, found: pikepdf.Object | ObjGen) -> None:
        """Write an object of the file anew in the end, unless another is put under its number."""
        self._anew.setdefault(self.number(found), [])

    def give(self, found: pikepdf.Object, key: str, value: bytes) -> None:
        """Give a dictionary of the file an entry, which may refer to what is put here."""
        if key in found:
            del found[key]
        self._anew.setdefault(self.number(found), []).append(b"%b %b" % (key.encode(), value))

    def finish_update(self) -> str:
        """Write what was marked, and the table of the update; returns the SHA-256 of the whole file.

        Raises CannotBeUpdated where something was wrong with the file, and what was read of it is not what it says.
        """
        for number, entries in self._anew.items():
            if not self._places[number]:
                self.put_object(number, self._pdf.get_object(number, 0), b" ".join(entries), None)
        if self._pdf.get_warnings() and not self._is_mended:
            raise CannotBeUpdated
        self.check_complete()
        start = self.size
        if self._is_stream:
            self._places[self.reserve()] = start
        numbers = [number for number, place in enumerate(self._places) if place]
        # Numbers that follow each other are one section.
        runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
        trailer = self._trailer(self._pdf.trailer)
        if self._is_stream:
            index = b" ".join(b"%d %d" % (run[0], len(run)) for run in runs)
            rows = b"".join(b"\1%b\0\0" % self._places[number].to_bytes(8) for number in numbers)
            self.put_stream(numbers[-1], b"/Type /XRef /W [1 8 2] /Index [%b] %b" % (index, trailer), rows)
        else:
            sections = (
                b"%d %d\n%b" % (run[0], len(run), b"".join(b"%010d 00000 n \n" % self._places[n] for n in run))
                for run in runs
            )
            self._write(b"xref\n%btrailer\n<< %b >>\n" % (b"".join(sections), trailer))
        return self.end(start)

    def _trailer(self, own: pikepdf.Object) -> bytes:
        name = self.name()
        identity: object = own.get("/ID")
        # The first is the file's for good, the second that of what it has become.
        given: object = identity[0] if isinstance(identity, pikepdf.Array) and len(identity) > 0 else None
        first = given.unparse() if isinstance(given, pikepdf.String) else name
        info = b" /Info %b" % own.Info.unparse() if "/Info" in own else b""
        said = (len(self._places), own.Root.unparse(), info, first, name, self._before)
        return b"/Size %d /Root %b%b /ID [%b %b] /Prev %d" % said
