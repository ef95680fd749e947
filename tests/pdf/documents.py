"""Small documents with all that a binder can break, and what each of their links was meant to lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, String

FONT = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)


@dataclass(frozen=True)
class Link:
    """A link on a page, from 0; how it is written, and the page that it leads to (None: nowhere)."""

    page: int
    how: str
    target: int | None


# Every way that a program writes an internal link.
HOWS = ("explicit", "number", "string", "old name", "action", "action by name", "wrapped", "next")


def all_links(pages: int) -> tuple[Link, ...]:
    return tuple(Link(at % pages, how, (at + 2) % pages) for at, how in enumerate(HOWS))


def make_document(
    path: Path,
    name: str,
    pages: int = 3,
    links: Sequence[Link] = (),
    *,
    outline: bool = False,
    labels: Dictionary | None = None,
) -> Path:
    """A document whose pages say "name page 1" and so on."""
    pdf = pikepdf.new()
    for at in range(pages):
        pdf.add_blank_page(page_size=(612, 792))
        say(pdf, at, f"{name} page {at + 1}")
    named = Dictionary()
    old = Dictionary()
    for link in links:
        add_link(pdf, link, named, old)
    names = [part for key in sorted(named.keys()) for part in (String(key[1:]), named[key])]
    pdf.Root.Names = Dictionary(Dests=Dictionary(Kids=[pdf.make_indirect(Dictionary(Names=Array(names)))]))
    pdf.Root.Dests = old
    if outline:
        with pdf.open_outline() as lines:
            top = OutlineItem(f"{name} & more (§ 1)", 0)
            top.children.append(OutlineItem(f"{name} end", pages - 1))
            lines.root.append(top)
    if labels is not None:
        pdf.Root.PageLabels = labels
    pdf.save(path, deterministic_id=True)
    return path


def say(pdf: pikepdf.Pdf, at: int, text: str) -> None:
    page = pdf.pages[at].obj
    page.Resources = Dictionary(Font=Dictionary(F1=FONT))
    page.Contents = pdf.make_stream(f"BT /F1 20 Tf 72 700 Td ({text}) Tj ET".encode())


def add_link(pdf: pikepdf.Pdf, link: Link, named: Dictionary, old: Dictionary) -> None:
    page = pdf.pages[link.page].obj
    made = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[72, 690, 200, 720], Border=[0, 0, 0])
    key, target = _target(pdf, link, named, old)
    made[key] = target
    page.Annots = Array([*page.get("/Annots", Array()), pdf.make_indirect(made)])


def _target(pdf: pikepdf.Pdf, link: Link, named: Dictionary, old: Dictionary) -> tuple[str, pikepdf.Object]:
    if link.target is None:
        return "/Dest", String("no such place")
    # The same name in every document: bound, they must not be taken for one another.
    key = f"/place{link.page}{link.how[0]}{link.how[-1]}"
    place = Array([pdf.pages[link.target].obj, Name.XYZ, 72, 500, 0])
    named[key] = pdf.make_indirect(Dictionary(D=place)) if link.how == "wrapped" else place
    old[key] = place
    by_name = Dictionary(S=Name.GoTo, D=String(key[1:]))
    targets: dict[str, tuple[str, pikepdf.Object]] = {
        "explicit": ("/Dest", place),
        "number": ("/Dest", Array([link.target, Name.Fit])),
        "string": ("/Dest", String(key[1:])),
        "wrapped": ("/Dest", String(key[1:])),
        "old name": ("/Dest", Name(key)),
        "action": ("/A", Dictionary(S=Name.GoTo, D=place)),
        "action by name": ("/A", pdf.make_indirect(by_name)),
        "next": ("/A", Dictionary(S=Name.URI, URI=String("https://example.com/"), Next=by_name)),
    }
    return targets[link.how]


def link_targets(pdf: pikepdf.Pdf, first: int, last: int) -> list[tuple[int, int | None]]:
    """(page, target) of every link on the pages from `first` to before `last`, counted from `first`."""
    place = {page.obj.objgen: at for at, page in enumerate(pdf.pages)}
    found: list[tuple[int, int | None]] = []
    for at in range(first, last):
        for link in pdf.pages[at].obj.get("/Annots", Array()):
            target = _explicit(link)
            found.append((at - first, None if target is None else place[target[0].objgen] - first))
    return found


def _explicit(link: pikepdf.Object) -> Array | None:
    dest = link.get("/Dest")
    action = link.get("/A")
    while dest is None and action is not None:
        dest, action = action.get("/D"), action.get("/Next")
    assert dest is None or isinstance(dest, Array), "a name was left"
    return dest
