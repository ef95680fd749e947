"""What the issuer reimburses of counsel's bills, and what stays over the cap (Section 6(d))."""

from dataclasses import dataclass
from decimal import Decimal

from closing.rules.facts import Facts
from closing.rules.terms import Deal, LineKind

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class FeeStatement:
    """Counsel's bills against the cap, in the deal's currency. `cap` is None where there is none."""

    currency: str
    cap: Decimal | None
    fees_billed: Decimal
    expenses_billed: Decimal
    capped_billed: Decimal
    fees_paid: Decimal
    expenses_paid: Decimal
    capped_paid: Decimal
    is_payable: bool

    @property
    def fees_over_cap(self) -> Decimal:
        """What the cap cuts off; it stays with the investors."""
        return ZERO if self.cap is None else max(ZERO, self.capped_billed - self.cap)

    @property
    def fees_reimbursable(self) -> Decimal:
        """Fees billed that the issuer reimburses if the closing is effected: never more than the cap."""
        return max(ZERO, self.fees_billed - self.fees_over_cap)

    @property
    def room(self) -> Decimal | None:
        """What further capped lines could still recover under the cap; None where there is no cap."""
        return None if self.cap is None else max(ZERO, self.cap - self.capped_billed)

    @property
    def payable_room(self) -> Decimal | None:
        """What may still be paid of capped lines before the cap is reached; None where there is no cap."""
        return None if self.cap is None else self.cap - self.capped_paid


def fee_statement(deal: Deal, facts: Facts) -> FeeStatement:
    """The statement of the bills and payments in `facts`, which are those that stand at the moment asked about.

    Fees are reimbursed up to the cap in all, expenses on receipt of a bill and past no cap; both only if the closing is
    effected, where the deal says so.
    """
    billed = dict.fromkeys(LineKind, ZERO)
    paid = dict.fromkeys(LineKind, ZERO)
    for bill in facts.bills:
        if bill.counsel == deal.fees.counsel:
            for line in bill.lines:
                billed[line.kind] += line.amount
    for payment in facts.fee_payments:
        paid[payment.kind] += payment.amount
    return FeeStatement(
        currency=deal.agreement.currency,
        cap=deal.fees.cap,
        fees_billed=billed[LineKind.FEE],
        expenses_billed=billed[LineKind.EXPENSE],
        capped_billed=sum((billed[kind] for kind in deal.fees.cap_covers), ZERO),
        fees_paid=paid[LineKind.FEE],
        expenses_paid=paid[LineKind.EXPENSE],
        capped_paid=sum((paid[kind] for kind in deal.fees.cap_covers), ZERO),
        is_payable=bool(facts.closings) or not deal.fees.only_if_closed,
    )
