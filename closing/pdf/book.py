"""The closing book: cover, index, tabs, every document with its outline and labels, the record of the closing.

Pure: a spec and files in, one PDF out, and the same in gives the same bytes. Documents pass one at a time,
so memory is that of the largest, not of the book. The file is left so that it can be sealed afterwards.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pikepdf

from closing.pdf.book_front import Bound, find_sheets, label_prefix, set_front
from closing.pdf.book_manifest import manifest_of, manifest_stream, read_manifest, verify_pages
from closing.pdf.book_outline import BoundLine, write_outline
from closing.pdf.book_spec import (
    BookCannotBeMade,
    BookEntry,
    BookFile,
    BookSpec,
    DocumentCannotBeBound,
    RecordLine,
    check_spec,
)
from closing.pdf.content import Piece, digest_of
from closing.pdf.labels import LabelRange, labels_body
from closing.pdf.layers import layers_body
from closing.pdf.outlines import Branch, write_siblings
from closing.pdf.pdf_stream import PdfStream, text_string
from closing.pdf.source import Source, checked_digest, opened, prepare

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

_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Copied:
    """A document in the book: its tree of pages, its line of the outline, and what stands under that line."""

    node: int
    line: int
    branch: Branch | None
    labels: tuple[LabelRange, ...]


class _Digests:
    """Digests of the documents' content, computed in a thread of their own while the documents are copied."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._asked: list[Future[str]] = []

    def ask(self, pieces: Sequence[Piece]) -> None:
        """Ask for a document's; waits where the thread is far behind, so that little is held in memory."""
        if len(self._asked) >= _AHEAD:
            self._asked[-_AHEAD].result()
        self._asked.append(self._pool.submit(digest_of, pieces))

    def all(self) -> list[str]:
        """Those asked for, in their order."""
        return [asked.result() for asked in self._asked]


