"""The executed version: the execution version with the signed pages in the places of its blank ones.

Pure: files in, a file out, and the same in gives the same bytes. Whatever led to a blank page leads to the
first signed one. It is sealed afterwards, by others, and must not be rewritten once it is.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import pikepdf

from closing.pdf.book_spec import DocumentCannotBeBound
from closing.pdf.labels import LabelRange, inserted, labels_object, read_labels
from closing.pdf.links import annotations, named_destinations
from closing.pdf.signature_places import find_blank_pages
from closing.pdf.source import flatten_pages, opened, print_forms

__all__ = ["CounterpartPage", "ExecutedFile", "find_blank_pages", "make_executed"]

_EXECUTION = "The execution version"
_HEADING = "Signature pages"
_FIXED_ID = b"<31415926535897932384626433832795>"
_OF_A_PACKET = frozenset({"/StructParents", "/AA", "/B", "/PieceInfo", "/Tabs"})
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


def _signed_pages(pdf: pikepdf.Pdf, counterpart: CounterpartPage) -> list[pikepdf.Object]:
    """The pages of a counterpart as objects of the executed version, with their own size and rotation."""
    with opened(counterpart.path, counterpart.label) as signed:
        if len(signed.pages) == 0:
            raise DocumentCannotBeBound(counterpart.label, "the signed page has no pages. File the right scan.")
        print_forms(signed)
        taken = []
        for page in signed.pages:
            _without_inner_links(page.obj)
            taken.append(pdf.copy_foreign(page.obj))
        return taken


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


def _targets(pdf: pikepdf.Pdf, pages: Sequence[pikepdf.Object]) -> Iterable[pikepdf.Array]:
    """Every explicit destination that the document has: of links, bookmarks, names, and on opening."""
    for names in named_destinations(pdf):
        for named in names.values():
            yield from _target(named)
    for page in pages:
        for annotation in annotations(page):
            yield from _led_to(annotation)
    yield from _target(pdf.Root.get("/OpenAction"))
    outlines = pdf.Root.get("/Outlines")
    lines = [outlines.get("/First")] if isinstance(outlines, pikepdf.Dictionary) else []
    seen: set[tuple[int, int]] = set()
    while lines:
        line = lines.pop()
        if isinstance(line, pikepdf.Dictionary) and line.objgen not in seen:
            seen.add(line.objgen)
            lines += [line[key] for key in ("/Next", "/First") if key in line]
            yield from _led_to(line)


def _led_to(line: pikepdf.Object) -> Iterable[pikepdf.Array]:
    """The explicit destination of a link or a bookmark, if it has one."""
    # Asking for an entry that is not there costs ten times as much as asking whether it is.
    for key in ("/Dest", "/A"):
        if key in line:
            yield from _target(line[key])


def _target(target: object) -> Iterable[pikepdf.Array]:
    if target is None:
        return
    if isinstance(target, pikepdf.Dictionary):
        target = target.get("/D") if "/D" in target else None
    if isinstance(target, pikepdf.Array) and len(target) > 0:
        yield target


def _lead_on(pdf: pikepdf.Pdf, pages: Sequence[pikepdf.Object], blanks: Sequence[int]) -> None:
    """Let what led to a blank page lead to the first of them, whole, since the signed page has other measures.

    Destinations that count pages instead of naming one would be off by those that come in, and get a name.
    """
    gone = {pages[blank].objgen for blank in blanks}
    for target in _targets(pdf, pages):
        page: object = target[0]
        if isinstance(page, int):
            if not 0 <= page < len(pages):
                continue
            page = target[0] = pages[page]
        if isinstance(page, pikepdf.Object) and page.objgen in gone:
            del target[1:]
            target[0] = pages[blanks[0]]
            target.append(pikepdf.Name.Fit)


def _place(pdf: pikepdf.Pdf, blanks: Sequence[int], signed: list[pikepdf.Object]) -> int:
    """Put the signed pages in; returns the place of the first, from 0."""
    pages: list[pikepdf.Object] = [page.obj for page in pdf.pages]
    tree = pdf.Root.Pages
    at = blanks[0] if blanks else len(pages)
    _lead_on(pdf, pages, blanks)
    if blanks:
        # The first blank page's object becomes the signed page: what refers to it stays as it is.
        pikepdf.Page(pages[at]).emplace(pikepdf.Page(signed[0]), retain=())
        signed[0] = pages[at]
    for page in signed:
        page["/Parent"] = tree
    gone = frozenset(blanks)
    kept = [page for number, page in enumerate(pages) if number not in gone]
    kept = [*kept[:at], *signed, *kept[at:]]
    tree["/Kids"] = pikepdf.Array(kept)
    tree["/Count"] = len(kept)
    return at


def _add_bookmarks(pdf: pikepdf.Pdf, starts: Sequence[tuple[str, pikepdf.Object]]) -> None:
    """A line for the signature pages at the end of the outline, and one under it for each counterpart."""
    outlines = pdf.Root.get("/Outlines")
    if not isinstance(outlines, pikepdf.Dictionary):
        outlines = pdf.Root["/Outlines"] = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Outlines, Count=0))
    heading = pdf.make_indirect(pikepdf.Dictionary(Title=_HEADING, Parent=outlines, Dest=_fit(starts[0][1])))
    _chain(pdf, heading, [pikepdf.Dictionary(Title=label, Dest=_fit(page)) for label, page in starts])
    heading["/Count"] = -len(starts)
    last = outlines.get("/Last")
    if isinstance(last, pikepdf.Dictionary):
        last["/Next"], heading["/Prev"] = heading, last
    else:
        outlines["/First"] = heading
    outlines["/Last"] = heading
    count: object = outlines.get("/Count", 0)
    outlines["/Count"] = count + 1 if isinstance(count, int) and count >= 0 else 1


def _chain(pdf: pikepdf.Pdf, parent: pikepdf.Object, lines: Sequence[pikepdf.Dictionary]) -> None:
    numbered = [pdf.make_indirect(line) for line in lines]
    for line in numbered:
        line["/Parent"] = parent
    for line, following in pairwise(numbered):
        line["/Next"], following["/Prev"] = following, line
    parent["/First"], parent["/Last"] = numbered[0], numbered[-1]


def _fit(page: pikepdf.Object) -> pikepdf.Array:
    return pikepdf.Array([page, pikepdf.Name.Fit])


def _drop_claims(pdf: pikepdf.Pdf) -> None:
    """The signed pages are scans, so the file no longer is what an archive or a screen reader was promised."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return
    data = metadata.read_bytes()
    if b"pdfaid" in data or b"pdfuaid" in data:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as described:
            for claim in _CLAIMS:
                if claim in described:
                    del described[claim]


