"""Page labels: the numbers that a reader shows for the sheets, kept when documents are put together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pikepdf

from closing.pdf.pdf_stream import text_string

_DEPTH = 64
_STYLES = frozenset({"D", "R", "r", "A", "a"})


@dataclass(frozen=True, slots=True)
class LabelRange:
    """From this page (from 0) on: a prefix, a style (D, R, r, A, a, or "" for none), and the first number."""

    page: int
    style: str = "D"
    prefix: str = ""
    first: int = 1


def _rows(node: object, depth: int = 0) -> Iterator[tuple[int, pikepdf.Dictionary]]:
    if depth > _DEPTH or not isinstance(node, pikepdf.Dictionary):
        return
    numbers = node.get("/Nums")
    if isinstance(numbers, pikepdf.Array):
        row: list[object] = list(numbers)
        for key, value in zip(row[::2], row[1::2], strict=False):
            if isinstance(key, int) and isinstance(value, pikepdf.Dictionary):
                yield key, value
    kids = node.get("/Kids")
    if isinstance(kids, pikepdf.Array):
        for kid in kids:
            yield from _rows(kid, depth + 1)


def _range(page: int, row: pikepdf.Dictionary) -> LabelRange:
    has = row.keys()
    style = str(row["/S"])[1:] if "/S" in has else ""
    first = row["/St"] if "/St" in has else 1
    return LabelRange(
        page,
        style if style in _STYLES else "",
        str(row["/P"]) if "/P" in has else "",
        first if isinstance(first, int) and first > 0 else 1,
    )


def read_labels(pdf: pikepdf.Pdf, pages: int) -> tuple[LabelRange, ...]:
    """The document's own labels, beginning at its first page; without any, 1, 2, 3."""
    found = {page: _range(page, row) for page, row in _rows(pdf.Root.get("/PageLabels")) if 0 <= page < pages}
    if 0 not in found:
        found[0] = LabelRange(0)
    return _joined_ranges([found[page] for page in sorted(found)])


def _joined_ranges(labels: Sequence[LabelRange]) -> tuple[LabelRange, ...]:
    """The same labels in as few ranges as they take: many programs write one for every page."""
    joined: list[LabelRange] = []
    for label in labels:
        if not joined or _label_at(joined[-1:], label.page) != label:
            joined.append(label)
    return tuple(joined)


def inserted(
    labels: Sequence[LabelRange], at: int, removed: Sequence[int], added: Sequence[LabelRange], count: int, pages: int
) -> tuple[LabelRange, ...]:
    """The labels after `count` pages came in before page `at`, and the pages `removed` went.

    Every page that stays keeps its label. `added` are the labels of the new pages, counted from 0;
    `pages` is how many there were before.
    """
    own = _spread(labels, pages)
    gone = frozenset(removed)
    before = [own[page] for page in range(at) if page not in gone]
    after = [own[page] for page in range(at, pages) if page not in gone]
    every = [*before, *_spread(added, count), *after]
    return tuple(
        LabelRange(page, style, prefix, first)
        for page, (style, prefix, first) in enumerate(every)
        if page == 0 or every[page - 1] != (style, prefix, first - 1)
    )


def _spread(labels: Sequence[LabelRange], pages: int) -> list[tuple[str, str, int]]:
    """The style, prefix and number of each page."""
    ends = [label.page for label in labels[1:]] + [pages]
    return [
        (label.style, label.prefix, label.first + page - label.page)
        for label, end in zip(labels, ends, strict=True)
        for page in range(label.page, min(end, pages))
    ]


def _label_at(labels: Sequence[LabelRange], page: int) -> LabelRange:
    """The label of one page, as a range of its own."""
    found = next(label for label in reversed(labels) if label.page <= page)
    return replace(found, page=page, first=found.first + page - found.page)


def _entry(label: LabelRange) -> bytes:
    parts = [b"/S /%b" % label.style.encode()] if label.style else []
    if label.prefix:
        parts.append(b"/P " + text_string(label.prefix))
    if label.style and label.first != 1:
        parts.append(b"/St %d" % label.first)
    return b"%d << %b >>" % (label.page, b" ".join(parts))


def labels_body(labels: Sequence[LabelRange]) -> bytes:
    """The labels as the object that a catalog refers to."""
    return b"<< /Nums [ " + b"\n".join(_entry(label) for label in labels) + b" ] >>"
