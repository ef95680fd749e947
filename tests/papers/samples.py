"""Lists to write and to read: the reference deal's, and ones that Hypothesis makes up."""

from collections.abc import Iterable
from datetime import UTC, datetime

from closing.papers.sheet import Column, Sheet, SheetPart
from closing.rules.checklist import in_parts
from closing.rules.terms import Deal

MONDAY = datetime(1996, 6, 3, 16, 0, tzinfo=UTC)
COLUMNS = (
    Column("No.", 5, is_number=True),
    Column("Item", 24),
    Column("Section", 9),
    Column("Responsible party", 14),
    Column("Signatories", 13),
    Column("Status", 17),
    Column("Comments", 22),
)


def sheet_of(deal: Deal, comment: str = "") -> Sheet:
    """A deal's checklist as it goes out, with the same comment on every item."""
    return Sheet(
        title="Closing Checklist",
        deal=deal.name,
        facts=("The agreement", "As of June 3, 1996"),
        notice="Abridged list.",
        parties=(("Company", deal.issuer.name),),
        columns=COLUMNS,
        parts=tuple(_parts(deal, comment)),
        as_of=MONDAY,
    )


def _parts(deal: Deal, comment: str) -> Iterable[SheetPart]:
    rows: dict[str, list[tuple[str, ...]]] = {}
    for number, each in enumerate(in_parts(deal.deliverables), start=1):
        signs = "; ".join(deal.party_name(name) for name in each.signed_by)
        owes = deal.party_name(each.owed_by)
        row = (str(number), each.title, "\n".join(each.serves), owes, signs, "Not handed in", comment)
        rows.setdefault(each.part, []).append(row)
    for heading, found in rows.items():
        yield SheetPart(heading, tuple(found))
