"""Bills as rows of a page: their lines, and whatever became of them, each as its own row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from closing.models import Bill, BillLine, CreditNote, CreditNoteLine, Deal, FeePayment, FeeReversal, WriteOff
from closing.queries.money import money
from closing.rules import facts
from closing.rules.access import Verb
from closing.rules.fact_verbs import verb_of
from closing.rules.fee_acts import BillAct, act_refusals
from closing.rules.fee_payments import withdrawal_refusal
from closing.rules.fees import KINDS_OF_LINE, ZERO, ByKind, billed_by_bill, by_kind, is_issuers_own, taken_by_bill
from closing.rules.gate import Gate
from closing.rules.terms import REIMBURSED, LineKind


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a bill."""

    kind: LineKind
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a bill: a credit note, a write-off, a payment, a netting, a reversal. `amount` is below nothing
    where it takes from what the bill has, or from what is paid.

    `what` names it in its address. One taken back keeps its row, with the reason; `why_stays` says why one may not be.
    """

    what: str
    id: int
    says: str
    kind: str
    amount: Decimal
    at: datetime
    note: str
    withdrawn_at: datetime | None
    withdrawn_reason: str
    why_stays: str = ""


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill with its lines and what became of it. Sums are of what stands; a withdrawn bill has none.

    `refusals` says why each act on the bill is not possible, `verb` what its own counsel does who records it.
    """

    id: int
    number: str
    counsel_key: str
    counsel: str
    payee: str
    dated: date
    received_on: date
    has_paper: bool
    withdrawn_at: datetime | None
    withdrawn_reason: str
    lines: tuple[LineRow, ...]
    entries: tuple[Entry, ...]
    billed: ByKind
    taken: ByKind
    refusals: Mapping[BillAct, str]
    verb: Verb
    is_issuers_own: bool

    @property
    def total(self) -> Decimal:
        """All lines together, as billed."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def standing(self) -> Decimal:
        """What is billed net of credits and write-offs, without what a dispute costs."""
        return self.billed[LineKind.FEE] + self.billed[LineKind.EXPENSE]

    @property
    def paid_in_all(self) -> Decimal:
        """What stands paid or netted."""
        return sum(self.taken.values(), ZERO)

    def is_moot(self, act: BillAct) -> bool:
        """Whether an act on the bill has no meaning, so that it is not even offered."""
        is_reimbursable = any(line.kind in REIMBURSED for line in self.lines)
        return {
            BillAct.PAY: not is_reimbursable,
            BillAct.NET: not is_reimbursable or self.is_issuers_own or not self.unpaid,
            BillAct.REVERSE: not self.paid_in_all,
            BillAct.PAPER: self.has_paper,
        }.get(act, False)

    @property
    def unpaid(self) -> Decimal:
        """What is left to pay of fees and expenses."""
        return sum((self.billed[kind] - self.taken[kind] for kind in REIMBURSED), ZERO)

    @property
    def kinds(self) -> tuple[tuple[LineKind, str, Decimal, Decimal], ...]:
        """For each kind of line that the bill has: the kind, what it is called, what is billed net, what is left."""
        has = {line.kind for line in self.lines}
        return tuple(
            (kind, KINDS_OF_LINE[kind], self.billed[kind], self.billed[kind] - self.taken[kind])
            for kind in LineKind
            if kind in has
        )


def bill_rows(deal: Deal, gate: Gate) -> tuple[BillRow, ...]:
    """The bills of a deal, the latest first. Seven queries."""
    lines = _lines(BillLine.objects.filter(bill__deal=deal).order_by("bill", "position"), "bill_id")
    entries = _entries(deal, gate)
    billed, taken = billed_by_bill(gate.facts), taken_by_bill(gate.facts)
    on_file = {each.key: each for each in gate.facts.bills}
    bills = Bill.objects.filter(deal=deal).select_related("counsel").order_by("-at", "-id")
    zone = ZoneInfo(deal.time_zone)
    found = []
    for row in bills:
        own = tuple(sorted(entries.get(row.pk, ()), key=lambda entry: entry.at))
        of = on_file.get((row.counsel.key, row.number)) or _fact(row)
        has = billed.get(of.key, by_kind())
        paid = {kind: sum((each.get(of.key, by_kind())[kind] for each in taken), ZERO) for kind in LineKind}
        left = {kind: has[kind] - paid[kind] for kind in LineKind}
        found.append(
            BillRow(
                id=row.pk,
                number=row.number,
                counsel_key=row.counsel.key,
                counsel=row.counsel.name,
                payee=row.payee,
                dated=row.dated,
                received_on=row.received_on or row.at.astimezone(zone).date(),
                has_paper=bool(row.paper),
                withdrawn_at=row.withdrawn_at,
                withdrawn_reason=row.withdrawn_reason,
                lines=tuple(lines.get(row.pk, ())),
                entries=own,
                billed=has,
                taken=paid,
                refusals=act_refusals(gate.deal, gate.facts, of, left),
                verb=verb_of(of, gate.deal),
                is_issuers_own=is_issuers_own(gate.deal, of),
            )
        )
    return tuple(found)


def _fact(row: Bill) -> facts.Bill:
    """A bill that stands no more, as far as its acts ask: it was withdrawn."""
    return facts.Bill(
        at=row.at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
        number=row.number,
        counsel=row.counsel.key,
        dated=row.dated,
        lines=(),
    )


def _entries(deal: Deal, gate: Gate) -> dict[int, list[Entry]]:
    """What became of the bills, by the bill's id. Five queries."""
    found: dict[int, list[Entry]] = defaultdict(list)
    credited = _lines(CreditNoteLine.objects.filter(credit_note__deal=deal).order_by("position"), "credit_note_id")
    for note in CreditNote.objects.filter(deal=deal).order_by("at", "id"):
        for kind in dict.fromkeys(line.kind for line in credited.get(note.pk, ())):
            amount = sum((line.amount for line in credited[note.pk] if line.kind is kind), ZERO)
            says = f"Credit note {note.number}: " + "; ".join(
                line.description for line in credited[note.pk] if line.kind is kind
            )
            found[note.bill_id].append(_entry("credit-notes", note, says, kind, -amount))
    for off in WriteOff.objects.filter(deal=deal).order_by("at", "id"):
        found[off.bill_id].append(_entry("write-offs", off, "Written off", LineKind(off.kind), -money(off.amount)))
    for model, what, sign in ((FeePayment, "payments", 1), (FeeReversal, "reversals", -1)):
        rows = model.objects.filter(deal=deal).select_related("bill__counsel", "netted_from__investor")
        for row in rows.order_by("at", "id"):
            whose = row.netted_from.investor.name if row.netted_from else ""
            found[row.bill_id].append(
                _entry(
                    what,
                    row,
                    _says(what, whose),
                    LineKind(row.kind),
                    sign * money(row.amount),
                    _why_stays(gate, row, what, whose),
                )
            )
    return found


