"""An investor's own page: what it has to do and has done, what it owes, what comes next. Nothing of another's."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from closing.models import Allotment, ClosedAllotment, Deal
from closing.queries.announcements import Announced, announced_of
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.own_record import Done, done_of
from closing.queries.page_states import PageStates, page_states
from closing.rules.duties import (
    Duty,
    Right,
    blocks_of,
    closing_day,
    duties,
    own_pages,
    rights,
    waits_for_others,
)
from closing.rules.facts import Facts
from closing.rules.gate import Gate, evaluate
from closing.rules.purchase_price import Paid, paid_by_investor
from closing.rules.signatures import PageState
from closing.rules.survival import survives_until
from closing.rules.terms import Condition, Investor
from closing.rules.words import number, on_day
from investors.clock import now
from investors.models import Contact, User

PAGE_SAYS = {
    PageState.NOT_SENT: "To sign",
    PageState.SENT: "To sign: sent to you",
    PageState.VIEWED: "To sign: you have opened it",
    PageState.SIGNED: "Came back signed; counsel has still to confirm it",
    PageState.IN_ESCROW: "Signed, held in escrow: it does not bind you yet",
    PageState.RELEASED: "Signed and released: it binds you",
    PageState.STALE: "To sign again: the document changed after you signed",
    PageState.DECLINED: "Declined; counsel knows",
    PageState.WITHDRAWN: "To sign again: the signed page was given back",
}
NUMBERS = ("Nothing", "One thing", "Two things", "Three things", "Four things", "Five things", "Six things")


@dataclass(frozen=True, slots=True)
class Own:
    """One of the investors that the user acts for, in the switch. `position` names it in addresses."""

    position: int
    name: str
    to_do: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A signature page of the investor: where it is, in words, and since when. `is_own` where this user signs it."""

    title: str
    party: str
    signer: str
    signed_at: datetime | None
    state: PageState
    says: str
    since: datetime | None
    is_own: bool

    @property
    def is_to_sign(self) -> bool:
        """Whether the investor has still to do something about it."""
        return not self.state.is_signed and self.state is not PageState.SIGNED


@dataclass(frozen=True, slots=True)
class Closed:
    """What the closing gave the investor; `certificate` is blank where it closed without this one."""

    at: datetime
    certificate: str
    survival_until: date | None


@dataclass(frozen=True, slots=True)
class PortalPage:
    """All that an investor's page shows. Money in `currency`."""

    now: datetime
    time_zone: str
    currency: str
    name: str
    position: int
    own: tuple[Own, ...]
    headline: str
    closing_at: datetime
    place: str
    moved: bool
    security: str
    shares: int
    price: Decimal
    paid: Paid
    duties: tuple[Duty, ...]
    done: tuple[Done, ...]
    announced: tuple[Announced, ...]
    waits_for: tuple[Condition, ...]
    pages: tuple[Page, ...]
    rights: tuple[Right, ...]
    without_rights: str
    survival_months: int
    survival_until: str
    address: tuple[str, ...]
    legends: tuple[str, ...]
    closed: Closed | None
    further: str

    @property
    def missing(self) -> Decimal:
        """What is still to be paid."""
        return self.paid.missing


@dataclass(frozen=True, slots=True)
class Standing:
    """The gate of a deal as one contact sees it: his investors, and his name as it stands in the deal."""

    gate: Gate
    on_file: Facts
    person: str
    rows: tuple[Allotment, ...]


def standing_of(deal: Deal, user: User) -> Standing:
    """The gate and the rows of Schedule A that the user may see."""
    terms, on_file = deal_terms(deal), facts_of(deal)
    rows = Allotment.objects.filter(deal=deal, investor__contacts__user=user).select_related("investor").distinct()
    return Standing(evaluate(terms, on_file, now()), on_file, person_of(user), tuple(rows.order_by("position")))


def person_of(user: User) -> str:
    """The name by which the deal's papers know the user: that of his contact, or of his account."""
    return Contact.objects.filter(user=user).order_by("id").values_list("name", flat=True).first() or user.name


