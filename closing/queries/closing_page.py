"""The page of the closing: what closing now would do, who confirmed it, and afterwards what it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from closing.models import Deal
from closing.queries.closing_confirmations import SideStanding, side_standings
from closing.queries.closing_review import reviewed
from closing.queries.closings import ClosedDeal, closed_deals
from closing.queries.gates import gate_of
from closing.queries.owed import owner_name
from closing.rules.closings import ClosingReview
from closing.rules.facts import Reimbursed
from closing.rules.funds_flow import FundsFlow
from closing.rules.gate import Gate
from closing.rules.terms import ISSUER, Side
from closing.rules.tie_out import TieLine
from closing.rules.words import number, on_day
from investors.clock import now
from investors.models import User


@dataclass(frozen=True, slots=True)
class Closer:
    """An investor for whom the closing would happen, the certificate it would get, and how it ties out."""

    name: str
    shares: int
    purchase_price: Decimal
    certificate: str
    tied: TieLine


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
class ReimbursedLine:
    """What is reimbursed to a counsel, under which section."""

    counsel: str
    section: str
    fixed: Reimbursed


@dataclass(frozen=True, slots=True)
class Effected:
    """A closing that took place, with what it opened. `heading` names it where there are several; `key` is for ids."""

    key: str
    heading: str
    said: ClosedDeal
    after: tuple[AfterLine, ...]


@dataclass(frozen=True, slots=True)
class NextClosing:
    """The closing to come. `kept` are pages that stay in escrow, `common` the lines of the tie-out for all together.

    `version` is that of the funds flow, None where none is frozen. `digest` is what one confirms; `sides` are who has,
    `own` the user's side and `other` the other one.
    """

    review: ClosingReview
    closers: tuple[Closer, ...]
    common: tuple[TieLine, ...]
    reimbursed: tuple[ReimbursedLine, ...]
    opens: tuple[AfterLine, ...]
    kept: int
    flow: FundsFlow
    version: int | None
    warnings: tuple[str, ...]
    digest: str
    sides: tuple[SideStanding, ...]
    own: SideStanding
    other: SideStanding

    @property
    def is_second(self) -> bool:
        """Whether the user's confirmation would be the second of the same, and close."""
        return self.other.counts and not self.own.counts


@dataclass(frozen=True, slots=True)
class ClosePage:
    """The closings that took place, and the `next` one; None where nobody closes any more, `why_closed` says so.

    `released` are signature pages released, `in_escrow` those that are not. Money in `currency`.
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
    next: NextClosing | None
    released: int
    in_escrow: int
    closings: tuple[Effected, ...]
    why_closed: str


def close_page(deal: Deal, user: User, side: Side) -> ClosePage:
    """The closing of `deal` for counsel of a side, now. A fixed number of queries."""
    gate = gate_of(deal)
    terms = gate.deal
    effected = closed_deals(deal, user, now().astimezone(ZoneInfo(deal.time_zone)).date())
    return ClosePage(
        headline=_closed_line(effected, gate) if effected else _review_line(gate),
        currency=deal.currency,
        closing_at=gate.closing.at,
        place=gate.closing.place,
        fee_section=terms.fee_sections,
        fee_counsel=" and ".join(owner_name(each.counsel, terms) for each in terms.fees),
        survival_section=terms.survival.section,
        survival_months=terms.survival.months,
        legends=terms.security.legends,
        next=None if gate.is_closed else _next(deal, gate, side),
        released=gate.signatures.released,
        in_escrow=gate.signatures.in_escrow,
        closings=tuple(_effected(each, gate, is_only=len(effected) == 1 and gate.is_closed) for each in effected),
        why_closed=gate.why_closed,
    )


def _next(deal: Deal, gate: Gate, side: Side) -> NextClosing:
    found = reviewed(deal, gate)
    review = found.review
    sides = side_standings(deal, gate.deal, review.number, found.lines)
    sections = {each.counsel: each.section for each in gate.deal.fees}
    return NextClosing(
        review=review,
        closers=_closers(review),
        common=review.tie_out.of_all,
        reimbursed=tuple(
            ReimbursedLine(gate.deal.party_name(each.counsel), sections[each.counsel], each)
            for each in review.reimbursed
        ),
        opens=_after_review(review, gate),
        kept=gate.signatures.in_escrow - len(review.pages),
        flow=found.flow,
        version=found.version,
        warnings=found.warnings,
        digest=found.digest,
        sides=sides,
        own=next(each for each in sides if each.side is side),
        other=next(each for each in sides if each.side is not side),
    )


def _closers(review: ClosingReview) -> tuple[Closer, ...]:
    tied = {each.what: each for each in review.tie_out.of_investors}
    return tuple(
        Closer(each.name, each.shares, each.purchase_price, certificate, tied[each.name])
        for each, certificate in zip(review.ready, review.certificates, strict=True)
    )


def _effected(closed: ClosedDeal, gate: Gate, *, is_only: bool) -> Effected:
    day = on_day(closed.at.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date())
    heading = "" if is_only else f"Closing {closed.number}, {day}"
    return Effected(f"after-{closed.number}", heading, closed, _after_closing(closed, gate))


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
