"""The purchase price by investor: expected, announced, received, cleared, returned, missing, over; and whom to call."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from closing.models import Allotment, Deal, Payment, Refund
from closing.queries.announcements import Announced, announced_of
from closing.queries.gates import gate_of
from closing.queries.money import money
from closing.rules.announcements import Moved, still_announced
from closing.rules.fees import ZERO
from closing.rules.gate import Gate
from closing.rules.purchase_price import Paid, paid_by_investor


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment of the purchase price; one returned keeps its row, with the reason.

    `is_mistaken` is one taken for returned that had not come back, and is on file again as another row. `among` is
    between how many investors its wire or check was split; 1 where it is this investor's alone.
    """

    id: int
    amount: Decimal
    method: str
    reference: str
    note: str
    at: datetime
    cleared_at: datetime | None
    returned_at: datetime | None
    reason: str
    is_mistaken: bool = False
    among: int = 1

    @property
    def state(self) -> str:
        """Where the money is, in a word; a wire is final when it is received."""
        if self.returned_at is not None:
            return "returned"
        return "cleared" if self.cleared_at is not None else "received"

    @property
    def may_clear(self) -> bool:
        """Whether it is a check that has still to clear."""
        return self.method == "Check" and self.state == "received"


@dataclass(frozen=True, slots=True)
class RefundRow:
    """Purchase price sent back; one that was not sent after all keeps its row, with the reason."""

    id: int
    amount: Decimal
    method: str
    reference: str
    at: datetime
    withdrawn_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """What one investor owes and has paid. `last_at` is its last payment that stands; `awaited` is announced."""

    id: int
    name: str
    paid: Paid
    last_at: datetime | None
    payments: tuple[PaymentRow, ...]
    refunds: tuple[RefundRow, ...]
    announced: tuple[Announced, ...]
    awaited: Decimal
    has_closed: bool

    @property
    def owed(self) -> Decimal:
        """The purchase price."""
        return self.paid.owed

    @property
    def received(self) -> Decimal:
        """What stands received, less what was sent back."""
        return self.paid.received

    @property
    def missing(self) -> Decimal:
        """What is still to come."""
        return self.paid.missing

    @property
    def over(self) -> Decimal:
        """What is to be sent back."""
        return self.paid.over

    @property
    def uncleared(self) -> Decimal:
        """Checks received that have not cleared."""
        return sum((each.amount for each in self.payments if each.may_clear), ZERO)

    @property
    def returned(self) -> tuple[PaymentRow, ...]:
        """The payments that came back."""
        return tuple(each for each in self.payments if each.returned_at is not None and not each.is_mistaken)

    @property
    def returned_last(self) -> PaymentRow | None:
        """The last payment that came back, where the price is open since."""
        back = [each for each in self.returned if each.returned_at is not None] if self.missing else []
        return max(back, key=lambda each: each.returned_at or each.at, default=None)


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call about money that is missing, and for whom. `returned` where a payment came back."""

    person: str
    email: str
    investors: tuple[str, ...]
    missing: Decimal
    awaited: Decimal
    returned: bool


def price_rows(deal: Deal, gate: Gate | None = None) -> tuple[PriceRow, ...]:
    """Schedule A with the payments of each investor: four queries, and those of the gate where none is given."""
    gate = gate or gate_of(deal)
    rows = list(Allotment.objects.filter(deal=deal).select_related("investor").order_by("position"))
    paid = paid_by_investor(gate.deal, gate.facts)
    payments, refunds = payments_of(rows), refunds_of(rows)
    announced = announced_of(rows)
    return tuple(
        price_row(
            each,
            paid[each.investor.name],
            payments.get(each.pk, ()),
            refunds.get(each.pk, ()),
            announced.get(each.pk, ()),
            has_closed=gate.investor(each.investor.name).has_closed,
        )
        for each in rows
    )


def price_row(
    row: Allotment,
    paid: Paid,
    payments: tuple[PaymentRow, ...],
    refunds: tuple[RefundRow, ...],
    announced: tuple[Announced, ...],
    *,
    has_closed: bool = False,
) -> PriceRow:
    """One row of Schedule A with what was announced and came."""
    return PriceRow(
        id=row.pk,
        name=row.investor.name,
        paid=paid,
        last_at=max((each.at for each in payments if each.returned_at is None), default=None),
        payments=payments,
        refunds=refunds,
        announced=announced,
        awaited=still_announced(
            (Moved(each.at, each.amount) for each in announced),
            (Moved(each.at, each.amount) for each in payments if not each.is_mistaken),
            paid.missing,
        ),
        has_closed=has_closed,
    )


def payments_of(rows: Iterable[Allotment]) -> dict[int, tuple[PaymentRow, ...]]:
    """The payments by the id of the row of Schedule A, the earliest first. One query.

    The number of investors that share a wire is that of `rows`: an investor's own page tells it of no other.
    """
    every = list(rows)
    found: Iterable[Any] = list(
        Payment.objects.filter(allotment__in=[row.pk for row in every])
        .annotate(is_mistaken=Exists(Payment.objects.filter(again_of=OuterRef("pk"))))
        .order_by("at", "id")
    )
    among: dict[str, int] = {}
    for each in found:
        among[each.receipt] = among.get(each.receipt, 0) + 1
    paid: dict[int, tuple[PaymentRow, ...]] = {}
    for each in found:
        said = PaymentRow(
            id=each.pk,
            amount=money(each.amount),
            method=each.get_method_display(),
            reference=each.reference,
            note=each.note,
            at=each.at,
            cleared_at=each.cleared_at,
            returned_at=each.withdrawn_at,
            reason=each.withdrawn_reason,
            is_mistaken=each.is_mistaken,
            among=among[each.receipt] if each.receipt else 1,
        )
        paid[each.allotment_id] = (*paid.get(each.allotment_id, ()), said)
    return paid


def wire_of(payment: Payment) -> list[Payment]:
    """The payment with all parts of its wire or check, in the order in which they came on file."""
    if not payment.receipt:
        return [payment]
    return list(Payment.objects.filter(deal=payment.deal_id, receipt=payment.receipt).order_by("id"))


def refunds_of(rows: Iterable[Allotment]) -> dict[int, tuple[RefundRow, ...]]:
    """The refunds by the id of the row of Schedule A, the earliest first. One query."""
    sent: dict[int, tuple[RefundRow, ...]] = {}
    for each in Refund.objects.filter(allotment__in=[row.pk for row in rows]).order_by("at", "id"):
        said = RefundRow(
            id=each.pk,
            amount=money(each.amount),
            method=each.get_method_display(),
            reference=each.reference,
            at=each.at,
            withdrawn_at=each.withdrawn_at,
            reason=each.withdrawn_reason,
        )
        sent[each.allotment_id] = (*sent.get(each.allotment_id, ()), said)
    return sent


def calls_of(rows: Iterable[PriceRow], gate: Gate) -> tuple[Call, ...]:
    """Whom to call: whose payment came back first, then who has announced least of most."""
    people = {person.name: person.email for person in gate.deal.people}
    late: dict[str, list[PriceRow]] = {}
    for row in rows:
        if row.missing:
            contacts = gate.deal.investor_by_name[row.name].contacts
            late.setdefault(contacts[0] if contacts else row.name, []).append(row)
    calls = [
        Call(
            person=person,
            email=people.get(person, ""),
            investors=tuple(row.name for row in own),
            missing=sum((row.missing for row in own), ZERO),
            awaited=sum((row.awaited for row in own), ZERO),
            returned=any(row.returned_last for row in own),
        )
        for person, own in late.items()
    ]
    return tuple(sorted(calls, key=lambda call: (not call.returned, call.awaited - call.missing, call.person)))
