"""Payments that investors say they have sent: notices that meet no condition (Section 2(b)(ii)), until money comes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closing.rules.fees import ZERO


@dataclass(frozen=True, slots=True)
class Moved:
    """An announcement, or a payment that came, whether or not it stands: when it was noted, and how much."""

    at: datetime
    amount: Decimal


def still_announced(announced: Iterable[Moved], came: Iterable[Moved], missing: Decimal) -> Decimal:
    """How much of what an investor announced has not come, and no more than it still owes.

    Each payment answers to what was announced before it; one that came and was returned was that announcement's, so
    that what it was for has to be announced anew.
    """
    awaited = ZERO
    told = sorted([*((each.at, 0, each.amount) for each in announced), *((each.at, 1, each.amount) for each in came)])
    for _, is_payment, amount in told:
        awaited = max(ZERO, awaited - amount) if is_payment else awaited + amount
    return min(awaited, missing)
