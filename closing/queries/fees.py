"""The fee ledger: counsel's bills, what was paid towards them, and the cap (Section 6(d))."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from closing.models import Bill, BillLine, Deal, FeePayment
from closing.queries.money import money
from closing.rules.fee_payments import cap_sentence, not_payable_yet
from closing.rules.fees import ZERO, FeeStatement
from closing.rules.gate import Gate
from closing.rules.terms import LineKind


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a bill."""

    kind: LineKind
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment towards a bill; one taken back keeps its row, with the reason."""

    id: int
    kind: LineKind
    amount: Decimal
    at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill with its lines and payments. Sums are of what stands; a withdrawn bill has none left to pay."""

    id: int
    number: str
    counsel: str
    dated: date
    at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str
    lines: tuple[LineRow, ...]
    payments: tuple[PaymentRow, ...]

    def billed(self, kind: LineKind) -> Decimal:
        """What the bill has of one kind of line."""
        return sum((line.amount for line in self.lines if line.kind is kind), ZERO)

    def paid(self, kind: LineKind) -> Decimal:
        """What stands paid of it."""
        return sum((each.amount for each in self.payments if each.kind is kind and each.withdrawn_at is None), ZERO)

    @property
    def total(self) -> Decimal:
        """Fees and expenses together."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def may_withdraw(self) -> bool:
        """Whether it can be taken back: it stands, and nothing is paid towards it."""
        return self.withdrawn_at is None and not any(each.withdrawn_at is None for each in self.payments)


@dataclass(frozen=True, slots=True)
class FeeLedger:
    """The page's data. `not_payable` says why nothing may be paid yet, else blank; `cap_says` what still fits."""

    statements: tuple[FeeStatement, ...]
    section: str
    bills: tuple[BillRow, ...]
    not_payable: str
    cap_says: str


def fee_ledger(deal: Deal, gate: Gate) -> FeeLedger:
    """The bills of a deal, the latest first, with the statement of the gate. Three queries."""
    lines: dict[int, list[LineRow]] = {}
    for bill, kind, description, amount in (
        BillLine.objects.filter(bill__deal=deal)
        .order_by("bill", "position")
        .values_list("bill", "kind", "description", "amount")
    ):
        lines.setdefault(bill, []).append(LineRow(LineKind(kind), description, money(amount)))
    payments: dict[int, list[PaymentRow]] = {}
    for row in FeePayment.objects.filter(deal=deal).order_by("at", "id"):
        payments.setdefault(row.bill_id, []).append(_payment(row))
    bills = Bill.objects.filter(deal=deal).select_related("counsel").order_by("-at", "-id")
    return FeeLedger(
        statements=gate.fees,
        section=gate.deal.fee_sections,
        bills=tuple(_bill(row, lines.get(row.pk, []), payments.get(row.pk, [])) for row in bills),
        not_payable=" ".join(
            filter(None, dict.fromkeys(not_payable_yet(gate.deal, gate.facts, each.counsel) for each in gate.fees))
        ),
        cap_says=" ".join(filter(None, map(cap_sentence, gate.fees))),
    )


def _payment(row: FeePayment) -> PaymentRow:
    return PaymentRow(
        id=row.pk,
        kind=LineKind(row.kind),
        amount=money(row.amount),
        at=row.at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
    )


def _bill(row: Bill, lines: list[LineRow], payments: list[PaymentRow]) -> BillRow:
    return BillRow(
        id=row.pk,
        number=row.number,
        counsel=row.counsel.name,
        dated=row.dated,
        at=row.at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
        lines=tuple(lines),
        payments=tuple(payments),
    )
