"""The cap table of an issuer on a day, off its stock ledger."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from investors.models import Issuer, LedgerEntry, ShareClass
from investors.rules.holdings import Entry, holdings, share_of, votes


@dataclass(frozen=True, slots=True, kw_only=True)
class CapTableRow:
    """A holder of a class. `certificates` are the numbers issued to it, also those given back since."""

    holder: str
    shares: int
    of_class: Fraction
    votes: int
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CapTableClass:
    """A class of shares and who holds it. `authorized` None where no paper states it."""

    name: str
    kind: str
    authorized: int | None
    outstanding: int
    votes_per_share: int
    price: Decimal | None
    rows: tuple[CapTableRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapTable:
    """Who holds which shares of an issuer on a day."""

    issuer: str
    on: date
    classes: tuple[CapTableClass, ...]

    @property
    def votes(self) -> int:
        """All votes outstanding."""
        return sum(row.votes for each in self.classes for row in each.rows)


def cap_table(issuer: Issuer, on: date) -> CapTable:
    """The cap table at the end of the day `on`. Three queries."""
    held = defaultdict(list)
    for holding in holdings(_entries(issuer, on)):
        held[holding.share_class].append(holding)
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    issued = LedgerEntry.objects.filter(share_class__issuer=issuer, on__lte=on, certificate__isnull=False)
    for share_class, holder, number in (
        issued.filter(shares__gt=0)
        .order_by("id")
        .values_list("share_class__name", "investor__name", "certificate__number")
    ):
        numbers[share_class, holder].append(number)
    classes = []
    for row in ShareClass.objects.filter(issuer=issuer):
        outstanding = sum(each.shares for each in held[row.name])
        classes.append(
            CapTableClass(
                name=row.name,
                kind=row.kind,
                authorized=row.authorized,
                outstanding=outstanding,
                votes_per_share=row.votes_per_share,
                price=row.price,
                rows=tuple(
                    CapTableRow(
                        holder=each.holder,
                        shares=each.shares,
                        of_class=share_of(each.shares, outstanding),
                        votes=each.shares * row.votes_per_share,
                        certificates=tuple(numbers[row.name, each.holder]),
                    )
                    for each in held[row.name]
                ),
            )
        )
    return CapTable(issuer=issuer.name, on=on, classes=tuple(classes))


def voting_stock(issuer: Issuer, record_date: date) -> tuple[tuple[str, int], ...]:
    """Holders of voting stock at the end of the record date with their votes. One query."""
    lines = LedgerEntry.objects.filter(share_class__issuer=issuer, on__lte=record_date).order_by("id")
    entries, per_share = [], {}
    for share_class, holder, shares, each in lines.values_list(
        "share_class__name", "investor__name", "shares", "share_class__votes_per_share"
    ):
        entries.append(Entry(share_class, holder, shares))
        per_share[share_class] = each
    return tuple(votes(holdings(entries), per_share).items())


def _entries(issuer: Issuer, on: date) -> list[Entry]:
    lines = LedgerEntry.objects.filter(share_class__issuer=issuer, on__lte=on).order_by("id")
    return [Entry(*line) for line in lines.values_list("share_class__name", "investor__name", "shares")]
