"""Outlines (bookmarks) of documents, read from each and written as branches of one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pikepdf

from closing.pdf.links import Places
from closing.pdf.pdf_stream import PdfStream, text_string

_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One line of an outline. `page` counts from 0 in its own document, None leads nowhere.

    `view` is the rest of the destination, such as b"/XYZ 0 700 null"; `look` are its colour and style.
    """

    title: bytes
    page: int | None
    view: bytes = b"/XYZ null null null"
    look: bytes = b""
    is_open: bool = False
    inner: tuple["Bookmark", ...] = ()


def bookmark(title: str, page: int | None, *inner: Bookmark, is_open: bool = False) -> Bookmark:
    """A line of our own."""
    return Bookmark(text_string(title), page, is_open=is_open, inner=inner)


def read_outline(pdf: pikepdf.Pdf, places: Places) -> tuple[Bookmark, ...]:
    """The document's outline with every target resolved; lines that go round in circles are read once."""
    outlines = pdf.Root.get("/Outlines")
    if not isinstance(outlines, pikepdf.Dictionary):
        return ()
    return tuple(_siblings(outlines.get("/First"), places, set(), 0))


def _siblings(item: object, places: Places, seen: set[tuple[int, int]], depth: int) -> Iterator[Bookmark]:
    while isinstance(item, pikepdf.Dictionary) and item.objgen not in seen and depth < _DEPTH:
        if item.is_indirect:
            seen.add(item.objgen)
        yield _line(item, places, seen, depth)
        item = item.get("/Next")


def _line(item: pikepdf.Object, places: Places, seen: set[tuple[int, int]], depth: int) -> Bookmark:
    target = places.make_explicit(item)
    title = item.get("/Title")
    count: object = item.get("/Count", 0)
    return Bookmark(
        title=title.unparse() if isinstance(title, pikepdf.String) else text_string(str(title or "")),
        page=None if target is None else places.page_of(target),
        view=b"/Fit" if target is None else _view(target),
        look=_look(item),
        is_open=isinstance(count, int) and count > 0,
        inner=tuple(_siblings(item.get("/First"), places, seen, depth + 1)),
    )


def _view(target: pikepdf.Array) -> bytes:
    """The destination as it is written, after its page."""
    _, _, rest = target.unparse(resolved=True).partition(b" R ")
    view = rest.rstrip(b" ]")
    # A reference in it would be to an object that is not there.
    return b"/Fit" if not view or b" R" in view else view


def _look(item: pikepdf.Object) -> bytes:
    found = b""
    colour: object = item.get("/C")
    style: object = item.get("/F")
    if isinstance(colour, pikepdf.Array) and len(colour) == 3:
        found += b" /C " + colour.unparse(resolved=True)
    if isinstance(style, int):
        found += b" /F %d" % style
    return found


@dataclass(frozen=True, slots=True)
class Branch:
    """What a line has to know of those under it: the first and last number, and how many can be seen."""

    first: int
    last: int
    shown: int


def write_siblings(
    out: PdfStream, parent: int, lines: Sequence[Bookmark], page_number: Callable[[int], int]
) -> Branch | None:
    """Write lines that stand under one parent, with all that is under them; None where there are none."""
    if not lines:
        return None
    numbers = [out.reserve() for _ in lines]
    shown = len(lines)
    for at, line in enumerate(lines):
        branch = write_siblings(out, numbers[at], line.inner, page_number)
        if branch is not None and line.is_open:
            shown += branch.shown
        previous = numbers[at - 1] if at else None
        following = numbers[at + 1] if at + 1 < len(numbers) else None
        out.put(numbers[at], _item(line, parent, previous, following, branch, page_number))
    return Branch(numbers[0], numbers[-1], shown)


def _item(
    line: Bookmark,
    parent: int,
    previous: int | None,
    following: int | None,
    branch: Branch | None,
    page_number: Callable[[int], int],
) -> bytes:
    target = b"" if line.page is None else b" /Dest [%d 0 R %b]" % (page_number(line.page), line.view)
    return item_body(line.title, parent, previous, following, branch, target + line.look, is_open=line.is_open)


def item_body(
    title: bytes,
    parent: int,
    previous: int | None,
    following: int | None,
    branch: Branch | None,
    rest: bytes,
    *,
    is_open: bool,
) -> bytes:
    """A line of an outline as an object; `rest` is its target and its look."""
    parts = [b"<< /Title %b /Parent %d 0 R" % (title, parent)]
    if previous is not None:
        parts.append(b" /Prev %d 0 R" % previous)
    if following is not None:
        parts.append(b" /Next %d 0 R" % following)
    if branch is not None:
        shown = branch.shown if is_open else -branch.shown
        parts.append(b" /First %d 0 R /Last %d 0 R /Count %d" % (branch.first, branch.last, shown))
    return b"".join([*parts, rest, b" >>"])
