"""Proxies over more than a share of the voting stock: Section 2(a)(ix) of the reference agreement."""

from math import floor

from closing.rules.evidence import ProxyTally
from closing.rules.facts import Facts, Proxy
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import Condition
from closing.rules.words import number, on_day, portion


def find(condition: Condition, evidence: ProxyTally, case: Case) -> Finding:
    """Strictly more than the share asked for, of the voting stock outstanding on the record date."""
    stock = case.facts.voting_stock
    if stock is None or stock.outstanding == 0:
        lack = f"No outstanding voting stock on file as of the record date, {on_day(evidence.record_date)}"
        return Finding((Missing("proxies", lack, evidence.owed_by, since=case.opened_at),))
    held = shares_by_proxy(case.facts)
    needed = floor(evidence.more_than * stock.outstanding) + 1
    of_all = f"{number(held)} of {number(stock.outstanding)} shares outstanding on {on_day(evidence.record_date)}"
    looked = (f"Proxies over {of_all}",)
    if held >= needed:
        return Finding(looked_at=looked)
    short = needed - held
    shares = "share is" if short == 1 else "shares are"
    lack = f"Proxies over {of_all}; {number(short)} more {shares} needed for more than {portion(evidence.more_than)}"
    since = case.lapsed(Proxy, type).of(Proxy)
    return Finding((Missing("proxies", lack, evidence.owed_by, since=since),), looked_at=looked)


def shares_by_proxy(facts: Facts) -> int:
    """Shares under proxy: each stockholder once, by its largest proxy, and never for more than it holds."""
    held = {each.name: each.shares for each in facts.voting_stock.holders} if facts.voting_stock else {}
    given: dict[str, int] = {}
    for each in facts.proxies:
        given[each.stockholder] = max(each.shares, given.get(each.stockholder, 0))
    return sum(min(shares, held.get(name, 0)) for name, shares in given.items())
