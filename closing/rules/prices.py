"""What shares cost (Section 1(a)), and what a use takes of the proceeds (5(e)): to the cent."""

from decimal import ROUND_HALF_UP, Decimal

from closing.rules.terms import UseOfProceeds

CENT = Decimal("0.01")


def purchase_price(shares: int, price_per_share: Decimal) -> Decimal:
    """Shares times the price of one, to the cent (half a cent up), in the price's currency."""
    return (shares * price_per_share).quantize(CENT, ROUND_HALF_UP)


def stated_amount(use: UseOfProceeds, proceeds: Decimal) -> Decimal:
    """What the agreement gives to a use out of these proceeds, to the cent (half a cent up), in their currency."""
    if use.fraction is None:
        return use.amount or Decimal("0.00")
    return (proceeds * use.fraction.numerator / use.fraction.denominator).quantize(CENT, ROUND_HALF_UP)
