"""When a document is executed, and whose signed pages belong to the copy of one recipient.

A document is executed when the pages of all its parties are released. A closing short of all investors leaves out
those who did not close: their pages stay in escrow, and the document is executed without them; with them after a
further closing.
"""

from collections.abc import Collection

from closing.rules.execution import in_force
from closing.rules.facts import Signature
from closing.rules.further import closed_names
from closing.rules.gate import Gate
from closing.rules.terms import INVESTORS, ISSUER, Deal, Deliverable, SignatureBlock
from closing.rules.words import ended, listing, number

NAMED = 3
"""Up to how many signatories are named; more are counted."""


def parties_bound(gate: Gate, deliverable: Deliverable) -> frozenset[str]:
    """Whose pages must be released: the parties of the document, less the investors left out of the closing."""
    parties = {gate.deal.party_of_block[block.key] for block in gate.deal.blocks_for(deliverable)}
    if not gate.facts.closings:
        return frozenset(parties)
    return frozenset(parties & ({ISSUER} | closed_names(gate.facts)))


def released_pages(gate: Gate, deliverable: Deliverable, investor: str | None = None) -> tuple[Signature, ...]:
    """The released pages of a document in the order of its blocks; for `investor`, the issuer's and its own."""
    released = {
        each.block: each
        for each in gate.facts.signatures
        if each.document == deliverable.key and each.released_at and each.released_at <= gate.moment
    }
    return tuple(
        released[block.key]
        for block in gate.deal.blocks_for(deliverable)
        if block.key in released and investor in (None, *_shown_to(gate, block))
    )


def _shown_to(gate: Gate, block: SignatureBlock) -> Collection[str]:
    """The investors whose copies have the page of this block."""
    party = gate.deal.party_of_block[block.key]
    return gate.deal.investor_by_name if party == ISSUER else (party,)


def why_not_executed(gate: Gate, deliverable: Deliverable) -> str:
    """Why there is no executed version of a document yet, and what is to be done; blank where it is executed."""
    blocks = gate.deal.blocks_for(deliverable)
    if not blocks:
        return "Nobody signs this document, so there is nothing to execute."
    if in_force(gate.facts, deliverable.key) is None:
        return "It has no execution version. Make one of its versions the execution version first."
    bound = parties_bound(gate, deliverable)
    released = {each.block for each in released_pages(gate, deliverable)}
    held = [each.party for each in blocks if gate.deal.party_of_block[each.key] in bound and each.key not in released]
    if len(held) > NAMED:
        return f"{number(len(held))} of {number(len(blocks))} signature pages are not released yet."
    if held:
        return f"Not released yet: {'the page' if len(held) == 1 else 'the pages'} of {ended(listing(held))}"
    if not released:
        return "No page of it is released."
    return ""


def is_for(deliverable: Deliverable, investor: str) -> bool:
    """Whether an investor may see the files of a deliverable: what comes to it, what it signs, what it alone owes."""
    return (
        deliverable.owed_to in (INVESTORS, investor)
        or deliverable.owed_by == investor
        or INVESTORS in deliverable.signed_by
        or investor in deliverable.signed_by
    )


def page_label(deal: Deal, page: Signature) -> str:
    """The signed page's line in the outline: the party, and who signed for it."""
    block = deal.block_by_key[page.block]
    signer = page.signer or block.signer
    return block.party if not signer or signer == block.party else f"{block.party}, by {signer}"
