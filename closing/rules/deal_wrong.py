"""What may be wrong with a field of a deal file: blank, unknown, twice, or of another form than it should have."""

import re
from collections.abc import Iterable, Iterator

from closing.rules.terms import Address, Deal, SignatureBlock
from closing.rules.toml_form import Problem

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SECTION = re.compile(r"[0-9A-Za-z][0-9A-Za-z().-]*")
JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
SLUGS = "small letters, digits and hyphens, for example cerplex-1996"


def folded(name: str) -> str:
    """A name as it sounds: without case and extra spaces."""
    return " ".join(name.casefold().split())


def blank(problem: Problem, **values: str) -> Iterator[Problem]:
    """A problem for each field that says nothing."""
    for name, value in values.items():
        if not value:
            yield problem.inside(name).saying("is blank")


def check_slug(place: Problem, key: str) -> Iterator[Problem]:
    """A key that fits in an address."""
    if not SLUG.fullmatch(key):
        yield place.saying(f'"{key}" should be {SLUGS}')


def check_section(place: Problem, section: str) -> Iterator[Problem]:
    """A section as an agreement numbers it, without spaces."""
    if not SECTION.fullmatch(section):
        told = f'"{section}" should be a section without spaces, for example 2(a)(iv) or 4.1'
        yield place.inside("section").saying(told)


def check_address(place: Problem, address: Address) -> Iterator[Problem]:
    """An address has lines and a jurisdiction by its ISO 3166 code."""
    if not any(address.lines):
        yield place.inside("address").inside("lines").saying("has no line")
    if not JURISDICTION.fullmatch(address.jurisdiction):
        told = f'"{address.jurisdiction}" should be an ISO 3166 code, for example US-CA or GB'
        yield place.inside("address").inside("jurisdiction").saying(told)


def known_people(deal: Deal) -> set[str]:
    """The names of everybody in [[people]]."""
    return {person.name for person in deal.people}


def check_party(
    people: set[str], place: Problem, contacts: tuple[str, ...], blocks: tuple[SignatureBlock, ...]
) -> Iterator[Problem]:
    """A party has a contact and a signature block at least, with people that the file knows."""
    yield from check_contacts(people, place, contacts)
    if not contacts:
        yield place.inside("contacts").saying("has nobody")
    if not blocks:
        yield place.inside("blocks").saying("has no signature block")
    for number, block in enumerate(blocks, start=1):
        inner = place.inside(f"blocks row {number} ({block.key})")
        yield from check_slug(inner.inside("key"), block.key)
        yield from blank(inner, party=block.party)
        yield from unknown(inner.inside("person"), (block.person,), people, "person of [[people]]")


def check_contacts(people: set[str], place: Problem, contacts: tuple[str, ...]) -> Iterator[Problem]:
    """Contacts are people of the file."""
    yield from unknown(place.inside("contacts"), contacts, people, "person of [[people]]")


def unknown(place: Problem, said: Iterable[str], known: Iterable[str], what: str) -> Iterator[Problem]:
    """A problem for each name that nothing in the file has."""
    names = known if isinstance(known, set | dict) else set(known)
    for name in said:
        if name not in names:
            yield place.saying(f'"{name}" is no {what} of this file')


def twice(table: str, field: str, values: list[str]) -> Iterator[Problem]:
    """A problem for each row whose value an earlier row has, also with other case or spaces."""
    first: dict[str, int] = {}
    for row, value in enumerate(values, start=1):
        earlier = first.setdefault(folded(value), row)
        if earlier != row:
            told = f'"{value}" is the {field} of row {earlier} too; each row needs its own'
            yield Problem(told, table, row, value, field)
