"""What investors say they have sent, by the row of Schedule A."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from closing.models import Allotment, Announcement
from closing.queries.money import money
from closing.rules.words import money as in_words, on_day


@dataclass(frozen=True, slots=True)
class Announced:
    """A payment that the investor says it sent; no payment received until the company records it."""

    id: int
    amount: Decimal
    currency: str
    method: str
    sent_on: date
    reference: str
    at: datetime

    @property
    def text(self) -> str:
        """`$100,000.00 by wire, sent on June 7, 1996, FED 12`."""
        said = f"{in_words(self.amount, self.currency)} by {self.method}, sent on {on_day(self.sent_on)}"
        return f"{said}, {self.reference}" if self.reference else said


def announced_of(rows: Iterable[Allotment]) -> dict[int, tuple[Announced, ...]]:
    """What stands announced, by the id of the row of Schedule A, the earliest first. One query."""
    found: dict[int, tuple[Announced, ...]] = {}
    told = Announcement.objects.filter(allotment__in=[row.pk for row in rows], withdrawn_at=None)
    for row in told.order_by("at", "id"):
        said = Announced(row.pk, money(row.amount), row.currency, row.method, row.sent_on, row.reference, row.at)
        found[row.allotment_id] = (*found.get(row.allotment_id, ()), said)
    return found
