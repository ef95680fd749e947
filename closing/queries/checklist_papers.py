"""The checklist as it goes out: the full list for one side's own use, or the abridged one for both."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from closing.models import Deal
from closing.papers.sheet import Column, Sheet, SheetPart
from closing.queries.checklist import Asked, ChecklistPage, ChecklistRow, checklist_page
from closing.queries.notes import NoteLine
from closing.rules import terms
from closing.rules.submissions import counsel_of
from closing.rules.terms import INVESTORS, Side
from closing.rules.words import at_time, on_day
from investors.models import User

NUMBER = Column("No.", 5, is_number=True)
FULL = (
    NUMBER,
    Column("Item", 24),
    Column("Section", 9),
    Column("Responsible party", 14),
    Column("Owed to", 12),
    Column("Signatories", 13),
    Column("Status", 17),
    Column("Whose move", 13),
    Column("Comments", 22),
)
SHARED = (
    NUMBER,
    Column("Item", 30),
    Column("Section", 11),
    Column("Responsible party", 17),
    Column("Signatories", 16),
    Column("Status", 20),
    Column("Comments", 22),
)


def checklist_sheet(deal: Deal, user: User, side: Side, *, is_shared: bool) -> Sheet:
    """The whole checklist as `user`, counsel of `side`, may send it out. A fixed number of queries.

    The shared list has the shared notes alone and no column of counsel's own; the full one also that side's notes.
    """
    page = checklist_page(deal, user, Asked(is_shared=is_shared))
    of = page.deal
    zone = of.closing.time_zone
    return Sheet(
        title="Closing Checklist",
        deal=of.name,
        facts=(
            f"{of.issuer.name}, {of.security.name}",
            f"{of.agreement.title} dated as of {on_day(of.agreement.dated)}",
            f"Closing: {at_time(page.closing_at, zone)}, {of.closing.place}",
            f"As of {at_time(page.now, zone)}",
        ),
        notice=notice(page, side),
        parties=tuple(_parties(of)),
        columns=SHARED if is_shared else FULL,
        parts=tuple(
            SheetPart(group.heading, tuple(_cells(row, zone, is_shared=is_shared) for row in group.rows))
            for group in page.groups
        ),
        as_of=page.now,
    )


def notice(page: ChecklistPage, side: Side) -> str:
    """For whom the list is."""
    if page.asked.is_shared:
        return "Abridged list, to be shared among the parties and their counsel."
    return f"Full list of {counsel_of(side)}. It may contain private notes: not for the other side."


def _cells(row: ChecklistRow, zone: str, *, is_shared: bool) -> tuple[str, ...]:
    notes = "\n".join(_note(note, zone) for note in row.notes)
    first = (str(row.number), row.title, "\n".join(row.sections), row.owes)
    status = "\n".join(row.standing.words)
    if is_shared:
        return (*first, row.signatories, status, notes)
    return (*first, row.owed_to, row.signatories, status, row.whose_move, notes)


def _note(note: NoteLine, zone: str) -> str:
    day = on_day(note.at.astimezone(ZoneInfo(zone)).date())
    private = "" if note.is_shared else " (private)"
    return f"{note.text} [{note.by}, {day}{private}]"


def _parties(deal: terms.Deal) -> Iterable[tuple[str, str]]:
    yield "Company", deal.issuer.name
    for each in deal.counsel:
        whose = "Company counsel" if each.side is Side.ISSUER else "Investors’ counsel"
        short = f" ({each.short})" if each.short != each.name else ""
        yield whose, f"{each.name}{short}"
    names = [each.name for each in deal.investors]
    yield deal.party_name(INVESTORS), "; ".join(names) if len(names) <= 20 else f"The {len(names)} of Schedule A"
