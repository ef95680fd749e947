"""The page of counsel's fees: what is reimbursed, the cap, the bills and what became of them (Section 6(d))."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closing.models import Deal, OverCapAllotment
from closing.queries.cap_bar import CapBar, cap_bar
from closing.queries.fee_bills import BillRow, bill_rows
from closing.queries.gates import gate_of
from closing.rules.fee_payments import cap_sentence, not_payable_yet
from closing.rules.fees import KINDS_OF_LINE, ZERO, FeeStatement
from closing.rules.gate import Gate
from closing.rules.over_cap import over_cap_by_investor, parts_in_force
from closing.rules.terms import REIMBURSED, LineKind
from closing.rules.words import money as in_words


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of line of a counsel's bills. `next` is what a next bill could still recover, in words."""

    name: str
    billed: Decimal
    reimbursable: Decimal
    paid: Decimal
    netted: Decimal
    due: Decimal
    next: str


@dataclass(frozen=True, slots=True)
class CounselRow:
    """A counsel whose bills the issuer reimburses: the statement, its cap as a bar, and the bills, the latest first."""

    key: str
    name: str
    statement: FeeStatement
    limits: str
    bar: CapBar | None
    kinds: tuple[KindRow, ...]
    cap_says: str
    not_payable: str
    bills: tuple[BillRow, ...]


@dataclass(frozen=True, slots=True)
class Bearer:
    """What an investor bears of what is over the cap. `parts` are of `FeesPage.parts_in_all`."""

    name: str
    parts: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AllotmentRow:
    """How counsel allotted what is over the cap; one taken back keeps its row, with the reason."""

    id: int
    at: datetime
    by: str
    note: str
    withdrawn_at: datetime | None
    withdrawn_reason: str
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A line of a bill for what a dispute costs."""

    bill: str
    counsel: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class FeesPage:
    """All that the page of counsel's fees shows. Amounts in `currency`.

    `own` are the bills of the issuer's own costs, `not_reimbursed` those of a counsel that no cap names. `bearers` has
    who bears what is over the cap.
    """

    now: datetime
    time_zone: str
    currency: str
    sections: str
    headline: str
    answer: tuple[str, ...]
    counsels: tuple[CounselRow, ...]
    own: tuple[BillRow, ...]
    not_reimbursed: tuple[BillRow, ...]
    disputes: tuple[DisputeLine, ...]
    over_cap: Decimal
    bearers: tuple[Bearer, ...]
    parts_in_all: Decimal | int
    allotments: tuple[AllotmentRow, ...]
    is_closed: bool

    @property
    def allotment(self) -> AllotmentRow | None:
        """The allotment in force; None where what is over the cap is divided pro rata."""
        return next((each for each in self.allotments if each.is_in_force), None)

    @property
    def own_billed(self) -> Decimal:
        """The issuer's own costs, as billed and net of credits."""
        return sum((row.standing for row in self.own), ZERO)

    @property
    def own_paid(self) -> Decimal:
        """What is paid of them."""
        return sum((row.paid_in_all for row in self.own), ZERO)

    @property
    def disputed(self) -> Decimal:
        """What disputes cost so far."""
        return sum((line.amount for line in self.disputes), ZERO)

    def bill(self, pk: int) -> BillRow | None:
        """A bill of the page by its row's id."""
        every = [*(bill for each in self.counsels for bill in each.bills), *self.own, *self.not_reimbursed]
        return next((bill for bill in every if bill.id == pk), None)


def fees_page(deal: Deal) -> FeesPage:
    """The fees of `deal` now. The number of queries does not grow with investors, bills or payments."""
    gate = gate_of(deal)
    of = gate.deal
    rows = bill_rows(deal, gate)
    counsels = tuple(_counsel(gate, each, rows) for each in gate.fees)
    shares, parts = over_cap_by_investor(of, gate.facts), parts_in_force(of, gate.facts)
    others = [row for row in rows if row.counsel_key not in of.cap_by_counsel]
    return FeesPage(
        now=gate.moment,
        time_zone=of.closing.time_zone,
        currency=of.agreement.currency,
        sections=of.fee_sections,
        headline=_headline(gate, sum(shares.values(), ZERO)),
        answer=tuple(_answer(each, bool(gate.facts.closings)) for each in counsels),
        counsels=counsels,
        own=tuple(row for row in others if row.is_issuers_own),
        not_reimbursed=tuple(row for row in others if not row.is_issuers_own),
        disputes=tuple(
            DisputeLine(row.number, row.counsel, line.description, line.amount)
            for row in rows
            for line in row.lines
            if line.kind is LineKind.DISPUTE and row.withdrawn_at is None
        ),
        over_cap=sum(shares.values(), ZERO),
        bearers=tuple(Bearer(name, parts[name], amount) for name, amount in shares.items()),
        parts_in_all=sum(parts.values()),
        allotments=_allotments(deal),
        is_closed=bool(gate.facts.closings),
    )


