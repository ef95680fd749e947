"""The closing statement: a memorandum of a closing that was effected, made from the facts as they stood then.

It is counsel's, says where money came from and went to, and no account of anybody. What it says never changes: it is
read from the facts of the moment of the closing, and those that it stood on stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Count, Q

from closing.models import Closing, ClosingConfirmation, Deal, Deliverable as DeliverableRow
from closing.pdf.money_papers import PaperColumn, PaperContent, PaperRow, PaperSection
from closing.queries.closing_confirmations import COUNSEL
from closing.queries.closing_review import flow_by, last_version
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.statement_conditions import conditions_said
from closing.queries.tie_out import ledger_of
from closing.rules.closings import ClosingReview, closing_review
from closing.rules.documents import beside_pages, standing
from closing.rules.executed import released_pages
from closing.rules.funds_flow import FundsFlow, SourceKind
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import ISSUER, Deliverable, Side
from closing.rules.tie_out import Tied, TieLine
from closing.rules.words import at_time, ended, listing, money, number, on_day

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A closing as the statement tells it: its row, the review as it stood, and the gates before and after it."""

    closing: Closing
    before: Gate
    after: Gate
    review: ClosingReview
    flow: FundsFlow

    @property
    def currency(self) -> str:
        """The deal's."""
        return self.before.deal.agreement.currency

    def money(self, amount: Decimal) -> str:
        """An amount in words."""
        return money(amount, self.currency)


def statement_of(deal: Deal, closing: Closing) -> PaperContent:
    """The closing statement of a closing of `deal`, in a fixed number of queries."""
    told = _told(deal, closing)
    of = told.before.deal
    return PaperContent(
        title="Closing statement" if closing.number == 1 else f"Closing statement, closing {closing.number}",
        deal_name=f"{of.issuer.name}: {of.security.name}",
        lines=tuple(_lines(told)),
        parties=tuple(_parties(told)),
        sections=(
            _conditions(told),
            _documents(told, deal),
            _certificates(told),
            _price(told),
            _flow(told),
            _fees(told),
            *_over_cap(told),
            *_left_out(told),
            _after(told),
        ),
        notes=(
            f"The representations survive until {on_day(told.review.survival_until)}, {of.survival.months} months "
            f"after this closing ({of.survival.section}).",
            "Accounts and wire instructions are no part of this statement.",
        ),
    )


Laid = tuple[PaperSection, tuple[tuple[bool, tuple[tuple[PaperColumn, str], ...]], ...]]
"""A section with its rows: whether it is a total, and each cell with its column."""


def laid_out(content: PaperContent) -> tuple[Laid, ...]:
    """The sections as a page shows them."""
    return tuple(
        (each, tuple((row.is_total, tuple(zip(each.columns, row.cells, strict=True))) for row in each.rows))
        for each in content.sections
    )


def _told(deal: Deal, closing: Closing) -> Told:
    of, on_file = deal_terms(deal), facts_of(deal)
    earlier = on_file.closings[: closing.number - 1]
    before = evaluate(of, replace(on_file, closings=earlier), closing.at)
    review = closing_review(before, ledger_of(deal, before=closing))
    return Told(
        closing=closing,
        before=before,
        after=evaluate(of, replace(on_file, closings=on_file.closings[: closing.number]), closing.at),
        review=review,
        flow=flow_by(last_version(deal, closing.number, until=closing.at), before, review.expected),
    )


def _lines(told: Told) -> Iterator[str]:
    of, closing = told.before.deal, told.closing
    yield of.agreement.title
    yield f"Effected on {at_time(closing.at, of.closing.time_zone)}, {told.before.closing.place}"
    given = ClosingConfirmation.objects.filter(
        deal=closing.deal_id, number=closing.number, digest=closing.digest, withdrawn_at=None
    )
    for each in given.select_related("by").order_by("at", "id"):
        when = at_time(each.at, of.closing.time_zone)
        yield f"Confirmed for {COUNSEL[Side(each.side)]} by {each.by.name} on {when}"


def _parties(told: Told) -> Iterator[tuple[str, str]]:
    of = told.before.deal
    yield of.issuer.name, "The company"
    for each in told.review.ready:
        yield each.name, f"Investor, {number(each.shares)} shares"
    for firm in of.counsel:
        yield firm.name, "Counsel to the company" if firm.side is Side.ISSUER else "Counsel to the investors"


def _conditions(told: Told) -> PaperSection:
    rows = tuple(
        PaperRow((f"{each.section} {each.heading}", said))
        for each, said in conditions_said(told.before, told.review.expected)
    )
    columns = (PaperColumn("Condition"), PaperColumn("How it stood"))
    return PaperSection("Conditions", ("As they stood for those who closed.",), columns, rows)


def _documents(told: Told, deal: Deal) -> PaperSection:
    handed_in = Q(versions__at__lte=told.closing.at)
    counted = DeliverableRow.objects.filter(deal=deal).annotate(files=Count("versions", filter=handed_in))
    files = dict(counted.values_list("key", "files"))
    rows = tuple(
        PaperRow((each.title, _stood(told.after, each, files.get(each.key, 0))))
        for each in told.before.deal.deliverables
        if not each.act
    )
    return PaperSection("Documents delivered", (), (PaperColumn("Document"), PaperColumn("Where it stood")), rows)


