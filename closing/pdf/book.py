"""The closing book: cover, index, tabs, every document with its outline and labels, the record of the closing.

Pure: a spec and files in, one PDF out, and the same in gives the same bytes. Documents pass one at a time,
so memory is that of the largest, not of the book. The file is left so that it can be sealed afterwards.
"""

import os
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from closing.pdf.book_front import Bound, Front, find_sheets, label_prefix, save_front, set_front
from closing.pdf.book_manifest import manifest_of, manifest_stream, read_manifest, verify_pages
from closing.pdf.book_spec import (
    BookCannotBeMade,
    BookEntry,
    BookFile,
    BookSpec,
    DocumentCannotBeBound,
    RecordLine,
    check_spec,
)
from closing.pdf.labels import LabelRange, labels_body
from closing.pdf.layers import layers_body
from closing.pdf.outlines import Branch, item_body, write_siblings
from closing.pdf.pdf_stream import PdfStream, Rewrite, SavedPdf, text_string
from closing.pdf.source import checked_digest, opened, prepare

__all__ = [
    "BookCannotBeMade",
    "BookEntry",
    "BookFile",
    "BookSpec",
    "DocumentCannotBeBound",
    "RecordLine",
    "make_book",
    "read_manifest",
    "verify_pages",
]

Progress = Callable[[int, int], None]

_REFERENCES = re.compile(rb"(\d+) 0 R")
_TOP_VIEW = b"/XYZ null null null"


