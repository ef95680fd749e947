"""Several closings of one agreement: who has closed, and whether those left out may close later.

An agreement has one closing unless it says otherwise (1(b) of the reference agreement has one). Where the deal file
allows further closings, those left out may close later, up to the maximum of Section 1(a) and until the day it gives.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from closing.rules.facts import (
    Approval,
    Confirmation,
    Consent,
    Delivery,
    Fact,
    Facts,
    Payment,
    Proposal,
    Refund,
    Signature,
    SignOff,
)
from closing.rules.terms import ISSUER, Deal
from closing.rules.words import on_day


def closed_names(facts: Facts) -> frozenset[str]:
    """The names of the investors who have closed."""
    return frozenset(name for each in facts.closings for name in each.investors)


def why_closed(deal: Deal, facts: Facts, moment: datetime) -> str:
    """Why nobody closes any more at `moment`, as a sentence; blank before the first closing and while some still may.

    `facts` are those that stand at the moment.
    """
    if not facts.closings:
        return ""
    if closed_names(facts).issuperset(deal.investor_by_name):
        return "The closing has been effected already, for every investor."
    if not deal.closing.further_closings:
        return "The closing has been effected already, and the agreement has no further one."
    until = deal.closing.further_until
    if until is not None and moment.astimezone(ZoneInfo(deal.closing.time_zone)).date() > until:
        return f"The closing has been effected already; whoever was left out could close until {on_day(until)}."
    return ""


def has_closed(deal: Deal, facts: Facts, blocks: Iterable[str]) -> bool:
    """Whether one of the signature blocks is that of an investor who has closed: it signs nothing any more."""
    closed = closed_names(facts)
    return any(deal.party_of_block.get(block) in closed for block in blocks)


def speaks_for(fact: Fact, deal: Deal) -> frozenset[str]:
    """The investors whom a fact concerns and nobody else, by name; none where it concerns the issuer or all of them."""
    name: str | None = None
    match fact:
        case Signature():
            name = deal.party_of_block.get(fact.block)
        case SignOff():
            name = fact.investor or fact.party
        case Confirmation():
            name = fact.party
        case Delivery() | Payment() | Refund() | Consent() | Approval():
            name = fact.investor
    return frozenset({name} & set(deal.investor_by_name)) if name and name != ISSUER else frozenset()


def is_of_move(fact: Fact, facts: Facts) -> bool:
    """Whether a fact is a proposal to move the closing, or an answer to one (1(b))."""
    if isinstance(fact, Approval):
        return any(each.key == fact.proposal and each.to is not None for each in facts.proposals)
    return isinstance(fact, Proposal) and fact.to is not None
