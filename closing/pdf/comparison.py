"""Two versions of a document side by side: what the one says and the other does not, word by word.

The words are compared as one stream, so a paragraph that runs on over another page, or from lines that broke
elsewhere, is not taken for a change; paragraphs and pages only say where a row ends and where it stands.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

from closing.pdf.differences import Stretch, differences
from closing.pdf.texts import (
    EVERY_PAGE,
    SOFT_HYPHEN,
    NotComparable,
    Paper,
    Paragraph,
    extract_docx,
    extract_pages,
    paper_of_pages,
    read_paper,
)

__all__ = [
    "EVERY_PAGE",
    "Comparison",
    "Fold",
    "NotComparable",
    "Paper",
    "Paragraph",
    "Row",
    "Run",
    "compare",
    "extract_docx",
    "extract_pages",
    "paper_of_pages",
    "read_paper",
]

RowKind = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Run:
    """Words one after the other, all of them marked as changed or none."""

    text: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph on both sides. `number` counts the changes from 1; None where nothing changed."""

    kind: RowKind
    before: tuple[Run, ...]
    after: tuple[Run, ...]
    before_page: int | None
    after_page: int | None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch without a change, left out. `pages` of the later version, first and last, where it has pages."""

    paragraphs: int
    words: int
    pages: tuple[int, int] | None
    kind: Literal["folded"] = "folded"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that changed, each beside what surrounds it. Words are counted, marked ones only."""

    rows: tuple[Row | Fold, ...]
    changes: int
    removed_words: int
    added_words: int


@dataclass(slots=True)
class _Side:
    """One side's words in a stream: `keys` to compare, and for each its page and whether its paragraph ends there."""

    words: list[str] = field(default_factory=list)
    pages: list[int | None] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)

    def is_between(self, at: int) -> bool:
        """Whether no paragraph is open before word `at`."""
        return at == 0 or self.ends[at - 1]

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """Words from `start` to `end`, cut where a paragraph ends."""
        cuts = [at + 1 for at in range(start, end) if self.ends[at] and at + 1 < end]
        return list(zip([start, *cuts], [*cuts, end], strict=True)) if start < end else []


@dataclass(slots=True)
class _Open:
    """A row being filled: places of words on each side, and which of them are marked."""

    before: list[tuple[int, int, bool]] = field(default_factory=list)
    after: list[tuple[int, int, bool]] = field(default_factory=list)


def compare(before: Paper, after: Paper, *, context: int = 1) -> Comparison:
    """What changed from `before` to `after`, with `context` unchanged paragraphs around each change.

    Bounded time: see `differences`. A word that a line's end broke counts as it is written elsewhere in the two.
    """
    seen = _seen(before) | _seen(after)
    old, new = _side(before, seen), _side(after, seen)
    opened = list(_open_rows(old, new))
    rows: list[Row] = []
    changes = removed = added = 0
    for each in opened:
        row = _row(each, old, new, changes + 1)
        changes += row.number is not None
        removed += sum(end - start for start, end, marked in each.before if marked)
        added += sum(end - start for start, end, marked in each.after if marked)
        rows.append(row)
    return Comparison(tuple(_folded(rows, context)), changes, removed, added)


def _seen(paper: Paper) -> set[str]:
    return {word for paragraph in paper.paragraphs for word in paragraph.words if SOFT_HYPHEN not in word}


def _side(paper: Paper, seen: set[str]) -> _Side:
    side = _Side()
    for paragraph in paper.paragraphs:
        for at, word in enumerate(paragraph.words, start=1):
            side.words.append(_whole(word, seen) if SOFT_HYPHEN in word else word)
            side.pages.append(paragraph.page)
            side.ends.append(at == len(paragraph.words))
    return side


def _whole(word: str, seen: set[str]) -> str:
    hyphened = word.replace(SOFT_HYPHEN, "-")
    return hyphened if hyphened in seen or word.endswith(SOFT_HYPHEN) else word.replace(SOFT_HYPHEN, "")


def _open_rows(old: _Side, new: _Side) -> Iterator[_Open]:
    row = _Open()
    for stretch in _settled(differences(old.words, new.words), old, new):
        for part, is_whole in _alike(stretch, old, new) if stretch.is_same else _unlike(stretch, old, new):
            row.before += part.before
            row.after += part.after
            if is_whole:
                yield row
                row = _Open()
    if row.before or row.after:
        yield row


