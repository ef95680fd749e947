"""The checklist as a page: every item with where it stands, whose move it is, and what is noted on it.

Filters, order and view are one value, `Asked`, so that an address, the page and its links say the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode

from closing.models import Deal, Deliverable
from closing.queries.documents import version_counts
from closing.queries.gates import gate_of
from closing.queries.notes import NoteLine, notes_for
from closing.queries.owed import owner_name
from closing.queries.submissions import balls
from closing.rules import terms
from closing.rules.checklist import in_parts, parties, why_not_withdraw
from closing.rules.documents import Standing, signatories, standing
from closing.rules.gate import Gate
from closing.rules.submissions import Ball, in_words
from closing.rules.terms import ISSUER, Side
from investors.models import User

SORTS = ("number", "item", "section", "responsible", "status")
STATUSES = {
    "awaited": "Awaited",
    "in": "In",
    "company": "With company counsel",
    "investors": "With the investors’ counsel",
}
HOLDERS = {"company": Side.ISSUER, "investors": Side.INVESTORS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What part of the checklist is asked for, and in which order. Blank is all of it, by number.

    `is_shared` is the abridged list: without private notes and the columns that are counsel's own.
    """

    part: str = ""
    owes: str = ""
    status: str = ""
    section: str = ""
    text: str = ""
    sort: str = "number"
    is_down: bool = False
    is_shared: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether some items are left out."""
        return bool(self.part or self.owes or self.status or self.section or self.text)

    @property
    def query(self) -> str:
        """The address's part after the path, `?` included; blank where nothing is asked."""
        said = {
            "part": self.part,
            "owes": self.owes,
            "status": self.status,
            "section": self.section,
            "q": self.text,
            "sort": "" if self.sort == "number" else self.sort,
            "order": "down" if self.is_down else "",
            "list": "shared" if self.is_shared else "",
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return f"?{query}" if query else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistRow:
    """An item. `owed_by` is the party reference, `owes` its name; `sections` the item's own and those it serves."""

    number: int
    key: str
    title: str
    part: str
    sections: tuple[str, ...]
    owed_by: str
    owes: str
    owed_to: str
    signatories: str
    standing: Standing
    ball: Ball
    notes: tuple[NoteLine, ...]
    versions: int
    is_added: bool
    why_not_withdraw: str

    @property
    def whose_move(self) -> str:
        """Who has it, where a move of one side was made; blank before the first."""
        return in_words(self.ball) if self.ball.moves else ""

    @property
    def latest(self) -> tuple[NoteLine, ...]:
        """The notes that the page shows."""
        return self.notes[:2]

    @property
    def earlier(self) -> int:
        """How many more there are."""
        return len(self.notes) - len(self.latest)


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a part under its heading; blank where the order is not by parts."""

    heading: str
    rows: tuple[ChecklistRow, ...]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An item that counsel took off the checklist."""

    key: str
    title: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head that sorts: `query` is what its link asks for, `order` how the column is sorted now."""

    label: str
    query: str
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters offer: values with their words."""

    parts: tuple[str, ...]
    owes: tuple[tuple[str, str], ...]
    statuses: tuple[tuple[str, str], ...]
    sections: tuple[str, ...]
    parties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistPage:
    """The checklist as asked for. `now` and `closing_at` are aware; `seen` has every item's part and who owes it."""

    asked: Asked
    deal: terms.Deal
    groups: tuple[Group, ...]
    total: int
    found: int
    waiting: int
    headings: tuple[Heading, ...]
    choices: Choices
    withdrawn: tuple[Withdrawn, ...]
    is_closed: bool
    now: datetime
    closing_at: datetime
    seen: Mapping[str, tuple[str, str]] = field(repr=False)

    @property
    def rows(self) -> tuple[ChecklistRow, ...]:
        """All rows, in their order."""
        return tuple(row for group in self.groups for row in group.rows)


def checklist_page(deal: Deal, user: User, asked: Asked) -> ChecklistPage:
    """The checklist that `user`, counsel of the deal, asks for. The number of queries does not grow with the list."""
    gate = gate_of(deal)
    all_rows = _rows(gate, deal, user, is_shared=asked.is_shared)
    rows = sorted(filter(_keeps(asked), all_rows), key=_order(asked.sort), reverse=asked.is_down)
    return ChecklistPage(
        asked=asked,
        deal=gate.deal,
        groups=_groups(rows, asked),
        total=len(all_rows),
        found=len(rows),
        waiting=sum(1 for row in all_rows if row.standing.is_waiting),
        headings=tuple(_headings(asked)),
        choices=_choices(gate.deal, all_rows),
        withdrawn=_withdrawn(deal),
        is_closed=gate.is_closed,
        now=gate.moment,
        closing_at=gate.closing.at,
        seen={row.key: (row.part, row.owed_by) for row in all_rows},
    )


def responsible_name(reference: str, deal: terms.Deal) -> str:
    """Who owes an item, as the checklist names him."""
    return deal.issuer.name if reference == ISSUER else owner_name(reference, deal)


def party_choices(deal: terms.Deal) -> tuple[tuple[str, str], ...]:
    """Who may owe an item: references with their names."""
    return tuple((each, responsible_name(each, deal)) for each in parties(deal))


def _rows(gate: Gate, deal: Deal, user: User, *, is_shared: bool) -> list[ChecklistRow]:
    added = set(Deliverable.objects.filter(deal=deal, added_at__isnull=False).values_list("key", flat=True))
    versions, held = version_counts(deal, user), balls(deal)
    notes: dict[str, list[NoteLine]] = {}
    for note in notes_for(user, deal, standing_only=True):
        if note.deliverable and (note.is_shared or not is_shared):
            notes.setdefault(note.deliverable, []).append(note)
    return [
        ChecklistRow(
            number=number,
            key=each.key,
            title=each.title,
            part=each.part,
            sections=tuple(dict.fromkeys(filter(None, (each.section, *each.serves)))),
            owed_by=each.owed_by,
            owes=responsible_name(each.owed_by, gate.deal),
            owed_to=responsible_name(each.owed_to, gate.deal),
            signatories=signatories(gate, each),
            standing=standing(gate, each, versions.get(each.key, 0)),
            ball=held[each.key],
            notes=tuple(notes.get(each.key, ())),
            versions=versions.get(each.key, 0),
            is_added=each.key in added,
            why_not_withdraw=why_not_withdraw(gate.deal, each, is_added=each.key in added),
        )
        for number, each in enumerate(in_parts(gate.deal.deliverables), start=1)
    ]


def _keeps(asked: Asked) -> Callable[[ChecklistRow], bool]:
    words = asked.text.casefold().split()

    def keeps(row: ChecklistRow) -> bool:
        return (
            asked.part in ("", row.part)
            and asked.owes in ("", row.owed_by)
            and (not asked.section or asked.section in row.sections)
            and _has_status(row, asked.status)
            and all(word in _said(row) for word in words)
        )

    return keeps


def _has_status(row: ChecklistRow, status: str) -> bool:
    if status in HOLDERS:
        return row.ball.moves > 0 and row.ball.holder is HOLDERS[status]
    return status not in STATUSES or row.standing.is_waiting == (status == "awaited")


def _said(row: ChecklistRow) -> str:
    """All words of a row, for the search; a note that the user may not read is not among them."""
    said = (row.title, row.part, *row.sections, row.owes, row.signatories, str(row.standing), row.whose_move)
    return "\n".join((*said, *(note.text for note in row.notes))).casefold()


def _order(sort: str) -> Callable[[ChecklistRow], tuple[str | int, ...]]:
    orders: dict[str, Callable[[ChecklistRow], tuple[str | int, ...]]] = {
        "item": lambda row: (row.title.casefold(), row.number),
        "section": lambda row: (row.sections[0] if row.sections else "~", row.number),
        "responsible": lambda row: (row.owes.casefold(), row.number),
        "status": lambda row: (0 if row.standing.is_waiting else 1, str(row.standing).casefold(), row.number),
    }
    return orders.get(sort, lambda row: (row.number,))


def _groups(rows: Iterable[ChecklistRow], asked: Asked) -> tuple[Group, ...]:
    if asked.sort != "number":
        found = tuple(rows)
        return (Group("", found),) if found else ()
    parts: dict[str, list[ChecklistRow]] = {}
    for row in rows:
        parts.setdefault(row.part, []).append(row)
    return tuple(Group(heading, tuple(rows)) for heading, rows in parts.items())


def _headings(asked: Asked) -> Iterable[Heading]:
    labels = ("No.", "Item", "Section", "Responsible party", "Status")
    for label, sort in zip(labels, SORTS, strict=True):
        is_now = asked.sort == sort
        order = ("descending" if asked.is_down else "ascending") if is_now else ""
        yield Heading(label, replace(asked, sort=sort, is_down=is_now and not asked.is_down).query or "?", order)


def _choices(deal: terms.Deal, rows: Iterable[ChecklistRow]) -> Choices:
    rows = list(rows)
    return Choices(
        parts=tuple(dict.fromkeys(row.part for row in rows)),
        owes=tuple(dict.fromkeys((row.owed_by, row.owes) for row in rows)),
        statuses=tuple(STATUSES.items()),
        sections=tuple(dict.fromkeys(section for row in rows for section in row.sections)),
        parties=party_choices(deal),
    )


def _withdrawn(deal: Deal) -> tuple[Withdrawn, ...]:
    rows = Deliverable.objects.filter(deal=deal, withdrawn_at__isnull=False).select_related("withdrawn_by")
    return tuple(
        Withdrawn(
            each.key, each.title, each.withdrawn_at, str(each.withdrawn_by or "the operator"), each.withdrawn_reason
        )
        for each in rows.order_by("-withdrawn_at")
        if each.withdrawn_at is not None
    )
