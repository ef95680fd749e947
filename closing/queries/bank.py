"""Statements of the company's bank, and what their lines may be. For company counsel alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from closing.models import Announcement, BankBooking, BankLine, BankStatement, Deal, Payment
from closing.queries.gates import gate_of
from closing.queries.money import money
from closing.queries.purchase_price import wire_of
from closing.rules.bank_lines import Ledger, Line, Part, Proposal, Told, Wire
from closing.rules.bank_matching import in_words, proposals
from closing.rules.gate import Gate
from closing.rules.purchase_price import again_refusal, over_refusal, paid_by_investor
from investors.models import User

FOLDER = "bank-statements"
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement in the list; `open` counts the lines that nobody has looked at."""

    id: int
    filename: str
    form: str
    account: str
    at: datetime
    by: str
    lines: int
    open: int
    repeated: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with what it may be, or what it was confirmed to be. `booking` is None while it is open."""

    id: int
    row: int
    booked_on: date
    amount: Decimal
    currency: str
    is_credit: bool
    is_reversal: bool
    party: str
    reference: str
    bank_reference: str
    is_foreign: bool
    proposals: tuple[Proposal, ...] = ()
    booking: int | None = None
    becomes: str = ""
    label: str = ""
    parts: tuple[Part, ...] = ()
    returned: bool = False
    reason: str = ""

    @property
    def best(self) -> Proposal | None:
        """The likeliest of what it may be."""
        return self.proposals[0] if self.proposals else None

    @property
    def words(self) -> str:
        """What it would be by that."""
        return in_words(self.proposals[0], self.currency) if self.proposals else ""


@dataclass(frozen=True, slots=True)
class StatementPage:
    """One statement: open lines with proposals, open lines without, those settled, and those of an earlier file."""

    time_zone: str
    currency: str
    statement: StatementRow
    proposed: tuple[LineRow, ...]
    others: tuple[LineRow, ...]
    settled: tuple[LineRow, ...]
    repeated: int
    hidden: int
    sure: int


def statement_rows(deal: Deal, user: User) -> tuple[StatementRow, ...]:
    """The statements, the latest first. One query."""
    rows = BankStatement.objects.visible_to(user).filter(deal=deal).select_related("by")
    standing = Exists(BankBooking.objects.filter(line=OuterRef("lines__pk"), undone_at=None))
    counted = rows.annotate(
        count=Count("lines"),
        repeated=Count("lines", filter=Q(lines__repeats__isnull=False)),
        booked=Count("lines", filter=Q(lines__repeats__isnull=True) & Q(standing)),
    )
    return tuple(_statement_row(row) for row in counted.order_by("-at", "-id"))


def _statement_row(row: BankStatement) -> StatementRow:
    count, repeated, booked = (getattr(row, name) for name in ("count", "repeated", "booked"))
    return StatementRow(
        id=row.pk,
        filename=row.filename,
        form=row.get_form_display(),
        account=row.account,
        at=row.at,
        by=(row.by.name or row.by.email) if row.by else "",
        lines=count,
        open=count - repeated - booked,
        repeated=repeated,
    )


def statement_page(deal: Deal, user: User, pk: int) -> StatementPage | None:
    """One statement of the deal with its lines; None for one that the user does not see. Queries do not grow."""
    row = next((each for each in statement_rows(deal, user) if each.id == pk), None)
    if row is None:
        return None
    gate = gate_of(deal)
    ledger = ledger_of(deal, gate)
    rows = list(BankLine.objects.filter(statement=pk, repeats=None).order_by("position"))
    bookings = bookings_of(rows)
    open_lines = open_lines_of(deal)
    found = proposals(ledger, map(as_line, open_lines))
    waiting = [each for each in rows if each.pk not in bookings]
    said = [_open(each, found.get(each.pk, ()), ledger.currency) for each in waiting]
    proposed = sorted((each for each in said if each.proposals), key=lambda each: (not each.is_credit, each.row))
    others = [each for each in said if not each.proposals]
    shown = tuple(proposed[:MOST_SHOWN])
    return StatementPage(
        time_zone=gate.deal.closing.time_zone,
        currency=ledger.currency,
        statement=row,
        proposed=shown,
        others=tuple(others[:MOST_SHOWN]),
        settled=_settled([each for each in rows if each.pk in bookings][:MOST_SHOWN], bookings, ledger.currency),
        repeated=row.repeated,
        hidden=len(proposed) - len(shown) + max(0, len(others) - MOST_SHOWN),
        sure=sum(1 for each in proposed if each.best is not None and each.best.is_sure),
    )


def open_lines_of(deal: Deal) -> QuerySet[BankLine]:
    """The lines of all statements that came first in their file and are nothing yet, and whether each `was_undone`."""
    booked = BankBooking.objects.filter(line=OuterRef("pk"))
    undone = booked.exclude(becomes="ignored").exclude(undone_at=None)
    lines = BankLine.objects.filter(statement__deal=deal, repeats=None).filter(~Exists(booked.filter(undone_at=None)))
    return lines.annotate(was_undone=Exists(undone)).order_by("statement", "position")


def as_line(row: Any) -> Line:
    """A line of `open_lines_of` as the rule reads it."""
    return Line(
        key=row.pk,
        amount=money(row.amount),
        currency=row.currency,
        is_credit=row.is_credit,
        is_reversal=row.is_reversal,
        party=row.party,
        reference=row.reference,
        bank_reference=row.bank_reference,
        is_repeated=row.repeats_id is not None,
        was_undone=row.was_undone,
    )


def ledger_of(deal: Deal, gate: Gate) -> Ledger:
    """What the lines of the deal's statements are matched against: three queries."""
    told = Announcement.objects.filter(deal=deal, withdrawn_at=None).order_by("id")
    return Ledger(
        deal=gate.deal,
        paid=paid_by_investor(gate.deal, gate.facts),
        told=tuple(
            Told(name, money(amount), reference)
            for name, amount, reference in told.values_list("allotment__investor__name", "amount", "reference")
        ),
        wires=wires_of(deal),
    )


