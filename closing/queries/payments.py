"""The money page: the purchase price by investor."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closing.models import Allotment, Deal, Payment
from closing.queries.gates import gate_of
from closing.queries.money import money
from closing.queries.parts import Figure, percent
from closing.queries.portal import Report, reports_of
from closing.rules.fees import ZERO, FeeStatement, in_all
from closing.rules.words import money as in_words
from closing.rules.words import number


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment of the purchase price; one returned keeps its row, with the reason."""

    id: int
    amount: Decimal
    method: str
    reference: str
    note: str
    at: datetime
    returned_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """What one investor owes and has paid. `last_at` is its last payment that stands."""

    id: int
    name: str
    owed: Decimal
    received: Decimal
    last_at: datetime | None
    payments: tuple[Paid, ...]
    reports: tuple[Report, ...]

    @property
    def missing(self) -> Decimal:
        """What is still to come."""
        return max(ZERO, self.owed - self.received)

    @property
    def returned(self) -> tuple[Paid, ...]:
        """The payments that came back."""
        return tuple(each for each in self.payments if each.returned_at is not None)


@dataclass(frozen=True, slots=True)
class MoneyPage:
    """All that the money page shows. Amounts in `currency`."""

    now: datetime
    time_zone: str
    currency: str
    section: str
    figures: tuple[Figure, ...]
    rows: tuple[PriceRow, ...]
    owed: Decimal
    received: Decimal
    is_closed: bool

    @property
    def missing(self) -> Decimal:
        """Purchase price still to come, of all investors."""
        return sum((row.missing for row in self.rows), ZERO)

    @property
    def late(self) -> int:
        """How many investors have not paid in full."""
        return sum(1 for row in self.rows if row.missing)


def money_page(deal: Deal) -> MoneyPage:
    """The money of `deal` now. The number of queries does not grow with investors, payments or bills."""
    gate = gate_of(deal)
    currency = gate.deal.agreement.currency
    rows = price_rows(deal)
    received = sum((row.received for row in rows), ZERO)
    return MoneyPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        currency=currency,
        section=next((each.section for each in gate.deal.conditions if each.evidence.kind == "payment"), ""),
        figures=_figures(rows, gate.fees, currency),
        rows=rows,
        owed=sum((row.owed for row in rows), ZERO),
        received=received,
        is_closed=gate.is_closed,
    )


def price_rows(deal: Deal) -> tuple[PriceRow, ...]:
    """Schedule A with the payments of each investor, in three queries."""
    allotments = list(Allotment.objects.filter(deal=deal).select_related("investor").order_by("position"))
    reports = reports_of(allotments)
    paid: dict[int, list[Paid]] = {}
    for row in Payment.objects.filter(deal=deal).order_by("at", "id"):
        paid.setdefault(row.allotment_id, []).append(
            Paid(
                row.pk,
                money(row.amount),
                row.get_method_display(),
                row.reference,
                row.note,
                row.at,
                row.withdrawn_at,
                row.withdrawn_reason,
            )
        )
    return tuple(_price_row(each, tuple(paid.get(each.pk, ())), reports.get(each.pk, ())) for each in allotments)


def _price_row(row: Allotment, paid: tuple[Paid, ...], reports: tuple[Report, ...]) -> PriceRow:
    standing = [each for each in paid if each.returned_at is None]
    return PriceRow(
        id=row.pk,
        name=row.investor.name,
        owed=money(row.purchase_price),
        received=sum((each.amount for each in standing), ZERO),
        last_at=max((each.at for each in standing), default=None),
        payments=paid,
        reports=reports,
    )


def _figures(rows: tuple[PriceRow, ...], statements: tuple[FeeStatement, ...], currency: str) -> tuple[Figure, ...]:
    owed, received = sum((row.owed for row in rows), ZERO), sum((row.received for row in rows), ZERO)
    full = sum(1 for row in rows if not row.missing)

    def said(amount: Decimal) -> str:
        return in_words(amount, currency).removesuffix(".00")

    return (
        Figure("Purchase price received", said(received), f"of {said(owed)}", percent(received, owed)),
        Figure("Investors paid in full", f"{number(full)} of {number(len(rows))}", "", percent(full, len(rows))),
        Figure(
            "Fees reimbursable",
            said(in_all(statements, lambda each: each.fees_reimbursable)),
            f"of {said(in_all(statements, lambda each: each.fees_billed))} billed",
        ),
        Figure("Expenses billed", said(in_all(statements, lambda each: each.expenses_billed))),
    )