class _Binding:
    """The book while it is being put together."""

    def __init__(self, spec: BookSpec, out: BinaryIO, digests: _Digests) -> None:
        self.spec = spec
        self.out = PdfStream(out)
        self.root = self.out.reserve()
        self.digests = digests
        self.bound: list[Bound] = []
        self.copied: list[_Copied] = []
        self.layers: list[int] = []
        self.hidden: list[int] = []
        self.sheets = 0

    def add(self, number: int, entry: BookEntry) -> None:
        """Bind the document of an entry."""
        if entry.path is None:
            raise ValueError("There is no file to bind.")
        sha256 = checked_digest(entry.path, entry.title, entry.sha256)
        with opened(entry.path, entry.title) as pdf:
            source = prepare(pdf, entry.title)
            self.digests.ask(source.content)
            (node,), pages = self._copy(pdf, source, [len(source.pages)])
        line = self.out.reserve()
        branch = write_siblings(self.out, line, source.outline, lambda page: pages[page])
        self.copied.append(_Copied(node, line, branch, source.labels))
        self.bound.append(Bound(number, len(pages), self.sheets, sha256))
        self.sheets += len(pages) + 1

    def _copy(self, pdf: pikepdf.Pdf, source: Source, sizes: Sequence[int]) -> tuple[list[int], list[int]]:
        """Copy prepared pages, in trees of so many each; returns the numbers of the trees and of the pages."""
        pages = {page.objgen: self.out.reserve() for page in source.pages}
        numbers, order = list(pages.values()), iter(pages)
        nodes: list[int] = []
        parents: dict[tuple[int, int], bytes] = {}
        done = 0
        for size in sizes:
            nodes.append(self._write_tree(numbers[done : done + size]))
            done += size
            parents |= {next(order): b"/Parent %d 0 R" % nodes[-1] for _ in range(size)}
        # What refers to the document as a whole refers to its first tree here.
        known = {pdf.Root.objgen: nodes[0], pdf.Root.Pages.objgen: nodes[0], **pages}
        self.out.copy(pdf, known, pages, parents)
        if source.layers is not None:
            self.layers += [known[key] for key in source.layers.every if key in known]
            self.hidden += [known[key] for key in source.layers.off if key in known]
        return nodes, numbers

    def _write_tree(self, pages: Sequence[int]) -> int:
        node = self.out.reserve()
        kids = b" ".join(b"%d 0 R" % page for page in pages)
        self.out.put(node, b"<< /Type /Pages /Parent %d 0 R /Count %d /Kids [%b] >>" % (self.root, len(pages), kids))
        return node

    def finish(self) -> tuple[int, str]:
        """Set the front, the tabs and the record, and tie everything together: sheets, and the file's SHA-256."""
        with pikepdf.open(BytesIO(set_front(self.spec, self.bound))) as pdf:
            source = prepare(pdf, self.spec.title)
            sheets = find_sheets(source.outline, self.spec, self.bound)
            sizes = [sheets.front, *[1] * len(sheets.tabs), len(source.pages) - sheets.record]
            nodes, own = self._copy(pdf, source, sizes)
        total = len(own) + sum(document.pages for document in self.bound)
        self._write_root(nodes, total)
        lines = [
            BoundLine(self.spec.entries[document.entry], copied.line, own[tab], copied.branch)
            for document, copied, tab in zip(self.bound, self.copied, sheets.tabs, strict=True)
        ]
        outline = write_outline(self.out, self.spec, sheets, own, lines)
        catalog = self._write_catalog(outline, sheets.front, total)
        return total, self.out.finish(catalog, self._write_info())

    def _write_root(self, nodes: Sequence[int], total: int) -> None:
        front, *tabs, record = nodes
        trees = [front]
        for tab, document in zip(tabs, self.copied, strict=True):
            trees += [tab, document.node]
        kids = b" ".join(b"%d 0 R" % tree for tree in [*trees, record])
        self.out.put(self.root, b"<< /Type /Pages /Count %d /Kids [%b] >>" % (total, kids))

    def _labels(self, front: int) -> list[LabelRange]:
        labels = [LabelRange(0, "r")]
        for document, copied in zip(self.bound, self.copied, strict=True):
            tab = self.spec.entries[document.entry].tab
            at = front + document.start
            labels.append(LabelRange(at, "", f"Tab {tab}"))
            for own in copied.labels:
                labels.append(LabelRange(at + 1 + own.page, own.style, label_prefix(tab) + own.prefix, own.first))
        labels.append(LabelRange(front + self.sheets, "D", "Record-"))
        return labels

    def _write_catalog(self, outline: int, front: int, total: int) -> int:
        labels, manifest, catalog = self.out.reserve(), self.out.reserve(), self.out.reserve()
        self.out.put(labels, labels_body(self._labels(front)))
        said = manifest_of(self.spec, self.bound, self.digests.all(), front, total)
        self.out.put_stream(manifest, *manifest_stream(said))
        parts = [
            b"<< /Type /Catalog /Pages %d 0 R /Outlines %d 0 R" % (self.root, outline),
            b" /PageLabels %d 0 R /ClosingRecord %d 0 R /PageMode /UseOutlines /Lang (en)" % (labels, manifest),
            b" /ViewerPreferences << /DisplayDocTitle true >>",
        ]
        if self.layers:
            parts.append(b" /OCProperties " + layers_body(self.layers, self.hidden))
        self.out.put(catalog, b"".join([*parts, b" >>"]))
        return catalog

    def _write_info(self) -> int:
        number = self.out.reserve()
        title, producer = f"{self.spec.title}: {self.spec.deal_name}", "Closing Room"
        self.out.put(number, b"<< /Title %b /Producer %b >>" % (text_string(title), text_string(producer)))
        return number


def make_book(spec: BookSpec, out: Path, on_progress: Progress | None = None) -> BookFile:
    """Make the book at `out`, which is there whole or not at all. Progress is (documents bound, documents).

    Raises BookCannotBeMade for what cannot be printed, and DocumentCannotBeBound for a file that cannot
    go in: missing, changed since it was filed, protected, broken. Sets type: call it in a worker process.
    """
    check_spec(spec)
    documents = [(number, entry) for number, entry in enumerate(spec.entries) if entry.path is not None]
    partial = out.with_name(out.name + ".part")
    try:
        with ThreadPoolExecutor(1) as pool, partial.open("wb") as file:
            binding = _Binding(spec, file, _Digests(pool))
            for done, (number, entry) in enumerate(documents):
                if on_progress is not None:
                    on_progress(done, len(documents))
                binding.add(number, entry)
            pages, sha256 = binding.finish()
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    if on_progress is not None:
        on_progress(len(documents), len(documents))
    return BookFile(pages, binding.out.size, sha256)
