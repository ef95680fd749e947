"""Signed pages held in escrow, and their release.

A signed page binds nobody until it is released. Each side's counsel holds the pages of its own side and releases
those, for one document or one investor; the closing releases what it needs of both.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC

from closing.rules.facts import Signature
from closing.rules.gate import Gate
from closing.rules.terms import ISSUER, Deal, Side
from closing.rules.words import listing


def holder(deal: Deal, block: str) -> Side:
    """The side whose counsel holds the pages of that block."""
    return Side.ISSUER if deal.party_of_block[block] == ISSUER else Side.INVESTORS


def in_escrow(
    gate: Gate, side: Side, *, document: str | None = None, investor: str | None = None
) -> tuple[Signature, ...]:
    """The pages that the counsel of `side` may release: held by it, counting, and of that document or investor."""
    party_of = gate.deal.party_of_block
    return tuple(
        each
        for each in gate.facts.signatures
        if each.released_at is None
        and each.block in party_of
        and holder(gate.deal, each.block) is side
        and (document is None or each.document == document)
        and (investor is None or party_of[each.block] == investor)
    )


def why_not_release(gate: Gate, side: Side, *, document: str | None = None, investor: str | None = None) -> str:
    """Why there is nothing for the counsel of `side` to release, as a sentence; blank where there is."""
    if (document is None) == (investor is None):
        return "Release the pages of one document, or of one investor. The closing releases the rest."
    if in_escrow(gate, side, document=document, investor=investor):
        return ""
    held = [each for each in gate.facts.signatures if each.document == document and each.released_at is None]
    if document is not None and held:
        return "The pages in escrow for this document are the other side's; its counsel releases them."
    return "No page is in escrow here. Pages are released once they are signed and on file."


def digest_of(pages: Iterable[Signature]) -> str:
    """SHA-256 of these pages: two lists with one digest are the same pages, each signed at the same moment."""
    said = sorted((each.document, each.block, each.version, each.at.astimezone(UTC).isoformat()) for each in pages)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def left_unsigned(gate: Gate, documents: Iterable[str]) -> tuple[str, ...]:
    """The documents among `documents` that not everybody has signed, by title: released, they bind only who signed."""
    signed = {(each.document, each.block) for each in gate.facts.signatures}
    wanted = (gate.deal.deliverable_by_key[key] for key in dict.fromkeys(documents))
    return tuple(
        each.title
        for each in wanted
        if any((each.key, block.key) not in signed for block in gate.deal.blocks_for(each))
    )


def in_words(deal: Deal, pages: Iterable[Signature]) -> str:
    """The documents of these pages in a line: `Stock Purchase Agreement and Registration Rights Agreement`."""
    keys = dict.fromkeys(each.document for each in pages)
    return listing(deal.deliverable_by_key[key].title for key in keys)
