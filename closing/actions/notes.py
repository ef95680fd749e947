"""Writing a note on a condition or a deliverable, and taking it back.

The events of a note never repeat its words, and those of a private one are for its side alone.
"""

from closing.actions.base import ActionRefused, NotAllowed, acting
from closing.actions.conditions import TakenBackAlready, check_first_time
from closing.models import Condition, Deliverable, Note
from closing.rules.access import Verb
from closing.rules.notes import Audience
from closing.rules.submissions import counsel_of
from closing.rules.terms import Side
from investors.models import User


def write_note(item: Condition | Deliverable, text: str, by: User, *, shared: bool, form: str = "") -> Note:
    """Write a note on `item`, for both counsel or for the writer's side alone.

    Raises NotAllowed; SentAlready where that form came before; ActionRefused where it says nothing.
    """
    with acting(item.deal, by, Verb.WRITE_NOTE) as act:
        check_first_time(act, form)
        side = act.side
        if side is None:
            raise NotAllowed("Only the two counsel write notes.")
        if not text.strip():
            raise ActionRefused("A note says something: write it first.")
        audience = Audience.SHARED if shared else Audience.of(side)
        note = Note.objects.create(
            deal=act.deal,
            condition=item if isinstance(item, Condition) else None,
            deliverable=item if isinstance(item, Deliverable) else None,
            audience=audience.value,
            side=side.value,
            text=text.strip(),
            by=by,
            at=act.now,
        )
        data = {"form": form} if form else None
        act.record("note-written", note, _summary(note), data=data, only_for=audience.only_for)
        return note


def withdraw_note(note: Note, reason: str, by: User) -> Note:
    """Take a note back, with a reason. It stays, struck out, for those who could read it.

    Raises NotAllowed for another side's note, ActionRefused without a reason, and TakenBackAlready.
    """
    with acting(note.deal, by, Verb.WRITE_NOTE) as act:
        if act.side is None or act.side.value != note.side:
            raise NotAllowed(f"Only {counsel_of(Side(note.side))}, whose note it is, takes it back.")
        fresh = Note.objects.get(pk=note.pk)
        if fresh.withdrawn_at is not None:
            who = fresh.withdrawn_by or "Somebody"
            raise TakenBackAlready(f"{who} took it back before you: {fresh.withdrawn_reason} Nothing was done twice.")
        if not reason.strip():
            raise ActionRefused("A reason belongs on the record: say in a few words why.")
        fresh.withdrawn_at, fresh.withdrawn_reason, fresh.withdrawn_by = act.now, reason.strip(), by
        fresh.save(update_fields=["withdrawn_at", "withdrawn_reason", "withdrawn_by"])
        audience = Audience(fresh.audience)
        # A private reason is as private as the note; a shared one is read on the note itself.
        act.record("note-withdrawn", fresh, _summary(fresh), only_for=audience.only_for)
        return fresh


def _summary(note: Note) -> str:
    kind = "Shared note" if note.audience == Audience.SHARED else f"Note of {counsel_of(Side(note.side))} alone"
    return f"{kind} on {note.condition or note.deliverable}"