def wires_of(deal: Deal) -> tuple[Wire, ...]:
    """The wires and checks that stand, each by the id of its first part. Two queries."""
    came = BankBooking.objects.filter(line__statement__deal=deal, undone_at=None, becomes__in=["received", "on-file"])
    booked = set(came.values_list("payment", flat=True))
    parts: dict[str, list[tuple[int, Part, str]]] = defaultdict(list)
    rows = Payment.objects.filter(deal=deal, withdrawn_at=None).order_by("id")
    for pk, receipt, name, amount, reference in rows.values_list(
        "id", "receipt", "allotment__investor__name", "amount", "reference"
    ):
        parts[receipt or f"#{pk}"].append((pk, Part(name, money(amount)), reference))
    return tuple(
        Wire(
            key=those[0][0],
            parts=tuple(part for _, part, _ in those),
            reference=those[0][2],
            is_booked=any(pk in booked for pk, _, _ in those),
        )
        for those in parts.values()
    )


def why_not_again(deal: Deal, payment: Payment) -> str:
    """Why a payment that was marked as returned by hand cannot be put on file again; blank where it can."""
    parts = wire_of(payment)
    lines = list(BankBooking.objects.filter(payment__in=parts))
    standing = [each for each in lines if each.undone_at is None]
    gate = gate_of(deal)
    coming = {each.allotment.investor.name: money(each.amount) for each in parts}
    return again_refusal(
        counts=any(each.withdrawn_at is None for each in parts),
        went_back=any(each.becomes == BankBooking.Becomes.RETURNED for each in standing),
        line_is_open=bool(lines) and not standing,
    ) or over_refusal(gate.deal, gate.facts, coming, payment.currency)


def bookings_of(rows: Iterable[BankLine]) -> dict[int, BankBooking]:
    """What stands confirmed of the lines, by their ids. One query."""
    standing = BankBooking.objects.filter(line__in=[row.pk for row in rows], undone_at=None)
    return {each.line_id: each for each in standing.select_related("payment", "refund__allotment__investor")}


def _row(row: BankLine, currency: str, **more: object) -> LineRow:
    return LineRow(
        id=row.pk,
        row=row.row,
        booked_on=row.booked_on,
        amount=money(row.amount),
        currency=row.currency,
        is_credit=row.is_credit,
        is_reversal=row.is_reversal,
        party=row.party,
        reference=row.reference,
        bank_reference=row.bank_reference,
        is_foreign=row.currency != currency,
        **more,  # type: ignore[arg-type]
    )


def _open(row: BankLine, found: tuple[Proposal, ...], currency: str) -> LineRow:
    return _row(row, currency, proposals=found)


def _settled(rows: Iterable[BankLine], bookings: dict[int, BankBooking], currency: str) -> tuple[LineRow, ...]:
    """The lines that are something, with whose money it is. One query for all of their payments."""
    standing = [bookings[row.pk] for row in rows]
    one = [each.payment for each in standing if each.payment is not None]
    receipts = {each.receipt for each in one if each.receipt}
    parts: dict[object, list[Payment]] = defaultdict(list)
    found = Payment.objects.filter(Q(pk__in=[each.pk for each in one]) | Q(receipt__in=receipts))
    for each in found.filter(deal__in=[each.deal_id for each in one]).select_related("allotment__investor"):
        parts[each.receipt or each.pk].append(each)
    return tuple(_settled_row(row, bookings[row.pk], parts, currency) for row in rows)


def _settled_row(row: BankLine, booking: BankBooking, parts: dict[object, list[Payment]], currency: str) -> LineRow:
    payment, refund = booking.payment, booking.refund
    own = parts.get(payment.receipt or payment.pk, []) if payment is not None else []
    said = [Part(each.allotment.investor.name, money(each.amount)) for each in own]
    if refund is not None:
        said = [Part(refund.allotment.investor.name, money(refund.amount))]
    is_back = booking.becomes != "returned" and any(each.withdrawn_at for each in own)
    return _row(
        row,
        currency,
        booking=booking.pk,
        becomes=booking.becomes,
        label=booking.get_becomes_display(),
        parts=tuple(said),
        returned=is_back,
        reason=booking.reason,
    )
