"""Makes every internal link of a PDF say its page itself.

A link may lead to a name that the document's catalog resolves. Bound with others, the catalog is gone
and two documents may use one name for different places, so every name is replaced by its place first.
A link whose place does not exist leads nowhere, there as here, and loses its target.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from closing.pdf.pdf_stream import ObjGen

_DEPTH = 64
_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Named:
    """A named destination: of the old kind (names) or the new (strings), and the numbered object that it is part of."""

    is_old: bool
    key: bytes
    target: pikepdf.Object
    holder: ObjGen


def holder_of(found: pikepdf.Object, holder: ObjGen) -> ObjGen:
    """The number of an object, or of what it is part of."""
    return found.objgen if found.is_indirect else holder


def _named_in_tree(node: object, holder: ObjGen, depth: int = 0) -> Iterator[Named]:
    if depth > _DEPTH or not isinstance(node, pikepdf.Dictionary):
        return
    holder = holder_of(node, holder)
    names = node.get("/Names")
    if isinstance(names, pikepdf.Array):
        row = list(names)
        for key, value in zip(row[::2], row[1::2], strict=False):
            yield Named(False, _key(key), value, holder_of(names, holder))
    kids = node.get("/Kids")
    if isinstance(kids, pikepdf.Array):
        for kid in kids:
            yield from _named_in_tree(kid, holder_of(kids, holder), depth + 1)


def _key(name: object) -> bytes:
    if isinstance(name, pikepdf.Name):
        return str(name)[1:].encode("utf-8", "surrogateescape")
    return bytes(name) if isinstance(name, (pikepdf.String, bytes)) else str(name).encode()


def named_destinations(pdf: pikepdf.Pdf) -> Iterator[Named]:
    """Every named destination as it stands."""
    dests, names = pdf.Root.get("/Dests"), pdf.Root.get("/Names")
    if isinstance(dests, pikepdf.Dictionary):
        holder = holder_of(dests, pdf.Root.objgen)
        for key, value in dests.items():
            yield Named(True, key[1:].encode("utf-8", "surrogateescape"), value, holder)
    if isinstance(names, pikepdf.Dictionary):
        yield from _named_in_tree(names.get("/Dests"), holder_of(names, pdf.Root.objgen))


class Places:
    """The pages of a document by their object, and where its names lead."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pages = [page.obj for page in pdf.pages]
        self._place = {page.objgen: at for at, page in enumerate(self._pages)}
        every = list(named_destinations(pdf))
        old = {named.key: named.target for named in every if named.is_old}
        new = {named.key: named.target for named in every if not named.is_old}
        # Some programs write a name where they mean a string, and the other way round.
        self._by_name, self._by_string = {**new, **old}, {**old, **new}
        self._known: dict[tuple[bool, bytes], pikepdf.Array | None] = {}

    def explicit(self, target: object) -> pikepdf.Array | None:
        """The target as [page, how to show it], or None where there is no such place."""
        if isinstance(target, (pikepdf.String, pikepdf.Name, str)):
            is_old = isinstance(target, pikepdf.Name)
            key = is_old, _key(target)
            if key not in self._known:
                named = (self._by_name if is_old else self._by_string).get(key[1])
                self._known[key] = None if isinstance(named, (pikepdf.String, pikepdf.Name)) else self.explicit(named)
            return self._known[key]
        if isinstance(target, pikepdf.Dictionary):
            target = target.get("/D")
        if not isinstance(target, pikepdf.Array) or len(target) == 0:
            return None
        page: object = target[0]
        if isinstance(page, int):
            if not 0 <= page < len(self._pages):
                return None
            rest = list(target)[1:]
            return pikepdf.Array([self._pages[page], *rest])
        return target if self._at(page) is not None else None

    def _at(self, page: object) -> int | None:
        return self._place.get(page.objgen) if isinstance(page, pikepdf.Object) else None

    def page_of(self, target: pikepdf.Array) -> int:
        """The page, from 0, that an explicit target leads to."""
        return self._place[target[0].objgen]

    def make_explicit(self, holder: pikepdf.Object) -> pikepdf.Array | None:
        """Put the place itself into a link or a bookmark, and return it; take the target off where there is none."""
        target = holder.get("/Dest")
        if target is not None:
            explicit = self.explicit(target)
            if explicit is None:
                del holder["/Dest"]
            elif explicit is not target:
                holder["/Dest"] = explicit
            return explicit
        action = holder.get("/A")
        if not isinstance(action, pikepdf.Dictionary):
            return None
        return self._action(holder, action)

    def _action(self, holder: pikepdf.Object, action: pikepdf.Object) -> pikepdf.Array | None:
        first: pikepdf.Array | None = None
        for step in range(_CHAIN):
            if action.get("/S") == "/GoTo":
                explicit = self.explicit(action.get("/D"))
                if explicit is None:
                    if step == 0:
                        del holder["/A"]
                    return first
                action["/D"] = explicit
                if "/SD" in action:
                    del action["/SD"]
                first = first or explicit
            following = action.get("/Next")
            if not isinstance(following, pikepdf.Dictionary):
                if following is not None:
                    del action["/Next"]
                break
            action = following
        return first


def annotations(page: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The annotations of a page that are dictionaries, as they should be."""
    listed = page.get("/Annots")
    if isinstance(listed, pikepdf.Array):
        for annotation in listed:
            if isinstance(annotation, pikepdf.Dictionary):
                yield annotation
