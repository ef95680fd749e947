"""A letter: a mail about a deal to one person, with its words, in the queue that reminders go by.

The row is the queue (`closing.actions.reminders`). Its key names what it is about: nobody gets the same letter twice.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from closing.models import Deal, Reminder
from closing.rules.terms import Person
from investors.models import User

LONGEST_SUBJECT = 300


def letter(
    deal: Deal,
    to: Person | User,
    template: str,
    context: Mapping[str, Any],
    *,
    key: str,
    subject: str,
    at: datetime,
    due_at: datetime | None = None,
) -> Reminder:
    """The row of a letter, not saved yet: words from `mail/<template>.txt` and `.html`, due at once or at `due_at`.

    The templates also have `subject`, `person` and `deal`. Names are escaped in the HTML and as they are in the text.
    """
    email, subject = to.email.lower(), " ".join(subject.split())[:LONGEST_SUBJECT]
    said = {"subject": subject, "person": to, "deal": deal, **context}
    return Reminder(
        deal=deal,
        person=to.name,
        email=email,
        schedule_key=key,
        message_id=_message_id(deal.code, email, key),
        subject=subject,
        text=render_to_string(f"mail/{template}.txt", said).strip() + "\n",
        html=render_to_string(f"mail/{template}.html", said),
        due_at=due_at or at,
        created_at=at,
    )


def link_to(path: str) -> str:
    """The address of a page, for a mail: `path` begins after the first stroke."""
    return f"{settings.PUBLIC_URL}/{path}"


def _message_id(*parts: str) -> str:
    """The same letter always has the same id, so that a mailbox can tell a copy."""
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
    domain = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">")
    return f"<reminder-{digest}@{domain}>"
