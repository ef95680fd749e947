"""A firm's own checklist against the deal's: which of its rows are on the list already, and what the rest would add.

Nothing becomes met by an import: of a row are read the item, its part, number, sections, responsible party, signatories
and comment. What it says of a status is left where it is.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from closing.rules.checklist import LONGEST_TITLE, tidy
from closing.rules.checklist_columns import ReadRow, read_rows
from closing.rules.terms import INVESTORS, ISSUER, Deal, Deliverable, Side

LIKE = 0.7
ALL_INVESTORS = (
    "investors", "investor", "each investor", "all investors", "purchasers", "purchaser", "each purchaser", "buyers",
    "buyer", "lenders", "lender",
)  # fmt: skip
SECTION = re.compile(r"[0-9]+(?:\.[0-9]+)*(?:\([0-9A-Za-z]+\))*")
BULLET = re.compile(
    r"^(?:part\s+)?(?:[IVXL]+|[A-Z]|[0-9]+(?:\.[0-9]+)*)[.):]\s+|^part\s+(?:[IVXL]+|[A-Z]|[0-9]+)\s*[-–—:]\s*",
    re.IGNORECASE,
)


class Outcome(StrEnum):
    """What the import would do with a row."""

    CREATE = "create"
    MATCH = "match"
    IGNORE = "ignore"
    PART = "part"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A row of the firm's list. `line` counts its rows from 1; `key` is the item that it is; `like` are near ones.

    `owed_by` is a party reference, blank where the list names none that the deal knows; `says` is what to look at.
    """

    line: int
    outcome: Outcome
    title: str
    part: str = ""
    number: str = ""
    section: str = ""
    serves: tuple[str, ...] = ()
    owed_by: str = ""
    signed_by: tuple[str, ...] = ()
    comment: str = ""
    key: str = ""
    like: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import would do, row by row. `unread` are the headings of columns that nothing is read from."""

    rows: tuple[PlannedRow, ...]
    unread: tuple[str, ...]
    has_heading: bool

    def count(self, outcome: Outcome) -> int:
        """How many rows come to that."""
        return sum(1 for each in self.rows if each.outcome is outcome)


def plan(rows: Sequence[Sequence[str]], deal: Deal) -> Plan:
    """What taking in a table would do to the deal's checklist. A function of the two and of nothing else."""
    read, unread, has_heading = read_rows(rows)
    known = _Known(deal)
    planned: list[PlannedRow] = []
    part, taken, seen = "", set[str](), dict[str, int]()
    for each in read:
        if each.alone:
            part = known.part(each.alone)
            planned.append(PlannedRow(line=each.line, outcome=Outcome.PART, title=part))
            continue
        row = _planned(each, known, part, taken, seen)
        if row.outcome is Outcome.MATCH:
            taken.add(row.key)
        planned.append(row)
    return Plan(rows=tuple(_without_empty_parts(planned)), unread=unread, has_heading=has_heading)


def _without_empty_parts(rows: Sequence[PlannedRow]) -> Iterable[PlannedRow]:
    """The rows, less headings under which nothing stands: the lines below a table look like such."""
    for row, following in zip(rows, (*rows[1:], None), strict=True):
        if row.outcome is not Outcome.PART or (following is not None and following.outcome is not Outcome.PART):
            yield row


def alike(text: str) -> str:
    """A title as it compares: without case, punctuation, and how it is introduced."""
    plain = unicodedata.normalize("NFKC", tidy(text)).casefold()
    words = re.findall(r"\w+", plain.replace("&", " and ").replace("'", "").replace("’", ""))
    while words and words[0] in ("the", "a", "an"):
        words.pop(0)
    return " ".join(words) or tidy(plain)


