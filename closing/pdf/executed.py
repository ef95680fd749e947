"""The executed version: the execution version with the signed pages in the places of its blank ones.

Pure: files in, a file out, and the same in gives the same bytes. It begins with the execution version, byte for byte
where no strict reader would mind; what was signed, and what changes by it, follows as an update. Whatever led to a
blank page leads to the first signed one. It is sealed afterwards, by others, and must not be rewritten once it is.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pikepdf

from closing.pdf.book_spec import DocumentCannotBeBound
from closing.pdf.destinations import destinations
from closing.pdf.labels import LabelRange, inserted, labels_body, read_labels
from closing.pdf.links import annotations
from closing.pdf.outlines import Bookmark, item_body, write_siblings
from closing.pdf.pdf_stream import text_string
from closing.pdf.pdf_update import CannotBeUpdated, PdfUpdate, object_count
from closing.pdf.signature_places import find_blank_pages
from closing.pdf.source import flatten_pages, opened, print_forms

__all__ = ["CounterpartPage", "ExecutedFile", "find_blank_pages", "make_executed"]

_EXECUTION = "The execution version"
_HEADING = "Signature pages"
_VERSION = "1.7"
_INHERITED = frozenset({"/Resources", "/MediaBox", "/CropBox", "/Rotate"})
_OF_A_PACKET = frozenset({"/Parent", "/StructParents", "/AA", "/B", "/PieceInfo", "/Tabs"})
_CLAIMS = ("pdfaid:part", "pdfaid:conformance", "pdfaid:rev", "pdfuaid:part")


@dataclass(frozen=True, slots=True)
class CounterpartPage:
    """A signed page: whose it is, as the outline says it, and its PDF, of one page or several."""

    label: str
    path: Path


@dataclass(frozen=True, slots=True)
class ExecutedFile:
    """An executed version that was made: pages, bytes, and the SHA-256 of the file."""

    pages: int
    size: int
    sha256: str


def _check_unsealed(pdf: pikepdf.Pdf) -> None:
    form = pdf.Root.get("/AcroForm")
    flags = form.get("/SigFlags", 0) if isinstance(form, pikepdf.Dictionary) else 0
    if isinstance(flags, int) and flags & 2:
        raise DocumentCannotBeBound(
            _EXECUTION,
            "it carries a digital signature, which a change of its pages would break. "
            "File the signed PDF itself as the executed version.",
        )


def _check_blanks(blank_pages: Sequence[int], pages: int) -> list[int]:
    """The blank pages counted from 0, in order. Raises ValueError for a page that does not exist."""
    found = sorted({number - 1 for number in blank_pages})
    if found and not 0 <= found[0] <= found[-1] < pages:
        raise ValueError(f"The execution version has {pages} pages. Choose its blank signature pages among them.")
    return found


def _flatten(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Have every page directly under one node that hands nothing down; returns what was changed or made for it."""
    tree, pages = pdf.Root.Pages, [page.obj for page in pdf.pages]
    kids: list[object] = list(tree.Kids)
    is_flat = [kid.objgen for kid in kids if isinstance(kid, pikepdf.Object)] == [page.objgen for page in pages]
    if is_flat and not _INHERITED & tree.keys():
        return []
    count = object_count(pdf)
    flatten_pages(pdf)
    shared: list[object] = [page[key] for page in pages for key in _INHERITED & page.keys()]
    return [*pages, *(one for one in shared if isinstance(one, pikepdf.Object) and one.objgen[0] >= count)]


def _lead_on(pdf: pikepdf.Pdf, blanks: Sequence[int], out: PdfUpdate) -> None:
    """Let what led to a blank page lead to the first of them, whole, since the signed page has other measures.

    Destinations that count pages instead of naming one would be off by those that come in, and get a name.
    """
    pages = [page.obj for page in pdf.pages]
    gone = {pages[blank].objgen for blank in blanks}
    for target, holder in destinations(pdf, pages):
        page: object = target[0]
        if isinstance(page, int):
            if not 0 <= page < len(pages):
                continue
            out.mark(holder)
            page = target[0] = pages[page]
        if isinstance(page, pikepdf.Object) and page.objgen in gone:
            out.mark(holder)
            del target[1:]
            target[0] = pages[blanks[0]]
            target.append(pikepdf.Name.Fit)


