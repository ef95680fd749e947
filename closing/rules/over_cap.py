"""What is over the cap, and who bears it: the investors, pro rata unless counsel says otherwise (6(d))."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from closing.rules.facts import Facts, OverCapAllotment
from closing.rules.fees import ZERO, fee_statements, in_all
from closing.rules.terms import Deal

CENT = Decimal("0.01")


def allotment_in_force(facts: Facts) -> OverCapAllotment | None:
    """How counsel allotted what is over the cap: the last that stands; None is pro rata by shares of Schedule A."""
    said = sorted(facts.over_cap_allotments, key=lambda each: each.at)
    return said[-1] if said else None


def parts_in_force(deal: Deal, facts: Facts) -> dict[str, Decimal]:
    """How many parts each investor of Schedule A bears: counsel's, else its shares."""
    said = allotment_in_force(facts)
    if said is None:
        return {investor.name: Decimal(investor.shares) for investor in deal.investors}
    parts = {each.investor: each.parts for each in said.parts}
    return {investor.name: parts.get(investor.name, Decimal(0)) for investor in deal.investors}


def over_cap_by_investor(deal: Deal, facts: Facts) -> dict[str, Decimal]:
    """What each investor bears of what is over the caps, in the deal's currency; to the cent what is over them."""
    over = in_all(fee_statements(deal, facts), lambda each: each.over_cap)
    return shared(over, parts_in_force(deal, facts))


def shared(amount: Decimal, parts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """`amount`, in whole cents, in proportion to `parts`: each share in cents, and together exactly the amount.

    The cents that rounding down leaves go to the largest remainders, the earlier row first among equals. Raises
    ValueError where nobody has a part and there is something to share.
    """
    whole = sum(parts.values())
    cents = int(amount / CENT)
    if not cents:
        return dict.fromkeys(parts, ZERO)
    if whole <= 0:
        raise ValueError("Nobody has a part in what is to be shared.")
    exact = {name: Fraction(cents) * Fraction(part) / Fraction(whole) for name, part in parts.items()}
    found = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(parts, key=lambda name: found[name] - exact[name])
    for name in by_remainder[: cents - sum(found.values())]:
        found[name] += 1
    return {name: share * CENT for name, share in found.items()}
