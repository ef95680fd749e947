"""What does not forbid a closing and should be known before it: checks that have not cleared, stale pages."""

from collections.abc import Iterator

from closing.rules.gate import Gate
from closing.rules.words import listing, money


def warnings(gate: Gate) -> tuple[str, ...]:
    """Sentences for whoever confirms a closing for the investors who are ready (Sections 1(b) and 2(b)(ii))."""
    return (*_uncleared(gate), *_stale(gate))


def _uncleared(gate: Gate) -> Iterator[str]:
    ready = {each.investor.name for each in gate.ready}
    for each in gate.facts.payments:
        if each.investor in ready and each.method == "check" and each.cleared_at is None:
            amount = money(each.amount, each.currency)
            yield f"The check of {each.investor} for {amount} is received and has not cleared."


def _stale(gate: Gate) -> Iterator[str]:
    """Pages of those left out that were signed for an earlier version: they are asked for anew."""
    left_out = {each.investor.name for each in gate.left_out}
    documents: dict[str, dict[str, None]] = {}
    for page in gate.stale:
        party = gate.deal.party_of_block.get(page.block, "")
        if party in left_out:
            documents.setdefault(page.document, {})[party] = None
    for document, parties in documents.items():
        title = gate.deal.deliverable_by_key[document].title
        yield f"{title}: signed for an earlier version by {listing(parties)}, left out of this closing."
