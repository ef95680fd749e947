"""The purchase price paid: Section 2(b)(ii) of the reference agreement."""

from collections.abc import Hashable
from datetime import datetime
from decimal import Decimal

from closing.rules.evidence import PriceReceived
from closing.rules.facts import Payment
from closing.rules.findings import Case, Finding, Missing, Since
from closing.rules.purchase_price import Paid, paid_by_investor
from closing.rules.terms import Condition
from closing.rules.words import money, number


def find(condition: Condition, evidence: PriceReceived, case: Case) -> Finding:
    """The investor's whole purchase price received; a part payment leaves it open and says how much is missing.

    What was netted from the investor's wire counts as received.
    """
    currency = case.deal.agreement.currency
    lapsed = _returned(case)
    own: dict[str, tuple[Missing, ...]] = {}
    for name, paid in paid_by_investor(case.deal, case.facts).items():
        if not paid.missing:
            continue
        lack = _lack(paid, currency) + ("; a payment was returned" if name in lapsed.lapses else "")
        own[name] = (Missing("price", lack, name, since=lapsed.of(name)),)
    return Finding(own=own, looked_at=(f"{number(len(case.facts.payments))} payments",))


def _returned(case: Case) -> Since:
    """Since when investors miss a payment that came back: one of the same amount since then is that payment again."""
    came: dict[tuple[str, Decimal], datetime] = {}
    for each in case.facts.payments:
        key = each.investor, each.amount
        came[key] = max(each.at, came.get(key, each.at))
    latest: dict[Hashable, datetime] = {}
    for back in case.withdrawn(Payment):
        at, again = back.withdrawn_at, came.get((back.investor, back.amount))
        if at is not None and (again is None or again <= at):
            latest[back.investor] = max(at, latest.get(back.investor, at))
    return Since(latest, case.opened_at)


def _lack(paid: Paid, currency: str) -> str:
    """`$40,000.00 of $100,000.00 received, $60,000.00 missing`, or `Nothing of $100,000.00 received`."""
    said = f"{money(paid.received, currency)} of" if paid.received > 0 else "Nothing of"
    lack = f"{said} {money(paid.owed, currency)} received"
    if paid.netted:
        lack += f" and {money(paid.netted, currency)} netted for counsel’s fees"
    return lack + (f", {money(paid.missing, currency)} missing" if paid.missing < paid.owed else "")
