"""Reminders, queued at a point of the schedule; and every letter in the queue sent, each once.

The row is the queue, and its (deal, e-mail address, what it is about) is unique, so nobody gets the same one twice. A
row is claimed and committed before its mail is handed over. If the worker dies in between, nobody can say whether it
went out: it becomes `unknown` and is not sent again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID, uuid4

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from closing.actions import events
from closing.actions.base import hold
from closing.actions.closing_mail import eve_letter
from closing.actions.reminder_mail import reminder_of
from closing.models import Closing, Deal, Reminder
from closing.queries.closings import is_closed
from closing.queries.deals import counsel_of, deal_terms
from closing.queries.facts import facts_of
from closing.rules.gate import Gate, evaluate
from closing.rules.majorities import closing_in_force
from closing.rules.reminders import LATEST, Occasion, due, notices, schedule
from closing.rules.words import number
from investors.clock import now

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 5
TOO_LATE = "Not sent within a day of its time, so it was left out."
CLOSED = "The closing was effected before it was sent."
NOBODY_KNOWS = "The worker stopped while the mail was handed over. It may have gone out, so it is not sent again."


class NoMailServer(OSError):
    """The mail server does not answer, or does not let us in."""


def queue_due_reminders(deal: Deal) -> list[Reminder]:
    """Queue what the point of the schedule due now asks for: one row for each person who owes something open.

    The day before the closing counsel of both sides get one in any case, since both are to confirm it. The people of
    one point are queued together and once. A closed deal has no reminders.
    """
    moment = now()
    if is_closed(deal, moment):
        return []
    of, facts = deal_terms(deal), facts_of(deal)
    closing = closing_in_force(of, facts, moment)
    occasion = due(schedule(closing.at, of.closing.time_zone), moment, closing.at)
    if occasion is None or _is_queued(deal, occasion):
        return []
    gate = evaluate(of, facts, moment)
    with transaction.atomic():
        locked = hold(deal)
        if _is_queued(locked, occasion):
            return []
        rows = Reminder.objects.bulk_create(_letters(locked, occasion, gate))
        if rows:
            summary = f"Reminders to {number(len(rows))} people were put in the queue"
            data = {"schedule_key": occasion.key, "to": [row.email for row in rows]}
            events.record(locked, None, "reminders-queued", None, summary, data=data, at=moment)
        return rows


def waiting() -> list[int]:
    """The reminders to send. Rows whose worker died become `unknown`, and those a day late are left out."""
    moment = now()
    lapsed = Q(lease_until__lte=moment) | Q(lease_until__gt=moment + LEASE)
    Reminder.objects.filter(lapsed, state=Reminder.State.SENDING).update(
        state=Reminder.State.UNKNOWN, error=NOBODY_KNOWS, lease_until=None, lease_token=None
    )
    queued = Reminder.objects.filter(state=Reminder.State.QUEUED)
    # What was written before a closing speaks of it; one about a further closing is written after the last.
    written_before = Closing.objects.filter(deal=OuterRef("deal"), at__gte=OuterRef("created_at"))
    queued.filter(Exists(written_before)).update(state=Reminder.State.FAILED, error=CLOSED)
    queued.filter(due_at__lte=moment - LATEST).update(state=Reminder.State.FAILED, error=TOO_LATE)
    return list(queued.order_by("due_at", "id").values_list("pk", flat=True))


def send(reminder_id: int) -> bool:
    """Send one queued reminder, if nobody else is at it. True if it went out.

    Refused by the mail server for now: back in the queue, and failed after MOST_ATTEMPTS. Refused for good: failed,
    with the server's reason. Raises NoMailServer where there is none to talk to; the row waits in the queue.
    """
    token = _claim(reminder_id)
    if token is None:
        return False
    reminder = Reminder.objects.get(pk=reminder_id)
    connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        why = f"The mail server cannot be reached: {_said(error)}"
        _end(reminder, token, Reminder.State.QUEUED, error=why)
        raise NoMailServer(why) from error
    try:
        connection.send_messages([_message(reminder)])
    except (SMTPResponseException, SMTPRecipientsRefused) as error:
        _not_sent(reminder, token, error)
        return False
    except Exception as error:
        why = f"{NOBODY_KNOWS} ({type(error).__name__}: {error})"
        _end(reminder, token, Reminder.State.UNKNOWN, error=why)
        return False
    return _end(reminder, token, Reminder.State.SENT, sent_at=now(), error="")


def _letters(deal: Deal, occasion: Occasion, gate: Gate) -> Iterable[Reminder]:
    """One for each person. The day before, counsel's is about the whole closing, and goes to them in any case."""
    found = {row.email: row for row in (reminder_of(deal, occasion, notice, gate) for notice in notices(gate))}
    if occasion.is_eve:
        found |= {row.email: row for row in (eve_letter(deal, user, occasion, gate) for user in counsel_of(deal))}
    return found.values()


def _is_queued(deal: Deal, occasion: Occasion) -> bool:
    return Reminder.objects.filter(deal=deal, schedule_key=occasion.key).exists()


def _message(reminder: Reminder) -> EmailMultiAlternatives:
    headers = {"Message-ID": reminder.message_id, "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(reminder.subject, reminder.text, to=[reminder.email], headers=headers)
    message.attach_alternative(reminder.html, "text/html")
    return message


def _claim(reminder_id: int) -> UUID | None:
    """Take the reminder, and commit that before anything is sent."""
    token = uuid4()
    claimed = Reminder.objects.filter(pk=reminder_id, state=Reminder.State.QUEUED).update(
        state=Reminder.State.SENDING,
        lease_until=now() + LEASE,
        lease_token=token,
        attempts=F("attempts") + 1,
    )
    return token if claimed else None


def _not_sent(reminder: Reminder, token: UUID, error: SMTPException) -> None:
    for_good = _is_for_good(error) or reminder.attempts >= MOST_ATTEMPTS
    state = Reminder.State.FAILED if for_good else Reminder.State.QUEUED
    _end(reminder, token, state, error=f"The mail server did not take it: {_said(error)}")


def _is_for_good(error: SMTPException) -> bool:
    """Whether the server's code says never (5..) rather than not now (4..)."""
    codes: Iterable[int] = ()
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    elif isinstance(error, SMTPResponseException):
        codes = [error.smtp_code]
    return any(code >= 500 for code in codes)


def _said(error: OSError | SMTPException) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(words)}" for code, words in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _end(
    reminder: Reminder, token: UUID, state: Reminder.State, *, error: str, sent_at: datetime | None = None
) -> bool:
    """Let go of the reminder in `state`, if it is still this worker's."""
    mine = Reminder.objects.filter(pk=reminder.pk, state=Reminder.State.SENDING, lease_token=token)
    return bool(mine.update(state=state, error=error, sent_at=sent_at, lease_until=None, lease_token=None))
