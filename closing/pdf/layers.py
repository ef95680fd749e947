"""Optional content (layers) of the documents in one book: what was hidden stays hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of a document, and those of them that are off when it is opened, by number and generation."""

    every: list[tuple[int, int]]
    off: list[tuple[int, int]]


def read_layers(pdf: pikepdf.Pdf) -> Layers | None:
    """The layers by the document's default configuration; None where it has none."""
    properties = pdf.Root.get("/OCProperties")
    if not isinstance(properties, pikepdf.Dictionary):
        return None
    every = _numbered(properties.get("/OCGs"))
    default = properties.get("/D")
    if not isinstance(default, pikepdf.Dictionary):
        return Layers(every, [])
    if default.get("/BaseState") == "/OFF":
        shown = set(_numbered(default.get("/ON")))
        return Layers(every, [layer for layer in every if layer not in shown])
    return Layers(every, _numbered(default.get("/OFF")))


def _numbered(listed: object) -> list[tuple[int, int]]:
    if not isinstance(listed, pikepdf.Array):
        return []
    return [layer.objgen for layer in listed if isinstance(layer, pikepdf.Dictionary) and layer.is_indirect]


def layers_body(every: Sequence[int], off: Sequence[int]) -> bytes:
    """The book's own list, by object numbers."""
    groups = b" ".join(b"%d 0 R" % number for number in every)
    hidden = b" ".join(b"%d 0 R" % number for number in off)
    return b"<< /OCGs [%b] /D << /Order [%b] /OFF [%b] >> >>" % (groups, groups, hidden)
