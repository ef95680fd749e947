"""Money, waivers and majorities that cannot be: each check reads one fact and yields its problems."""

from collections.abc import Iterator
from decimal import Decimal

from closing.rules.facts import (
    Approval,
    Closed,
    Consent,
    Payment,
    Proposal,
    Proxy,
    Refund,
    Waiver,
)
from closing.rules.facts_known import Known
from closing.rules.facts_wrong import check_amount, check_key, known_name, wrong
from closing.rules.terms import Obligation
from closing.rules.toml_form import Problem

ZERO = Decimal(0)


def check_payment(known: Known, fact: Payment) -> Iterator[Problem]:
    """A known investor pays an amount above nothing in the deal's currency; a check clears, and after it came."""
    yield from _check_price(known, fact)
    if fact.cleared_at is not None and fact.method != "check":
        yield wrong("cleared_at", "belongs to a check; a wire is final when it is received")
    if fact.cleared_at is not None and fact.cleared_at < fact.at:
        yield wrong("cleared_at", "lies before the check was received")


def check_refund(known: Known, fact: Refund) -> Iterator[Problem]:
    """A known investor gets back an amount above nothing in the deal's currency, of what it had paid by then."""
    yield from _check_price(known, fact)
    stood = [each for each in known.facts.payments if each.investor == fact.investor and each.stands(fact.at)]
    gone = [each for each in known.facts.refunds if each.investor == fact.investor and each.stands(fact.at)]
    paid = sum((each.amount for each in stood), ZERO)
    back = sum((each.amount for each in gone), ZERO)
    if back > paid:
        yield wrong("amount", f"{back} would be sent back, and {paid} had been received")


def _check_price(known: Known, fact: Payment | Refund) -> Iterator[Problem]:
    yield from known_name("investor", fact.investor, known.deal.investor_by_name, "investor")
    currency = known.deal.agreement.currency
    if fact.currency != currency:
        yield wrong("currency", f"{fact.currency} is not the currency of this deal, {currency}")
    yield from check_amount("amount", fact.amount)


def check_waiver(known: Known, fact: Waiver) -> Iterator[Problem]:
    """A key, some conditions of one side, and items and investors that they have."""
    yield from check_key(fact.key)
    if not fact.sections:
        yield wrong("sections", "names no condition")
    for section in fact.sections:
        yield from known_name("sections", section, known.deal.condition_by_section, "condition")
    conditions = [known.deal.condition_by_section[each] for each in fact.sections if known.has(each)]
    if len({condition.obligation for condition in conditions}) > 1:
        yield wrong("sections", "mixes conditions to the investors' and to the issuer's obligation; write two")
    items = {item for condition in conditions for item in known.items(condition)}
    for item in fact.items:
        if item not in items:
            yield wrong("items", f'"{item}" is no part of {", ".join(fact.sections)}')
    for name in fact.investors:
        yield from known_name("investors", name, known.deal.investor_by_name, "investor")
    if fact.investors and any(each.obligation is Obligation.INVESTORS for each in conditions):
        yield wrong("investors", "a waiver of this condition binds the investors who consent; name none here")
    if not fact.text:
        yield wrong("text", "is blank; say what is waived")


def check_consent(known: Known, fact: Consent) -> Iterator[Problem]:
    """An investor's answer to a waiver that asks for one, by blocks that are that investor's."""
    waivers = known.waivers.get(fact.waiver, [])
    if not waivers:
        yield wrong("waiver", f'"{fact.waiver}" is no waiver of this file')
    elif any(known.is_issuers(waiver) for waiver in waivers):
        yield wrong("waiver", f'"{fact.waiver}" is the issuer\'s to give; no investor consents to it')
    elif fact.at < min(waiver.at for waiver in waivers):
        yield wrong("at", f'lies before "{fact.waiver}" was proposed')
    yield from check_answer(known, fact)
    if fact.satisfied_at is not None and not fact.subject_to:
        yield wrong("satisfied_at", "is given, and subject_to is not")


def check_answer(known: Known, fact: Consent | Approval) -> Iterator[Problem]:
    """A known investor answers by its own blocks; a joint investor's answers name them."""
    investor = known.deal.investor_by_name.get(fact.investor)
    if investor is None:
        yield wrong("investor", f'"{fact.investor}" is no investor of this deal')
        return
    own = [block.key for block in investor.blocks]
    for key in fact.blocks:
        if key not in own:
            yield wrong("blocks", f'"{key}" does not sign for {investor.name}; its blocks: {", ".join(own)}')
    if not fact.blocks and len(own) > 1:
        yield wrong("blocks", f"name who answered for {investor.name}: {', '.join(own)}")


def check_proxy(known: Known, fact: Proxy) -> Iterator[Problem]:
    """A holder of voting stock, for no more than it holds (2(a)(ix))."""
    if not fact.shares:
        yield wrong("shares", "should be at least 1")
    if known.facts.voting_stock is None:
        yield wrong("stockholder", "no [voting_stock] is stated, so nobody holds any")
    elif fact.stockholder not in known.holdings:
        yield wrong("stockholder", f'"{fact.stockholder}" is no holder of [voting_stock]')
    elif fact.shares > known.holdings[fact.stockholder]:
        held = known.holdings[fact.stockholder]
        yield wrong("shares", f"{fact.shares} is more than {fact.stockholder} holds, {held}")


def check_proposal(known: Known, fact: Proposal) -> Iterator[Problem]:
    """A matter that the deal has a majority for; a time to move to where the closing is to move, and only there."""
    yield from check_key(fact.key)
    matters = {each.matter for each in known.deal.thresholds}
    yield from known_name("matter", fact.matter, matters, "threshold")
    if fact.matter == "move-closing" and fact.to is None:
        yield wrong("to", "is missing; say when the closing would be")
    if fact.matter != "move-closing" and (fact.to is not None or fact.place):
        yield wrong("to", "belongs to moving the closing only")


def check_approval(known: Known, fact: Approval) -> Iterator[Problem]:
    """An investor's agreement to a proposal on file, by blocks that are that investor's."""
    proposals = known.proposals.get(fact.proposal, [])
    if not proposals:
        yield wrong("proposal", f'"{fact.proposal}" is no proposal of this file')
    elif fact.at < min(proposal.at for proposal in proposals):
        yield wrong("at", f'lies before "{fact.proposal}" was made')
    yield from check_answer(known, fact)


def check_closed(known: Known, fact: Closed) -> Iterator[Problem]:
    """Some investors, all known; known counsel, to whom no less than nothing was reimbursed."""
    if not fact.investors:
        yield wrong("investors", "names nobody")
    for name in fact.investors:
        yield from known_name("investors", name, known.deal.investor_by_name, "investor")
    for number, each in enumerate(fact.reimbursed, start=1):
        row = f"reimbursed row {number}"
        yield from known_name(f"{row}, counsel", each.counsel, known.deal.counsel_by_key, "counsel")
        for amount in (each.fees, each.expenses, each.netted):
            if amount < 0:
                yield wrong(row, f"{amount} is less than nothing")
