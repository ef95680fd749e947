"""Schedule A for counsel: every investor with its address, contacts, blocks and readiness, and one of them whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closing.models import Allotment, ClosedAllotment, Deal, Reminder
from closing.queries.gates import gate_of
from closing.queries.owed import owner_name
from closing.queries.own_record import Done, answer_in_words, on_condition
from closing.queries.purchase_price import PriceRow, price_rows
from closing.rules.blockers import in_words
from closing.rules.duties import OwnPage, Right, own_pages, rights
from closing.rules.findings import Cell, State
from closing.rules.gate import Gate, InvestorState
from closing.rules.terms import Condition, Investor, Obligation
from closing.rules.words import listing, number
from investors.models import Contact


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts for an investor. `signs_in` where an account is tied to him."""

    name: str
    email: str
    signs_in: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A signature block in lines, and who gets its packet."""

    lines: tuple[str, ...]
    person: str


@dataclass(frozen=True, slots=True)
class InvestorLine:
    """A row of Schedule A. `open` counts the conditions that are open for it; `has_closed` after its closing."""

    id: int
    name: str
    shares: int
    price: Decimal
    address: tuple[str, ...]
    attention: str
    contacts: tuple[Person, ...]
    blocks: tuple[Block, ...]
    is_ready: bool
    has_closed: bool
    open: int


@dataclass(frozen=True, slots=True)
class InvestorsPage:
    """Schedule A with its totals."""

    currency: str
    is_closed: bool
    lines: tuple[InvestorLine, ...]
    shares: int
    price: Decimal
    headline: str


@dataclass(frozen=True, slots=True)
class CellLine:
    """A condition for this investor: its state, why, and who owes what is missing."""

    section: str
    heading: str
    state: str
    is_open: bool
    reason: str
    owes: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A reminder that went, or goes, to one of its contacts."""

    id: int
    person: str
    subject: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InvestorPage:
    """One investor, whole."""

    now: datetime
    time_zone: str
    currency: str
    line: InvestorLine
    headline: str
    to_investors: tuple[CellLine, ...]
    to_issuer: tuple[CellLine, ...]
    price: PriceRow
    pages: tuple[OwnPage, ...]
    answers: tuple[Done, ...]
    letters: tuple[Letter, ...]
    rights: tuple[Right, ...]
    certificate: str


def investors_page(deal: Deal) -> InvestorsPage:
    """Every investor of `deal` now. The number of queries does not grow with them."""
    gate = gate_of(deal)
    contacts, ids = _contacts(deal), _ids(deal)
    lines = tuple(_line(each, ids, contacts) for each in gate.investors)
    return InvestorsPage(
        currency=gate.deal.agreement.currency,
        is_closed=gate.is_closed,
        lines=lines,
        shares=gate.deal.shares,
        price=gate.deal.purchase_price,
        headline=_headline(gate),
    )


def _headline(gate: Gate) -> str:
    of = number(len(gate.investors))
    if gate.facts.closings:
        have = "has" if len(gate.closed) == 1 else "have"
        later = f"; {number(len(gate.ready))} more ready" if gate.ready and not gate.is_closed else ""
        return f"{number(len(gate.closed))} of {of} investors {have} closed{later}"
    return f"{number(len(gate.ready))} of {of} investors {'is' if len(gate.ready) == 1 else 'are'} ready"


def investor_page(deal: Deal, row: Allotment) -> InvestorPage:
    """One investor of `deal` now, in a fixed number of queries."""
    gate = gate_of(deal)
    state = gate.investor(row.investor.name)
    line = _line(state, {row.investor.name: row.pk}, _contacts(deal, row.investor_id))
    closed = ClosedAllotment.objects.filter(allotment=row).select_related("certificate").first()
    cells = [_cell(each, state.cells[each.section], gate, state.investor) for each in gate.deal.conditions]
    sides = [each.obligation for each in gate.deal.conditions]
    return InvestorPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        currency=gate.deal.agreement.currency,
        line=line,
        headline=_of_one(state, gate.is_closed),
        to_investors=tuple(c for c, side in zip(cells, sides, strict=True) if side is Obligation.INVESTORS),
        to_issuer=tuple(c for c, side in zip(cells, sides, strict=True) if side is Obligation.ISSUER),
        price=next(each for each in price_rows(deal) if each.id == row.pk),
        pages=own_pages(gate, state.investor),
        answers=tuple(
            Done(answer_in_words(each, gate, state.investor), each.at, on_condition(each))
            for each in gate.facts.consents
            if each.investor == row.investor.name
        ),
        letters=_letters(deal, line.contacts),
        rights=rights(gate.deal.covenants, state.investor.shares),
        certificate=closed.certificate.number if closed else "",
    )


def _of_one(state: InvestorState, is_closed: bool) -> str:
    if state.has_closed or is_closed:
        return "Closed" if state.has_closed else "Left out of the closing"
    count = sum(1 for cell in state.cells.values() if not cell.is_satisfied)
    return "Ready to close" if state.is_ready else f"{number(count)} condition{'' if count == 1 else 's'} open"


def _ids(deal: Deal) -> dict[str, int]:
    return dict(Allotment.objects.filter(deal=deal).values_list("investor__name", "pk"))


def _contacts(deal: Deal, investor: int | None = None) -> dict[str, list[Person]]:
    rows = Contact.objects.filter(investor__allotments__deal=deal).select_related("investor", "user").order_by("id")
    if investor is not None:
        rows = rows.filter(investor=investor)
    found: dict[str, list[Person]] = {}
    for each in rows:
        signs_in = each.user is not None and each.user.is_active
        found.setdefault(each.investor.name, []).append(Person(each.name, each.email, signs_in))
    return found


def _line(state: InvestorState, ids: dict[str, int], contacts: dict[str, list[Person]]) -> InvestorLine:
    investor = state.investor
    return InvestorLine(
        id=ids[investor.name],
        name=investor.name,
        shares=investor.shares,
        price=investor.purchase_price,
        address=((investor.care_of,) if investor.care_of else ()) + investor.address.lines,
        attention=investor.address.attention,
        contacts=tuple(contacts.get(investor.name, ())),
        blocks=tuple(_blocks(investor)),
        is_ready=state.is_ready,
        has_closed=state.has_closed,
        open=sum(1 for cell in state.cells.values() if not cell.is_satisfied),
    )


def _blocks(investor: Investor) -> Iterable[Block]:
    for block in investor.blocks:
        chain = [f"By: {link.entity}, {link.capacity}" for link in block.chain]
        signer = ", ".join(each for each in (block.signer, block.title) if each)
        yield Block((block.party, *chain, *([f"By: {signer}"] if signer else [])), block.person)


def _cell(condition: Condition, cell: Cell, gate: Gate, investor: Investor) -> CellLine:
    owners = dict.fromkeys(
        "The investor" if each.owed_by == investor.name else owner_name(each.owed_by, gate.deal)
        for each in cell.missing
    )
    waived = f"Waived: {in_words(cell.waived)}" if cell.state is State.WAIVED else ""
    return CellLine(
        section=condition.section,
        heading=condition.heading,
        state=str(cell.state),
        is_open=not cell.is_satisfied,
        reason=in_words(cell.missing) if cell.missing else waived,
        owes=listing(owners, most=3),
    )


def _letters(deal: Deal, contacts: Iterable[Person]) -> tuple[Letter, ...]:
    rows = Reminder.objects.filter(deal=deal, email__in=[each.email for each in contacts]).order_by("-due_at", "id")
    return tuple(
        Letter(each.pk, each.person, each.subject, each.get_state_display(), each.sent_at or each.due_at)
        for each in rows[:20]
    )
