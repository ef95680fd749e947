"""Purchase price received and returned (Section 2(b)(ii)). Amounts in the deal's currency."""

from decimal import Decimal
from typing import Literal, cast

from closing.actions.base import ActionRefused, acting
from closing.actions.conditions import check_first_time
from closing.actions.facts import record_fact, withdraw_fact
from closing.models import Deal, Payment
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules import facts
from closing.rules.purchase_price import received_by_investor
from closing.rules.words import money
from investors.models import User


def record_payment(
    deal: Deal,
    by: User | None,
    *,
    investor: str,
    amount: Decimal,
    currency: str = "",
    method: Literal["wire", "check"] = "wire",
    reference: str = "",
    note: str = "",
    form: str = "",
) -> Payment:
    """Put a payment by an investor (a registered name) on file; `currency` left out is the deal's.

    Raises NotAllowed; SentAlready where the form of that key came before; and ActionRefused for an unknown investor,
    another currency, nothing, or more than the investor
    still owes, as a payment recorded twice would be.
    """
    with acting(deal, by) as act:
        check_first_time(act, form)
        of = deal_terms(act.deal)
        payment = facts.Payment(
            at=act.now,
            investor=investor,
            amount=amount,
            currency=currency or of.agreement.currency,
            method=method,
            reference=reference,
            note=note,
        )
        row = of.investor_by_name.get(investor)
        if row is not None and payment.currency == of.agreement.currency:
            standing = facts_of(act.deal).on(act.now)
            paid = received_by_investor(standing, payment.currency).get(investor, Decimal(0))
            if paid + amount > row.purchase_price:
                raise ActionRefused(
                    f"{investor} owes {money(row.purchase_price, payment.currency)}, of which "
                    f"{money(paid, payment.currency)} is on file. Record only what belongs to the purchase price."
                )
        return cast(Payment, record_fact(act.deal, payment, by, form=form))


def return_payment(payment: Payment, reason: str, by: User | None) -> Payment:
    """The payment bounced or was sent back: it counts no more, and stays on file with the reason."""
    return cast(Payment, withdraw_fact(payment, reason, by))
