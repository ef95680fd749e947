"""Asking people to sign: one e-mail to each, with the way to his pages; and pages handed over otherwise.

The mail goes through the queue of reminders. The same person is not written to twice for the same pages, unless counsel
ask again, and then a day later at the earliest. A mail says no amount and no bank details.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.letters import letter, link_to
from closing.actions.signature_pages import page_rows
from closing.models import Deal, Declining, Reminder, SignaturePage
from closing.queries.electronic import files_in_force
from closing.queries.gates import gate_of
from closing.queries.page_states import page_states
from closing.rules.access import Verb
from closing.rules.capacity import signs_in_words
from closing.rules.gate import Gate
from closing.rules.invitations import Unsigned, unsigned_by_person
from closing.rules.words import at_time, listing, number
from investors.models import User

AGAIN_AFTER = timedelta(days=1)
KEY = "sign "
CLOSED = "The deal has closed. Nobody is asked to sign any more."


@dataclass(slots=True)
class Sent:
    """Who was written to, and why each of the others was not."""

    people: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def send_pages(deal: Deal, people: Iterable[str], by: User, *, again: bool = False) -> Sent:
    """Queue a mail for each of `people` with the pages that he may sign now. His pages count as sent.

    Raises NotAllowed; ActionRefused after the closing, and where nobody is left to be written to, with the reasons.
    """
    with acting(deal, by, Verb.SEND_PAGES) as act:
        gate = gate_of(act.deal)
        unsigned = _unsigned(act, gate)
        rows = page_rows(act.deal, gate.facts, [each.place for pages in unsigned.values() for each in pages])
        sent = Sent()
        letters = []
        for name in dict.fromkeys(people):
            pages = [each for each in unsigned.get(name, ()) if not each.why_not]
            written = _letter(act, gate, name, pages, rows, again=again)
            if isinstance(written, str):
                sent.left_out[name] = written or _why_nothing(unsigned.get(name, ()))
                continue
            letters.append(written)
            sent.people.append(name)
            _mark(act, [rows[each.place] for each in pages])
        if not sent.people:
            raise ActionRefused(
                "; ".join(f"{name}: {why}" for name, why in sent.left_out.items()) or "Choose somebody."
            )
        Reminder.objects.bulk_create(letters)
        told = f"Pages to sign were sent to {listing(sent.people)}"
        act.record("pages-sent", None, told, data={"to": sent.people, "again": again})
        return sent


def hand_over(deal: Deal, people: Iterable[str], by: User) -> list[str]:
    """Counsel say that these people have their unsigned pages otherwise: a packet downloaded, or given in person.

    Gives who had any. Raises NotAllowed; ActionRefused after the closing, and where nobody has a page left to sign.
    """
    with acting(deal, by, Verb.SEND_PAGES) as act:
        gate = gate_of(act.deal)
        unsigned = _unsigned(act, gate)
        names = [name for name in dict.fromkeys(people) if name in unsigned]
        if not names:
            raise ActionRefused("Choose somebody who has pages left to sign.")
        places = [each.place for name in names for each in unsigned[name]]
        _mark(act, list(page_rows(act.deal, gate.facts, places).values()))
        act.record("pages-handed-over", None, f"Pages to sign were handed over to {listing(names)}", data={"to": names})
        return names


def _unsigned(act: Act, gate: Gate) -> dict[str, tuple[Unsigned, ...]]:
    if gate.is_closed:
        raise ActionRefused(CLOSED)
    declined = Declining.objects.filter(page__deal=act.deal, taken_back_at=None)
    places = set(declined.values_list("page__deliverable__key", "page__block__key"))
    back = page_states(act.deal, gate).came_back
    return dict(unsigned_by_person(gate.deal, gate.facts, files_in_force(act.deal, gate.facts), places, back))


def _why_nothing(pages: Sequence[Unsigned]) -> str:
    if not pages:
        return "has signed every page"
    return listing(dict.fromkeys(each.why_not for each in pages))


def _mark(act: Act, rows: Sequence[SignaturePage]) -> None:
    SignaturePage.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=act.now)


def _letter(act: Act, gate: Gate, name: str, pages: Sequence[Unsigned], rows: Any, *, again: bool) -> Reminder | str:
    """The mail to one person; else why there is none, blank where he has no page to sign now."""
    person = next((each for each in gate.deal.people if each.name == name), None)
    if person is None or not pages:
        return ""
    email = person.email.lower()
    tokens = sorted(rows[each.place].token for each in pages)
    key = KEY + hashlib.sha256("\n".join(tokens).encode()).hexdigest()[:16]
    had = Reminder.objects.filter(deal=act.deal, email=email, schedule_key__startswith=key).order_by("created_at")
    times, last = len(had), had.last()
    if last is not None:
        if not again:
            return "was written to already for these pages"
        if act.now - last.created_at < AGAIN_AFTER:
            return "was written to less than a day ago"
        key = f"{key} again {times}"
    subject = f"{gate.deal.name}: {number(len(pages))} signature page{'s' if len(pages) > 1 else ''} to sign"
    context = _context(gate, pages, again=last is not None)
    return letter(act.deal, person, "signing", context, key=key, subject=subject, at=act.now)


def _context(gate: Gate, pages: Sequence[Unsigned], *, again: bool) -> dict[str, Any]:
    documents: dict[str, list[str]] = {}
    for each in pages:
        documents.setdefault(each.title, []).append(signs_in_words(each.block))
    return {
        "documents": documents,
        "again": again,
        "closing_at": at_time(gate.closing.at, gate.deal.closing.time_zone),
        "link": link_to(f"deals/{gate.deal.code}/signing/"),
    }
