"""The purchase price paid: Section 2(b)(ii) of the reference agreement."""

from closing.rules.evidence import PriceReceived
from closing.rules.facts import Payment
from closing.rules.findings import Case, Finding, Missing
from closing.rules.purchase_price import Paid, paid_by_investor
from closing.rules.terms import Condition
from closing.rules.words import money, number


def find(condition: Condition, evidence: PriceReceived, case: Case) -> Finding:
    """The investor's whole purchase price received; a part payment leaves it open and says how much is missing.

    What was netted from the investor's wire counts as received.
    """
    currency = case.deal.agreement.currency
    lapsed = case.lapsed(Payment, lambda fact: fact.investor)
    own: dict[str, tuple[Missing, ...]] = {}
    for name, paid in paid_by_investor(case.deal, case.facts).items():
        if not paid.missing:
            continue
        lack = _lack(paid, currency) + ("; a payment was returned" if name in lapsed.lapses else "")
        own[name] = (Missing("price", lack, name, since=lapsed.of(name)),)
    return Finding(own=own, looked_at=(f"{number(len(case.facts.payments))} payments",))


def _lack(paid: Paid, currency: str) -> str:
    """`$40,000.00 of $100,000.00 received, $60,000.00 missing`, or `Nothing of $100,000.00 received`."""
    said = f"{money(paid.received, currency)} of" if paid.received > 0 else "Nothing of"
    lack = f"{said} {money(paid.owed, currency)} received"
    if paid.netted:
        lack += f" and {money(paid.netted, currency)} netted for counsel’s fees"
    return lack + (f", {money(paid.missing, currency)} missing" if paid.missing < paid.owed else "")
