"""An investor's own money: what it owes, where to send it, what came, what was kept back, sent back and receipted."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from closing.models import Allotment, Deal, MoneyPaper
from closing.pdf.money_papers import PaperColumn, PaperContent, PaperRow as Line, PaperSection
from closing.queries.announcements import announced_of
from closing.queries.gates import gate_of
from closing.queries.instructions import Instructions, in_force, said
from closing.queries.money_papers import PaperRow, paper_of
from closing.queries.purchase_price import PaymentRow, PriceRow, payments_of, price_row, refunds_of
from closing.rules.fees import ZERO
from closing.rules.gate import Gate
from closing.rules.over_cap import over_cap_by_investor
from closing.rules.purchase_price import paid_by_investor
from closing.rules.words import listing, money as in_words, number, on_day
from investors.models import User

FIGURES = (PaperColumn("What"), PaperColumn("When"), PaperColumn("Reference"), PaperColumn("Amount", is_figure=True))


@dataclass(frozen=True, slots=True)
class OwnMoneyPage:
    """One investor's money, and of no other's. Amounts in `currency`."""

    now: datetime
    time_zone: str
    currency: str
    name: str
    position: int
    shares: int
    security: str
    own: tuple[tuple[int, str, bool], ...]
    row: PriceRow
    over_cap: Decimal
    over_cap_says: str
    instructions: Instructions | None
    receipt: PaperRow | None
    is_closed: bool
    section: str

    @property
    def headline(self) -> str:
        """What is to be done, in a sentence."""
        if self.row.over:
            return f"You paid {in_words(self.row.over, self.currency)} too much"
        if not self.row.missing:
            return "You have paid the whole purchase price"
        if self.row.returned_last is not None:
            return f"A payment came back: {self._missing} is to be paid"
        return f"{self._missing} is to be paid"

    @property
    def _missing(self) -> str:
        return in_words(self.row.missing, self.currency).removesuffix(".00")

    @property
    def may_receipt(self) -> bool:
        """Whether there is anything to give a receipt for."""
        return any(each.returned_at is None for each in self.row.payments)


def own_money_page(deal: Deal, user: User, row: Allotment) -> OwnMoneyPage:
    """The money of one investor for one of its contacts. The number of queries is the same for every deal."""
    gate = gate_of(deal)
    name = row.investor.name
    investor = gate.deal.investor_by_name[name]
    price = own_price(gate, row)
    # Whoever has nothing to send is not shown the account.
    force = in_force(deal, user) if price.missing else None
    mine = Allotment.objects.filter(deal=deal, investor__contacts__user=user).select_related("investor").distinct()
    over_cap = over_cap_by_investor(gate.deal, gate.facts).get(name, ZERO)
    return OwnMoneyPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        currency=gate.deal.agreement.currency,
        name=name,
        position=row.position,
        shares=investor.shares,
        security=gate.deal.security.short,
        own=tuple((each.position, each.investor.name, each.pk == row.pk) for each in mine.order_by("position")),
        row=price,
        over_cap=over_cap,
        over_cap_says=_over_cap_says(gate, over_cap) if over_cap else "",
        instructions=said(force) if force else None,
        receipt=paper_of(deal, MoneyPaper.Kind.RECEIPT, receipt_content(gate, price), row),
        is_closed=any(name in each.investors for each in gate.facts.closings),
        section=next((each.section for each in gate.deal.conditions if each.evidence.kind == "payment"), ""),
    )


def _over_cap_says(gate: Gate, share: Decimal) -> str:
    """What the company reimburses, and what of the rest is the investor's: nothing of what others bear."""
    currency = gate.deal.agreement.currency
    when = "" if all(each.is_payable for each in gate.fees) else " if the closing is effected"
    caps = [
        f"{each.covered} of {gate.deal.party_name(each.counsel)} up to {in_words(each.cap, currency)} ({each.section})"
        for each in gate.fees
        if each.cap is not None and each.over_cap
    ]
    those = "that cap" if len(caps) == 1 else "those caps"
    return (
        f"The company reimburses {listing(caps)}{when}. What is billed over {those} stays with the investors, and "
        f"your share of it is {in_words(share, currency)}. It is no part of the purchase price: ask the investors’ "
        "counsel how to pay it."
    )


def own_price(gate: Gate, row: Allotment) -> PriceRow:
    """What came from one investor, read from its own rows alone: three queries."""
    paid = paid_by_investor(gate.deal, gate.facts)[row.investor.name]
    own = [row]
    return price_row(
        row, paid, payments_of(own).get(row.pk, ()), refunds_of(own).get(row.pk, ()), announced_of(own).get(row.pk, ())
    )


def receipt_content(gate: Gate, row: PriceRow) -> PaperContent:
    """What the receipt of one investor says: its price, and what of it stands received, netted and sent back."""
    currency, zone = gate.deal.agreement.currency, ZoneInfo(gate.deal.closing.time_zone)
    investor = gate.deal.investor_by_name[row.name]

    def line(what: str, at: datetime | None, reference: str, amount: Decimal) -> Line:
        day = on_day(at.astimezone(zone).date()) if at else ""
        return Line((what, day, reference, in_words(amount, currency)))

    lines = [
        line(_received(each), each.at, each.reference, each.amount) for each in row.payments if not each.returned_at
    ]
    lines += [
        line(f"Sent back by {each.method.lower()}", each.at, each.reference, -each.amount)
        for each in row.refunds
        if not each.withdrawn_at
    ]
    if row.paid.netted:
        lines.append(line("Kept back for counsel’s fees", None, "", row.paid.netted))
    total = Line(("Counted towards the purchase price", "", "", in_words(row.paid.counted, currency)), is_total=True)
    price = in_words(row.owed, currency)
    left = f"{in_words(row.missing, currency)} is still to be paid." if row.missing else "It is paid in full."
    bought = f"{number(investor.shares)} shares of {gate.deal.security.short}"
    return PaperContent(
        title="Receipt for the purchase price",
        deal_name=gate.deal.name,
        lines=(row.name,),
        parties=((gate.deal.issuer.name, "The company"), (row.name, "The investor")),
        sections=(
            PaperSection(
                "Purchase price",
                (f"{row.name} buys {bought} for {price}. {left}",),
                FIGURES,
                (*lines, total),
            ),
        ),
        notes=("A payment that comes back after the day of this receipt is not received.",),
    )


def _received(row: PaymentRow) -> str:
    said = f"Received by {row.method.lower()}"
    return f"{said}, not cleared yet" if row.may_clear else said
