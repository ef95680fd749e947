"""The page of the closing: what closing now would do, and afterwards what it did."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from closing.models import Deal
from closing.queries.closings import ClosedDeal, closed_deal
from closing.queries.gates import gate_of
from closing.queries.owed import owner_name
from closing.rules.certificates import certificate_numbers
from closing.rules.closings import ClosingReview, closing_review
from closing.rules.gate import Gate
from closing.rules.terms import ISSUER
from closing.rules.words import listing, number, on_day
from investors.clock import now
from investors.models import Certificate, User


@dataclass(frozen=True, slots=True)
class Closer:
    """An investor for whom the closing would happen, and the certificate it would get."""

    name: str
    shares: int
    purchase_price: Decimal
    certificate: str


@dataclass(frozen=True, slots=True)
class AfterLine:
    """What is owed after the closing. `due` in words where no date follows; `item` is its row once it is open."""

    section: str
    heading: str
    owed_by: str
    due: str
    item: int | None = None
    done_at: datetime | None = None
    note: str = ""
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class ClosePage:
    """Either `review` or `closed` is given. Money in `currency`.

    `pages` are signature pages released, `kept` those that stay in escrow.
    """

    headline: str
    currency: str
    closing_at: datetime
    place: str
    fee_section: str
    fee_counsel: str
    survival_section: str
    survival_months: int
    review: ClosingReview | None
    closers: tuple[Closer, ...]
    pages: int
    kept: int
    legends: tuple[str, ...]
    after: tuple[AfterLine, ...]
    closed: ClosedDeal | None


def close_page(deal: Deal, user: User) -> ClosePage:
    """The closing of `deal` for counsel, now. A fixed number of queries."""
    gate = gate_of(deal)
    terms = gate.deal
    today = now().astimezone(ZoneInfo(deal.time_zone)).date()
    closed = closed_deal(deal, user, today)
    review = None if closed else closing_review(gate)
    return ClosePage(
        headline=_closed_line(closed, gate) if closed else _review_line(gate),
        currency=deal.currency,
        closing_at=gate.closing.at,
        place=gate.closing.place,
        fee_section=terms.fee_sections,
        fee_counsel=listing(owner_name(each.counsel, terms) for each in terms.fees),
        survival_section=terms.survival.section,
        survival_months=terms.survival.months,
        review=review,
        closers=_closers(deal, review, terms.security.certificate_prefix) if review else (),
        pages=len(review.pages) if review else gate.signatures.released,
        kept=gate.signatures.in_escrow - len(review.pages) if review else gate.signatures.in_escrow,
        legends=terms.security.legends,
        after=_after_review(review, gate) if review else _after_closing(closed, gate),
        closed=closed,
    )


def _closers(deal: Deal, review: ClosingReview, prefix: str) -> tuple[Closer, ...]:
    taken = Certificate.objects.filter(share_class=deal.share_class_id).values_list("number", flat=True)
    numbers = certificate_numbers(prefix, taken, len(review.ready))
    return tuple(
        Closer(each.name, each.shares, each.purchase_price, of) for each, of in zip(review.ready, numbers, strict=True)
    )


def _after_review(review: ClosingReview, gate: Gate) -> tuple[AfterLine, ...]:
    return tuple(
        AfterLine(each.section, each.heading, _party(each.owed_by, gate), on_day(each.due_on) if each.due_on else "")
        for each in review.after
    )


def _after_closing(closed: ClosedDeal | None, gate: Gate) -> tuple[AfterLine, ...]:
    return tuple(
        AfterLine(
            section=each.section,
            heading=each.heading,
            owed_by=_party(each.owed_by, gate),
            due=on_day(each.due_on) if each.due_on else "",
            item=each.id,
            done_at=each.done_at,
            note=each.note,
            is_overdue=each.is_overdue,
        )
        for each in (closed.items if closed else ())
    )


def _party(reference: str, gate: Gate) -> str:
    return gate.deal.issuer.name if reference == ISSUER else owner_name(reference, gate.deal)


def _review_line(gate: Gate) -> str:
    if not gate.ready:
        return "Nobody is ready to close"
    if gate.is_ready:
        return f"All {number(len(gate.investors))} investors are ready to close"
    verb = "is" if len(gate.ready) == 1 else "are"
    return f"{number(len(gate.ready))} of {number(len(gate.investors))} investors {verb} ready to close"


def _closed_line(closed: ClosedDeal, gate: Gate) -> str:
    day = on_day(closed.at.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date())
    count, of = len(closed.certificates), len(gate.investors)
    whom = f"all {number(of)}" if count == of else f"{number(count)} of {number(of)}"
    return f"Closed on {day} for {whom} investors"