def portal_page(deal: Deal, user: User, row: Allotment) -> PortalPage:
    """The page of one investor for one of its contacts. The number of queries is the same for every deal."""
    seen = standing_of(deal, user)
    gate, name = seen.gate, row.investor.name
    investor = gate.deal.investor_by_name[name]
    to_do = duties(gate, investor, seen.person)
    currency = gate.deal.agreement.currency
    held = rights(gate.deal.covenants, investor.shares)
    closed = _closed(gate, row)
    return PortalPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        currency=currency,
        name=name,
        position=row.position,
        own=_switch(seen, row),
        headline=_headline(gate, investor, len(to_do)),
        closing_at=gate.closing.at,
        place=gate.closing.place,
        moved=gate.closing.moved_by is not None,
        security=gate.deal.security.short,
        shares=investor.shares,
        price=investor.purchase_price,
        paid=paid_by_investor(gate.deal, gate.facts)[name],
        duties=to_do,
        done=done_of(gate, seen.on_file, investor),
        announced=announced_of([row]).get(row.pk, ()),
        waits_for=() if closed else waits_for_others(gate, investor),
        further=_further(gate) if not closed else "",
        pages=_pages(seen, investor, page_states(deal, gate)),
        rights=tuple(each for each in held if each.is_entitled),
        without_rights=_without(held),
        survival_months=gate.deal.survival.months,
        survival_until=on_day(
            (closed.survival_until if closed else None) or survives_until(closing_day(gate), gate.deal.survival.months)
        ),
        address=((investor.care_of,) if investor.care_of else ()) + investor.address.lines,
        legends=gate.deal.security.legends,
        closed=closed,
    )


def _switch(seen: Standing, row: Allotment) -> tuple[Own, ...]:
    if len(seen.rows) < 2:
        return ()
    by_name = seen.gate.deal.investor_by_name
    return tuple(
        Own(
            each.position,
            each.investor.name,
            len(duties(seen.gate, by_name[each.investor.name], seen.person)),
            each.pk == row.pk,
        )
        for each in seen.rows
    )


def _headline(gate: Gate, investor: Investor, count: int) -> str:
    own = next((each for each in gate.facts.closings if investor.name in each.investors), None)
    if own is not None:
        return f"Closed on {_day(own.at, gate)}"
    if gate.is_closed:
        return f"The closing of {_days(gate)} took place without you"
    said = NUMBERS[count] if count < len(NUMBERS) else f"{number(count)} things"
    days = (closing_day(gate) - gate.moment.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date()).days
    if days < 0:
        when = ""
    elif days == 0:
        when = " before today’s closing"
    else:
        when = f" before {closing_day(gate):%A}" if days <= 7 else f" before {on_day(closing_day(gate))}"
    return f"{said} to do{when}" if count else f"Nothing for you to do{when}"


def _day(moment: datetime, gate: Gate) -> str:
    return on_day(moment.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date())


def _days(gate: Gate) -> str:
    """The days of the closings effected."""
    return " and ".join(dict.fromkeys(_day(each.at, gate) for each in gate.facts.closings))


def _further(gate: Gate) -> str:
    """What an investor left out of a closing may still do; blank where there was none."""
    if not gate.facts.closings:
        return ""
    until = gate.deal.closing.further_until
    by = f", until {on_day(until)}" if until else ""
    return (
        f"The closing of {_days(gate)} took place without you. You may still close{by}, once nothing is open for you."
    )


def _pages(seen: Standing, investor: Investor, states: PageStates) -> tuple[Page, ...]:
    own = {block.key for block in blocks_of(investor, seen.person)}
    pages = []
    for each in own_pages(seen.gate, investor):
        standing = states.of(each.document, each.block.key)
        pages.append(
            Page(
                title=each.title,
                party=each.block.party,
                signer=each.block.person,
                signed_at=each.signed_at,
                state=standing.state,
                says=PAGE_SAYS[standing.state],
                since=standing.since,
                is_own=each.block.key in own,
            )
        )
    return tuple(pages)


def _without(held: tuple[Right, ...]) -> str:
    """`Below 500 shares the agreement gives no right to reports, 5(a), or inspection, 5(b).`"""
    lacked = [each for each in held if not each.is_entitled]
    if not lacked:
        return ""
    named = [f"{each.heading.lower()} under {each.section}" for each in lacked]
    least = number(min(each.minimum for each in lacked))
    return f"Below {least} shares the agreement gives no right to {' or '.join(named)}."


def _closed(gate: Gate, row: Allotment) -> Closed | None:
    """What the closing gave the investor, or that it closed without this one; None while it may still close."""
    if not gate.facts.closings:
        return None
    got = ClosedAllotment.objects.filter(allotment=row).select_related("certificate", "closing").first()
    if got is None:
        return Closed(max(each.at for each in gate.facts.closings), "", None) if gate.is_closed else None
    return Closed(got.closing.at, got.certificate.number, got.closing.survival_until)
