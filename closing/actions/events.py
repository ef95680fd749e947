"""The record of what was done: the one place that writes events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from closing.models import Deal, Event
from closing.rules.terms import Side
from investors.clock import now
from investors.models import User


def record(
    deal: Deal | None,
    actor: User | None,
    verb: str,
    subject: Model | None,
    summary: str,
    *,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    only_for: Side | None = None,
) -> Event:
    """Write one event, in the transaction of what it tells about.

    `verb` is past tense (`payment-recorded`), `subject` the row that it happened to, `actor` None
    the software itself or its operator at the command line. `data` must be plain JSON. `only_for`
    keeps it from the other side's counsel.
    """
    return Event.objects.create(
        deal=deal,
        at=at or now(),
        actor=actor,
        verb=verb,
        subject_kind=subject._meta.model_name or "" if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        summary=summary,
        reason=reason,
        data=dict(data or {}),
        only_for=only_for.value if only_for else "",
    )
