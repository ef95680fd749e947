"""The money page: the purchase price by investor."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closing.models import Deal
from closing.queries.gates import gate_of
from closing.queries.parts import Figure, percent
from closing.queries.purchase_price import Call, PriceRow, calls_of, price_rows
from closing.rules.fees import ZERO
from closing.rules.words import money as in_words, number


@dataclass(frozen=True, slots=True)
class MoneyPage:
    """All that the money page shows. Amounts in `currency`."""

    now: datetime
    time_zone: str
    currency: str
    section: str
    figures: tuple[Figure, ...]
    rows: tuple[PriceRow, ...]
    calls: tuple[Call, ...]
    owed: Decimal
    received: Decimal
    is_closed: bool

    @property
    def netted(self) -> Decimal:
        """What was kept back from wires for counsel's fees, and counts as paid."""
        return sum((row.paid.netted for row in self.rows), ZERO)

    @property
    def missing(self) -> Decimal:
        """Purchase price still to come, of all investors."""
        return sum((row.missing for row in self.rows), ZERO)

    @property
    def awaited(self) -> Decimal:
        """What of it is announced and has not come."""
        return sum((row.awaited for row in self.rows), ZERO)

    @property
    def over(self) -> Decimal:
        """What investors have paid beyond the price, to be sent back."""
        return sum((row.over for row in self.rows), ZERO)

    @property
    def uncleared(self) -> Decimal:
        """Checks received that have not cleared."""
        return sum((row.uncleared for row in self.rows), ZERO)

    @property
    def late(self) -> int:
        """How many investors have not paid in full."""
        return sum(1 for row in self.rows if row.missing)


def money_page(deal: Deal) -> MoneyPage:
    """The money of `deal` now. The number of queries does not grow with investors, payments or bills."""
    gate = gate_of(deal)
    currency = gate.deal.agreement.currency
    rows = price_rows(deal, gate)
    received = sum((row.received for row in rows), ZERO)
    return MoneyPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        currency=currency,
        section=next((each.section for each in gate.deal.conditions if each.evidence.kind == "payment"), ""),
        figures=_figures(rows, currency),
        rows=rows,
        calls=calls_of(rows, gate),
        owed=sum((row.owed for row in rows), ZERO),
        received=received,
        is_closed=gate.is_closed,
    )


def _figures(rows: tuple[PriceRow, ...], currency: str) -> tuple[Figure, ...]:
    owed, received = sum((row.owed for row in rows), ZERO), sum((row.received for row in rows), ZERO)
    full = sum(1 for row in rows if not row.missing)
    netted = sum((row.paid.netted for row in rows), ZERO)

    def said(amount: Decimal) -> str:
        return in_words(amount, currency).removesuffix(".00")

    return (
        Figure(
            "Purchase price received",
            said(received),
            f"and {said(netted)} netted, of {said(owed)}" if netted else f"of {said(owed)}",
            percent(received + netted, owed),
        ),
        Figure("Investors paid in full", f"{number(full)} of {number(len(rows))}", "", percent(full, len(rows))),
        Figure("Announced, not received yet", said(sum((row.awaited for row in rows), ZERO))),
        Figure("To be sent back", said(sum((row.over for row in rows), ZERO))),
    )
