"""Releasing signed pages from escrow, before the closing and by word of the counsel who holds them."""

from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db.models import Q

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.executed import request_released
from closing.models import Deal, Signature
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules import escrow, facts
from closing.rules.access import Verb
from closing.rules.gate import evaluate
from closing.rules.words import number
from investors.models import User

Page = tuple[str, str, str]
"""A signed page: document, block, version."""


def release_pages(deal: Deal, by: User, *, document: str | None = None, investor: str | None = None, shown: str) -> int:
    """Release the pages of a document or of an investor that the user's side holds; how many.

    `shown` is the digest of those that the user was shown: where a page came or went since, nothing is released. Raises
    NotAllowed, and ActionRefused where there is nothing to release.
    """
    with acting(deal, by, Verb.RELEASE_PAGES) as act:
        side = act.side
        if side is None:
            raise ActionRefused("Only counsel who holds the pages releases them.")
        gate = evaluate(deal_terms(act.deal), facts_of(act.deal), act.now)
        refusal = escrow.why_not_release(gate, side, document=document, investor=investor)
        if refusal:
            raise ActionRefused(refusal)
        pages = escrow.in_escrow(gate, side, document=document, investor=investor)
        if escrow.digest_of(pages) != shown:
            raise ActionRefused("A page came in or was taken back in the meantime. Look at the list again.")
        released = release(act, {(each.document, each.block, each.version) for each in pages})
        said = f"Released from escrow: {number(released)} signature pages, {escrow.in_words(gate.deal, pages)}"
        act.record("signatures-released", act.deal, said, data={"pages": _named(pages)})
        request_released(act)
        return released


def release(act: Act, pages: Collection[Page]) -> int:
    """Release these pages, of those on file and in escrow; how many."""
    if not pages:
        return 0
    blocks: dict[tuple[str, str], list[str]] = {}
    for document, block, version in pages:
        blocks.setdefault((document, version), []).append(block)
    chosen = reduce(
        or_,
        (
            Q(deliverable__key=document, version=version, block__key__in=found)
            for (document, version), found in blocks.items()
        ),
    )
    held = Signature.objects.filter(chosen, deal=act.deal, withdrawn_at=None, released_at=None, at__lte=act.now)
    return held.update(released_at=act.now)


def _named(pages: Collection[facts.Signature]) -> list[dict[str, str]]:
    return [{"document": each.document, "block": each.block, "version": each.version} for each in pages]
