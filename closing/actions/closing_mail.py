"""What counsel are told on the way to a closing.

The day before it; of the first confirmation; and when one is taken back or counts no more. Goes to counsel alone, by
their seats on the deal, and says what their page of the closing says.
"""

from dataclasses import dataclass

from django.db import transaction

from closing.actions import events
from closing.actions.base import Act, hold
from closing.actions.letters import letter, link_to
from closing.models import Closing, ClosingConfirmation, Deal, Event, Reminder
from closing.queries.closing_confirmations import CHANGES_SHOWN, COUNSEL, seen_in, standing_of
from closing.queries.closing_review import Reviewed, reviewed
from closing.queries.deals import counsel_of
from closing.queries.gates import gate_of
from closing.queries.owed import THE_INVESTOR, what_is_owed
from closing.rules.closing_confirmations import changes
from closing.rules.gate import Gate
from closing.rules.reminders import Occasion
from closing.rules.terms import Side
from closing.rules.words import at_time, money, number
from investors.models import User

MOST_OWED = 20
LAPSED = "closing-confirmation-lapsed"
TAKEN_BACK = "The confirmation was taken back before it was sent."


def queue_confirmed(act: Act, row: ClosingConfirmation, seen: Reviewed) -> None:
    """Tell counsel of the other side that the closing was confirmed, and that it waits for them."""
    gate, review, side = seen.gate, seen.review, Side(row.side)
    context = {
        "by": str(row.by),
        "counsel": COUNSEL[side],
        "closing_at": at_time(gate.closing.at, gate.deal.closing.time_zone),
        "place": gate.closing.place,
        "count": len(review.ready),
        "shares": number(review.shares),
        "price": money(review.purchase_price, gate.deal.agreement.currency),
        "names": review.expected,
        "left_out": [each.investor.name for each in review.left_out],
        "warnings": seen.warnings,
        "link": _page(act.deal),
    }
    subject = f"{act.deal.name}: {COUNSEL[side]} confirmed the closing, and it waits for you"
    key = _confirmed_key(row)
    Reminder.objects.bulk_create(
        letter(act.deal, user, "closing_confirmed", context, key=key, subject=subject, at=act.now)
        for user in _others(act.deal, side)
    )


def queue_taken_back(act: Act, row: ClosingConfirmation) -> None:
    """Tell those who were told of a confirmation that it is taken back; what still waits of it is not sent."""
    side = Side(row.side)
    told = Reminder.objects.filter(deal=act.deal, schedule_key=_confirmed_key(row))
    told.filter(state=Reminder.State.QUEUED).update(state=Reminder.State.FAILED, error=TAKEN_BACK)
    went = set(told.exclude(state=Reminder.State.FAILED).values_list("email", flat=True))
    context = {"by": str(act.user), "counsel": COUNSEL[side], "link": _page(act.deal)}
    subject = f"{act.deal.name}: {COUNSEL[side]} took the confirmation of the closing back"
    key = f"closing-taken-back {row.pk}"
    Reminder.objects.bulk_create(
        letter(act.deal, user, "closing_taken_back", context, key=key, subject=subject, at=act.now)
        for user in _others(act.deal, side)
        if user.email.lower() in went
    )


def queue_lapsed(deal: Deal) -> list[Reminder]:
    """Tell counsel whose confirmation of the closing to come counts no more, once for each, and what changed."""
    if not _untold(deal):
        return []
    with transaction.atomic():
        locked = hold(deal)
        gate = gate_of(locked)
        if gate.is_closed:
            return []
        lines = reviewed(locked, gate).lines
        lapsed = [(row, changed) for row in _untold(locked) if (changed := changes(seen_in(row), lines))]
        letters = [each for row, changed in lapsed for each in _lapsed_letters(locked, gate, row, changed)]
        return Reminder.objects.bulk_create(letters)


def eve_letter(deal: Deal, to: User, occasion: Occasion, gate: Gate) -> Reminder:
    """Tell counsel the day before that both confirm the closing, and what still stands between them and it."""
    owed = _owed(gate)
    closing_at = at_time(gate.closing.at, gate.deal.closing.time_zone)
    context = {
        "closing_at": closing_at,
        "place": gate.closing.place,
        "ready": len(gate.ready),
        "count": len(gate.ready) + len(gate.left_out),
        "owed": owed[:MOST_OWED],
        "more": max(0, len(owed) - MOST_OWED),
        "asked_at": at_time(gate.moment, gate.deal.closing.time_zone),
        "overview": link_to(f"deals/{deal.code}/"),
        "link": _page(deal),
    }
    subject = f"{deal.name}: both counsel confirm the closing on {closing_at.rsplit(',', 1)[0]}"
    return letter(
        deal, to, "closing_eve", context, key=occasion.key, subject=subject, at=gate.moment, due_at=occasion.at
    )


@dataclass(frozen=True, slots=True)
class _Open:
    """An open thing as it is written, with who owes it."""

    section: str
    heading: str
    owed_by: str
    reason: str


def _owed(gate: Gate) -> list[_Open]:
    """Everything open, in the agreement's order."""
    order = {condition.section: at for at, condition in enumerate(gate.deal.conditions)}
    return [
        _Open(each.section, each.heading, each.investor if each.owes == THE_INVESTOR else each.owes, each.reason)
        for each in sorted(what_is_owed(gate), key=lambda each: order[each.section])
    ]


def _others(deal: Deal, side: Side) -> list[User]:
    """Counsel of the other side."""
    return [user for each in Side if each is not side for user in counsel_of(deal, each)]


def _confirmed_key(row: ClosingConfirmation) -> str:
    return f"closing-confirmed {row.pk}"


def _untold(deal: Deal) -> list[ClosingConfirmation]:
    """The confirmations that stand of the closing to come, but for those of whose lapse was told."""
    standing = standing_of(deal, Closing.objects.filter(deal=deal).count() + 1)
    if not standing:
        return []
    told = set(Event.objects.filter(deal=deal, verb=LAPSED).values_list("subject_id", flat=True))
    return [row for row in standing.values() if row.pk not in told]


def _lapsed_letters(deal: Deal, gate: Gate, row: ClosingConfirmation, changed: tuple[str, ...]) -> list[Reminder]:
    side, zone = Side(row.side), gate.deal.closing.time_zone
    context = {
        "confirmed_at": at_time(row.at, zone),
        "closing_at": at_time(gate.closing.at, zone),
        "changed": changed[:CHANGES_SHOWN],
        "more": max(0, len(changed) - CHANGES_SHOWN),
        "link": _page(deal),
    }
    said = f"The confirmation of {COUNSEL[side]} counts no more"
    events.record(deal, None, LAPSED, row, said, reason=changed[0], at=gate.moment)
    subject = f"{deal.name}: your confirmation of the closing counts no more"
    key = f"closing-lapsed {row.pk}"
    return [
        letter(
            deal,
            user,
            "closing_lapsed",
            {**context, "by": "you" if user == row.by else str(row.by)},
            key=key,
            subject=subject,
            at=gate.moment,
        )
        for user in counsel_of(deal, side)
    ]


def _page(deal: Deal) -> str:
    return link_to(f"deals/{deal.code}/close/")
