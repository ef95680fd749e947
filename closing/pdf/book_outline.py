"""The outline of a closing book: its own sheets, the checklist's parts, and under them each document with its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from closing.pdf.book_front import Front
from closing.pdf.book_spec import BookEntry, BookSpec
from closing.pdf.outlines import Branch, item_body
from closing.pdf.pdf_stream import PdfStream, text_string

_TOP = b"/XYZ null null null"


@dataclass(frozen=True, slots=True)
class BoundLine:
    """A document's line: its number, the page object of its tab sheet, and what stands under it already."""

    entry: BookEntry
    number: int
    tab: int
    branch: Branch | None


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    title: str
    page: int
    branch: Branch | None = None
    is_open: bool = False


def write_outline(
    out: PdfStream, spec: BookSpec, sheets: Front, own: Sequence[int], documents: Sequence[BoundLine]
) -> int:
    """Write everything above the documents' own lines; returns the number of the outline.

    `own` are the page objects of the book's own sheets. Parts are open, documents closed.
    """
    root = out.reserve()
    lines = [_Line(out.reserve(), spec.title, own[0]), _Line(out.reserve(), "Index", own[sheets.index])]
    if sheets.parties is not None:
        lines.append(_Line(out.reserve(), "Parties", own[sheets.parties]))
    for part, group in groupby(documents, key=lambda line: line.entry.part):
        inner = [_Line(line.number, _title(line.entry), line.tab, line.branch) for line in group]
        lines += [_part(out, part, inner)] if part else inner
    lines.append(_Line(out.reserve(), "The record of the closing", own[sheets.record]))
    branch = _put(out, root, lines)
    body = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (branch.first, branch.last, branch.shown)
    out.put(root, body)
    return root


def _title(entry: BookEntry) -> str:
    return f"{entry.tab}  {entry.title}"


def _part(out: PdfStream, part: str, inner: Sequence[_Line]) -> _Line:
    number = out.reserve()
    return _Line(number, part, inner[0].page, _put(out, number, inner), is_open=True)


def _put(out: PdfStream, parent: int, lines: Sequence[_Line]) -> Branch:
    shown = len(lines)
    for at, line in enumerate(lines):
        previous = lines[at - 1].number if at else None
        following = lines[at + 1].number if at + 1 < len(lines) else None
        if line.branch is not None and line.is_open:
            shown += line.branch.shown
        target, title = b" /Dest [%d 0 R %b]" % (line.page, _TOP), text_string(line.title)
        body = item_body(title, parent, previous, following, line.branch, target, is_open=line.is_open)
        out.put(line.number, body)
    return Branch(lines[0].number, lines[-1].number, shown)
