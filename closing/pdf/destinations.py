"""Every explicit destination of a document, and the object of the file that says it."""

from collections.abc import Iterator, Sequence

import pikepdf

from closing.pdf.links import annotations, holder_of, named_destinations
from closing.pdf.pdf_stream import ObjGen

Destination = tuple[pikepdf.Array, ObjGen]
"""A place in the document, as [page, how to show it], and the numbered object that it is part of."""


def destinations(pdf: pikepdf.Pdf, pages: Sequence[pikepdf.Object]) -> Iterator[Destination]:
    """The destinations of links, bookmarks and names, and of the document on opening."""
    for named in named_destinations(pdf):
        yield from _target(named.target, named.holder)
    for page in pages:
        if "/Annots" in page:
            listed = holder_of(page["/Annots"], page.objgen)
            for annotation in annotations(page):
                yield from _led_to(annotation, holder_of(annotation, listed))
    root = pdf.Root
    if "/OpenAction" in root:
        yield from _target(root["/OpenAction"], root.objgen)
    outlines = root.get("/Outlines")
    lines = [outlines.get("/First")] if isinstance(outlines, pikepdf.Dictionary) else []
    seen: set[ObjGen] = set()
    while lines:
        line = lines.pop()
        if isinstance(line, pikepdf.Dictionary) and line.objgen not in seen:
            seen.add(line.objgen)
            lines += [line[key] for key in ("/Next", "/First") if key in line]
            yield from _led_to(line, line.objgen)


def _led_to(line: pikepdf.Object, holder: ObjGen) -> Iterator[Destination]:
    """The explicit destination of a link or a bookmark, if it has one."""
    # Asking for an entry that is not there costs ten times as much as asking whether it is.
    for key in ("/Dest", "/A"):
        if key in line:
            yield from _target(line[key], holder)


def _target(target: object, holder: ObjGen) -> Iterator[Destination]:
    if isinstance(target, pikepdf.Dictionary):
        holder = holder_of(target, holder)
        target = target.get("/D")
    if isinstance(target, pikepdf.Array) and len(target) > 0:
        yield target, holder_of(target, holder)