def _allotments(deal: Deal) -> tuple[AllotmentRow, ...]:
    """How counsel allotted what is over the cap, the latest first. One query."""
    rows = OverCapAllotment.objects.filter(deal=deal).select_related("recorded_by").order_by("-at", "-id")
    standing = [row.pk for row in rows if row.withdrawn_at is None]
    return tuple(
        AllotmentRow(
            id=row.pk,
            at=row.at,
            by=row.recorded_by.name if row.recorded_by else "",
            note=row.note,
            withdrawn_at=row.withdrawn_at,
            withdrawn_reason=row.withdrawn_reason,
            is_in_force=standing[:1] == [row.pk],
        )
        for row in rows
    )


def _counsel(gate: Gate, statement: FeeStatement, rows: tuple[BillRow, ...]) -> CounselRow:
    reimbursable, due = statement.reimbursable_by_kind, statement.due_by_kind
    return CounselRow(
        key=statement.counsel,
        name=gate.deal.party_name(statement.counsel),
        statement=statement,
        limits=_limits(statement),
        bar=cap_bar(statement),
        kinds=tuple(
            KindRow(
                name=KINDS_OF_LINE[kind].capitalize(),
                billed=statement.billed[kind],
                reimbursable=reimbursable[kind],
                paid=statement.paid[kind],
                netted=statement.netted_by_kind[kind],
                due=due[kind],
                next=_next(statement, kind),
            )
            for kind in REIMBURSED
        ),
        cap_says=cap_sentence(statement),
        not_payable=not_payable_yet(gate.deal, gate.facts, statement.counsel),
        bills=tuple(row for row in rows if row.counsel_key == statement.counsel),
    )


def _next(statement: FeeStatement, kind: LineKind) -> str:
    """What a next bill could still recover of a kind, in words."""
    room = statement.recoverable(kind)
    if room is None:
        return "all of it"
    together = ", with the other kind" if len(statement.covers) > 1 else ""
    return f"{_short(room, statement.currency)}{together}" if room else "nothing"


def _limits(statement: FeeStatement) -> str:
    """A cap's shape: `Fees up to $25,000 in all; expenses past no cap; if the closing is effected.`"""
    names = {kind: KINDS_OF_LINE[kind] for kind in REIMBURSED}
    if statement.cap is None:
        said = "Fees and expenses, without a cap"
    else:
        capped = " and ".join(names[kind] for kind in REIMBURSED if kind in statement.covers)
        together = " together" if len(statement.covers) > 1 else ""
        said = f"{capped.capitalize()}{together} up to {_short(statement.cap, statement.currency)} in all"
        free = [names[kind] for kind in REIMBURSED if kind not in statement.covers]
        said += f"; {' and '.join(free)} past no cap" if free else ""
    return f"{said}; {'if the closing is effected' if statement.only_if_closed else 'closing or no closing'}."


def _headline(gate: Gate, over: Decimal) -> str:
    """The page's answer in a few words."""
    currency = gate.deal.agreement.currency
    if over:
        return f"{_short(over, currency)} of counsel’s bills lies over the cap"
    rooms = [each.room for each in gate.fees if each.room is not None]
    if len(rooms) == 1:
        return f"{_short(rooms[0], currency)} is left under the cap on counsel’s fees"
    return "Counsel’s bills fit under the caps" if rooms else "Counsel’s bills are reimbursed without a cap"


def _answer(row: CounselRow, is_closed: bool) -> str:
    """The page's answer for one counsel."""
    statement = row.statement

    def said(amount: Decimal) -> str:
        return _short(amount, statement.currency)

    fees, expenses = said(statement.fees_reimbursable), said(statement.expenses_reimbursable)
    when = " if the closing is effected" if statement.only_if_closed and not is_closed else ""
    answer = f"{row.name} recovers {fees} of fees and {expenses} of expenses{when}"
    taken = statement.fees_paid + statement.expenses_paid
    answer += f", of which {said(taken)} is paid" if taken else ""
    answer += f", {said(statement.netted)} netted from wires" if statement.netted else ""
    if statement.over_cap:
        answer += f"; {said(statement.over_cap)} lies over the cap and stays with the investors"
    elif statement.room is not None:
        answer += f"; {said(statement.room)} is left under the cap"
    return f"{answer}."


def _short(amount: Decimal, currency: str) -> str:
    return in_words(amount, currency).removesuffix(".00")
