"""The checklist as counsel arrange it: its order, its parts, and what of it the agreement fixes.

Items are the deliverables of the deal's terms. They are numbered through from 1, part by part, in the order in which
the parts first appear. Nothing here says whether an item is done: that is told from the facts on file.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from closing.rules.access import side_of
from closing.rules.terms import INVESTORS, ISSUER, Deal, Deliverable, Side

LONGEST_TITLE = 300
LONGEST_KEY = 60
Items = tuple[Deliverable, ...]


class Field(StrEnum):
    """What counsel may change of an item, as the deal file calls it."""

    TITLE = "title"
    PART = "part"
    OWED_BY = "owed_by"
    NUMBER = "number"


FIELD_NAMES: Mapping[Field, str] = {
    Field.TITLE: "item",
    Field.PART: "part",
    Field.OWED_BY: "responsible party",
    Field.NUMBER: "number",
}


class ChecklistRefused(ValueError):
    """The checklist cannot be changed so. The message says why, and what to do instead."""


def tidy(text: str) -> str:
    """The text on one line: control characters, tabs and runs of spaces become one space."""
    plain = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp", "Zs") else each for each in text)
    return " ".join("".join(each for each in plain if unicodedata.category(each) not in ("Cs", "Cn")).split())


def in_parts(items: Iterable[Deliverable]) -> Items:
    """The items part by part, the parts in the order in which they first appear."""
    parts: dict[str, list[Deliverable]] = {}
    for each in items:
        parts.setdefault(each.part, []).append(each)
    return tuple(each for part in parts.values() for each in part)


def numbers(items: Sequence[Deliverable]) -> dict[str, int]:
    """The number of every item by its key."""
    return {each.key: at for at, each in enumerate(items, start=1)}


def moved(items: Items, key: str, number: int) -> Items:
    """The items with one of them at `number`. Raises ChecklistRefused for a number outside the item's own part."""
    ordered = list(in_parts(items))
    item = next(each for each in ordered if each.key == key)
    places = [at for at, each in enumerate(ordered, start=1) if each.part == item.part]
    if not places[0] <= number <= places[-1]:
        raise ChecklistRefused(
            f"{item.part} has the numbers {places[0]} to {places[-1]}. Choose one of them; "
            "to move the item elsewhere, change its part."
        )
    ordered.remove(item)
    ordered.insert(number - 1, item)
    return tuple(ordered)


def put_in_part(items: Items, keys: Collection[str], part: str) -> Items:
    """The items with some of them at the end of `part`, in their own order; a part that is new comes last."""
    staying = [each for each in items if each.key not in keys or each.part == part]
    coming = [replace(each, part=part) for each in items if each.key in keys and each.part != part]
    return in_parts([*staying, *coming])


def changed(items: Items, keys: Collection[str], field: Field, value: str) -> Items:
    """The items with a field of some of them set."""
    if field is Field.PART:
        return put_in_part(items, keys, value)
    if field is Field.TITLE:
        return tuple(replace(each, title=value) if each.key in keys else each for each in items)
    return tuple(replace(each, owed_by=value) if each.key in keys else each for each in items)


def evidence_documents(deal: Deal) -> dict[str, str]:
    """The keys of deliverables that a condition's evidence names, with that condition's section."""
    named = ((getattr(each.evidence, "document", ""), each.section) for each in deal.conditions)
    return {document: section for document, section in named if document}


def why_not_withdraw(deal: Deal, item: Deliverable, *, is_added: bool) -> str:
    """Why an item stays on the checklist whatever is on file; blank where it may go."""
    section = evidence_documents(deal).get(item.key)
    if section:
        return f"{item.title} is what meets {section}, so it stays on the checklist."
    if not is_added:
        return f"{item.title} comes with the deal file, so it stays. Only items that counsel added may be withdrawn."
    return ""


def why_not_owed_by(deal: Deal, item: Deliverable, party: str, *, is_added: bool) -> str:
    """Why a party cannot owe an item; blank where it can.

    Which side owes an item of the deal file is the agreement's: it may pass to another on that side only.
    """
    if party == item.owed_to:
        return f"{item.title} is owed to {deal.party_name(party)}, who cannot owe it as well."
    if not is_added and side_of(party, deal) is not side_of(item.owed_by, deal):
        side = "company’s" if side_of(item.owed_by, deal) is Side.ISSUER else "investors’"
        return f"By the agreement the {side} side owes {item.title}. Choose somebody of that side."
    return ""


def parties(deal: Deal) -> tuple[str, ...]:
    """Who may owe an item, as references: the issuer and its counsel, then the investors, theirs and each of them."""
    firms = {side: [each.key for each in deal.counsel if each.side is side] for side in Side}
    return (ISSUER, *firms[Side.ISSUER], INVESTORS, *firms[Side.INVESTORS], *deal.investor_by_name)


def owed_to_of(deal: Deal, owed_by: str) -> str:
    """To whom an item is owed where nobody said: the other side's counsel, or the other side itself."""
    other = Side.INVESTORS if side_of(owed_by, deal) is Side.ISSUER else Side.ISSUER
    firms = [each.key for each in deal.counsel if each.side is other]
    return firms[0] if firms else (INVESTORS if other is Side.INVESTORS else ISSUER)


def new_key(title: str, taken: Collection[str]) -> str:
    """A key for a new item, made of its title and of no other's: `secretary-s-certificate`, with -2 where taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_KEY].strip("-") or "item"
    key, count = stem, 1
    while key in taken:
        count += 1
        key = f"{stem}-{count}"
    return key
