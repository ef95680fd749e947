"""Where the purchase price is to be sent (Section 1(b)): proposed by one person, put in force by another."""

from django.db import IntegrityError

from closing.actions.base import ActionRefused, acting, told_by_database
from closing.actions.conditions import check_first_time
from closing.actions.instruction_mail import queue_notices
from closing.models import Deal, Event, WireInstruction
from closing.rules.access import Verb
from closing.rules.wire_instructions import account_problem, plain, routing_problem, why_not_confirm
from closing.rules.words import number as figures
from investors.models import User

SHOWN = "wire-instructions-shown"


def propose_instructions(
    deal: Deal,
    by: User,
    *,
    holder: str,
    bank: str,
    routing: str,
    account: str,
    reference: str = "",
    note: str = "",
    form: str = "",
) -> WireInstruction:
    """Put a version of the wire instructions forward. Nobody is sent there before another counsel confirms it.

    Raises NotAllowed; SentAlready; ActionRefused for numbers that cannot be, and while another proposal waits.
    """
    with acting(deal, by, Verb.PROPOSE_INSTRUCTIONS) as act:
        check_first_time(act, form)
        problems = {"routing": routing_problem(routing), "account": account_problem(account)}
        if any(problems.values()):
            raise ActionRefused("\n".join(f"{field}: {told}" for field, told in problems.items() if told))
        before = WireInstruction.objects.filter(deal=act.deal)
        if before.filter(confirmed_at=None, rejected_at=None).exists():
            raise ActionRefused("A proposal waits already. Reject that one first, or have it confirmed.")
        row = WireInstruction.objects.create(
            deal=act.deal,
            number=before.count() + 1,
            holder=holder.strip(),
            bank=bank.strip(),
            routing=plain(routing),
            account=plain(account),
            reference=reference.strip(),
            note=note.strip(),
            at=act.now,
            by=by,
        )
        act.record("wire-instructions-proposed", row, f"Wire instructions {row.number} proposed", data=_key(form))
        return row


def confirm_instructions(row: WireInstruction, by: User, *, heard: str, checked_with: str) -> int:
    """Put instructions in force, checked by telephone, and queue a mail to every investor's contacts; how many.

    `heard` is the account number as it was read to `by`, `checked_with` who read it. Twice is the same as once. Raises
    NotAllowed; ActionRefused for whoever proposed them, for another number, and for instructions that were rejected.
    """
    with acting(row.deal, by, Verb.CONFIRM_INSTRUCTIONS) as act:
        fresh = WireInstruction.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if fresh.confirmed_at is not None:
            return 0
        if fresh.rejected_at is not None:
            raise ActionRefused(f"These instructions were rejected: {fresh.rejected_reason}")
        refusal = why_not_confirm(fresh.by_id, by.pk, fresh.account, heard)
        if refusal:
            raise ActionRefused(refusal)
        if not checked_with.strip():
            raise ActionRefused("Say with whom you spoke: the company’s own people, at a number that you knew before.")
        is_change = WireInstruction.objects.filter(deal=act.deal, confirmed_at__isnull=False).exists()
        fresh.confirmed_at, fresh.confirmed_by, fresh.checked_with = act.now, by, checked_with.strip()
        _save(fresh, "confirmed_at", "confirmed_by", "checked_with")
        count = queue_notices(act, fresh, is_change=is_change)
        said = f"Wire instructions {fresh.number} are in force; {figures(count)} people are told"
        act.record("wire-instructions-confirmed", fresh, said)
        return count


def reject_instructions(row: WireInstruction, by: User, reason: str) -> WireInstruction:
    """Turn a proposal down, or take one's own back. Twice is the same as once. Raises NotAllowed and ActionRefused."""
    with acting(row.deal, by, Verb.CONFIRM_INSTRUCTIONS) as act:
        fresh = WireInstruction.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if fresh.rejected_at is not None:
            return fresh
        if fresh.confirmed_at is not None:
            raise ActionRefused("These instructions are in force. Propose new ones, and have them confirmed.")
        if not reason.strip():
            raise ActionRefused("Say why: whoever reads the file later will ask.")
        fresh.rejected_at, fresh.rejected_by, fresh.rejected_reason = act.now, by, reason.strip()
        _save(fresh, "rejected_at", "rejected_by", "rejected_reason")
        said = f"Wire instructions {fresh.number} rejected"
        act.record("wire-instructions-rejected", fresh, said, reason=reason.strip())
        return fresh


def note_shown(row: WireInstruction, to: User) -> None:
    """Put on record that instructions were shown to somebody, once for each version and person."""
    seen = {"deal": row.deal, "verb": SHOWN, "subject_id": row.pk, "actor": to}
    if Event.objects.filter(**seen).exists():
        return
    with acting(row.deal, to) as act:
        if not Event.objects.filter(**seen).exists():
            act.record(SHOWN, row, f"Wire instructions {row.number} shown to {to.name or to.email}")


def _save(row: WireInstruction, *fields: str) -> None:
    try:
        row.save(update_fields=fields)
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error


def _key(form: str) -> dict[str, str] | None:
    return {"form": form} if form else None