class _Known:
    """The deal's items and parties, by what a list may call them."""

    def __init__(self, deal: Deal) -> None:
        self.deal = deal
        self.exact: dict[str, list[Deliverable]] = {}
        self.near: dict[str, list[Deliverable]] = {}
        self.words: list[tuple[frozenset[str], Deliverable]] = []
        self.parts = {alike(each.part): each.part for each in deal.deliverables}
        self.parties = _party_names(deal)
        self.numbers = {each.key: str(at) for at, each in enumerate(deal.deliverables, start=1)}
        for each in deal.deliverables:
            self.exact.setdefault(tidy(each.title), []).append(each)
            self.near.setdefault(alike(each.title), []).append(each)
            self.words.append((frozenset(alike(each.title).split()), each))

    def part(self, said: str) -> str:
        """The deal's part of that heading, with or without its letter or numeral; else the heading itself."""
        whole = tidy(said)
        bare = BULLET.sub("", whole) or whole
        return self.parts.get(alike(whole)) or self.parts.get(alike(bare)) or bare

    def find(self, title: str, number: str, taken: set[str]) -> Deliverable | None:
        """The item of that title that no earlier row is; of several, the one with that number."""
        for found in (self.exact.get(tidy(title), []), self.near.get(alike(title), [])):
            free = [each for each in found if each.key not in taken]
            if free:
                return next((each for each in free if self.numbers[each.key] == number.rstrip(".)")), free[0])
        return None

    def close_to(self, title: str, taken: set[str]) -> list[str]:
        """The keys of up to three items whose titles have most words in common with that one."""
        words = frozenset(alike(title).split())
        scored = [
            (len(words & theirs) / len(words | theirs), each.key)
            for theirs, each in self.words
            if each.key not in taken and words & theirs
        ]
        return [key for score, key in sorted(scored, key=lambda each: -each[0])[:3] if score >= LIKE]

    def party(self, said: str) -> str:
        """The party reference that a list means; blank where it is none that the deal knows."""
        for each in (said, *re.split(r"[/;,]| and | & |\n", said)):
            found = self.parties.get(alike(each)) if each.strip() else None
            if found:
                return found
        return ""

    def signers(self, said: str) -> tuple[tuple[str, ...], list[str]]:
        """Those who sign as party references, and the names of others."""
        whole = self.parties.get(alike(said))
        names = [said] if whole else [each.strip() for each in re.split(r"[;/\n]|, (?=[a-z])| and (?=each|the)", said)]
        found: list[str] = []
        others: list[str] = []
        for each in filter(None, names):
            reference = self.parties.get(alike(each), "")
            signs = reference in (ISSUER, INVESTORS) or reference in self.deal.investor_by_name
            (found if signs else others).append(reference if signs else each)
        return tuple(dict.fromkeys(found)), others


def _party_names(deal: Deal) -> dict[str, str]:
    issuer = deal.issuer.name
    found = {alike(said): ISSUER for said in ("issuer", "company", "corporation", issuer, issuer.partition(",")[0])}
    found.update({alike(said): INVESTORS for said in ALL_INVESTORS})
    for each in deal.counsel:
        whose = ("company", "issuer") if each.side is Side.ISSUER else ("investor", "purchaser")
        said = [each.key, each.key.replace("-", " "), each.name, each.short]
        for one in (*said, *(f"{who}{s} counsel" for who in whose for s in ("", "s"))):
            found.setdefault(alike(one), each.key)
    for investor in deal.investors:
        found.setdefault(alike(investor.name), investor.name)
    return found


def _planned(read: ReadRow, known: _Known, part: str, taken: set[str], seen: dict[str, int]) -> PlannedRow:
    title = tidy(read.cells.get("title", ""))
    number = tidy(read.cells.get("number", ""))
    comment = read.cells.get("comment", "").strip()
    if not title:
        return PlannedRow(line=read.line, outcome=Outcome.IGNORE, title="", says=("It names no item.",))
    if len(title) > LONGEST_TITLE:
        said = f"The item has more than {LONGEST_TITLE} letters; shorten it first."
        return PlannedRow(line=read.line, outcome=Outcome.IGNORE, title=f"{title[:80]}…", says=(said,))
    row = _described(read, known, part, PlannedRow(line=read.line, outcome=Outcome.CREATE, title=title, number=number))
    found = known.find(title, number, taken)
    likely = known.close_to(title, taken) if found is None else []
    if found is not None:
        return replace(row, outcome=Outcome.MATCH, key=found.key, comment=comment)
    if likely:
        says = ("The titles differ; look whether it is the same.",)
        return replace(row, outcome=Outcome.MATCH, key=likely[0], like=tuple(likely), says=says, comment=comment)
    same = alike(title)
    if same in seen:
        return replace(row, outcome=Outcome.IGNORE, says=(f"The same as row {seen[same]}.",))
    seen[same] = read.line
    return replace(row, comment=comment, says=_doubts(read, known, row.owed_by))


def _described(read: ReadRow, known: _Known, part: str, row: PlannedRow) -> PlannedRow:
    said = read.cells.get("part", "")
    sections = tuple(dict.fromkeys(SECTION.findall(read.cells.get("section", ""))))
    return replace(
        row,
        part=known.part(said) if said.strip() else part or "Other items",
        section=sections[0] if sections else "",
        serves=tuple(each for each in sections if each in known.deal.condition_by_section),
        owed_by=known.party(read.cells.get("owed_by", "")),
        signed_by=known.signers(read.cells.get("signed_by", ""))[0],
    )


def _doubts(read: ReadRow, known: _Known, owed_by: str) -> tuple[str, ...]:
    says = []
    responsible = tidy(read.cells.get("owed_by", ""))
    if responsible and not owed_by:
        says.append(f"“{responsible}” is no party of the deal.")
    others = known.signers(read.cells.get("signed_by", ""))[1]
    if others:
        says.append(f"Not taken as signatories: {', '.join(map(tidy, others))}.")
    return tuple(says)
