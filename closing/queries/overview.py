"""The overview page: the answer, the figures, what is owed, and the matrix of investors and conditions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote
from zoneinfo import ZoneInfo

from closing.models import Allotment, Deal as DealRow
from closing.queries.gates import gate_of
from closing.queries.owed import opened_at, what_is_owed
from closing.queries.parts import Figure, Owed, percent
from closing.rules.fees import cap_in_all, in_all
from closing.rules.findings import Cell, State
from closing.rules.gate import Gate, InvestorState
from closing.rules.status import headline
from closing.rules.terms import Deal, Obligation
from closing.rules.what_if import Stale, stale_since_moved
from closing.rules.words import money, number, on_day


class Mark(StrEnum):
    """What a cell of the matrix shows: the state, and whether it was met before and was undone."""

    MET = "met"
    WAIVED = "waived"
    OPEN = "open"
    LATER = "not yet possible"
    UNDONE = "open again"


@dataclass(frozen=True, slots=True)
class Column:
    """A condition at the head of the matrix. `short` is the last part of its section: `vi`.

    `link` ends the address that explains a cell of the column, after the investor's own.
    """

    section: str
    short: str
    heading: str
    starts_side: bool
    link: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An investor in the matrix, its marks in the columns' order. `pk` is its row of Schedule A."""

    pk: int
    name: str
    shares: int
    marks: tuple[Mark, ...]
    is_ready: bool
    has_closed: bool


ROWS_SHOWN = 50
OWED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a large deal that is asked for: investors whose name holds `name`, a page of them, all that is owed.

    `moment` None is now; `on` is what the addresses of the cells carry on of a past moment: `?on=1996-06-01`.
    """

    name: str = ""
    page: int = 1
    is_all_owed: bool = False
    moment: datetime | None = None
    on: str = ""


EVERYTHING = Window(is_all_owed=True)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which rows are shown: `first` to `last` of `found`, on one page of several. `investors` are all of Schedule A."""

    page: int
    pages: int
    first: int
    last: int
    found: int
    investors: int

    @property
    def is_needed(self) -> bool:
        """Whether the deal has more investors than a page shows."""
        return self.investors > ROWS_SHOWN


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """All that the overview shows. `why_not` says why the deal cannot close; blank where it can.

    `stale` is what a move of the closing opened again and is still open; `things_owed` counts all that `owed` begins.
    """

    now: datetime
    terms: Deal
    headline: str
    closing_at: datetime
    place: str
    time_zone: str
    countdown: str
    moved: bool
    closed_on: datetime | None
    why_not: str
    ready_note: str
    figures: tuple[Figure, ...]
    owed: tuple[Owed, ...]
    things_owed: int
    for_investors: int
    for_issuer: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    paging: Paging
    shares: int
    stale: tuple[Stale, ...] = ()


def overview_page(deal: DealRow, window: Window = EVERYTHING) -> OverviewPage:
    """The overview of `deal`. The number of queries does not grow with the investors."""
    gate = gate_of(deal, window.moment)
    shown, paging = _window(gate, window)
    terms = gate.deal
    closed = max(each.at for each in gate.facts.closings) if gate.is_closed else None
    sides = [each.obligation for each in terms.conditions]
    return OverviewPage(
        now=gate.moment,
        terms=terms,
        headline=_closed_line(gate) if gate.facts.closings else headline(gate),
        closing_at=gate.closing.at,
        place=gate.closing.place,
        time_zone=terms.closing.time_zone,
        countdown="" if closed else countdown(gate),
        moved=gate.closing.moved_by is not None,
        closed_on=closed,
        why_not="" if gate.ready else ready_of_all(gate),
        ready_note="" if gate.is_ready else ready_of_all(gate),
        figures=figures(gate),
        owed=() if closed else what_is_owed(gate, None if window.is_all_owed else OWED_SHOWN),
        things_owed=0 if closed else len(gate.lines),
        for_investors=sides.count(Obligation.INVESTORS),
        for_issuer=sides.count(Obligation.ISSUER),
        columns=columns(gate, window.on),
        rows=rows(gate, ids_of(deal, shown), shown),
        paging=paging,
        shares=terms.shares,
        stale=() if closed else stale_since_moved(gate),
    )


