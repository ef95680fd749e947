"""The record of what was done: the one place that writes events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Happening:
    """One of several things that the software did at once."""

    deal_id: int
    verb: str
    subject: Model
    summary: str
    data: Mapping[str, Any]


def record_all(happenings: Iterable[Happening], at: datetime) -> None:
    """Write one event for each, in the transaction of what they tell about: one statement for all."""
    Event.objects.bulk_create(
        Event(
            deal_id=each.deal_id,
            at=at,
            verb=each.verb,
            subject_kind=each.subject._meta.model_name or "",
            subject_id=each.subject.pk,
            summary=each.summary,
            data=dict(each.data),
        )
        for each in happenings
    )
