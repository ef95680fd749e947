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
    """One kind of line of a counsel's bills, or all together.

    Billed less what lies over the cap is reimbursable; that less what is paid and netted is left to pay. `further` is
    what a further bill could recover, in words.
    """

    name: str
    billed: Decimal
    over_cap: Decimal
    reimbursable: Decimal
    paid: Decimal
    netted: Decimal
    left: Decimal
    further: str


@dataclass(frozen=True, slots=True)
class CounselRow:
    """A counsel whose bills the issuer reimburses: the statement, its cap as a bar, and the bills, the latest first."""

    key: str
    name: str
    statement: FeeStatement
    limits: str
    bar: CapBar | None
    kinds: tuple[KindRow, ...]
    together: KindRow
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
    def has_cap(self) -> bool:
        """Whether anything may lie over a cap."""
        return any(each.statement.cap is not None for each in self.counsels)

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
    kinds = tuple(_kind(statement, kind) for kind in REIMBURSED)
    return CounselRow(
        key=statement.counsel,
        name=gate.deal.party_name(statement.counsel),
        statement=statement,
        limits=_limits(statement),
        bar=cap_bar(statement),
        kinds=kinds,
        together=_together(kinds),
        cap_says=cap_sentence(statement),
        not_payable=not_payable_yet(gate.deal, gate.facts, statement.counsel),
        bills=tuple(row for row in rows if row.counsel_key == statement.counsel),
    )


def _kind(statement: FeeStatement, kind: LineKind) -> KindRow:
    reimbursable = statement.reimbursable_by_kind[kind]
    return KindRow(
        name=KINDS_OF_LINE[kind].capitalize(),
        billed=statement.billed[kind],
        over_cap=statement.billed[kind] - reimbursable,
        reimbursable=reimbursable,
        paid=statement.paid[kind],
        netted=statement.netted_by_kind[kind],
        left=statement.due_by_kind[kind],
        further=_further(statement, kind),
    )


def _together(kinds: tuple[KindRow, ...]) -> KindRow:
    figures = ("billed", "over_cap", "reimbursable", "paid", "netted", "left")
    sums = {name: sum((getattr(each, name) for each in kinds), ZERO) for name in figures}
    return KindRow(name="Together", further="", **sums)


def _further(statement: FeeStatement, kind: LineKind) -> str:
    """What a further bill could recover of a kind, in words."""
    room = statement.recoverable(kind)
    if room is None:
        return "all of it"
    together = ", with the other kind" if len(statement.covers) > 1 else ""
    return f"{_short(room, statement.currency)}{together}" if room else "nothing"


def _limits(statement: FeeStatement) -> str:
    """A cap's shape: `Fees up to $25,000 in all; expenses past no cap; if the closing is effected.`"""
    if statement.cap is None:
        said = "Fees and expenses, without a cap"
    else:
        together = " together" if len(statement.covers) > 1 else ""
        said = f"{statement.covered.capitalize()}{together} up to {_short(statement.cap, statement.currency)} in all"
        free = [KINDS_OF_LINE[kind] for kind in REIMBURSED if kind not in statement.covers]
        said += f"; {' and '.join(free)} past no cap" if free else ""
    return f"{said}; {'if the closing is effected' if statement.only_if_closed else 'closing or no closing'}."


def _headline(gate: Gate, over: Decimal) -> str:
    """The page's answer in a few words."""
    currency = gate.deal.agreement.currency
    if over:
        return f"{_short(over, currency)} of counsel’s bills lies over the cap"
    capped = [each for each in gate.fees if each.cap is not None]
    if len(capped) == 1:
        return _billed_of_the_cap(capped[0])
    return "Counsel’s bills fit under the caps" if capped else "Counsel’s bills are reimbursed without a cap"


def _billed_of_the_cap(statement: FeeStatement) -> str:
    """How much of a cap is billed, in a few words."""
    which = f"the {_short(statement.cap or ZERO, statement.currency)} cap on counsel’s {statement.covered}"
    if not statement.room:
        return f"All of {which} is billed"
    billed = _short(statement.capped_billed, statement.currency) if statement.capped_billed else "Nothing"
    return f"{billed} is billed of {which}"


def _answer(row: CounselRow, is_closed: bool) -> str:
    """The page's answer for one counsel."""
    statement = row.statement

    def said(amount: Decimal) -> str:
        return _short(amount, statement.currency)

    fees, expenses = said(statement.fees_reimbursable), said(statement.expenses_reimbursable)
    when = " if the closing is effected" if statement.only_if_closed and not is_closed else ""
    answer = f"{row.name} recovers {fees} of fees and {expenses} of expenses{when}"
    if row.together.paid or row.together.netted:
        parts = {"paid": row.together.paid, "netted from wires": row.together.netted, "left to pay": row.together.left}
        answer += ": " + ", ".join(f"{said(amount)} {what}" for what, amount in parts.items() if amount)
    if statement.over_cap:
        answer += f"; {said(statement.over_cap)} lies over the cap and stays with the investors"
    elif statement.room:
        answer += f"; a further bill could recover {said(statement.room)} of {statement.covered}"
    return f"{answer}."


def _short(amount: Decimal, currency: str) -> str:
    return in_words(amount, currency).removesuffix(".00")
