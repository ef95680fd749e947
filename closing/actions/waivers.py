"""Waivers of conditions, investors' answers to them, and the conditions that an answer states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.core.files.base import File

from closing.actions.base import acting
from closing.actions.conditions import record_facts
from closing.actions.documents import name_of, read_whole
from closing.actions.latches import satisfy_consent
from closing.actions.stored_files import store
from closing.models import ConsentPaper, Deal, FactRow, Waiver
from closing.pdf.uploads import check_upload
from closing.queries.deals import roles_in
from closing.queries.documents import FOLDER
from closing.rules import facts
from closing.rules.access import Verb, check_may
from investors.models import User

__all__ = ["answer_waiver", "propose_waiver", "satisfy_consent"]


def propose_waiver(deal: Deal, waiver: facts.Waiver, by: User, *, form: str = "") -> FactRow:
    """Put a waiver on file: a proposal under 2(a), the issuer's own act under 2(b). Its key is given here.

    Raises NotAllowed and ActionRefused.
    """
    with acting(deal, by) as act:
        taken = set(Waiver.objects.filter(deal=act.deal).values_list("key", flat=True))
        stem = "waiver-" + "-".join("".join(c if c.isalnum() else " " for c in waiver.sections[0]).split())
        key = next(name for name in (f"{stem}-{n}" for n in range(1, len(taken) + 2)) if name not in taken)
        return record_facts(act.deal, [replace(waiver, key=key)], by, form=form)[0]


def answer_waiver(
    deal: Deal, answers: Sequence[facts.Consent], by: User, *, form: str = "", paper: File[bytes] | None = None
) -> list[FactRow]:
    """Put investors' consent or refusal on file, for one or more of their signature blocks, with the `paper` of it.

    Raises NotAllowed, ActionRefused, and UploadRefused for a paper that is not taken; then nothing is recorded.
    """
    if paper is None:
        return record_facts(deal, answers, by, form=form)
    # Looking at a file takes up to ten seconds: not under the deal's lock, and not for whoever may not answer.
    check_may(roles_in(by, deal), Verb.ANSWER_WAIVER)
    name, content = name_of(paper), read_whole(paper)
    checked = check_upload(name, content)
    with acting(deal, by, Verb.ANSWER_WAIVER) as act:
        rows = record_facts(act.deal, answers, by, form=form)
        store(content, FOLDER)
        known = set(ConsentPaper.objects.filter(consent__in=[row.pk for row in rows]).values_list("consent", flat=True))
        ConsentPaper.objects.bulk_create(
            ConsentPaper(
                consent_id=row.pk,
                filename=name,
                sha256=checked.sha256,
                size=checked.size,
                content_type=checked.media_type,
            )
            for row in rows
            if row.pk not in known
        )
        return rows
