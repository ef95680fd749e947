"""Who signs a document after whom, where its deliverable asks for an order.

The order is a list of groups of parties. Within a group everybody signs when he likes; a later group waits until every
page of the groups before it is on file and counts. `investors` in a group are those whom no other group names.
"""

from collections import Counter
from collections.abc import Iterator

from closing.rules.facts import Facts
from closing.rules.terms import INVESTORS, ISSUER, Deal, Deliverable
from closing.rules.words import listing

NOT_YOUR_TURN = "Others sign this document before you. Counsel will ask you when it is your turn."


def group_of(deal: Deal, document: Deliverable, party: str) -> int | None:
    """The place of a party's group in the order, from 0; None where the order does not name it."""
    named = {reference: at for at, group in enumerate(document.signing_order) for reference in group}
    if party in named:
        return named[party]
    return named.get(INVESTORS) if party in deal.investor_by_name else None


def waits_for(deal: Deal, facts: Facts, document: str, block: str) -> tuple[str, ...]:
    """The parties whose pages must be on file before this block signs, in the order in which they sign.

    `facts` are those that stand, without stale pages, as a gate has them. Empty where it is the block's turn.
    """
    term = deal.deliverable_by_key.get(document)
    if term is None or not term.signing_order:
        return ()
    own = group_of(deal, term, deal.party_of_block.get(block, ""))
    if not own:  # in no group, or in the first
        return ()
    signed = {each.block for each in facts.signatures if each.document == document}
    missing: dict[str, int] = {}
    for each in deal.blocks_for(term):
        party = deal.party_of_block[each.key]
        group = group_of(deal, term, party)
        if group is not None and group < own and each.key not in signed:
            missing[party] = group
    return tuple(sorted(missing, key=lambda party: missing[party]))


def why_not_yet(deal: Deal, facts: Facts, document: str, block: str) -> str:
    """Why this block may not sign the document yet, as a sentence for counsel; blank where it may.

    It names who comes first. To an investor say NOT_YOUR_TURN: what others have done is not his to know.
    """
    before = waits_for(deal, facts, document, block)
    if not before:
        return ""
    party = deal.party_name(deal.party_of_block[block])
    title = deal.deliverable_by_key[document].title
    first = listing((deal.party_name(each) for each in before), most=4)
    return f"{party} signs the {title} after {first}. Their signed pages are not all on file yet."


def order_in_words(deal: Deal, document: Deliverable) -> str:
    """The order in a line: `First each other investor; then Cerplex`; blank where the document asks for none."""
    groups = [listing(_named(deal, document, each) for each in group) for group in document.signing_order]
    return "; then ".join([f"First {groups[0]}", *groups[1:]]) if groups else ""


def _named(deal: Deal, document: Deliverable, reference: str) -> str:
    if reference != INVESTORS:
        return deal.party_name(reference)
    is_rest = any(each in deal.investor_by_name for group in document.signing_order for each in group)
    return "each other investor" if is_rest else "each investor"


def problems_of(deal: Deal, document: Deliverable) -> Iterator[str]:
    """What is wrong with a document's signing order: whoever signs must be in exactly one group, and nobody else."""
    if not document.signing_order:
        return
    if not document.signed_by:
        yield "orders the signatures of a document that nobody signs"
        return
    signers = set(document.signed_by)
    if INVESTORS in signers:
        signers |= set(deal.investor_by_name)
    times = Counter(reference for group in document.signing_order for reference in group)
    for reference, count in times.items():
        if reference not in signers:
            yield f'"{reference}" does not sign this document; see signed_by'
        elif count > 1:
            yield f'"{reference}" is named {count} times; a party signs in one group'
    if any(not group for group in document.signing_order):
        yield "has an empty group"
    parties = [each for each in (ISSUER, *deal.investor_by_name) if each in signers]
    left = [each for each in parties if group_of(deal, document, each) is None]
    if left:
        yield f"leaves out {listing(left, most=4)}; whoever signs is in one group"
    if INVESTORS in times and all(each in times for each in deal.investor_by_name):
        yield '"investors" are those whom no other group names, and every investor is named; leave it out'
