"""What changed between two versions of a funds flow, in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from closing.rules.funds_flow import FundsFlow, Source, Use
from closing.rules.words import money

ZERO = Decimal("0.00")
PARTS = {
    "price": "purchase price",
    "received": "received",
    "netted": "netted",
    "refunded": "sent back",
    "to_come": "still to come",
    "over": "paid beyond the price",
}

Key = tuple[str, str, str, int]
Line = Source | Use


def changes(before: FundsFlow, after: FundsFlow) -> tuple[str, ...]:
    """A sentence for each line that came, went or changed, sources first; none where the two say the same."""
    currency = after.currency
    told = (
        *_lines(_keyed(before.sources), _keyed(after.sources), currency),
        *_lines(_keyed(before.uses), _keyed(after.uses), currency),
    )
    if not told and before != after:
        return ("The lines stand in another order.",)
    return told


def _lines(before: Mapping[Key, Line], after: Mapping[Key, Line], currency: str) -> Iterator[str]:
    for key, line in before.items():
        if key not in after:
            yield f"{_named(line)}: taken out, was {money(line.amount, currency)}"
    for key, line in after.items():
        old = before.get(key)
        if old is None:
            yield f"{_named(line)}: new, {money(line.amount, currency)}"
        elif old != line:
            yield f"{_named(line)}: {'; '.join(_told(old, line, currency))}"


def _told(old: Line, new: Line, currency: str) -> Iterator[str]:
    if old.amount != new.amount:
        yield f"{money(new.amount, currency)}, was {money(old.amount, currency)}"
    for name, said in PARTS.items():
        was, is_now = getattr(old, name, ZERO), getattr(new, name, ZERO)
        if was != is_now:
            yield f"{said} {money(is_now, currency)}, was {money(was, currency)}"
    if isinstance(old, Use) and isinstance(new, Use):
        if old.about != new.about:
            yield "about so much" if new.about else "exact now"
        if old.section != new.section:
            yield f"under {new.section or 'no section'}, was under {old.section or 'no section'}"


def _keyed(lines: Sequence[Line]) -> dict[Key, Line]:
    """The lines by what they are; several of one name by their place among them."""
    seen: Counter[tuple[str, str, str]] = Counter()
    keyed: dict[Key, Line] = {}
    for line in lines:
        what = (
            (line.kind.value, line.name, "")
            if isinstance(line, Source)
            else (line.kind.value, line.payee, line.purpose)
        )
        seen[what] += 1
        keyed[*what, seen[what]] = line
    return keyed


def _named(line: Line) -> str:
    if isinstance(line, Source):
        return f"From {line.name}"
    return f"To {line.payee}, {line.purpose}" if line.payee else line.purpose