def _window(gate: Gate, window: Window) -> tuple[list[InvestorState], Paging]:
    """The investors asked for, and where among the rest they stand; a page past the last is the last."""
    name = window.name.casefold()
    found = [each for each in gate.investors if name in each.investor.name.casefold()]
    pages = max(1, -(-len(found) // ROWS_SHOWN))
    page = min(max(1, window.page), pages)
    start = (page - 1) * ROWS_SHOWN
    shown = found[start : start + ROWS_SHOWN]
    return shown, Paging(page, pages, min(start + 1, len(found)), start + len(shown), len(found), len(gate.investors))


def ready_of_all(gate: Gate) -> str:
    """`0 of 15 investors are ready`; after a first closing, of those who are left."""
    verb = "is" if len(gate.ready) == 1 else "are"
    left = len(gate.investors) - len(gate.closed)
    which = f"{number(left)} left out" if gate.closed else f"{number(left)} investors"
    return f"{number(len(gate.ready))} of {which} {verb} ready"


def countdown(gate: Gate) -> str:
    """How far off the closing is, in days of the deal's time zone: `In 3 days`, `Today`, `4 days ago`."""
    zone = ZoneInfo(gate.deal.closing.time_zone)
    days = (gate.closing.at.astimezone(zone).date() - gate.moment.astimezone(zone).date()).days
    if days == 0:
        return "Today" if gate.closing.at >= gate.moment else "Earlier today"
    if days < 0:
        return "Yesterday" if days == -1 else f"{number(-days)} days ago"
    return "Tomorrow" if days == 1 else f"In {number(days)} days"


def figures(gate: Gate) -> tuple[Figure, ...]:
    """Conditions, signature pages, purchase price and counsel's fees."""
    deal, pages = gate.deal, gate.signatures
    currency = deal.agreement.currency
    done = sum(1 for each in gate.conditions if not each.open)
    held = pages.released or pages.in_escrow
    where = "released" if pages.released else "in escrow"
    billed, cap = in_all(gate.fees, lambda each: each.fees_billed), cap_in_all(gate.fees)
    expenses = f"{_money(in_all(gate.fees, lambda each: each.expenses_billed), currency)} expenses"
    capped = expenses if cap is None else f"of the {_money(cap, currency)} cap; {expenses}"
    return (
        Figure(
            "Conditions met or waived",
            f"{number(done)} of {number(len(gate.conditions))}",
            percent=percent(done, len(gate.conditions)),
        ),
        Figure(
            f"Signature pages {where}",
            f"{number(held)} of {number(pages.pages)}",
            percent=percent(held, pages.pages),
        ),
        Figure(
            "Purchase price received",
            _money(gate.price_received, currency),
            f"of {_money(deal.purchase_price, currency)}",
            percent(gate.price_received, deal.purchase_price),
        ),
        Figure(
            f"Counsel’s fees billed, {deal.fee_sections}",
            _money(billed, currency),
            capped,
            None if cap is None else percent(min(billed, cap), cap),
        ),
    )


def columns(gate: Gate, on: str = "") -> tuple[Column, ...]:
    """The conditions in the agreement's order; the first of each side starts it."""
    found: list[Column] = []
    before: Obligation | None = None
    for each in gate.deal.conditions:
        short = each.section.rstrip(")").rpartition("(")[2] or each.section
        link = f"{quote(each.section, safe='()')}/{on}"
        found.append(Column(each.section, short, each.heading, each.obligation is not before, link))
        before = each.obligation
    return tuple(found)


def rows(gate: Gate, ids: Mapping[str, int], shown: Iterable[InvestorState] | None = None) -> tuple[Row, ...]:
    """Schedule A, or those `shown` of it, with the marks of every condition; `ids` are its rows by name."""
    opened = opened_at(gate)
    marks: dict[int, Mark] = {}

    def mark_of(cell: Cell) -> Mark:
        if id(cell) not in marks:
            marks[id(cell)] = mark(cell, opened)
        return marks[id(cell)]

    def row(each: InvestorState) -> Row:
        cells = tuple(mark_of(each.cells[condition.section]) for condition in gate.deal.conditions)
        investor = each.investor
        return Row(ids[investor.name], investor.name, investor.shares, cells, each.is_ready, each.has_closed)

    return tuple(row(each) for each in (gate.investors if shown is None else shown))


def mark(cell: Cell, opened: datetime | None) -> Mark:
    """What the matrix shows for a cell; `opened` is when the first fact came on file."""
    if cell.state is State.MET:
        return Mark.MET
    if cell.state is State.WAIVED:
        return Mark.WAIVED
    if opened is not None and any(each.since is not None and each.since > opened for each in cell.missing):
        return Mark.UNDONE
    return Mark.LATER if cell.state is State.NOT_YET_POSSIBLE else Mark.OPEN


def ids_of(deal: DealRow, of: Iterable[InvestorState] | None = None) -> dict[str, int]:
    """The rows of Schedule A by registered name; of some investors only, where these are given."""
    rows = Allotment.objects.filter(deal=deal)
    if of is not None:
        rows = rows.filter(investor__name__in=[each.investor.name for each in of])
    return dict(rows.values_list("investor__name", "pk"))


def _closed_line(gate: Gate) -> str:
    """`Closed on Monday, June 10, 1996 for 14 of 15 investors; 1 may still close`."""
    zone = ZoneInfo(gate.deal.closing.time_zone)
    days = dict.fromkeys(on_day(each.at.astimezone(zone).date()) for each in gate.facts.closings)
    whom = "all" if len(gate.closed) == len(gate.investors) else f"{number(len(gate.closed))} of"
    left = len(gate.investors) - len(gate.closed)
    still = "" if gate.is_closed else f"; {number(left)} may still close"
    return f"Closed on {' and '.join(days)} for {whom} {number(len(gate.investors))} investors{still}"


def _money(amount: Decimal, currency: str) -> str:
    return money(amount, currency).removesuffix(".00")
