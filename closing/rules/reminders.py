"""Who is reminded of what, and when: a schedule counted back from the closing, and one e-mail for each person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from closing.rules.blockers import Blocker, in_words
from closing.rules.gate import Gate
from closing.rules.terms import INVESTORS, ISSUER, Deal, Person

DAYS_BEFORE = (7, 3, 1, 0)
HOUR = time(9)
LATEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A point of the schedule. `key` names it by its moment, so that it moves with the closing."""

    key: str
    at: datetime
    days_before: int

    @property
    def is_eve(self) -> bool:
        """Whether it is the day before the closing, when counsel of both sides are told that they confirm it."""
        return self.days_before == 1


@dataclass(frozen=True, slots=True)
class Debt:
    """One thing that a person's parties owe. `owed_by` are their names, `for_whom` the investors it is about.

    `for_whom` is empty for the whole deal, and where `reason` names them. `is_possible` is False where something else
    must come first.
    """

    section: str
    heading: str
    reason: str
    owed_by: tuple[str, ...]
    for_whom: tuple[str, ...] = ()
    is_possible: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything that one person owes, in the agreement's order; goes to `person.email`."""

    person: Person
    debts: tuple[Debt, ...]

    @property
    def owes_now(self) -> tuple[Debt, ...]:
        """What the person can do at once."""
        return tuple(debt for debt in self.debts if debt.is_possible)

    @property
    def owes_later(self) -> tuple[Debt, ...]:
        """What waits for something else."""
        return tuple(debt for debt in self.debts if not debt.is_possible)


def schedule(closing_at: datetime, time_zone: str, days: Iterable[int] = DAYS_BEFORE) -> tuple[Occasion, ...]:
    """The points of the schedule, earliest first: each at nine in the morning in `time_zone`, before the closing.

    A point that would not come before the closing (a closing at eight, its own morning at nine) is left out.
    """
    zone = ZoneInfo(time_zone)
    day = closing_at.astimezone(zone).date()
    found = []
    for before in sorted(set(days), reverse=True):
        at = datetime.combine(day - timedelta(days=before), HOUR, zone)
        if at < closing_at:
            found.append(Occasion(f"{before}-days-before-{at:%Y-%m-%dT%H:%M%z}", at, before))
    return tuple(found)


def due(occasions: Sequence[Occasion], moment: datetime, closing_at: datetime) -> Occasion | None:
    """The point of the schedule that is due at `moment`: the last one reached, if less than a day ago.

    One missed by a day or more is left out rather than sent late, and none is due once the closing hour has come.
    """
    if moment >= closing_at:
        return None
    reached = [each for each in occasions if each.at <= moment]
    return reached[-1] if reached and moment - reached[-1].at < LATEST else None


def notices(gate: Gate) -> tuple[Notice, ...]:
    """One notice for each e-mail address that owes something open, in the order of the deal's people.

    Whoever acts for several parties gets one, with all they owe. An investor's contact is told what its own investors
    owe and nothing of any other; joint owners are told both.
    """
    owed: dict[str, list[Blocker]] = {}
    for blocker in gate.blockers:
        for name in _contacts(blocker, gate.deal):
            owed.setdefault(name, []).append(blocker)
    people: dict[str, Person] = {}
    blockers: dict[str, list[Blocker]] = {}
    for person in gate.deal.people:
        if person.name in owed:
            email = person.email.lower()
            people.setdefault(email, person)
            merged = blockers.setdefault(email, [])
            merged.extend(each for each in owed[person.name] if each not in merged)
    return tuple(Notice(people[email], _debts(found, gate.deal)) for email, found in blockers.items())


def _contacts(blocker: Blocker, deal: Deal) -> tuple[str, ...]:
    """The names of the people who act for the party that owes."""
    party = blocker.owed_by
    if party == INVESTORS:
        own = [deal.investor_by_name[blocker.investor]] if blocker.investor else list(deal.investors)
        return tuple(name for investor in own for name in investor.contacts)
    if party == ISSUER:
        return deal.issuer.contacts
    counsel = deal.counsel_by_key.get(party)
    if counsel is not None:
        return counsel.contacts
    investor = deal.investor_by_name.get(party)
    return investor.contacts if investor is not None else ()


def _debts(blockers: Iterable[Blocker], deal: Deal) -> tuple[Debt, ...]:
    """The blockers as debts; those that lack the same, whoever they are about, are one."""
    order = {condition.section: at for at, condition in enumerate(deal.conditions)}
    grouped: dict[tuple[str, str, bool], list[Blocker]] = {}
    for each in sorted(blockers, key=lambda blocker: order[blocker.section]):
        grouped.setdefault((each.section, _nameless(each, deal), each.is_possible), []).append(each)
    several = len({each.owed_by for each in blockers}) > 1
    return tuple(_debt(group, deal, several) for group in grouped.values())


def _debt(group: Sequence[Blocker], deal: Deal, several: bool) -> Debt:
    first = group[0]
    owed_by = tuple(dict.fromkeys(each.owed_by_name for each in group))
    about: tuple[str, ...] = ()
    if _names_owner(first, deal):
        reason = in_words(missing for each in group for missing in each.missing)
    else:
        reason = first.own_reason if first.owed_by in deal.investor_by_name else first.reason
        about = tuple(each.investor for each in group if each.investor is not None)
    if about == (first.owed_by,) and not several:
        about = ()  # he acts for nobody else
    return Debt(first.section, first.heading, reason, owed_by, about, first.is_possible)


def _names_owner(blocker: Blocker, deal: Deal) -> bool:
    """Whether the reason names the investor that owes: a page not signed, a sign-off not given."""
    return blocker.owed_by in deal.investor_by_name and any(each.what == blocker.owed_by for each in blocker.missing)


def _nameless(blocker: Blocker, deal: Deal) -> str:
    """What is lacked, the same for every investor that lacks it: its own name is left out."""
    if blocker.owed_by not in deal.investor_by_name:
        return f"{blocker.owed_by}: {blocker.reason}"
    own = (each.what if each.what != blocker.owed_by else "" for each in blocker.missing)
    return "; ".join(f"{each.lack}: {what}" for each, what in zip(blocker.missing, own, strict=True))
