"""Declining to sign a page, with the reason, and taking that back."""

from collections.abc import Sequence

from closing.actions.base import Act, ActionRefused, NotAllowed, acting
from closing.actions.declining_mail import queue_declined
from closing.actions.signature_pages import page_rows
from closing.actions.signing import CLOSED, NOT_OWN
from closing.models import Deal, Declining, SignatureBlock, SignaturePage
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules import terms
from closing.rules.access import Verb
from closing.rules.execution import split_stale
from closing.rules.further import has_closed, why_closed
from closing.rules.words import listing
from investors.models import User


def decline(deal: Deal, document: str, blocks: Sequence[str], reason: str, by: User) -> list[Declining]:
    """Decline to sign a document for these blocks, with the reason; counsel do so on the signatory's word.

    Counsel of both sides are told by mail. What is declined already stays as it was. Raises NotAllowed for another's
    page; ActionRefused without a reason, for a page that is on file, and after the closing.
    """
    with acting(deal, by, Verb.DECLINE) as act:
        of, on_file = deal_terms(act.deal), facts_of(act.deal)
        standing, _ = split_stale(on_file.on(act.now), on_file, act.now)
        _check_blocks(act, of, document, blocks, by)
        if not reason.strip():
            raise ActionRefused("Say why. Counsel read the reason, and nobody else does.")
        if why_closed(of, standing, act.now) or has_closed(of, standing, blocks):
            raise ActionRefused(CLOSED)
        signed = {each.block for each in standing.signatures if each.document == document}
        here = [of.block_by_key[key].party for key in blocks if key in signed]
        if here:
            told = f"The page of {listing(here)} is signed and in escrow."
            raise ActionRefused(f"{told} Ask counsel to give it back before it is released.")
        pages = page_rows(act.deal, standing, [(document, key) for key in blocks])
        rows = Declining.objects.filter(page__in=pages.values(), taken_back_at=None)
        standing_rows = {row.page_id: row for row in rows}
        new = [_decline_one(act, page, reason.strip()) for page in pages.values() if page.pk not in standing_rows]
        if new:
            queue_declined(act, new)
        declined = standing_rows | {row.page_id: row for row in new}
        return [declined[page.pk] for page in pages.values()]


def take_back_declining(row: Declining, by: User) -> Declining:
    """The signatory will sign after all. Twice is the same as once. Raises NotAllowed for another's page."""
    with acting(row.page.deal, by, Verb.DECLINE) as act:
        of = deal_terms(act.deal)
        _check_blocks(act, of, row.page.deliverable.key, [row.page.block.key], by)
        fresh = Declining.objects.select_for_update().get(pk=row.pk)
        if fresh.taken_back_at is None:
            fresh.taken_back_at = act.now
            fresh.save(update_fields=["taken_back_at"])
            block, title = row.page.block, row.page.deliverable.title
            act.record("declining-taken-back", row.page, f"{block.party} no longer declines to sign the {title}")
        return fresh


def _check_blocks(act: Act, of: terms.Deal, document: str, blocks: Sequence[str], by: User) -> None:
    term = of.deliverable_by_key.get(document)
    sign = {block.key for block in (of.blocks_for(term) if term else ())}
    if not blocks or not set(blocks) <= sign:
        raise ActionRefused("Choose the pages: whoever declines must be one who signs the document.")
    if act.is_limited:
        own = SignatureBlock.objects.filter(deal=act.deal, person_email=by.email)
        if not set(blocks) <= set(own.values_list("key", flat=True)):
            raise NotAllowed(NOT_OWN)


def _decline_one(act: Act, page: SignaturePage, reason: str) -> Declining:
    row = Declining.objects.create(page=page, at=act.now, reason=reason, by=act.user)
    party, title = page.block.party, page.deliverable.title
    act.record("page-declined", page, f"{party} declines to sign the {title}", reason=reason)
    return row