def _put_signed(
    counterpart: CounterpartPage, out: PdfUpdate, pdf: pikepdf.Pdf, taking: pikepdf.Object | None
) -> list[int]:
    """Copy the pages of a counterpart, with their own size and rotation; the first has the number of `taking`."""
    with opened(counterpart.path, counterpart.label) as signed:
        if len(signed.pages) == 0:
            raise DocumentCannotBeBound(counterpart.label, "the signed page has no pages. File the right scan.")
        flatten_pages(signed)
        print_forms(signed)
        pages = [page.obj for page in signed.pages]
        for page in pages:
            _without_inner_links(page)
        numbers = [out.number(taking) if taking is not None else out.reserve(), *(out.reserve() for _ in pages[1:])]
        own = dict(zip((page.objgen for page in pages), numbers, strict=True))
        # What refers to the packet as a whole refers to the executed version here.
        tree = out.number(pdf.Root.Pages)
        known = {signed.Root.objgen: out.number(pdf.Root), signed.Root.Pages.objgen: tree, **own}
        out.copy(signed, known, own, dict.fromkeys(own, b"/Parent %d 0 R" % tree))
        return numbers


def _without_inner_links(page: pikepdf.Object) -> None:
    """A signed page stands alone: links into its packet lead nowhere, those to the web stay."""
    has = page.keys()
    for key in _OF_A_PACKET & has:
        del page[key]
    if "/Annots" not in has:
        return
    kept = []
    for annotation in annotations(page):
        if annotation.get("/Subtype") == "/Link" and not _leads_out(annotation):
            continue
        for key in ("/StructParent", "/P"):
            if key in annotation:
                del annotation[key]
        kept.append(annotation)
    page["/Annots"] = pikepdf.Array(kept)


def _leads_out(link: pikepdf.Object) -> bool:
    """Whether a link leads to the web."""
    action = link.get("/A") if "/A" in link else None
    return isinstance(action, pikepdf.Dictionary) and action.get("/S") == "/URI"


def _put_bookmarks(pdf: pikepdf.Pdf, out: PdfUpdate, lines: Sequence[tuple[str, int]]) -> None:
    """A line for the signature pages at the end of the outline, and one under it for each counterpart."""
    found, heading, previous = pdf.Root.get("/Outlines"), out.reserve(), None
    outlines = found if isinstance(found, pikepdf.Dictionary) else pikepdf.Dictionary(Type=pikepdf.Name.Outlines)
    if outlines.is_indirect:
        number = out.number(outlines)
    else:
        number = out.reserve()
        out.give(pdf.Root, "/Outlines", b"%d 0 R" % number)
    ends = [b"/Last %d 0 R" % heading]
    last = outlines.get("/Last")
    if isinstance(last, pikepdf.Dictionary) and last.is_indirect:
        previous = out.number(last)
        out.give(last, "/Next", b"%d 0 R" % heading)
    else:
        ends.append(b"/First %d 0 R" % heading)
    for key in outlines.keys() & {end.split()[0].decode() for end in ends}:
        del outlines[key]
    count: object = outlines.get("/Count", 0)
    outlines["/Count"] = count + 1 if isinstance(count, int) and count >= 0 else 1
    out.put_object(number, outlines, b" ".join(ends), None)
    bookmarks = [Bookmark(text_string(label), page, b"/Fit") for label, page in lines]
    branch = write_siblings(out, heading, bookmarks, lambda page: page)
    target = b" /Dest [%d 0 R /Fit]" % lines[0][1]
    out.put(heading, item_body(text_string(_HEADING), number, previous, None, branch, target, is_open=False))


def _drop_claims(pdf: pikepdf.Pdf, out: PdfUpdate) -> None:
    """The signed pages are scans, so the file no longer is what an archive or a screen reader was promised."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return
    data = metadata.read_bytes()
    if b"pdfaid" in data or b"pdfuaid" in data:
        out.put_stream(out.number(metadata), b"/Type /Metadata /Subtype /XML", _without_claims(data))


def _without_claims(metadata: bytes) -> bytes:
    with pikepdf.new() as scratch:
        scratch.Root["/Metadata"] = scratch.make_stream(metadata)
        with scratch.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as described:
            for claim in _CLAIMS:
                if claim in described:
                    del described[claim]
        return scratch.Root.Metadata.read_bytes()


def _state_version(pdf: pikepdf.Pdf, out: PdfUpdate) -> None:
    """Signed pages may need what came with a later version of PDF than the file's own."""
    stated: object = pdf.Root.get("/Version")
    if max(pdf.pdf_version, str(stated or "")[1:]) < _VERSION:
        out.give(pdf.Root, "/Version", b"/" + _VERSION.encode())


