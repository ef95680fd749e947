"""Counsel's bills and what the issuer pays towards them (Section 6(d)). Amounts in the deal's currency."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import cast

from django.db import IntegrityError

from closing.actions.base import ActionRefused, acting
from closing.actions.conditions import check_first_time
from closing.actions.facts import record_fact, withdraw_fact
from closing.models import Bill, Deal, FeePayment
from closing.queries.deals import deal_terms
from closing.queries.facts import fact_of, facts_of
from closing.rules import facts
from closing.rules.fee_payments import cap_sentence, payment_refusal, statement_of
from closing.rules.terms import LineKind
from investors.models import User

CAP = "fees_within_cap"


def record_bill(
    deal: Deal,
    by: User | None,
    *,
    number: str,
    dated: date,
    lines: Sequence[facts.BillLine],
    counsel: str = "",
    note: str = "",
) -> Bill:
    """Put a bill on file; `counsel` is a key, left out that of the first counsel whose fees the issuer reimburses.

    The same bill again is the one on file. Raises NotAllowed, and ActionRefused for a number that another bill has, a
    bill without lines, amounts of nothing, or a date still to come.
    """
    with acting(deal, by) as act:
        number = " ".join(number.split())
        taken = Bill.objects.filter(deal=act.deal, number=number).first()
        bill = facts.Bill(
            at=act.now,
            number=number,
            counsel=counsel or deal_terms(act.deal).fees[0].counsel,
            dated=dated,
            lines=tuple(lines),
            note=note,
        )
        if taken is not None and not _is_same(taken, bill):
            raise ActionRefused(
                f"A bill {number} is on file already. A withdrawn bill keeps its number too: give this one another."
            )
        return cast(Bill, record_fact(act.deal, bill, by))


def withdraw_bill(bill: Bill, reason: str, by: User | None) -> Bill:
    """Take a bill back, with a reason. Raises NotAllowed, and ActionRefused where anything is paid towards it."""
    with acting(bill.deal, by):
        if FeePayment.objects.filter(bill=bill, withdrawn_at=None).exists():
            raise ActionRefused(
                f"Payments towards bill {bill.number} are on file. Withdraw those first, then the bill."
            )
        return cast(Bill, withdraw_fact(bill, reason, by))


def record_fee_payment(
    deal: Deal, by: User | None, *, bill: Bill, kind: LineKind, amount: Decimal, note: str = "", form: str = ""
) -> FeePayment:
    """Record what the issuer paid of a bill's fees or expenses. `form` is the key of the form that states it.

    Raises NotAllowed, SentAlready where that form came before, and ActionRefused before the closing is effected where
    the deal says so, for more than the bill
    has left, and for more than still fits under the cap: two payments at once are asked one after the other, and the
    database refuses whatever passes by here.
    """
    with acting(deal, by) as act:
        check_first_time(act, form)
        of, standing = deal_terms(act.deal), facts_of(act.deal).on(act.now)
        billed = fact_of(bill)
        assert isinstance(billed, facts.Bill)
        refusal = payment_refusal(of, standing, billed, kind, amount)
        if refusal:
            raise ActionRefused(refusal)
        payment = facts.FeePayment(at=act.now, bill=bill.number, kind=kind, amount=amount, note=note)
        try:
            return cast(FeePayment, record_fact(act.deal, payment, by, form=form))
        except ActionRefused as refused:
            if is_past_cap(refused.__cause__):
                raise ActionRefused(cap_sentence(statement_of(of, standing, billed.counsel))) from refused
            raise


def withdraw_fee_payment(payment: FeePayment, reason: str, by: User | None) -> FeePayment:
    """Take a payment back (it bounced, or was never made), with a reason; it then fits under the cap again."""
    return cast(FeePayment, withdraw_fact(payment, reason, by))


def is_past_cap(error: BaseException | None) -> bool:
    """Whether the database refused a payment because of the cap."""
    diagnosis = getattr(error.__cause__, "diag", None) if isinstance(error, IntegrityError) else None
    return getattr(diagnosis, "constraint_name", None) == CAP


def _is_same(row: Bill, bill: facts.Bill) -> bool:
    known = fact_of(row)
    assert isinstance(known, facts.Bill)
    stands = known.withdrawn_at is None
    return stands and (known.counsel, known.dated, known.lines) == (bill.counsel, bill.dated, bill.lines)
