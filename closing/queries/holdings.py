"""The cap table's pages: an issuer's classes, holders, ledger and certificates on a day."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum

from closing.models import Deal
from investors.models import Certificate, Investor, Issuer, LedgerEntry, ShareClass, User
from investors.queries.cap_table import CapTableClass, cap_table


@dataclass(frozen=True, slots=True)
class IssuerRow:
    """An issuer in the list, with its shares outstanding now."""

    code: str
    name: str
    classes: int
    outstanding: int


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder of a class. `percent` of the class, `of_votes` of all votes, both as written: `28.36`."""

    name: str
    shares: int
    percent: str
    of_votes: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassTable:
    """A class and its holders. `room` is what may still be issued; None where no number is stated."""

    id: int
    name: str
    kind: str
    authorized: int | None
    outstanding: int
    votes_per_share: int
    price: Decimal | None
    holders: tuple[Holder, ...]

    @property
    def room(self) -> int | None:
        """Shares that may still be issued."""
        return None if self.authorized is None else self.authorized - self.outstanding


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the stock ledger."""

    on: date
    share_class: str
    holder: str
    kind: str
    shares: int
    certificate: str
    note: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate as issued."""

    number: str
    share_class: str
    registered_name: str
    shares: int
    issued_on: date
    legends: int


@dataclass(frozen=True, slots=True)
class CapTablePage:
    """An issuer's cap table at the end of the day `on`. The ledger's newest lines come first."""

    code: str
    issuer: str
    on: date
    is_today: bool
    classes: tuple[ClassTable, ...]
    votes: int
    lines: tuple[Line, ...]
    certificates: tuple[Paper, ...]
    later: int


def issuers_seen_by(user: User) -> list[Issuer]:
    """Every issuer for the admin; for counsel those of their deals; none for an investor's contact."""
    if user.is_admin:
        return list(Issuer.objects.order_by("name"))
    of_deals = Deal.objects.filter(memberships__user=user).values("issuer")
    return list(Issuer.objects.filter(pk__in=of_deals).order_by("name"))


def issuer_rows(user: User) -> tuple[IssuerRow, ...]:
    """The issuers that the user sees, in two queries."""
    issuers = issuers_seen_by(user)
    classes = ShareClass.objects.filter(issuer__in=issuers).order_by()
    totals = classes.values_list("issuer", "id").annotate(held=Sum("entries__shares"))
    counted: dict[int, list[int]] = {}
    for issuer, _, held in totals:
        counted.setdefault(issuer, []).append(held or 0)
    return tuple(
        IssuerRow(each.code, each.name, len(counted.get(each.pk, ())), sum(counted.get(each.pk, ())))
        for each in issuers
    )


def cap_table_page(issuer: Issuer, on: date, today: date) -> CapTablePage:
    """The cap table of `issuer` at the end of `on`, in seven queries."""
    table = cap_table(issuer, on)
    ids = dict(ShareClass.objects.filter(issuer=issuer).values_list("name", "pk"))
    entries = LedgerEntry.objects.filter(share_class__issuer=issuer)
    return CapTablePage(
        code=issuer.code,
        issuer=issuer.name,
        on=on,
        is_today=on == today,
        classes=tuple(_class_table(each, ids[each.name], table.votes) for each in table.classes),
        votes=table.votes,
        lines=_ledger_lines(entries.filter(on__lte=on)),
        certificates=_papers(issuer, on),
        later=entries.filter(on__gt=on).count(),
    )


def _class_table(of: CapTableClass, pk: int, votes: int) -> ClassTable:
    """A class with its holders, the largest first; `votes` are those of all classes."""
    return ClassTable(
        id=pk,
        name=of.name,
        kind=ShareClass.Kind(of.kind).label,
        authorized=of.authorized,
        outstanding=of.outstanding,
        votes_per_share=of.votes_per_share,
        price=of.price,
        holders=tuple(
            Holder(
                row.holder,
                row.shares,
                hundredths(row.of_class),
                hundredths(Fraction(row.votes, votes) if votes else Fraction(0)),
                row.certificates,
            )
            for row in sorted(of.rows, key=lambda row: (-row.shares, row.holder))
        ),
    )


def _ledger_lines(entries: QuerySet[LedgerEntry]) -> tuple[Line, ...]:
    """The entries of the ledger, the newest first."""
    rows = entries.select_related("share_class", "investor", "certificate").order_by("-on", "-id")
    return tuple(
        Line(
            each.on,
            each.share_class.name,
            each.investor.name,
            each.get_kind_display(),
            each.shares,
            each.certificate.number if each.certificate else "",
            each.note,
        )
        for each in rows
    )


def _papers(issuer: Issuer, on: date) -> tuple[Paper, ...]:
    """The certificates issued by the end of `on`, in the order in which they were."""
    rows = Certificate.objects.filter(share_class__issuer=issuer, issued_on__lte=on).select_related("share_class")
    return tuple(
        Paper(each.number, each.share_class.name, each.registered_name, each.shares, each.issued_on, len(each.legends))
        for each in rows.order_by("id")
    )


def hundredths(part: Fraction) -> str:
    """A part of a whole in percent with two decimals, rounded half up: `28.36`."""
    return str((Decimal(int(part * 10_000 + Fraction(1, 2))) / 100).quantize(Decimal("0.01")))


@dataclass(frozen=True, slots=True)
class LedgerForm:
    """What the forms of the ledger choose from. `seen` is how many entries the ledger has."""

    classes: tuple[tuple[int, str], ...]
    holders: tuple[str, ...]
    seen: int


def ledger_form(issuer: Issuer) -> LedgerForm:
    """The classes and holders of an issuer, in three queries."""
    return LedgerForm(
        classes=tuple(ShareClass.objects.filter(issuer=issuer).values_list("pk", "name")),
        holders=tuple(Investor.objects.filter(issuer=issuer).order_by("name").values_list("name", flat=True)),
        seen=LedgerEntry.objects.filter(share_class__issuer=issuer).count(),
    )


def today_of(issuer: Issuer, now: datetime) -> date:
    """The day it is in the time zone of the issuer's deals, or in UTC where it has none."""
    zone = Deal.objects.filter(issuer=issuer).order_by("pk").values_list("time_zone", flat=True).first()
    return now.astimezone(ZoneInfo(zone or "UTC")).date()