def _write(
    pdf: pikepdf.Pdf,
    file: BinaryIO,
    counterparts: Sequence[CounterpartPage],
    blanks: Sequence[int],
    made: BinaryIO,
    *,
    is_mended: bool = False,
) -> ExecutedFile:
    """Write the executed version of an open execution version, whose bytes are in `file`, to `made`."""
    _check_unsealed(pdf)
    count = len(pdf.pages)
    labels = read_labels(pdf, count)
    out = PdfUpdate(made, file, pdf, _flatten(pdf), is_mended=is_mended)
    # Who seals the file reads its first page, and is stricter than whoever wrote it may have been.
    out.mark(pdf.pages[0].obj)
    _lead_on(pdf, blanks, out)
    at = blanks[0] if blanks else count
    # The first blank page's object becomes the signed page: what refers to it stays as it is.
    first = pdf.pages[at].obj if blanks else None
    put = [(each.label, _put_signed(each, out, pdf, None if n else first)) for n, each in enumerate(counterparts)]
    signed = [number for _, numbers in put for number in numbers]
    pages = _place(pdf, out, signed, blanks, at)
    _put_bookmarks(pdf, out, [(label, numbers[0]) for label, numbers in put])
    new = inserted(labels, at, blanks, [LabelRange(0, "D", "S-")], len(signed), count)
    out.give(pdf.Root, "/PageLabels", labels_body(new))
    _drop_claims(pdf, out)
    _state_version(pdf, out)
    sha256 = out.finish_update()
    return ExecutedFile(pages, out.size, sha256)


def _place(pdf: pikepdf.Pdf, out: PdfUpdate, signed: Sequence[int], blanks: Sequence[int], at: int) -> int:
    """Put the signed pages before page `at`, and take the blank ones out; returns how many pages there are."""
    gone = set(blanks)
    kept = [(number, page.obj.unparse()) for number, page in enumerate(pdf.pages) if number not in gone]
    before, after = [page for number, page in kept if number < at], [page for number, page in kept if number > at]
    kids = [*before, *(b"%d 0 R" % number for number in signed), *after]
    out.give(pdf.Root.Pages, "/Kids", b"[%b]" % b" ".join(kids))
    out.give(pdf.Root.Pages, "/Count", b"%d" % len(kids))
    return len(kids)


def _mended(execution: Path) -> BytesIO:
    """A file with faults written anew, as the library mended them when it was read."""
    with opened(execution, _EXECUTION) as pdf:
        mended = BytesIO()
        flatten_pages(pdf)
        # The library counts anew, but only where there was a count.
        pdf.trailer["/Size"] = 0
        pdf.save(mended, deterministic_id=True)
        return mended


@contextmanager
def _whole(out: Path) -> Iterator[BinaryIO]:
    """A file that is at `out` when all went well, and nowhere otherwise."""
    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("wb") as file:
            yield file
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def make_executed(
    execution: Path, counterparts: Sequence[CounterpartPage], blank_pages: Sequence[int], out: Path
) -> ExecutedFile:
    """Make the executed version at `out`, which is there whole or not at all.

    `blank_pages` count from 1. All the signed pages, in their order, take the place of the first blank
    one, and the others go; without blank pages they stand at the end. Outline and labels are kept and
    continued: the pages after them keep the numbers that are printed on them, and the signed ones are S-1,
    S-2 and so on. Raises DocumentCannotBeBound for a file that cannot be used, ValueError for a page that
    does not exist or where there is no counterpart.
    """
    if not counterparts:
        raise ValueError("There is no signed page to put in. Wait for one, or release the ones in escrow.")
    with opened(execution, _EXECUTION) as pdf:
        if len(pdf.pages) == 0:
            raise DocumentCannotBeBound(_EXECUTION, "the PDF has no pages. File the right one.")
        blanks = _check_blanks(blank_pages, len(pdf.pages))
        with suppress(CannotBeUpdated), execution.open("rb") as file, _whole(out) as made:
            return _write(pdf, file, counterparts, blanks, made)
    mended = _mended(execution)
    with opened(mended, _EXECUTION) as pdf, _whole(out) as made:
        return _write(pdf, mended, counterparts, blanks, made, is_mended=True)
