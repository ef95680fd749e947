"""The e-mail of a reminder: subject, plain text and HTML, from one notice."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.template.loader import render_to_string

from closing.rules.gate import Gate
from closing.rules.reminders import Debt, Notice
from closing.rules.terms import Deal
from closing.rules.words import at_time, listing, number, on_day

LONGEST_SUBJECT = 300
MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent. Names are escaped in `html` and as they are in `text`."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A debt as it is written. `link` leads counsel to the condition; others sign in and are led to their own place."""

    debt: Debt
    for_whom: str
    link: str


def mail_of(notice: Notice, gate: Gate) -> Mail:
    """The e-mail that tells `notice`."""
    subject = _subject(notice, gate)
    zone = gate.deal.closing.time_zone
    context: dict[str, Any] = {
        "subject": subject,
        "person": notice.person,
        "deal": gate.deal,
        "closing_at": at_time(gate.closing.at, zone),
        "place": gate.closing.place,
        "agreement_dated": on_day(gate.deal.agreement.dated),
        "asked_at": at_time(gate.moment, zone),
        "now": [_line(debt, notice, gate.deal) for debt in notice.owes_now],
        "later": [_line(debt, notice, gate.deal) for debt in notice.owes_later],
        "home": _home(),
    }
    text = render_to_string("mail/reminder.txt", context)
    return Mail(subject, text.strip() + "\n", render_to_string("mail/reminder.html", context))


def _subject(notice: Notice, gate: Gate) -> str:
    count = len(notice.debts)
    things = "one thing is" if count == 1 else f"{number(count)} things are"
    closing_on = at_time(gate.closing.at, gate.deal.closing.time_zone).rsplit(",", 1)[0]
    said = f"{gate.deal.name}: {things} still open before the closing on {closing_on}"
    return " ".join(said.split())[:LONGEST_SUBJECT]


def _line(debt: Debt, notice: Notice, deal: Deal) -> _Line:
    for_whom = f"for {listing(debt.for_whom, MOST_NAMES)}" if debt.for_whom else ""
    is_counsel = any(notice.person.name in counsel.contacts for counsel in deal.counsel)
    path = f"deals/{deal.code}/conditions/{quote(debt.section, safe='()')}/" if is_counsel else ""
    return _Line(debt, for_whom, f"{_home()}{path}" if path else "")


def _home() -> str:
    return f"{settings.PUBLIC_URL}/"
