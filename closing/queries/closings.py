"""What a closing gave to whom, and what is owed after it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from closing.models import ClosedAllotment, Closing, ClosingConfirmation, Deal, PostClosingItem
from closing.queries.deals import deal_terms
from closing.queries.facts import closings_of
from closing.queries.money import money
from closing.rules.facts import Facts
from closing.rules.further import why_closed
from closing.rules.words import ended
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
    """A closing as it was effected, by its number; by nobody's confirmation where the operator effected it.

    Money in the deal's currency.
    """

    number: int
    at: datetime
    confirmed_by: tuple[str, ...]
    shares: int
    purchase_price: Decimal
    fees_reimbursed: Decimal
    expenses_reimbursed: Decimal
    survival_until: date
    certificates: tuple[CertificateRow, ...]
    items: tuple[ItemRow, ...]

    @property
    def confirmed(self) -> str:
        """Whose confirmations closed it, as the end of a sentence; blank where the operator did."""
        return ended(" and ".join(self.confirmed_by)) if self.confirmed_by else ""


def is_closed(deal: Deal, moment: datetime) -> bool:
    """Whether the deal has closed and nobody may close any more at `moment`. One query before the first closing."""
    effected = closings_of(deal)
    if not effected:
        return False
    on_file = Facts(deal=deal.code, closings=tuple(each for each in effected if each.at <= moment))
    return bool(why_closed(deal_terms(deal), on_file, moment))


def closed_deals(deal: Deal, user: Viewer, today: date) -> tuple[ClosedDeal, ...]:
    """The closings of `deal` as far as `user` may see them, in their order; five queries, one before the first.

    An investor's contact sees the certificates of its own investors, and no totals of the others'.
    """
    closings = list(Closing.objects.visible_to(user).filter(deal=deal).order_by("number"))
    if not closings:
        return ()
    rows, items = defaultdict(list), defaultdict(list)
    seen = ClosedAllotment.objects.visible_to(user).filter(closing__in=closings)
    for row in seen.select_related("allotment__investor", "certificate").order_by("allotment__position"):
        rows[row.closing_id].append(row)
    for item in PostClosingItem.objects.visible_to(user).filter(closing__in=closings).order_by("due_on", "id"):
        items[item.closing_id].append(_item(item, today))
    given = ClosingConfirmation.objects.visible_to(user).filter(deal=deal, withdrawn_at=None).select_related("by")
    confirmed = [(each.digest, each.by.name) for each in given.order_by("at", "id")]
    return tuple(
        _closed(
            each,
            tuple(name for digest, name in confirmed if digest == each.digest),
            rows[each.pk],
            tuple(items[each.pk]),
        )
        for each in closings
    )


def _closed(
    closing: Closing, confirmed_by: tuple[str, ...], rows: Sequence[ClosedAllotment], items: tuple[ItemRow, ...]
) -> ClosedDeal:
    return ClosedDeal(
        number=closing.number,
        at=closing.at,
        confirmed_by=confirmed_by,
        shares=sum(row.certificate.shares for row in rows),
        purchase_price=sum((money(row.allotment.purchase_price) for row in rows), Decimal("0.00")),
        fees_reimbursed=money(closing.fees_reimbursed),
        expenses_reimbursed=money(closing.expenses_reimbursed),
        survival_until=closing.survival_until,
        certificates=tuple(_certificate(row) for row in rows),
        items=items,
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
