"""Sending a waiver to the investors: one e-mail to each person who answers for one, once."""

from typing import Any

from closing.actions.base import ActionRefused, acting
from closing.actions.letters import letter, link_to
from closing.models import Reminder, Waiver
from closing.queries.gates import gate_of
from closing.queries.waiver_pages import schedule_key, waiver_page, why_not_send
from closing.queries.waivers import reach_in_words
from closing.rules.access import Verb
from closing.rules.gate import Gate
from closing.rules.terms import Person
from closing.rules.words import at_time, listing, number
from investors.models import User


def send_waiver(row: Waiver, by: User) -> int:
    """Queue a mail with the text and the way to answer for whoever has not had one; how many.

    Goes to the contacts of the investors who have not answered. Twice is the same as once. Raises NotAllowed;
    ActionRefused for a waiver that asks nobody (any more), and where everybody asked has been written to.
    """
    with acting(row.deal, by, Verb.PROPOSE_WAIVER) as act:
        gate = gate_of(act.deal)
        page = waiver_page(act.deal, row.key, act.roles)
        refusal = why_not_send(page.row, page.is_closed)
        if refusal:
            raise ActionRefused(refusal)
        asked = [each.name for each in page.investors if each.state == "not answered"]
        key = schedule_key(row.key)
        had = set(Reminder.objects.filter(deal=act.deal, schedule_key=key).values_list("email", flat=True))
        new = {email: found for email, found in _addressees(gate, asked).items() if email not in had}
        if not new:
            raise ActionRefused("Everybody who has not answered was written to already. Nobody is written to twice.")
        subject = f"{gate.deal.name}: your consent is asked to a waiver of {listing(row.sections)}"
        Reminder.objects.bulk_create(
            letter(act.deal, person, "waiver", _context(row, gate, names), key=key, subject=subject, at=act.now)
            for person, names in new.values()
        )
        act.record("waiver-sent", row, f"Waiver {row.key} was sent to {number(len(new))} people")
        return len(new)


def _addressees(gate: Gate, asked: list[str]) -> dict[str, tuple[Person, list[str]]]:
    """The people who act for the investors asked, by address, each with his investors."""
    people = {person.name: person for person in gate.deal.people}
    found: dict[str, tuple[Person, list[str]]] = {}
    for name in asked:
        investor = gate.deal.investor_by_name[name]
        for contact in dict.fromkeys((*investor.contacts, *(block.person for block in investor.blocks))):
            if contact in people:
                _, names = found.setdefault(people[contact].email.lower(), (people[contact], []))
                names.append(name)
    return found


def _context(row: Waiver, gate: Gate, names: list[str]) -> dict[str, Any]:
    fact = next(each for each in gate.facts.waivers if each.key == row.key)
    return {
        "closing_at": at_time(gate.closing.at, gate.deal.closing.time_zone),
        "sections": listing(row.sections),
        "headings": listing(gate.deal.condition_by_section[each].heading for each in row.sections),
        "text": row.text,
        "reach": reach_in_words(fact, gate.deal),
        "names": listing(names, most=len(names)),
        "link": link_to(f"deals/{gate.deal.code}/mine/"),
    }
