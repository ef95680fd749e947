"""What a closing gave to whom, and what is owed after it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from closing.models import ClosedAllotment, Closing, Deal, PostClosingItem
from closing.queries.money import money
from investors.models import Viewer


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate issued at the closing. `purchase_price` in the deal's currency."""

    number: str
    investor: str
    shares: int
    purchase_price: Decimal
    legends: tuple[str, ...]
    issued_on: date


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A post-closing item. `owed_by` is a party reference; `is_overdue` after its day, until it is done."""

    id: int
    section: str
    heading: str
    owed_by: str
    due_on: date | None
    done_at: datetime | None
    note: str
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class ClosedDeal:
    """The closing as it was effected. Money in the deal's currency."""

    at: datetime
    by: str
    shares: int
    purchase_price: Decimal
    fees_reimbursed: Decimal
    expenses_reimbursed: Decimal
    survival_until: date
    certificates: tuple[CertificateRow, ...]
    items: tuple[ItemRow, ...]


def closed_deal(deal: Deal, user: Viewer, today: date) -> ClosedDeal | None:
    """The closing of `deal` as far as `user` may see it, in three queries; None before it.

    An investor's contact sees the certificates of its own investors, and no totals of the others'.
    """
    closing = Closing.objects.visible_to(user).filter(deal=deal).select_related("by").first()
    if closing is None:
        return None
    seen = ClosedAllotment.objects.visible_to(user).filter(closing=closing)
    rows = list(seen.select_related("allotment__investor", "certificate").order_by("allotment__position"))
    items = PostClosingItem.objects.visible_to(user).filter(deal=deal)
    return ClosedDeal(
        at=closing.at,
        by=closing.by.name if closing.by else "",
        shares=sum(row.certificate.shares for row in rows),
        purchase_price=sum((money(row.allotment.purchase_price) for row in rows), Decimal("0.00")),
        fees_reimbursed=money(closing.fees_reimbursed),
        expenses_reimbursed=money(closing.expenses_reimbursed),
        survival_until=closing.survival_until,
        certificates=tuple(_certificate(row) for row in rows),
        items=tuple(_item(row, today) for row in items.order_by("due_on", "id")),
    )


def _certificate(row: ClosedAllotment) -> CertificateRow:
    certificate = row.certificate
    return CertificateRow(
        number=certificate.number,
        investor=certificate.registered_name,
        shares=certificate.shares,
        purchase_price=money(row.allotment.purchase_price),
        legends=tuple(certificate.legends),
        issued_on=certificate.issued_on,
    )


def _item(row: PostClosingItem, today: date) -> ItemRow:
    return ItemRow(
        id=row.pk,
        section=row.section,
        heading=row.heading,
        owed_by=row.owed_by,
        due_on=row.due_on,
        done_at=row.done_at,
        note=row.note,
        is_overdue=row.done_at is None and row.due_on is not None and row.due_on < today,
    )
