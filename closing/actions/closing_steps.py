"""What a closing does, as named steps in their order: all of them in one transaction, or none.

Each is given the same `Effect` and adds to it. Where a later one fails, what it wrote is gone with the transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from closing.actions.base import Act, ActionRefused
from closing.actions.escrow import release
from closing.actions.executed import request_released
from closing.actions.money_papers import paper_for
from closing.models import (
    Allotment,
    ClosedAllotment,
    Closing,
    ClosingConfirmation,
    Counsel,
    MoneyPaper,
    PostClosingItem,
    Reimbursement,
)
from closing.queries.closing_statement import statement_of
from closing.rules.closings import ClosingReview
from closing.rules.gate import Gate
from closing.rules.words import money, number, on_day
from investors.actions.certificates import Issue, issue_shares
from investors.models import Certificate


@dataclass(kw_only=True)
class Effect:
    """A closing under way: what was reviewed, and what the steps so far have made of it."""

    act: Act
    gate: Gate
    review: ClosingReview
    digest: str
    closing: Closing = field(init=False)
    certificates: list[Certificate] = field(default_factory=list)
    released: int = 0


def check_confirmations(effect: Effect) -> None:
    """Counsel of both sides confirmed this very review. Raises ActionRefused; the operator needs nobody's."""
    if effect.act.user is None:
        return
    given = ClosingConfirmation.objects.filter(
        deal=effect.act.deal, number=effect.review.number, digest=effect.digest, withdrawn_at=None
    )
    if len(set(given.values_list("side", flat=True))) < 2:
        raise ActionRefused("Nobody closes alone: counsel of each side confirms the same closing.")


def write_closing(effect: Effect) -> None:
    """The closing itself, with its totals, and the day until which the representations survive (6(f))."""
    review = effect.review
    effect.closing = Closing.objects.create(
        deal=effect.act.deal,
        number=review.number,
        at=effect.act.now,
        by=effect.act.user,
        shares=review.shares,
        purchase_price=review.purchase_price,
        fees_reimbursed=review.fees_reimbursed,
        expenses_reimbursed=review.expenses_reimbursed,
        survival_until=review.survival_until,
        digest=effect.digest,
    )


def issue_certificates(effect: Effect) -> None:
    """A certificate for each investor in its registered name, with its legends (4(e)), and the stock ledger."""
    of, review = effect.gate.deal, effect.review
    rows = Allotment.objects.filter(deal=effect.act.deal).select_related("investor")
    investors = {row.investor.name: row.investor for row in rows}
    issues = [
        Issue(investors[each.name], certificate, each.shares)
        for each, certificate in zip(review.ready, review.certificates, strict=True)
    ]
    note = f"Issued at the closing of {of.name}"
    share_class = effect.act.deal.share_class
    effect.certificates = issue_shares(share_class, issues, review.closed_on, review.legends, note)


def write_closed_allotments(effect: Effect) -> None:
    """Which rows of Schedule A have closed, with their certificates."""
    allotments = {row.investor_id: row for row in Allotment.objects.filter(deal=effect.act.deal)}
    ClosedAllotment.objects.bulk_create(
        ClosedAllotment(closing=effect.closing, allotment=allotments[each.investor_id], certificate=each)
        for each in effect.certificates
    )


def fix_reimbursement(effect: Effect) -> None:
    """What the issuer reimburses to each counsel (6(d)); what was netted from those who close has its effect."""
    firms = {row.key: row for row in Counsel.objects.filter(deal=effect.act.deal)}
    Reimbursement.objects.bulk_create(
        Reimbursement(
            closing=effect.closing,
            counsel=firms[each.counsel],
            fees=each.fees,
            expenses=each.expenses,
            netted=each.netted,
        )
        for each in effect.review.reimbursed
    )


def release_pages(effect: Effect) -> None:
    """The signature pages of the issuer and of those who close leave escrow."""
    effect.released = release(effect.act, effect.review.pages)


def open_items(effect: Effect) -> None:
    """What is owed after the closing."""
    PostClosingItem.objects.bulk_create(
        PostClosingItem(
            deal=effect.act.deal,
            closing=effect.closing,
            key=each.key,
            heading=each.heading,
            section=each.section,
            owed_by=each.owed_by,
            due_on=each.due_on,
        )
        for each in effect.review.after
    )


def record_events(effect: Effect) -> None:
    """The record of it all."""
    act, of, review, closing = effect.act, effect.gate.deal, effect.review, effect.closing
    currency, count = of.agreement.currency, len(effect.certificates)
    which = "The closing" if review.number == 1 else "A further closing"
    act.record(
        "deal-closed",
        closing,
        f"{which} was effected for {number(count)} investor{'' if count == 1 else 's'}: "
        f"{number(review.shares)} shares, {money(review.purchase_price, currency)}",
        data=_told(effect),
    )
    act.record("signatures-released", closing, f"Signature pages released from escrow: {number(effect.released)}")
    for certificate in effect.certificates:
        summary = f"Certificate {certificate.number} for {number(certificate.shares)} shares to {certificate.investor}"
        act.record("certificate-issued", certificate, summary)
    fixed = f"{money(review.fees_reimbursed, currency)} of fees, {money(review.expenses_reimbursed, currency)} expenses"
    act.record("fee-reimbursement-fixed", closing, f"Reimbursement of counsel fixed ({of.fee_sections}): {fixed}")
    until = f"Representations survive until {on_day(review.survival_until)} ({of.survival.section})"
    act.record("survival-started", closing, until)
    act.record("post-closing-items-opened", closing, f"Post-closing items opened: {number(len(review.after))}")


def _told(effect: Effect) -> dict[str, Any]:
    review = effect.review
    return {
        "number": review.number,
        "investors": [
            {
                "name": investor.name,
                "shares": investor.shares,
                "purchase_price": f"{investor.purchase_price:.2f}",
                "certificate": certificate.number,
            }
            for investor, certificate in zip(review.ready, effect.certificates, strict=True)
        ],
        "left_out": [each.investor.name for each in review.left_out],
        "shares": review.shares,
        "purchase_price": f"{review.purchase_price:.2f}",
        "fees_reimbursed": f"{review.fees_reimbursed:.2f}",
        "expenses_reimbursed": f"{review.expenses_reimbursed:.2f}",
        "survival_until": review.survival_until.isoformat(),
        "signatures_released": effect.released,
    }


def request_executed(effect: Effect) -> None:
    """The executed versions of what is executed now are asked for."""
    request_released(effect.act)


def request_statement(effect: Effect) -> None:
    """The closing statement is asked for: one for each closing."""
    paper_for(effect.act, MoneyPaper.Kind.CLOSING_STATEMENT, statement_of(effect.act.deal, effect.closing))


STEPS: tuple[Callable[[Effect], None], ...] = (
    check_confirmations,
    write_closing,
    issue_certificates,
    write_closed_allotments,
    fix_reimbursement,
    release_pages,
    open_items,
    record_events,
    request_executed,
    request_statement,
)
"""The order matters: the record names the certificates, and what is executed hangs on the pages released."""
