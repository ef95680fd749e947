"""A deal of every kind of condition with many investors, halfway to its closing, and what its facts concern."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from closing.rules.facts import (
    Certificate,
    Confirmation,
    Delivery,
    Fact,
    Facts,
    Opinion,
    Payment,
    Proxy,
    Qualification,
    Signature,
    SignOff,
    StepTaken,
    ThirdPartyConsent,
)
from closing.rules.terms import Deal
from tests.rules.build import all_in, deal, investor, with_tables

MANY = 20


def deal_of(count: int) -> Deal:
    """`count` investors of ten shares each."""
    return deal(*(investor(f"Investor {number}", 10) for number in range(count)))


def half_in(of: Deal) -> Facts:
    """Of what investors do, every second thing; of what is done once for the deal, all."""
    full = all_in(of)
    return with_tables(full, **{name: rows[::2] for name, rows in full.tables() if len(rows) > MANY})


@dataclass(frozen=True)
class Concerns:
    """The facts by what they concern: of all investors by section, and of one by section and name."""

    common: Mapping[str, list[Fact]]
    own: Mapping[tuple[str, str], list[Fact]]


SECTION_OF_PAPER = {"rights": "2(a)(viii)", "certificate": "2(a)(iv)", "opinion": "2(a)(v)"}


def concerns(facts: Facts, of: Deal) -> Concerns:
    """Every fact under the cells that it concerns, each once: a page of an investor under that investor's own."""
    common: dict[str, list[Fact]] = defaultdict(list)
    own: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for _, rows in facts.tables():
        for fact in rows:
            for section in _sections(fact):
                name = _investor(fact, of)
                if name is None:
                    common[section].append(fact)
                else:
                    own[section, name].append(fact)
    return Concerns(common, own)


def _sections(fact: Fact) -> tuple[str, ...]:
    if isinstance(fact, SignOff | Confirmation | StepTaken | ThirdPartyConsent):
        return (fact.section,)
    if isinstance(fact, Signature | Delivery | Certificate | Opinion):
        return (SECTION_OF_PAPER[fact.document],)
    if isinstance(fact, Qualification):
        return ("2(a)(vi)", "2(b)(v)")
    return {Payment: ("2(b)(ii)",), Proxy: ("2(a)(ix)",)}[type(fact)]


def _investor(fact: Fact, of: Deal) -> str | None:
    if isinstance(fact, Delivery | Payment):
        return fact.investor
    if isinstance(fact, Signature):
        party = of.party_of_block[fact.block]
    elif isinstance(fact, SignOff):
        party = fact.investor or fact.party
    else:
        party = fact.party if isinstance(fact, Confirmation) else ""
    return party if party in of.investor_by_name else None


def plain_loop(of: Deal, facts: Concerns, moment: datetime) -> int:
    """Read, for every investor and condition, each fact that concerns the cell; count those that stand. No rule."""
    standing = 0
    for buyer in of.investors:
        for condition in of.conditions:
            for fact in facts.common.get(condition.section, ()):
                if fact.stands(moment):
                    standing += 1
            for fact in facts.own.get((condition.section, buyer.name), ()):
                if fact.stands(moment):
                    standing += 1
    return standing
