"""The reminders of a deal: what was sent, to whom, and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from closing.models import Deal, Reminder
from closing.rules.gate import Gate
from closing.rules.reminders import Occasion, schedule
from investors.models import Viewer


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """One reminder as it was or will be sent. `error` says why it was not, or why nobody knows."""

    id: int
    person: str
    email: str
    state: str
    label: str
    subject: str
    text: str
    due_at: datetime
    sent_at: datetime | None
    error: str


def reminder_rows(deal: Deal, user: Viewer) -> tuple[ReminderRow, ...]:
    """The reminders of `deal` that `user` may see, the newest first, in one query."""
    rows = Reminder.objects.visible_to(user).filter(deal=deal).order_by("-due_at", "person", "id")
    return tuple(
        ReminderRow(
            id=row.pk,
            person=row.person,
            email=row.email,
            state=row.state,
            label=row.get_state_display(),
            subject=row.subject,
            text=row.text,
            due_at=row.due_at,
            sent_at=row.sent_at,
            error=row.error,
        )
        for row in rows
    )


def upcoming(gate: Gate) -> tuple[Occasion, ...]:
    """The points of the schedule still to come, for the closing now in force; none once it is effected."""
    if gate.facts.closings:
        return ()
    points = schedule(gate.closing.at, gate.deal.closing.time_zone)
    return tuple(point for point in points if point.at > gate.moment)


def where_mail_goes() -> str:
    """What pages and commands say of the mail where it reaches nobody; empty where a mail server is set."""
    if not settings.EMAIL_IS_FILES:
        return ""
    return f"No mail server is set. Mail is written to files in {settings.EMAIL_FILE_PATH}, and reaches nobody."
