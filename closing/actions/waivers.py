"""Waivers of conditions, investors' answers to them, and the conditions that an answer states."""

from collections.abc import Sequence
from dataclasses import replace

from closing.actions.base import acting
from closing.actions.conditions import record_facts
from closing.actions.facts import satisfy_consent
from closing.models import Deal, FactRow, Waiver
from closing.rules import facts
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


def answer_waiver(deal: Deal, answers: Sequence[facts.Consent], by: User, *, form: str = "") -> list[FactRow]:
    """Put an investor's consent or refusal on file, for one or more of its signature blocks.

    Raises NotAllowed and ActionRefused.
    """
    return record_facts(deal, answers, by, form=form)
