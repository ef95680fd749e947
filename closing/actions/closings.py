"""A closing: one act, for the ready investors all at once or not at all, and once for each of them."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError

from closing.actions.base import Act, ActionRefused, acting, told_by_database
from closing.actions.escrow import release
from closing.actions.executed import request_released
from closing.models import Allotment, ClosedAllotment, Closing, Counsel, Deal, PostClosingItem, Reimbursement
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules import terms
from closing.rules.access import Verb
from closing.rules.certificates import certificate_numbers
from closing.rules.closings import ClosingReview, closing_review, confirmation_refusal
from closing.rules.further import closed_names
from closing.rules.gate import Gate, evaluate
from closing.rules.words import money, number, on_day
from investors.actions.certificates import Issue, issue_shares, numbers_taken
from investors.models import Certificate, User


def close_deal(deal: Deal, by: User | None, *, expected: Sequence[str], leave_out_confirmed: bool = False) -> Closing:
    """Effect the closing now for the investors who are ready, whose names are `expected`.

    The gate is asked again under the deal's lock. Releases the signatures in escrow of the issuer and of those
    investors, issues each a certificate in its registered name with its legends (4(e)), writes the stock ledger, fixes
    what is reimbursed (6(d)), sets the day until which the representations survive (6(f)), opens the post-closing
    items and asks for the executed versions. Where the expected have closed, or nobody may close any more, everything
    is left as it is, and their closing, or the last one, returned.

    Raises NotAllowed, and ActionRefused where nobody is ready, the ready are not those expected, somebody is left out
    and that is not confirmed, the day is not the closing's, or the stock ledger has no room; then nothing is changed.
    """
    with acting(deal, by, Verb.CLOSE) as act:
        of = deal_terms(act.deal)
        gate = evaluate(of, facts_of(act.deal), act.now)
        effected = _effected(act.deal, gate, expected)
        if effected is not None:
            return effected
        review = closing_review(gate)
        refusal = confirmation_refusal(review, expected, leave_out_confirmed)
        if refusal:
            raise ActionRefused(refusal)
        try:
            return _effect(act, of, review)
        except IntegrityError as error:
            raise ActionRefused(told_by_database(error)) from error


def finish_item(item: PostClosingItem, by: User | None, note: str = "") -> PostClosingItem:
    """Mark a post-closing item done. Twice is the same as once. Raises NotAllowed."""
    with acting(item.deal, by, Verb.FINISH_POST_CLOSING_ITEM) as act:
        fresh = PostClosingItem.objects.select_related("deal").get(pk=item.pk)
        if fresh.done_at is None:
            fresh.done_at, fresh.done_by, fresh.note = act.now, by, note.strip()
            fresh.save(update_fields=["done_at", "done_by", "note"])
            act.record("post-closing-item-finished", fresh, f"{fresh.section} {fresh.heading}", reason=fresh.note)
        return fresh


def _effected(deal: Deal, gate: Gate, expected: Sequence[str]) -> Closing | None:
    """The closing in which the expected have closed, or the last of a deal in which nobody may close any more."""
    closings = Closing.objects.filter(deal=deal).order_by("-number")
    if gate.is_closed:
        return closings.first()
    if expected and closed_names(gate.facts).issuperset(expected):
        return closings.filter(allotments__allotment__investor__name__in=expected).first()
    return None


def _effect(act: Act, of: terms.Deal, review: ClosingReview) -> Closing:
    closing = Closing.objects.create(
        deal=act.deal,
        number=review.number,
        at=act.now,
        by=act.user,
        shares=review.shares,
        purchase_price=review.purchase_price,
        fees_reimbursed=review.fees_reimbursed,
        expenses_reimbursed=review.expenses_reimbursed,
        survival_until=review.survival_until,
    )
    firms = {row.key: row for row in Counsel.objects.filter(deal=act.deal)}
    Reimbursement.objects.bulk_create(
        Reimbursement(
            closing=closing, counsel=firms[each.counsel], fees=each.fees, expenses=each.expenses, netted=each.netted
        )
        for each in review.reimbursed
    )
    certificates = _issue(act, of, review)
    allotments = {row.investor_id: row for row in Allotment.objects.filter(deal=act.deal)}
    ClosedAllotment.objects.bulk_create(
        ClosedAllotment(closing=closing, allotment=allotments[each.investor_id], certificate=each)
        for each in certificates
    )
    released = release(act, review.pages)
    PostClosingItem.objects.bulk_create(
        PostClosingItem(
            deal=act.deal,
            closing=closing,
            key=each.key,
            heading=each.heading,
            section=each.section,
            owed_by=each.owed_by,
            due_on=each.due_on,
        )
        for each in review.after
    )
    _record(act, of, review, closing, certificates, released)
    request_released(act)
    return closing


def _issue(act: Act, of: terms.Deal, review: ClosingReview) -> list[Certificate]:
    """Certificates in Schedule A's order, numbered after those of the class that exist."""
    share_class = act.deal.share_class
    prefix = of.security.certificate_prefix
    numbers = certificate_numbers(prefix, numbers_taken(share_class), len(review.ready))
    rows = Allotment.objects.filter(deal=act.deal).select_related("investor")
    investors = {row.investor.name: row.investor for row in rows}
    issues = [
        Issue(investors[each.name], taken, each.shares) for each, taken in zip(review.ready, numbers, strict=True)
    ]
    note = f"Issued at the closing of {of.name}"
    return issue_shares(share_class, issues, review.closed_on, of.security.legends, note)


def _record(
    act: Act, of: terms.Deal, review: ClosingReview, closing: Closing, certificates: list[Certificate], released: int
) -> None:
    currency = of.agreement.currency
    left_out = [each.investor.name for each in review.left_out]
    data: dict[str, Any] = {
        "number": review.number,
        "investors": [
            {
                "name": investor.name,
                "shares": investor.shares,
                "purchase_price": f"{investor.purchase_price:.2f}",
                "certificate": certificate.number,
            }
            for investor, certificate in zip(review.ready, certificates, strict=True)
        ],
        "left_out": left_out,
        "shares": review.shares,
        "purchase_price": f"{review.purchase_price:.2f}",
        "fees_reimbursed": f"{review.fees_reimbursed:.2f}",
        "expenses_reimbursed": f"{review.expenses_reimbursed:.2f}",
        "survival_until": review.survival_until.isoformat(),
        "signatures_released": released,
    }
    act.record(
        "deal-closed",
        closing,
        f"{'The closing' if review.number == 1 else 'A further closing'} was effected for "
        f"{number(len(certificates))} investor{'' if len(certificates) == 1 else 's'}: {number(review.shares)} shares, "
        f"{money(review.purchase_price, currency)}",
        data=data,
    )
    act.record("signatures-released", closing, f"Signature pages released from escrow: {number(released)}")
    for certificate in certificates:
        summary = f"Certificate {certificate.number} for {number(certificate.shares)} shares to {certificate.investor}"
        act.record("certificate-issued", certificate, summary)
    fixed = f"{money(review.fees_reimbursed, currency)} of fees, {money(review.expenses_reimbursed, currency)} expenses"
    act.record("fee-reimbursement-fixed", closing, f"Reimbursement of counsel fixed ({of.fee_sections}): {fixed}")
    until = f"Representations survive until {on_day(review.survival_until)} ({of.survival.section})"
    act.record("survival-started", closing, until)
    act.record("post-closing-items-opened", closing, f"Post-closing items opened: {number(len(review.after))}")
