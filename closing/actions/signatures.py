"""Signature pages that come back, and pages taken back before they are released."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from closing.actions.base import ActionRefused
from closing.actions.facts import record_fact, withdraw_fact
from closing.models import Deal, Signature
from closing.rules import facts
from investors.clock import now
from investors.models import User


def record_signatures(
    deal: Deal,
    block: str,
    documents: Sequence[str],
    *,
    signer: str = "",
    title: str = "",
    note: str = "",
    by: User | None,
) -> list[Signature]:
    """Put the pages of one signature block for these documents on file, in escrow: all of them or none.

    The same pages with the same signer again are the same facts, not written twice. Raises NotAllowed, and
    ActionRefused where a page is on file already or the block does not sign the document.
    """
    if not documents:
        raise ActionRefused("Say which pages came back.")
    page = facts.Signature(
        at=now(), document="", block=block, signer=signer.strip(), title=title.strip(), note=note.strip()
    )
    with transaction.atomic():
        return [_record(deal, replace(page, document=document), by) for document in documents]


def withdraw_signature(signature: Signature, reason: str, by: User | None) -> Signature:
    """Take a page back out of escrow, with a reason. Raises NotAllowed; ActionRefused once it is released."""
    row = withdraw_fact(signature, reason, by)
    assert isinstance(row, Signature)
    return row


def _record(deal: Deal, fact: facts.Signature, by: User | None) -> Signature:
    row = record_fact(deal, fact, by)
    assert isinstance(row, Signature)
    return row
