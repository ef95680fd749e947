"""What counsel would release from escrow."""

from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal
from closing.queries.gates import gate_of
from closing.rules import escrow
from closing.rules.terms import Side
from closing.rules.words import listing


@dataclass(frozen=True, slots=True)
class HeldPage:
    """A signed page in escrow."""

    title: str
    party: str
    signer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """The pages that would be released, or why there is none. `unsigned` names documents not signed by all.

    `shown` is the digest of the pages, by which a release says what it is of.
    """

    what: str
    pages: tuple[HeldPage, ...]
    refusal: str
    unsigned: str
    shown: str


def release_page(
    deal: Deal, side: Side, *, document: str | None = None, investor: str | None = None
) -> ReleasePage | None:
    """What the counsel of `side` would release; None where the deal has no such document or investor."""
    gate = gate_of(deal)
    if document is not None and document not in gate.deal.deliverable_by_key:
        return None
    if investor is not None and investor not in gate.deal.investor_by_name:
        return None
    pages = escrow.in_escrow(gate, side, document=document, investor=investor)
    titles = {key: each.title for key, each in gate.deal.deliverable_by_key.items()}
    return ReleasePage(
        what=titles[document] if document is not None else f"The pages of {investor}",
        pages=tuple(
            HeldPage(titles[each.document], gate.deal.block_by_key[each.block].party, each.signer, each.at)
            for each in pages
        ),
        refusal=escrow.why_not_release(gate, side, document=document, investor=investor),
        unsigned=listing(escrow.left_unsigned(gate, [each.document for each in pages])),
        shown=escrow.digest_of(pages),
    )
