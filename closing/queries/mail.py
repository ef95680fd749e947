"""The mail of a deal: what was sent, what waits, and one letter as it went out."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from closing.models import Deal, Reminder
from closing.queries.gates import gate_of
from closing.queries.reminders import upcoming, where_mail_goes
from investors.models import User

PAGE = 50


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail. `at` is when it was sent, else when it was due; `error` says why it was not, or nobody knows."""

    id: int
    person: str
    email: str
    subject: str
    state: str
    label: str
    at: datetime
    is_sent: bool
    error: str


@dataclass(frozen=True, slots=True)
class MailPage:
    """One page of the mail, the newest first. `where` says where mail goes where it reaches nobody."""

    letters: tuple[Letter, ...]
    count: int
    sent: int
    page: int
    pages: int
    where: str
    next_at: datetime | None


def mail_page(deal: Deal, user: User, page: int) -> MailPage:
    """The mail of `deal` that `user` may see, and when the next reminders go out."""
    rows = Reminder.objects.visible_to(user).filter(deal=deal)
    counted = rows.aggregate(all=Count("id"), sent=Count("id", filter=Q(state=Reminder.State.SENT)))
    pages = max(1, -(-counted["all"] // PAGE))
    page = min(max(1, page), pages)
    shown = rows.defer("text", "html").order_by("-due_at", "person", "id")[(page - 1) * PAGE : page * PAGE]
    return MailPage(
        letters=tuple(letter(each) for each in shown),
        count=counted["all"],
        sent=counted["sent"],
        page=page,
        pages=pages,
        where=where_mail_goes(),
        next_at=next((each.at for each in upcoming(gate_of(deal))), None),
    )


def letter(row: Reminder) -> Letter:
    """A row of mail as it is listed."""
    return Letter(
        id=row.pk,
        person=row.person,
        email=row.email,
        subject=row.subject,
        state=row.state,
        label=row.get_state_display(),
        at=row.sent_at or row.due_at,
        is_sent=row.state == Reminder.State.SENT,
        error=row.error,
    )
