"""The page of the closing: what closing now would do, and afterwards what it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from closing.models import Deal
from closing.queries.closings import ClosedDeal, closed_deals
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
class Effected:
    """A closing that took place, with what it opened. `heading` names it where there are several; `key` is for ids."""

    key: str
    heading: str
    said: ClosedDeal
    after: tuple[AfterLine, ...]


@dataclass(frozen=True, slots=True)
class ClosePage:
    """The closings that took place, and in `review` the next one; None where nobody closes any more, `why` says so.

    `pages` are signature pages released, or to be, and `kept` those that stay in escrow. Money in `currency`.
    """

    headline: str
    currency: str
    closing_at: datetime
    place: str
    fee_section: str
    fee_counsel: str
    survival_section: str
    survival_months: int
    legends: tuple[str, ...]
    review: ClosingReview | None
    closers: tuple[Closer, ...]
    opens: tuple[AfterLine, ...]
    pages: int
    kept: int
    closings: tuple[Effected, ...]
    why_closed: str


def close_page(deal: Deal, user: User) -> ClosePage:
    """The closing of `deal` for counsel, now. A fixed number of queries."""
    gate = gate_of(deal)
    terms = gate.deal
    today = now().astimezone(ZoneInfo(deal.time_zone)).date()
    review = None if gate.is_closed else closing_review(gate)
    effected = closed_deals(deal, user, today)
    return ClosePage(
        headline=_closed_line(effected, gate) if effected else _review_line(gate),
        currency=deal.currency,
        closing_at=gate.closing.at,
        place=gate.closing.place,
        fee_section=terms.fee_sections,
        fee_counsel=listing(owner_name(each.counsel, terms) for each in terms.fees),
        survival_section=terms.survival.section,
        survival_months=terms.survival.months,
        legends=terms.security.legends,
        review=review,
        closers=_closers(deal, review, terms.security.certificate_prefix) if review else (),
        opens=_after_review(review, gate) if review else (),
        pages=len(review.pages) if review else gate.signatures.released,
        kept=gate.signatures.in_escrow - len(review.pages) if review else gate.signatures.in_escrow,
        closings=tuple(_effected(each, gate, len(effected)) for each in effected),
        why_closed=gate.why_closed,
    )


def _effected(closed: ClosedDeal, gate: Gate, of: int) -> Effected:
    day = on_day(closed.at.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date())
    heading = f"Closing {closed.number}, {day}" if of > 1 else ""
    return Effected(f"after-{closed.number}", heading, closed, _after_closing(closed, gate))


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


def _after_closing(closed: ClosedDeal, gate: Gate) -> tuple[AfterLine, ...]:
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
        for each in closed.items
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


def _closed_line(effected: Sequence[ClosedDeal], gate: Gate) -> str:
    zone = ZoneInfo(gate.deal.closing.time_zone)
    days = " and ".join(dict.fromkeys(on_day(each.at.astimezone(zone).date()) for each in effected))
    count, of = sum(len(each.certificates) for each in effected), len(gate.investors)
    whom = f"all {number(of)}" if count == of else f"{number(count)} of {number(of)}"
    return f"Closed on {days} for {whom} investors"
