"""A funds flow as papers: the content of its PDF, and its Excel workbook."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from zoneinfo import ZoneInfo

from closing.models import FundsFlowVersion
from closing.papers.money_sheet import MoneyBook, MoneyColumn, MoneyPage, MoneyTable
from closing.pdf.money_papers import PaperColumn, PaperContent, PaperRow, PaperSection
from closing.queries.funds_flow import COUNSEL_OF, FIRST_VERSION, frozen_of
from closing.rules.funds_flow import FundsFlow, Source, SourceKind
from closing.rules.funds_flow_versions import FrozenFlow
from closing.rules.terms import Deal, Side
from closing.rules.tie_out import Tied, TieOut
from closing.rules.words import SIGNS, at_time, money, number

ZERO = Decimal("0.00")
FIGURES = {
    "price": "Purchase price",
    "received": "Received",
    "netted": "Netted",
    "to_come": "Still to come",
    "amount": "Amount",
}
ALWAYS = ("price", "amount")
CHANGES_SHOWN = 40
NAMES = {SourceKind.HELD: "{} (not in this closing)", SourceKind.UNMATCHED: "{} (belongs to no payment on file)"}


def flow_paper(deal: Deal, version: FundsFlowVersion) -> PaperContent:
    """What the PDF of a version says: its lines, who agreed to it by now, and what changed against the one before."""
    frozen = frozen_of(version)
    zone = deal.closing.time_zone
    by = f" by {version.by.name}" if version.by else ""
    return PaperContent(
        title=f"Funds flow, version {version.number}",
        deal_name=f"{deal.issuer.name}: {deal.security.name}",
        lines=(
            deal.agreement.title,
            f"{_closing(frozen, deal)}, for {_whom(frozen.flow)}",
            f"Frozen{by}, {at_time(version.at, zone)}",
            *_agreements(deal, version),
        ),
        parties=_parties(deal),
        sections=(
            _source_section(frozen.flow),
            _use_section(frozen.flow),
            *_change_section(version),
        ),
        facts_at=at_time(version.at, zone),
    )


def _closing(frozen: FrozenFlow, deal: Deal) -> str:
    return "The closing" if frozen.closing == 1 else f"Closing number {frozen.closing}"


def _whom(flow: FundsFlow) -> str:
    count = len(flow.names)
    return f"{number(count)} investor{'' if count == 1 else 's'}, {money(flow.total, flow.currency)}"


def _parties(deal: Deal) -> tuple[tuple[str, str], ...]:
    firms = ((each.name, f"Counsel to {_client(each.side)}") for each in deal.counsel)
    return ((deal.issuer.name, "The company"), *firms)


def _client(side: Side) -> str:
    return "the company" if side is Side.ISSUER else "the investors"


def _source_section(flow: FundsFlow) -> PaperSection:
    names = shown_figures(flow)
    rows = [
        PaperRow((source_name(each), *(_figure(getattr(each, name), name, flow.currency) for name in names)))
        for each in flow.sources
    ]
    sums = (money(_sum(flow.sources, name), flow.currency) for name in names)
    columns = (PaperColumn("From"), *(PaperColumn(FIGURES[name], is_figure=True) for name in names))
    said = "What is netted was kept back from a wire for counsel’s fees, and counts as purchase price paid."
    return PaperSection(
        "Sources", (said,) if flow.netted else (), columns, (*rows, PaperRow(("All sources", *sums), is_total=True))
    )


def _figure(amount: Decimal, name: str, currency: str) -> str:
    return money(amount, currency) if amount or name == "amount" else ""


def _use_section(flow: FundsFlow) -> PaperSection:
    names = ("netted", "amount") if flow.netted else ("amount",)
    rows = [
        PaperRow(
            (
                each.payee or "Not named yet",
                f"{each.purpose}{f', {each.section}' if each.section else ''}{' (about)' if each.about else ''}",
                *(_figure(getattr(each, name), name, flow.currency) for name in names),
            )
        )
        for each in flow.uses
    ]
    columns = (PaperColumn("To"), PaperColumn("For"), *(PaperColumn(FIGURES[name], is_figure=True) for name in names))
    sums = (money(_sum(flow.uses, name), flow.currency) for name in names)
    said = "The agreement leaves an amount marked “about” open until counsel state it."
    return PaperSection(
        "Uses", (said,) if flow.is_about else (), columns, (*rows, PaperRow(("All uses", "", *sums), is_total=True))
    )


def _agreements(deal: Deal, version: FundsFlowVersion) -> Iterator[str]:
    given = {Side(each.side): each for each in version.agreements.select_related("by")}
    for side, counsel in COUNSEL_OF.items():
        if side in given:
            when = at_time(given[side].at, deal.closing.time_zone)
            yield f"Agreed to by {counsel}: {given[side].by.name}, {when}"
        else:
            yield f"Not agreed to by {counsel} yet"


def _change_section(version: FundsFlowVersion) -> Iterator[PaperSection]:
    if version.changes != [FIRST_VERSION]:
        more = len(version.changes) - CHANGES_SHOWN
        rest = (f"And {number(more)} more; the room has all.",) if more > 0 else ()
        shown = (*version.changes[:CHANGES_SHOWN], *rest)
        yield PaperSection(f"Changed against the version before number {version.number}", shown)


def shown_figures(flow: FundsFlow) -> tuple[str, ...]:
    """The figures of the sources that a table needs: what nobody has is left out."""
    return tuple(name for name in FIGURES if name in ALWAYS or _sum(flow.sources, name))


def source_name(source: Source) -> str:
    """A source as a list names it."""
    return NAMES.get(source.kind, "{}").format(source.name)


def _sum(lines: Sequence[object], name: str) -> Decimal:
    return sum(map(attrgetter(name), lines), ZERO)


def flow_book(
    deal: Deal, frozen: FrozenFlow, tie: TieOut | None, *, title: str, lines: Sequence[str], at: datetime
) -> MoneyBook:
    """The workbook of a flow: sources, uses and their difference, and the tie-out on a sheet of its own."""
    pages = [MoneyPage("Funds flow", (_source_table(frozen.flow), _use_table(frozen.flow)), "Sources less uses")]
    if tie is not None:
        pages.append(MoneyPage("Tie-out", (_tie_table(tie), _other_table(tie))))
    return MoneyBook(
        title=title,
        deal=f"{deal.issuer.name}: {deal.security.name}",
        lines=(f"{_closing(frozen, deal)}, for {_whom(frozen.flow)}", *lines),
        pages=tuple(pages),
        sign=SIGNS.get(deal.agreement.currency, f"{deal.agreement.currency} "),
        as_of=at.astimezone(ZoneInfo(deal.closing.time_zone)),
    )


def _source_table(flow: FundsFlow) -> MoneyTable:
    """Every figure has its column, so that the last is the same as that of the uses."""
    columns = (MoneyColumn("From", 44), *(MoneyColumn(FIGURES[name], 18, "money") for name in FIGURES))
    rows = tuple((source_name(each), *(getattr(each, name) for name in FIGURES)) for each in flow.sources)
    return MoneyTable("Sources", columns, rows, "All sources")


def _use_table(flow: FundsFlow) -> MoneyTable:
    columns = (
        MoneyColumn("To", 44),
        MoneyColumn("For", 36),
        MoneyColumn("Section", 18),
        MoneyColumn("About", 18),
        MoneyColumn("Netted", 18, "money"),
        MoneyColumn("Amount", 18, "money"),
    )
    rows = tuple(
        (
            each.payee or "Not named yet",
            each.purpose,
            each.section,
            "about" if each.about else "",
            each.netted,
            each.amount,
        )
        for each in flow.uses
    )
    return MoneyTable("Uses", columns, rows, "All uses")


def _tie_table(tie: TieOut) -> MoneyTable:
    columns = (
        MoneyColumn("Investor", 44),
        MoneyColumn("Shares", 12, "count"),
        MoneyColumn("Purchase price", 18, "money"),
        MoneyColumn("Received", 18, "money"),
        MoneyColumn("Netted", 18, "money"),
        MoneyColumn("Owed and waived", 18, "money"),
        MoneyColumn("Ties", 60),
    )
    rows = tuple(
        (each.what, each.shares, each.price, each.received, each.netted, each.waived, each.wrong or "Yes")
        for each in tie.of_investors
    )
    return MoneyTable("Shares times price is received and netted", columns, rows, "In all")


def _other_table(tie: TieOut) -> MoneyTable:
    """As wide as the table above it, whose last column has room for words."""
    rows = tuple(
        (each.what, *(None,) * 5, each.wrong or f"Yes: {each.says}")
        for each in tie.lines
        if each.kind not in (Tied.INVESTOR, Tied.ALL)
    )
    columns = (MoneyColumn("What", 44), *(MoneyColumn("", 12),) * 5, MoneyColumn("Ties", 60))
    return MoneyTable("What else must agree", columns, rows)
