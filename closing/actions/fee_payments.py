"""What the issuer pays towards counsel's bills, nets from an investor's wire, or gets back (Section 6(d)).

Amounts in the deal's currency. Each is asked under the deal's lock, one after the other, and the database refuses
whatever passes by here.
"""

from decimal import Decimal
from typing import cast

from django.db import IntegrityError

from closing.actions.base import ActionRefused, acting
from closing.actions.conditions import check_first_time
from closing.actions.facts import record_fact, withdraw_fact
from closing.models import Bill, Deal, FeePayment, FeeReversal
from closing.queries.deals import deal_terms
from closing.queries.facts import fact_of, facts_of
from closing.rules import facts
from closing.rules.fee_payments import cap_sentence, payment_refusal, reversal_refusal, statement_of, withdrawal_refusal
from closing.rules.terms import LineKind
from investors.models import User

CAPS = frozenset({"fees_within_cap", "reversal_within_cap"})


def record_fee_payment(
    deal: Deal,
    by: User | None,
    *,
    bill: Bill,
    kind: LineKind,
    amount: Decimal,
    netted_from: str = "",
    note: str = "",
    form: str = "",
) -> FeePayment:
    """Record what the issuer paid of a bill's fees or expenses, or kept back for them from the wire of an investor.

    `netted_from` is that investor's registered name; netting needs no closing. `form` is the key of the form that
    states it. Raises NotAllowed, SentAlready where that form came before, and ActionRefused before the closing is
    effected where the deal says so, for more than the bill has left, for more than still fits under the cap, and for
    more than the investor still owes.
    """
    with acting(deal, by) as act:
        check_first_time(act, form)
        of, standing = deal_terms(act.deal), facts_of(act.deal).on(act.now)
        billed = fact_of(bill)
        assert isinstance(billed, facts.Bill)
        refusal = payment_refusal(of, standing, billed, kind, amount, netted_from)
        if refusal:
            raise ActionRefused(refusal)
        payment = facts.FeePayment(
            at=act.now,
            counsel=billed.counsel,
            bill=bill.number,
            kind=kind,
            amount=amount,
            netted_from=netted_from,
            note=note,
        )
        try:
            return cast(FeePayment, record_fact(act.deal, payment, by, form=form))
        except ActionRefused as refused:
            if is_past_cap(refused.__cause__):
                raise ActionRefused(cap_sentence(statement_of(of, standing, billed.counsel))) from refused
            raise


def reverse_fee_payment(
    deal: Deal,
    by: User | None,
    *,
    bill: Bill,
    kind: LineKind,
    amount: Decimal,
    netted_from: str = "",
    note: str = "",
    form: str = "",
) -> FeeReversal:
    """Record what came back of money paid towards a bill; it then fits under the cap again.

    With `netted_from` what was kept back from that investor's wire is undone, and counts as its purchase price no more.
    Raises NotAllowed, SentAlready, and ActionRefused for more than stands paid there, with what that is.
    """
    with acting(deal, by) as act:
        check_first_time(act, form)
        of, standing = deal_terms(act.deal), facts_of(act.deal).on(act.now)
        billed = fact_of(bill)
        assert isinstance(billed, facts.Bill)
        refusal = reversal_refusal(of, standing, billed, kind, amount, netted_from)
        if refusal:
            raise ActionRefused(refusal)
        said = facts.FeeReversal(
            at=act.now,
            counsel=billed.counsel,
            bill=bill.number,
            kind=kind,
            amount=amount,
            netted_from=netted_from,
            note=note,
        )
        return cast(FeeReversal, record_fact(act.deal, said, by, form=form))


def withdraw_fee_payment(payment: FeePayment, reason: str, by: User | None) -> FeePayment:
    """Take back a payment or netting recorded by mistake, with a reason; it then fits under the cap again.

    Raises NotAllowed, and ActionRefused where it was reversed, or an investor has closed on it.
    """
    return cast(FeePayment, _withdraw(payment, reason, by))


def withdraw_fee_reversal(reversal: FeeReversal, reason: str, by: User | None) -> FeeReversal:
    """Take back a reversal recorded by mistake: the payment stands again, if it still fits.

    Raises NotAllowed, and ActionRefused where it does not fit any more, with what still would.
    """
    return cast(FeeReversal, _withdraw(reversal, reason, by))


def _withdraw(row: FeePayment | FeeReversal, reason: str, by: User | None) -> FeePayment | FeeReversal:
    with acting(row.deal, by) as act:
        fresh = type(row).objects.get(pk=row.pk)
        if fresh.withdrawn_at is None:
            fact = fact_of(fresh)
            assert isinstance(fact, facts.FeePayment | facts.FeeReversal)
            refusal = withdrawal_refusal(deal_terms(act.deal), facts_of(act.deal).on(act.now), fact)
            if refusal:
                raise ActionRefused(refusal)
        return cast("FeePayment | FeeReversal", withdraw_fact(fresh, reason, by))


def is_past_cap(error: BaseException | None) -> bool:
    """Whether the database refused a payment because of the cap."""
    diagnosis = getattr(error.__cause__, "diag", None) if isinstance(error, IntegrityError) else None
    return getattr(diagnosis, "constraint_name", None) in CAPS
