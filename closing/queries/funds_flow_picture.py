"""Sources and uses as a picture that adds up: two bars of one height, whole pixels, to be drawn by the template.

The largest lines have a band each, the rest of a side is one band. Bands are as high as their amounts, in pixels that
add up to the bar exactly, and none that has an amount is too thin to be seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from closing.rules.funds_flow import FundsFlow, Source, SourceKind, Use, UseKind
from closing.rules.words import number

ZERO = Decimal("0.00")
HEIGHT = 380
TOP = 34
THINNEST = 3
MOST_BANDS = 9
USES = {
    UseKind.FEES: "fees",
    UseKind.EXPENSES: "expenses",
    UseKind.PROCEEDS: "proceeds",
    UseKind.OTHER: "other",
    UseKind.REFUND: "back",
    UseKind.HELD: "back",
    UseKind.ISSUER: "issuer",
}
SHORT = {UseKind.FEES: "fees", UseKind.EXPENSES: "expenses", UseKind.REFUND: "sent back", UseKind.HELD: "held"}
MEANINGS = {
    "received": "Received",
    "netted": "Netted from the wire",
    "to-come": "Still to come",
    "back": "Not for this closing: to be sent back or held",
    "fees": "Counsel’s fees",
    "expenses": "Counsel’s expenses",
    "proceeds": "Use of the proceeds under the agreement",
    "other": "Other uses",
    "issuer": "Left to the company",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a band in one pattern, in pixels from the top."""

    pattern: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Band:
    """A line of the flow, or the rest of a side. `key` names it in the table; `label_y` is where its label stands."""

    key: str
    label: str
    amount: Decimal
    percent: str
    y: int
    height: int
    label_y: int
    key_y: int
    pieces: tuple[Piece, ...]

    @property
    def middle(self) -> int:
        """Half way down the band."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Picture:
    """Both bars. `source_keys` and `use_keys` are each line's key, in the flow's order; blank where it has no band.

    `legend` are the patterns that occur, with what each means.
    """

    sources: tuple[Band, ...]
    uses: tuple[Band, ...]
    source_keys: tuple[str, ...]
    use_keys: tuple[str, ...]
    total: Decimal
    legend: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """What a band is made of: the lines of the flow by their places, and their parts by pattern."""

    places: tuple[int, ...]
    label: str
    parts: tuple[tuple[str, Decimal], ...]

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.parts), ZERO)


def picture_of(flow: FundsFlow) -> Picture | None:
    """The picture; None where nothing flows, or where the flow cannot be carried out."""
    if flow.refusal or flow.total <= 0:
        return None
    from_whom = _gathered([_source(at, each) for at, each in enumerate(flow.sources)], "sources")
    to_whom = _gathered([_use(at, each) for at, each in enumerate(flow.uses)], "uses")
    sources, uses = _bands(from_whom, "123456789", flow.total), _bands(to_whom, "ABCDEFGHI", flow.total)
    seen = {piece.pattern for band in (*sources, *uses) for piece in band.pieces}
    return Picture(
        sources=sources,
        uses=uses,
        source_keys=_keys(from_whom, sources, len(flow.sources)),
        use_keys=_keys(to_whom, uses, len(flow.uses)),
        total=flow.total,
        legend=tuple((name, meaning) for name, meaning in MEANINGS.items() if name in seen),
    )


def _source(at: int, source: Source) -> _Line:
    if source.kind is not SourceKind.INVESTOR:
        return _Line((at,), f"{source.name}, not in this closing", (("back", source.amount),))
    received = source.received - source.over
    # Where more was sent back than stands received, that much more has to come.
    kept, to_come = max(ZERO, received), source.to_come + min(ZERO, received)
    parts = (("received", kept), ("netted", source.netted), ("to-come", to_come), ("back", source.over))
    return _Line((at,), source.name, parts)


def _use(at: int, use: Use) -> _Line:
    what = SHORT.get(use.kind, "" if use.payee else use.purpose)
    return _Line((at,), ", ".join(filter(None, (use.payee, what))), ((USES[use.kind], use.amount),))


def _gathered(lines: Sequence[_Line], what: str) -> list[_Line]:
    """The largest lines in their order, then one of all the others."""
    shown = [each for each in lines if each.amount > 0]
    if len(shown) <= MOST_BANDS:
        return shown
    by_amount = sorted(shown, key=lambda each: (-each.amount, each.places))
    largest, rest = by_amount[: MOST_BANDS - 1], by_amount[MOST_BANDS - 1 :]
    sums: dict[str, Decimal] = {}
    for line in rest:
        for pattern, amount in line.parts:
            sums[pattern] = sums.get(pattern, ZERO) + amount
    places = tuple(at for line in rest for at in line.places)
    others = _Line(places, f"{number(len(rest))} other {what}", tuple(sums.items()))
    return [*sorted(largest, key=lambda each: each.places), others]


def _keys(lines: Sequence[_Line], bands: Sequence[Band], count: int) -> tuple[str, ...]:
    keys = [""] * count
    for line, band in zip(lines, bands, strict=True):
        for at in line.places:
            keys[at] = band.key
    return tuple(keys)


def _bands(lines: Sequence[_Line], keys: str, total: Decimal) -> tuple[Band, ...]:
    heights = shared_pixels([each.amount for each in lines], HEIGHT)
    tops = [TOP + sum(heights[:at]) for at in range(len(heights))]
    middles = [top + height // 2 for top, height in zip(tops, heights, strict=True)]
    labels, keys_at = spread(middles, 38), spread(middles, 17)
    return tuple(
        Band(
            key=key,
            label=line.label,
            amount=line.amount,
            percent=_percent(line.amount, total),
            y=top,
            height=height,
            label_y=label,
            key_y=key_at,
            pieces=tuple(_pieces(line, top, height)),
        )
        for key, line, top, height, label, key_at in zip(
            keys[: len(lines)], lines, tops, heights, labels, keys_at, strict=True
        )
    )


def _percent(amount: Decimal, total: Decimal) -> str:
    tenths = (amount * 100 / total).quantize(Decimal("0.1"))
    return f"{tenths}%" if tenths else "under 0.1%"


def _pieces(line: _Line, top: int, height: int) -> Iterator[Piece]:
    parts = [each for each in line.parts if each[1] > 0]
    for (pattern, _), size in zip(
        parts, shared_pixels([amount for _, amount in parts], height, thinnest=1), strict=True
    ):
        if size:
            yield Piece(pattern, top, size)
        top += size


def shared_pixels(amounts: Sequence[Decimal], pixels: int, thinnest: int = THINNEST) -> list[int]:
    """`pixels` in proportion to the amounts, all above nothing: whole, exactly together, none below `thinnest`.

    What thin ones get beyond their share, the others give; where there is no room for that, none is held up.
    """
    if not amounts:
        return []
    least = thinnest if thinnest * len(amounts) <= pixels else 0
    spare, whole = pixels - least * len(amounts), sum(amounts, ZERO)
    exact = [amount * spare / whole for amount in amounts]
    shares = [int(each) for each in exact]
    by_remainder = sorted(range(len(amounts)), key=lambda at: shares[at] - exact[at])
    for at in by_remainder[: spare - sum(shares)]:
        shares[at] += 1
    return [least + each for each in shares]


def spread(wanted: Sequence[int], apart: int) -> list[int]:
    """Places near the wanted ones, in their order, at least `apart`, within the bar as far as they fit."""
    bottom = TOP + HEIGHT - apart // 2
    places: list[int] = []
    for want in wanted:
        places.append(max(want, places[-1] + apart) if places else max(want, TOP + apart // 2))
    for at in range(len(places) - 1, -1, -1):
        limit = bottom if at == len(places) - 1 else places[at + 1] - apart
        places[at] = min(places[at], limit)
    return places