def _says(what: str, whose: str) -> str:
    if what == "payments":
        return f"Netted from the wire of {whose}" if whose else "Paid"
    return f"Netting from the wire of {whose} undone" if whose else "Came back"


def _why_stays(gate: Gate, row: Any, what: str, whose: str) -> str:
    """Why a payment or a reversal may not be taken back."""
    if row.withdrawn_at is not None:
        return ""
    record = facts.FeePayment if what == "payments" else facts.FeeReversal
    fact = record(
        at=row.at,
        counsel=row.bill.counsel.key,
        bill=row.bill.number,
        kind=LineKind(row.kind),
        amount=money(row.amount),
        netted_from=whose,
    )
    return withdrawal_refusal(gate.deal, gate.facts, fact)


def _entry(what: str, row: Any, says: str, kind: LineKind, amount: Decimal, why_stays: str = "") -> Entry:
    return Entry(
        what=what,
        id=row.pk,
        says=says,
        kind=KINDS_OF_LINE[kind],
        amount=amount,
        at=row.at,
        note=row.note,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
        why_stays=why_stays,
    )


def _lines(rows: Iterable[Any], parent: str) -> dict[int, list[LineRow]]:
    lines: dict[int, list[LineRow]] = defaultdict(list)
    for row in rows:
        lines[getattr(row, parent)].append(LineRow(LineKind(row.kind), row.description, money(row.amount)))
    return lines
