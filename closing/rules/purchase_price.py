"""The purchase price of each investor: owed, received, netted, sent back (Sections 1(b) and 2(b)(ii))."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from closing.rules.facts import Facts
from closing.rules.fees import ZERO, netted_by_investor
from closing.rules.terms import Deal


@dataclass(frozen=True, slots=True)
class Paid:
    """What one investor owes and has paid, in the deal's currency.

    `received` is what stands received, less `refunded`, what was sent back; it is below nothing where a payment was
    returned after money had been sent back. `netted` was kept back from its wire for counsel's fees: that counts as
    paid.
    """

    owed: Decimal
    received: Decimal
    netted: Decimal
    refunded: Decimal

    @property
    def counted(self) -> Decimal:
        """What counts towards the price: received and netted."""
        return self.received + self.netted

    @property
    def missing(self) -> Decimal:
        """What is still to come."""
        return max(ZERO, self.owed - self.counted)

    @property
    def over(self) -> Decimal:
        """What was paid beyond the price, and is to be sent back."""
        return max(ZERO, self.counted - self.owed)


def received_by_investor(facts: Facts, currency: str) -> dict[str, Decimal]:
    """Purchase price received from each investor less what was sent back, in `currency`; `facts` are those that stand.

    An investor of whom nothing is on file has no entry.
    """
    received: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each in facts.payments:
        if each.currency == currency:
            received[each.investor] += each.amount
    for back in facts.refunds:
        if back.currency == currency:
            received[back.investor] -= back.amount
    return dict(received)


def paid_by_investor(deal: Deal, facts: Facts) -> dict[str, Paid]:
    """What every investor of Schedule A owes and has paid. `facts` are those that stand (Section 2(b)(ii))."""
    received = received_by_investor(facts, deal.agreement.currency)
    netted = netted_by_investor(facts)
    refunded: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each in facts.refunds:
        refunded[each.investor] += each.amount
    return {
        investor.name: Paid(
            owed=investor.purchase_price,
            received=received.get(investor.name, ZERO),
            netted=netted.get(investor.name, ZERO),
            refunded=refunded[investor.name],
        )
        for investor in deal.investors
    }