@dataclass(frozen=True, slots=True)
class _Copied:
    """A document in the book: its tree of pages, its line of the outline, and what stands under that line."""

    node: int
    line: int
    branch: Branch | None
    labels: tuple[LabelRange, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the book's own outline, of which the number is known."""

    number: int
    title: str
    page: int | None
    branch: Branch | None = None
    is_open: bool = False


class _Binding:
    """The book while it is being put together."""

    def __init__(self, spec: BookSpec, out: BinaryIO, plain: Path) -> None:
        self.spec = spec
        self.out = PdfStream(out)
        self.plain = plain
        self.pages_root = self.out.reserve()
        self.outlines_root = self.out.reserve()
        self.bound: list[Bound] = []
        self.copied: list[_Copied] = []
        self.layers = array("Q")
        self.hidden = array("Q")
        self._sheets = 0

    # ------------------------------------------------------------- documents

    def add(self, number: int, entry: BookEntry, path: Path) -> None:
        """Bind one document."""
        sha256 = checked_digest(path, entry.title, entry.sha256)
        with opened(path, entry.title) as pdf:
            source = prepare(pdf, entry.title, self.plain)
        (node,), kids = self._copy()
        line = self.out.reserve()
        branch = write_siblings(self.out, line, source.outline, lambda page: kids[0][page])
        self.copied.append(_Copied(node, line, branch, source.labels))
        self.bound.append(Bound(number, source.pages, self._sheets, sha256, source.content))
        self._sheets += source.pages + 1

    def _copy(self) -> tuple[list[int], list[list[int]]]:
        """Copy the file just prepared; returns its trees of pages, and the pages of each."""
        with self.plain.open("rb") as plain:
            return self._copy_saved(SavedPdf(plain))

    def _copy_saved(self, saved: SavedPdf) -> tuple[list[int], list[list[int]]]:
        by = self.out.begin_copy(saved)
        catalog = saved.read(saved.catalog)
        nodes = _listed(catalog, b"/Nodes")
        kids = [[page + by for page in _listed(saved.read(node), b"/Kids")] for node in nodes]
        self.layers.extend(number + by for number in _listed(catalog, b"/Layers"))
        self.hidden.extend(number + by for number in _listed(catalog, b"/LayersOff"))
        self.out.copy(saved, by, dict.fromkeys(nodes, self._under_root()))
        return [node + by for node in nodes], kids

    def _under_root(self) -> Rewrite:
        parent = b" /Parent %d 0 R >>" % self.pages_root
        return lambda body: body[: body.rindex(b">>")] + parent

    # ------------------------------------------------------------- the whole

    def finish(self) -> tuple[int, str]:
        """Set the front, the tabs and the record, and tie everything together: sheets, and the file's SHA-256."""
        made = set_front(self.spec, self.bound)
        sheets = find_sheets(made, self.spec, self.bound)
        save_front(made, sheets, self.plain)
        nodes, kids = self._copy()
        self._write_pages(nodes, kids)
        self._write_outline(sheets, kids)
        total = sum(map(len, kids)) + sum(document.pages for document in self.bound)
        sha256 = self.out.finish(self._write_catalog(sheets, total), self._write_info())
        return total, sha256

    def _write_pages(self, nodes: Sequence[int], kids: Sequence[Sequence[int]]) -> None:
        front, *tabs, record = nodes
        trees = [front]
        for tab, document in zip(tabs, self.copied, strict=True):
            trees += [tab, document.node]
        count = sum(map(len, kids)) + sum(document.pages for document in self.bound)
        listed = b" ".join(b"%d 0 R" % tree for tree in [*trees, record])
        self.out.put(self.pages_root, b"<< /Type /Pages /Count %d /Kids [%b] >>" % (count, listed))

    def _write_outline(self, sheets: Front, kids: Sequence[Sequence[int]]) -> None:
        front, *tabs, record = kids
        lines = [
            _Line(self.out.reserve(), self.spec.title, front[0]),
            _Line(self.out.reserve(), "Index", front[sheets.index]),
        ]
        if sheets.parties is not None:
            lines.append(_Line(self.out.reserve(), "Parties", front[sheets.parties]))
        documents = zip(self.bound, self.copied, [tab[0] for tab in tabs], strict=True)
        for part, group in groupby(documents, key=lambda row: self.spec.entries[row[0].entry].part):
            inner = [self._document_line(*row) for row in group]
            lines += inner if not part else [self._part_line(part, inner)]
        lines.append(_Line(self.out.reserve(), "The record of the closing", record[0]))
        branch = self._put_lines(self.outlines_root, lines)
        root = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>"
        self.out.put(self.outlines_root, root % (branch.first, branch.last, branch.shown))

    def _document_line(self, document: Bound, copied: _Copied, tab: int) -> _Line:
        entry = self.spec.entries[document.entry]
        return _Line(copied.line, f"{entry.tab}  {entry.title}", tab, copied.branch)

    def _part_line(self, part: str, inner: Sequence[_Line]) -> _Line:
        number = self.out.reserve()
        return _Line(number, part, inner[0].page, self._put_lines(number, inner), is_open=True)

    def _put_lines(self, parent: int, lines: Sequence[_Line]) -> Branch:
        shown = len(lines)
        for at, line in enumerate(lines):
            previous = lines[at - 1].number if at else None
            following = lines[at + 1].number if at + 1 < len(lines) else None
            target = b"" if line.page is None else b" /Dest [%d 0 R %b]" % (line.page, _TOP_VIEW)
            if line.branch is not None and line.is_open:
                shown += line.branch.shown
            title = text_string(line.title)
            body = item_body(title, parent, previous, following, line.branch, target, is_open=line.is_open)
            self.out.put(line.number, body)
        return Branch(lines[0].number, lines[-1].number, shown)

    def _labels(self, sheets: Front) -> list[LabelRange]:
        labels = [LabelRange(0, "r")]
        for document, copied in zip(self.bound, self.copied, strict=True):
            tab = self.spec.entries[document.entry].tab
            at = sheets.front + document.start
            labels.append(LabelRange(at, "", f"Tab {tab}"))
            for own in copied.labels:
                labels.append(LabelRange(at + 1 + own.page, own.style, label_prefix(tab) + own.prefix, own.first))
        labels.append(LabelRange(sheets.front + self._sheets, "D", "Record-"))
        return labels

    def _write_catalog(self, sheets: Front, total: int) -> int:
        labels, manifest, root = self.out.reserve(), self.out.reserve(), self.out.reserve()
        self.out.put(labels, labels_body(self._labels(sheets)))
        self.out.put_stream(manifest, *manifest_stream(manifest_of(self.spec, self.bound, sheets.front, total)))
        parts = [
            b"<< /Type /Catalog /Pages %d 0 R /Outlines %d 0 R" % (self.pages_root, self.outlines_root),
            b" /PageLabels %d 0 R /ClosingRecord %d 0 R /PageMode /UseOutlines /Lang (en)" % (labels, manifest),
            b" /ViewerPreferences << /DisplayDocTitle true >>",
        ]
        if self.layers:
            parts.append(b" /OCProperties " + layers_body(self.layers, self.hidden))
        self.out.put(root, b"".join([*parts, b" >>"]))
        return root

    def _write_info(self) -> int:
        number = self.out.reserve()
        title, producer = f"{self.spec.title}: {self.spec.deal_name}", "Closing Room"
        self.out.put(number, b"<< /Title %b /Producer %b >>" % (text_string(title), text_string(producer)))
        return number


def _listed(body: bytes, key: bytes) -> list[int]:
    """The numbers of a list of references in a dictionary as qpdf writes it."""
    found = re.search(re.escape(key) + rb" \[([^\]]*)\]", body)
    return [] if found is None else [int(number) for number in _REFERENCES.findall(found[1])]


def make_book(spec: BookSpec, out: Path, on_progress: Progress | None = None) -> BookFile:
    """Make the book at `out`, which is there whole or not at all. Progress is (documents bound, documents).

    Raises BookCannotBeMade for what cannot be printed, and DocumentCannotBeBound for a file that cannot
    go in: missing, changed since it was filed, protected, broken. Sets type: call it in a worker process.
    """
    check_spec(spec)
    documents = [(number, entry, entry.path) for number, entry in enumerate(spec.entries) if entry.path is not None]
    partial = out.with_name(out.name + ".part")
    try:
        with TemporaryDirectory() as work, partial.open("wb") as file:
            binding = _Binding(spec, file, Path(work) / "plain.pdf")
            for done, (number, entry, path) in enumerate(documents):
                if on_progress is not None:
                    on_progress(done, len(documents))
                binding.add(number, entry, path)
            pages, sha256 = binding.finish()
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    if on_progress is not None:
        on_progress(len(documents), len(documents))
    return BookFile(pages, binding.out.size, sha256)
