"""What the columns of a firm's own checklist mean, by the words at their head, and its rows by that meaning."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from closing.rules.checklist import tidy

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": ("no", "#", "number", "nr", "item no", "item number", "ref no", "tab", "tab no", "closing item no"),
    "title": (
        "item", "items", "document", "documents", "description", "deliverable", "deliverables", "closing item",
        "closing document", "closing documents", "document or action", "document action", "action", "action item",
        "matter", "task", "title", "name of document", "item description", "document description", "item document",
    ),
    "part": ("part", "category", "group", "phase", "part of checklist", "heading"),
    "section": (
        "section", "sections", "section served", "sections served", "agreement section", "section reference",
        "section references", "spa section", "reference", "ref", "provision",
    ),
    "owed_by": (
        "responsible", "responsible party", "responsible parties", "responsibility", "party responsible", "owed by",
        "who owes it", "owner", "preparer", "prepared by", "drafter", "drafted by", "drafting responsibility", "party",
    ),
    "signed_by": (
        "signatories", "signatory", "signature", "signatures", "signature parties", "signing parties", "signed by",
        "signers", "signors", "to be signed by", "parties signing",
    ),
    "status": ("status", "state", "done", "complete", "completed", "progress", "date completed"),
    "comment": ("comments", "comment", "notes", "note", "remarks", "comments notes", "status comments"),
}  # fmt: skip
FIELD_OF = {synonym: field for field, synonyms in HEADINGS.items() for synonym in synonyms}
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)*[.)]?|[A-Za-z][.)]|[ivxIVX]+[.)]")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row's cells by what their columns mean."""

    line: int
    cells: Mapping[str, str]
    alone: str  # the text of the one cell that is not blank, where it stands for a part's heading


def read_rows(rows: Sequence[Sequence[str]]) -> tuple[list[ReadRow], tuple[str, ...], bool]:
    """The rows below the first head, each by the meaning of its columns; a later head changes the meaning.

    One cell alone is a head only over a single column: elsewhere it is a part that is called so.
    """
    width = max((sum(1 for cell in row if cell.strip()) for row in rows), default=0)
    heads = [_head(row) if width == 1 or sum(1 for cell in row if cell.strip()) > 1 else {} for row in rows]
    start = next((at for at, head in enumerate(heads) if head), None)
    if start is None:
        columns = _guessed(rows)
        return [_cells(at, row, columns) for at, row in enumerate(rows, start=1)], (), False
    unread: dict[str, None] = {}
    columns, found = {}, []
    for at, row in enumerate(rows[start:], start=start):
        head = heads[at]
        if head:
            columns = head
            unread.update((tidy(cell), None) for place, cell in enumerate(row) if place not in head and cell.strip())
        else:
            found.append(_cells(at + 1, row, columns))
    return found, tuple(unread), True


def _head(row: Sequence[str]) -> dict[int, str]:
    """The meaning of the columns where a row is a table's head: an item's column, and another or nothing else."""
    named = {at: FIELD_OF.get(_heading(cell), "") for at, cell in enumerate(row) if cell.strip()}
    titles = [at for at, field in named.items() if field == "title"]
    if len(titles) > 1 and "number" not in named.values() and _heading(row[titles[0]]) == "item":
        named[titles[0]] = "number"
    columns: dict[int, str] = {}
    for at, field in named.items():
        if field and field not in columns.values():
            columns[at] = field
    known = sum(1 for field in named.values() if field)
    is_head = "title" in columns.values() and (known >= 2 or len(named) == 1) and known * 2 > len(named)
    return columns if is_head else {}


@lru_cache(maxsize=4096)
def _heading(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", tidy(cell)).casefold().replace("(s)", "s")
    return "#" if plain.strip() == "#" else " ".join(re.findall(r"\w+", plain))


def _guessed(rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Columns without a head: numbers first where they are, then the items; the rest is not read."""
    width = max(len(row) for row in rows)
    first = [row[0].strip() for row in rows if row and row[0].strip()]
    if width > 1 and first and sum(1 for each in first if NUMBER.fullmatch(each)) * 2 > len(first):
        return {0: "number", 1: "title"}
    return {0: "title"}


def _cells(line: int, row: Sequence[str], columns: Mapping[int, str]) -> ReadRow:
    cells = {field: row[at] for at, field in columns.items() if at < len(row)}
    filled = [at for at, cell in enumerate(row) if cell.strip()]
    return ReadRow(line, cells, row[filled[0]].strip() if _is_part(filled, row, columns) else "")


def _is_part(filled: Iterable[int], row: Sequence[str], columns: Mapping[int, str]) -> bool:
    """Whether a row is a heading over the rows below it: one cell alone, left of the items or over a numbered list."""
    places = list(filled)
    if len(places) != 1 or len(columns) < 2 or "part" in columns.values():
        return False
    field = columns.get(places[0], "")
    if field == "title":
        return places[0] == 0 or "number" in columns.values()
    return places[0] < min(at for at, name in columns.items() if name == "title")