def _stood(gate: Gate, document: Deliverable, files: int) -> str:
    """Whose pages were released, and what else is on file; without pages, where the document stood."""
    pages = sum(1 for each in gate.facts.signatures if each.document == document.key)
    released = len(released_pages(gate, document))
    if not released:
        return str(standing(gate, document, files))
    said = f"{number(released)} signature page{'' if released == 1 else 's'} released"
    held = f", {number(pages - released)} of those left out in escrow" if pages > released else ""
    return "; ".join((said + held, *beside_pages(gate, document)))


def _certificates(told: Told) -> PaperSection:
    rows = [
        PaperRow((each.name, certificate, number(each.shares), told.money(each.purchase_price)))
        for each, certificate in zip(told.review.ready, told.review.certificates, strict=True)
    ]
    total = ("In all", "", number(told.review.shares), told.money(told.review.purchase_price))
    columns = (
        PaperColumn("Registered in the name of"),
        PaperColumn("Certificate", is_figure=True),
        PaperColumn("Shares", is_figure=True),
        PaperColumn("Purchase price", is_figure=True),
    )
    legends = told.review.legends
    count = f"each with {number(len(legends))} legend{'' if len(legends) == 1 else 's'}" if legends else "no legend"
    said = f"{told.before.deal.security.name}, {count}."
    return PaperSection("Certificates issued", (said,), columns, (*rows, PaperRow(total, is_total=True)))


def _price(told: Told) -> PaperSection:
    of_each = told.review.tie_out.of_investors
    of_all = [each for each in told.review.tie_out.lines if each.kind is Tied.ALL]

    every = {"Purchase price": "price", "Received": "received", "Netted": "netted", "Still owed": "waived"}
    shown = {heading: name for heading, name in every.items() if any(getattr(each, name) for each in of_each)}

    def row(line: TieLine, name: str) -> PaperRow:
        figures = [getattr(line, each) for each in shown.values()]
        return PaperRow((name, *(told.money(each) if each else "" for each in figures)), line.kind is Tied.ALL)

    columns = (PaperColumn("Investor"), *(PaperColumn(each, is_figure=True) for each in shown))
    rows = (*(row(each, each.what) for each in of_each), *(row(each, "In all") for each in of_all))
    owed = "What is still owed was waived as a condition, and not as a debt." if any(e.waived for e in of_each) else ""
    return PaperSection("Purchase price", (owed,) if owed else (), columns, rows)


def _flow(told: Told) -> PaperSection:
    rows = [
        PaperRow(
            (each.payee or "Not named", each.purpose, f"{'about ' if each.about else ''}{told.money(each.amount)}")
        )
        for each in told.flow.uses
    ]
    columns = (PaperColumn("To"), PaperColumn("For"), PaperColumn("Amount", is_figure=True))
    beside = [each for each in told.flow.sources if each.kind is not SourceKind.INVESTOR]
    rest = sum((each.amount for each in beside), ZERO)
    said = f"From the investors {told.money(told.flow.total - rest)}"
    if beside:
        of_each = listing((f"{told.money(each.amount)} of {each.name}" for each in beside), most=len(beside))
        said += f", and {told.money(rest)} that is not for this closing ({of_each})"
    last = PaperRow(("All uses", "", told.money(told.flow.total)), is_total=True)
    return PaperSection("Funds flow", (f"{said}, used as follows.",), columns, (*rows, last))


def _fees(told: Told) -> PaperSection:
    of = told.before.deal
    rows = tuple(
        PaperRow(
            (
                of.party_name(each.counsel),
                told.money(each.fees),
                told.money(each.expenses),
                told.money(each.netted) if each.netted else "",
            )
        )
        for each in told.review.reimbursed
    )
    said = f"Reimbursed by {of.issuer.name} under {of.fee_sections}, as this closing fixed it."
    columns = (
        PaperColumn("Counsel"),
        PaperColumn("Fees", is_figure=True),
        PaperColumn("Expenses", is_figure=True),
        PaperColumn("Of which netted", is_figure=True),
    )
    return PaperSection("Counsel’s fees", (said,), columns, rows)


def _over_cap(told: Told) -> Iterator[PaperSection]:
    if not told.review.over_cap:
        return
    over = told.money(told.review.fees_over_cap)
    rows = tuple(PaperRow((name, told.money(part))) for name, part in told.review.over_cap)
    columns = (PaperColumn("Investor"), PaperColumn("Bears", is_figure=True))
    said = f"{over} of counsel’s bills lies over the cap and stays with the investors."
    yield PaperSection("Over the cap", (said,), columns, (*rows, PaperRow(("In all", over), is_total=True)))


def _left_out(told: Told) -> Iterator[PaperSection]:
    if not told.review.left_out:
        return
    rows = tuple(
        PaperRow((each.investor.name, number(each.investor.shares), " ".join(map(ended, each.reasons))))
        for each in told.review.left_out
    )
    columns = (PaperColumn("Investor"), PaperColumn("Shares", is_figure=True), PaperColumn("What was open"))
    yield PaperSection("Left out of this closing", (), columns, rows)


def _after(told: Told) -> PaperSection:
    of = told.before.deal
    rows = tuple(
        PaperRow(
            (
                f"{each.section} {each.heading}",
                of.issuer.name if each.owed_by == ISSUER else of.party_name(each.owed_by),
                on_day(each.due_on) if each.due_on else "",
            )
        )
        for each in told.review.after
    )
    columns = (PaperColumn("What"), PaperColumn("Owed by"), PaperColumn("Due"))
    return PaperSection("After the closing", () if rows else ("Nothing is owed after this closing.",), columns, rows)
