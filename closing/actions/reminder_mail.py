"""The letter of a reminder, from one notice: everything that one person owes before the closing."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from closing.actions.letters import letter, link_to
from closing.models import Deal as DealRow, Reminder
from closing.rules.gate import Gate
from closing.rules.reminders import Debt, Notice, Occasion
from closing.rules.terms import Deal
from closing.rules.words import at_time, listing, number, on_day

MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class _Line:
    """A debt as it is written. `link` leads counsel to the condition; others sign in and are led to their own place."""

    debt: Debt
    for_whom: str
    link: str


def reminder_of(deal: DealRow, occasion: Occasion, notice: Notice, gate: Gate) -> Reminder:
    """The letter that tells `notice` at a point of the schedule."""
    zone = gate.deal.closing.time_zone
    context: dict[str, Any] = {
        "closing_at": at_time(gate.closing.at, zone),
        "place": gate.closing.place,
        "agreement": gate.deal.agreement.title,
        "agreement_dated": on_day(gate.deal.agreement.dated),
        "asked_at": at_time(gate.moment, zone),
        "now": [_line(debt, notice, gate.deal) for debt in notice.owes_now],
        "later": [_line(debt, notice, gate.deal) for debt in notice.owes_later],
        "home": link_to(""),
    }
    key, subject = occasion.key, _subject(notice, gate)
    return letter(
        deal, notice.person, "reminder", context, key=key, subject=subject, at=gate.moment, due_at=occasion.at
    )


def _subject(notice: Notice, gate: Gate) -> str:
    count = len(notice.debts)
    things = "one thing is" if count == 1 else f"{number(count)} things are"
    closing_on = at_time(gate.closing.at, gate.deal.closing.time_zone).rsplit(",", 1)[0]
    return f"{gate.deal.name}: {things} still open before the closing on {closing_on}"


def _line(debt: Debt, notice: Notice, deal: Deal) -> _Line:
    for_whom = f"for {listing(debt.for_whom, MOST_NAMES)}" if debt.for_whom else ""
    is_counsel = any(notice.person.name in counsel.contacts for counsel in deal.counsel)
    link = link_to(f"deals/{deal.code}/conditions/{quote(debt.section, safe='()')}/") if is_counsel else ""
    return _Line(debt, for_whom, link)
