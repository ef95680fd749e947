"""Where two sequences of words are alike, in bounded time whatever they hold.

A 300-page agreement is 150,000 words, and difflib is quadratic and worse where words come often. So the two are pinned
together first where a run of words stands once in each (patience diff, by runs of twelve, four and one); what lies
between two pins is answered by the longest common subsequence, one big integer for each word (Hyyro's bit-parallel
form), which is exact and takes no longer for repetitive text. Between two pins that are farther apart than _MOST_BITS
the whole is taken as replaced: a coarse answer, never a wrong one.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

_RUNS = (12, 4, 1)
_DEEPEST = 16
_MOST_BITS = 400_000_000  # words of one side times words of the other: 50 MB while it is at work
_FEW_BITS = 250_000  # so little is not worth a search for pins
_CHANCE = 3  # so few words alike between two larger changes are alike by chance

Block = tuple[int, int, int]
_Region = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words `before[start:end]` against `after[start:end]`: alike, or the one replaced by the other."""

    is_same: bool
    before: tuple[int, int]
    after: tuple[int, int]


def differences(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Stretch]:
    """The two from beginning to end, in stretches that are alike and not, by turns."""
    blocks = sorted(_blocks(before, after))
    return _without_chance(list(_stretches(blocks, len(before), len(after))))


def _blocks(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterator[Block]:
    regions = [((0, len(a), 0, len(b)), 0, 0)]
    while regions:
        region, level, depth = regions.pop()
        ends, (alo, ahi, blo, bhi) = _alike_ends(a, b, region)
        yield from ends
        if alo == ahi or blo == bhi:
            continue
        inner = alo, ahi, blo, bhi
        bits = (ahi - alo) * (bhi - blo)
        pins: list[Block] = []
        while bits > _FEW_BITS and depth < _DEEPEST and not pins and level < len(_RUNS):
            pins = _pinned(a, b, inner, _RUNS[level])
            level += 0 if pins else 1
        if pins:
            yield from pins
            regions += [(gap, level, depth + 1) for gap in _gaps(pins, inner)]
        elif bits <= _MOST_BITS:
            yield from _longest(a, b, inner)


def _alike_ends(a: Sequence[Hashable], b: Sequence[Hashable], region: _Region) -> tuple[list[Block], _Region]:
    alo, ahi, blo, bhi = region
    found: list[Block] = []
    size = _run(a, b, region)
    if size:
        found.append((alo, blo, size))
        alo, blo = alo + size, blo + size
    back = 0
    while alo < ahi - back and blo < bhi - back and a[ahi - back - 1] == b[bhi - back - 1]:
        back += 1
    if back:
        found.append((ahi - back, bhi - back, back))
    return found, (alo, ahi - back, blo, bhi - back)


def _run(a: Sequence[Hashable], b: Sequence[Hashable], region: _Region) -> int:
    alo, ahi, blo, bhi = region
    most = min(ahi - alo, bhi - blo)
    size = 0
    while size < most and a[alo + size] == b[blo + size]:
        size += 1
    return size


def _longest(a: Sequence[Hashable], b: Sequence[Hashable], region: _Region) -> Iterator[Block]:
    """The longest common subsequence, from its end: a zero bit is a place where it has grown."""
    alo, ahi, blo, bhi = region
    places: dict[Hashable, int] = {}
    for at in range(alo, ahi):
        places[a[at]] = places.get(a[at], 0) | 1 << (at - alo)
    full = (1 << (ahi - alo)) - 1
    rows = [full]
    for at in range(blo, bhi):
        fits = rows[-1] & places.get(b[at], 0)
        rows.append((rows[-1] + fits | rows[-1] - fits) & full)
    row, column = bhi - blo, ahi - alo
    while row and column:
        bit = 1 << (column - 1)
        if rows[row] & bit:
            column -= 1
        else:
            row -= 1
            if rows[row] & bit:
                column -= 1
                yield alo + column, blo + row, 1


def _pinned(a: Sequence[Hashable], b: Sequence[Hashable], region: _Region, run: int) -> list[Block]:
    """Blocks around the runs of `run` words that stand once in each, as many as keep their order."""
    alo, ahi, blo, bhi = region
    in_a, in_b = _once(a, alo, ahi, run), _once(b, blo, bhi, run)
    pairs = _rising([(at, in_b[words]) for words, at in in_a.items() if words in in_b])
    blocks: list[Block] = []
    aend, bend = alo, blo
    for i, j in pairs:
        if i < aend or j < bend:
            continue
        while i > aend and j > bend and a[i - 1] == b[j - 1]:
            i, j = i - 1, j - 1
        size = _run(a, b, (i, ahi, j, bhi))
        blocks.append((i, j, size))
        aend, bend = i + size, j + size
    return blocks


def _once(words: Sequence[Hashable], start: int, end: int, run: int) -> dict[Hashable, int]:
    """Where each run of words stands that stands only once, in order."""
    found: dict[Hashable, int] = {}
    again: set[Hashable] = set()
    for at in range(start, end - run + 1):
        key = tuple(words[at : at + run]) if run > 1 else words[at]
        if key in found:
            again.add(key)
        else:
            found[key] = at
    return {key: at for key, at in found.items() if key not in again}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest selection of pairs, given by rising first number, whose second number rises too."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for at, (_, second) in enumerate(pairs):
        place = bisect_left(ends, second)
        ends[place : place + 1] = [second]
        before.append(last[place - 1] if place else -1)
        last[place : place + 1] = [at]
    chosen: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def _gaps(blocks: list[Block], region: _Region) -> Iterator[_Region]:
    alo, ahi, blo, bhi = region
    for i, j, size in blocks:
        yield alo, i, blo, j
        alo, blo = i + size, j + size
    yield alo, ahi, blo, bhi


def _stretches(blocks: list[Block], most_a: int, most_b: int) -> Iterator[Stretch]:
    i = j = 0
    for at, bt, size in [*blocks, (most_a, most_b, 0)]:
        if i < at or j < bt:
            yield Stretch(False, (i, at), (j, bt))
        if size:
            yield Stretch(True, (at, at + size), (bt, bt + size))
        i, j = at + size, bt + size


def _without_chance(stretches: list[Stretch]) -> list[Stretch]:
    """Neighbours of one kind made one, and a few words alike between two larger changes made part of the change."""
    found: list[Stretch] = []
    for at, each in enumerate(stretches):
        following = stretches[at + 1] if at + 1 < len(stretches) else None
        is_chance = (
            each.is_same
            and bool(found)
            and following is not None
            and not found[-1].is_same
            and not following.is_same
            and _length(each) <= min(_CHANCE, _length(found[-1]), _length(following))
        )
        kept = Stretch(False, each.before, each.after) if is_chance else each
        if found and found[-1].is_same == kept.is_same:
            found[-1] = Stretch(
                kept.is_same, (found[-1].before[0], kept.before[1]), (found[-1].after[0], kept.after[1])
            )
        else:
            found.append(kept)
    return found


def _length(stretch: Stretch) -> int:
    return max(stretch.before[1] - stretch.before[0], stretch.after[1] - stretch.after[0])
