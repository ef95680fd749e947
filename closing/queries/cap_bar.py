"""The cap on counsel's fees as a bar: what is paid, netted, billed, left, and over it (Section 6(d))."""

from dataclasses import dataclass
from decimal import Decimal

from closing.rules.fees import ZERO, FeeStatement
from closing.rules.words import money

LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the cap's bar, in thousandths of its length."""

    kind: str
    label: str
    amount: Decimal
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class CapBar:
    """Fees against the cap. `cap_x` is where the cap stands; past it lies what stays with the investors.

    `says` is what a reader without eyes on it hears.
    """

    segments: tuple[Segment, ...]
    cap: Decimal
    cap_x: int
    says: str


def cap_bar(statement: FeeStatement) -> CapBar | None:
    """The cap as a bar, its parts in the order of certainty and together the cap, or what was billed past it.

    None where there is no cap, and where there is nothing to draw.
    """
    if statement.cap is None or statement.room is None:
        return None
    whole = max(statement.cap, statement.capped_billed)
    if whole <= 0:
        return None
    under = min(statement.capped_billed, statement.cap)
    taken = statement.capped_paid + statement.capped_netted
    parts = (
        ("paid", "Paid", statement.capped_paid),
        ("netted", "Netted from wires of investors who have not closed", statement.capped_netted),
        ("billed", "Billed, left to pay", max(ZERO, under - taken)),
        ("room", "Not billed yet", statement.room),
        ("over", "Billed over the cap, stays with the investors", statement.over_cap),
    )
    segments, before = [], ZERO
    for kind, label, amount in parts:
        # Each end is rounded by itself, so that the parts meet and the last one ends where the bar does.
        x, end = int(before * LENGTH // whole), int((before + amount) * LENGTH // whole)
        segments.append(Segment(kind, label, amount, x, end - x))
        before += amount
    heard = ", ".join(
        f"{each.label[:1].lower()}{each.label[1:]} {money(each.amount, statement.currency)}"
        for each in segments
        if each.amount or each.kind in ("paid", "room")
    )
    cap_x = int(statement.cap * LENGTH // whole)
    return CapBar(tuple(segments), statement.cap, cap_x, f"Cap {money(statement.cap, statement.currency)}: {heard}.")