def _settled(stretches: Sequence[Stretch], old: _Side, new: _Side) -> Iterator[Stretch]:
    """Words only added or only removed are moved to where a paragraph begins, where as many words stay alike so.

    Of `b c | b c` against `b c` either pair may be called the removed one: the paragraph is.
    """
    rest = list(stretches)
    for at, each in enumerate(rest):
        gone, come = each.before[1] - each.before[0], each.after[1] - each.after[0]
        if each.is_same or (gone and come) or not 0 < at < len(rest) - 1:
            continue
        side, (start, end) = (old, each.before) if gone else (new, each.after)
        if side.is_between(start):
            continue
        shift = _shift(side, start, end, rest[at - 1], rest[at + 1])
        rest[at - 1] = _moved(rest[at - 1], 0, shift)
        rest[at] = _moved(each, shift, shift)
        rest[at + 1] = _moved(rest[at + 1], shift, 0)
    yield from rest


def _shift(side: _Side, start: int, end: int, earlier: Stretch, later: Stretch) -> int:
    """How far the words from `start` to `end` can move to begin a paragraph, less than 0 backwards; 0 for nowhere."""
    back = 0
    while (
        -back < earlier.before[1] - earlier.before[0] - 1 and side.words[start + back - 1] == side.words[end + back - 1]
    ):
        back -= 1
        if side.is_between(start + back):
            return back
    on = 0
    while on < later.before[1] - later.before[0] - 1 and side.words[start + on] == side.words[end + on]:
        on += 1
        if side.is_between(start + on):
            return on
    return 0


def _moved(stretch: Stretch, first: int, last: int) -> Stretch:
    (i, iend), (j, jend) = stretch.before, stretch.after
    return Stretch(stretch.is_same, (i + first, iend + last), (j + first, jend + last))


def _alike(stretch: Stretch, old: _Side, new: _Side) -> Iterator[tuple[_Open, bool]]:
    """Parts of rows, and whether the row ends after each: where a paragraph ends on either side."""
    (i, iend), j = stretch.before, stretch.after[0]
    size, start = iend - i, 0
    for at in range(size):
        is_end = old.ends[i + at] or new.ends[j + at]
        if is_end or at + 1 == size:
            yield _Open([(i + start, i + at + 1, False)], [(j + start, j + at + 1, False)]), is_end
            start = at + 1


def _unlike(stretch: Stretch, old: _Side, new: _Side) -> Iterator[tuple[_Open, bool]]:
    """Parts of rows, and whether the row ends after each: where a paragraph is open on neither side."""
    (i, iend), (j, jend) = stretch.before, stretch.after
    for left, right in zip_longest(old.pieces(i, iend), new.pieces(j, jend)):
        i, j = left[1] if left else i, right[1] if right else j
        part = _Open([(*left, True)] if left else [], [(*right, True)] if right else [])
        yield part, old.is_between(i) and new.is_between(j)


def _row(opened: _Open, old: _Side, new: _Side, number: int) -> Row:
    marked = any(each[2] for each in (*opened.before, *opened.after))
    kind: RowKind = "same"
    if marked:
        kind = "added" if not opened.before else "changed" if opened.after else "removed"
    return Row(
        kind=kind,
        before=tuple(_runs(opened.before, old.words)),
        after=tuple(_runs(opened.after, new.words)),
        before_page=old.pages[opened.before[0][0]] if opened.before else None,
        after_page=new.pages[opened.after[0][0]] if opened.after else None,
        number=number if marked else None,
    )


def _runs(places: Iterable[tuple[int, int, bool]], words: Sequence[str]) -> Iterator[Run]:
    for start, end, marked in places:
        yield Run(" ".join(words[start:end]), marked)


def _folded(rows: Sequence[Row], context: int) -> Iterator[Row | Fold]:
    """Rows near a change as they are; two or more that are farther away as one fold."""
    near = [False] * len(rows)
    for at, row in enumerate(rows):
        if row.number is not None:
            for close in range(max(0, at - context), min(len(rows), at + context + 1)):
                near[close] = True
    hidden: list[Row] = []
    for at, row in enumerate(rows):
        if near[at]:
            yield from _fold(hidden)
            hidden = []
            yield row
        else:
            hidden.append(row)
    yield from _fold(hidden)


def _fold(rows: Sequence[Row]) -> Iterator[Row | Fold]:
    if len(rows) < 2:
        yield from rows
        return
    words = sum(len(run.text.split()) for row in rows for run in row.after)
    pages = [row.after_page for row in rows if row.after_page]
    yield Fold(len(rows), words, (pages[0], pages[-1]) if pages else None)