def _save(pdf: pikepdf.Pdf, out: Path) -> ExecutedFile:
    partial = out.with_name(out.name + ".part")
    try:
        # A file that is open already is written without a copy of its own beside it.
        with partial.open("w+b") as file:
            pdf.save(
                file,
                min_version="1.7",
                static_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
                compress_streams=False,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                fix_metadata_version=False,
            )
            file.seek(0)
            size, sha256 = _give_own_id(file)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    return ExecutedFile(int(pdf.Root.Pages.Count), size, sha256)


def _give_own_id(file: BinaryIO) -> tuple[int, str]:
    """Put an ID of the content in the place of the fixed one, at half the cost of qpdf's own; the size and SHA-256."""
    data = file.read()
    at = data.index(_FIXED_ID, data.rindex(b"trailer"))
    digest = hashlib.sha256(memoryview(data)[:at])
    own = b"<" + digest.hexdigest()[: len(_FIXED_ID) - 2].encode() + b">"
    rest = data[at:].replace(_FIXED_ID, own)
    digest.update(rest)
    file.seek(at)
    file.write(rest)
    return len(data), digest.hexdigest()


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
        pages = len(pdf.pages)
        if pages == 0:
            raise DocumentCannotBeBound(_EXECUTION, "the PDF has no pages. File the right one.")
        blanks = _check_blanks(blank_pages, pages)
        _check_unsealed(pdf)
        flatten_pages(pdf)
        labels = read_labels(pdf, pages)
        taken = [(counterpart.label, _signed_pages(pdf, counterpart)) for counterpart in counterparts]
        signed = [page for _, found in taken for page in found]
        at = _place(pdf, blanks, signed)
        tree = list(pdf.Root.Pages.Kids)
        starts, here = [], at
        for label, found in taken:
            starts.append((label, tree[here]))
            here += len(found)
        _add_bookmarks(pdf, starts)
        new = inserted(labels, at, blanks, [LabelRange(0, "D", "S-")], len(signed), pages)
        pdf.Root["/PageLabels"] = labels_object(new)
        _drop_claims(pdf)
        return _save(pdf, out)
