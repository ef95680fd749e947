"""Amounts as they come out of the database."""

from decimal import Decimal

CENT = Decimal("0.01")


def money(amount: Decimal) -> Decimal:
    """An amount with at least two decimals and no more than it needs."""
    short = amount.quantize(CENT)
    return short if short == amount else amount.normalize()
