"""The mail that says that wire instructions changed, and never what they are: that is read in the room alone."""

from typing import Any

from closing.actions.base import Act
from closing.actions.letters import letter, link_to
from closing.models import Reminder, WireInstruction
from closing.queries.gates import gate_of
from closing.rules.gate import Gate
from closing.rules.terms import Person
from closing.rules.words import at_time, listing


def schedule_key(row: WireInstruction) -> str:
    """The point of the schedule under which each person is told of these instructions once."""
    return f"wire-instructions-{row.number}"


def queue_notices(act: Act, row: WireInstruction, *, is_change: bool) -> int:
    """Queue a mail to every contact of every investor, by name, that instructions are new or changed; how many."""
    gate = gate_of(act.deal)
    key = schedule_key(row)
    said = "the wire instructions changed" if is_change else "the wire instructions are in the closing room"
    subject = f"{gate.deal.name}: {said}"
    rows = [
        letter(act.deal, person, "instructions", _context(gate, names, is_change), key=key, subject=subject, at=act.now)
        for person, names in _addressees(gate).values()
    ]
    Reminder.objects.bulk_create(rows)
    return len(rows)


def _addressees(gate: Gate) -> dict[str, tuple[Person, list[str]]]:
    """The contacts of the investors by address, each with his investors."""
    people = {person.name: person for person in gate.deal.people}
    found: dict[str, tuple[Person, list[str]]] = {}
    for investor in gate.deal.investors:
        for contact in dict.fromkeys(investor.contacts):
            if contact in people:
                _, names = found.setdefault(people[contact].email.lower(), (people[contact], []))
                names.append(investor.name)
    return found


def _context(gate: Gate, names: list[str], is_change: bool) -> dict[str, Any]:
    return {
        "closing_at": at_time(gate.closing.at, gate.deal.closing.time_zone),
        "names": listing(names, most=len(names)),
        "is_change": is_change,
        "link": link_to(f"deals/{gate.deal.code}/mine/"),
    }
