"""The purchase price paid: Section 2(b)(ii) of the reference agreement."""

from collections import defaultdict
from decimal import Decimal

from closing.rules.evidence import PriceReceived
from closing.rules.facts import Facts, Payment
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import Condition
from closing.rules.words import money, number


def find(condition: Condition, evidence: PriceReceived, case: Case) -> Finding:
    """The investor's whole purchase price received; a part payment leaves it open and says how much is missing."""
    received = received_by_investor(case.facts, case.deal.agreement.currency)
    currency = case.deal.agreement.currency
    lapsed = case.lapsed(Payment, lambda fact: fact.investor)
    own: dict[str, tuple[Missing, ...]] = {}
    for investor in case.deal.investors:
        paid = received.get(investor.name, Decimal(0))
        short = investor.purchase_price - paid
        if short <= 0:
            continue
        received_so_far = f"{money(paid, currency)} of" if paid else "Nothing of"
        lack = f"{received_so_far} {money(investor.purchase_price, currency)} received"
        lack += f", {money(short, currency)} missing" if paid else ""
        lack += "; a payment was returned" if investor.name in lapsed.lapses else ""
        own[investor.name] = (Missing("price", lack, investor.name, since=lapsed.of(investor.name)),)
    return Finding(own=own, looked_at=(f"{number(len(case.facts.payments))} payments",))


def received_by_investor(facts: Facts, currency: str) -> dict[str, Decimal]:
    """Purchase price received from each investor, in the deal's currency; payments that stand only."""
    received: dict[str, Decimal] = defaultdict(Decimal)
    for each in facts.payments:
        if each.currency == currency:
            received[each.investor] += each.amount
    return received
