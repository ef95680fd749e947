"""The record: every event of a deal, filtered and paged."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from closing.models import Deal, Event
from closing.models.events import EventQuerySet
from closing.rules.words import at_time
from investors.models import User

PAGE = 50
SOFTWARE = "none"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for, blank for all. `who` is a user's id, or `none` for the software and its operator."""

    verb: str = ""
    who: str = ""
    text: str = ""
    page: int = 1

    @property
    def is_on(self) -> bool:
        """Whether anything narrows the record."""
        return bool(self.verb or self.who or self.text)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it is read: at what time of its day, by whom, what, and why."""

    id: int
    time: str
    at: datetime
    who: str
    verb: str
    summary: str
    reason: str


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one day in the deal's zone, the newest first."""

    day: date
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of the record. `found` counts what the filter lets through, `total` all of it."""

    days: tuple[Day, ...]
    found: int
    total: int
    page: int
    pages: int
    verbs: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]


def record_page(deal: Deal, user: User, asked: Filter) -> RecordPage:
    """The record of `deal` as `user` may see it, newest first. Five queries, whatever its length."""
    events = Event.objects.visible_to(user).filter(deal=deal)
    kinds = events.order_by("verb").values_list("verb", flat=True).distinct()
    actors = events.order_by("actor__name", "actor").values_list("actor", "actor__name", "actor__email").distinct()
    narrowed = _narrowed(events, asked) if asked.is_on else events
    found = narrowed.count()
    pages = max(1, -(-found // PAGE))
    page = min(max(1, asked.page), pages)
    rows = narrowed.select_related("actor").order_by("-id")[(page - 1) * PAGE : page * PAGE]
    return RecordPage(
        days=_days(list(rows), deal.time_zone),
        found=found,
        total=events.count() if asked.is_on else found,
        page=page,
        pages=pages,
        verbs=tuple((verb, in_words(verb)) for verb in kinds),
        people=tuple((str(pk or SOFTWARE), _who(name, email)) for pk, name, email in actors),
    )


def in_words(verb: str) -> str:
    """`payment-recorded` as it is read: `payment recorded`."""
    return verb.replace("-", " ")


def _narrowed(events: EventQuerySet, asked: Filter) -> EventQuerySet:
    if asked.verb:
        events = events.filter(verb=asked.verb)
    if asked.who == SOFTWARE:
        events = events.filter(actor=None)
    elif asked.who:
        events = events.filter(actor=int(asked.who)) if asked.who.isdecimal() else events.none()
    for word in asked.text.split():
        events = events.filter(Q(summary__icontains=word) | Q(reason__icontains=word))
    return events


def _days(rows: list[Event], time_zone: str) -> tuple[Day, ...]:
    days: dict[date, list[Entry]] = {}
    zone = ZoneInfo(time_zone)
    for each in rows:
        time = at_time(each.at, time_zone).split(", ")[-1].rpartition(" ")[0]
        name, email = (each.actor.name, each.actor.email) if each.actor else (None, None)
        entry = Entry(each.pk, time, each.at, _who(name, email), in_words(each.verb), each.summary, each.reason)
        days.setdefault(each.at.astimezone(zone).date(), []).append(entry)
    return tuple(Day(day, tuple(entries)) for day, entries in days.items())


def _who(name: str | None, email: str | None) -> str:
    return name or email or "The closing room"
