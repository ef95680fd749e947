"""Who has confirmed the closing to come, and whether that still counts."""

from dataclasses import dataclass
from datetime import datetime

from closing.models import ClosingConfirmation, Deal
from closing.rules.closing_confirmations import Confirmed, changes
from closing.rules.terms import Deal as Terms, Side

CHANGES_SHOWN = 3
COUNSEL = {Side.ISSUER: "company counsel", Side.INVESTORS: "the investors’ counsel"}


@dataclass(frozen=True, slots=True)
class SideStanding:
    """What one side's counsel confirmed. `by` is blank where nothing stands; with `changed` it counts no more."""

    side: Side
    counsel: str
    firm: str
    by: str = ""
    at: datetime | None = None
    changed: tuple[str, ...] = ()

    @property
    def first_changes(self) -> tuple[str, ...]:
        """What changed, as far as a page says it at once."""
        return self.changed[:CHANGES_SHOWN]

    @property
    def further_changes(self) -> tuple[str, ...]:
        """The rest, most of which follows from the first."""
        return self.changed[CHANGES_SHOWN:]

    @property
    def counts(self) -> bool:
        """Whether the side has confirmed what would happen now."""
        return bool(self.by) and not self.changed


def standing_of(deal: Deal, number: int) -> dict[Side, ClosingConfirmation]:
    """The last confirmation of each side of the closing of that number, where it was not taken back. One query."""
    rows = ClosingConfirmation.objects.filter(deal=deal, number=number).select_related("by").order_by("id")
    last = {Side(row.side): row for row in rows}
    return {side: row for side, row in last.items() if row.withdrawn_at is None}


def seen_in(row: ClosingConfirmation) -> tuple[Confirmed, ...]:
    """The lines that were confirmed."""
    return tuple(Confirmed(**each) for each in row.seen)


def side_standings(deal: Deal, of: Terms, number: int, lines: tuple[Confirmed, ...]) -> tuple[SideStanding, ...]:
    """Both sides of the closing to come, whose `lines` these are: the company's first. One query."""
    standing = standing_of(deal, number)
    found = []
    for side in Side:
        firm = next((each.name for each in of.counsel if each.side is side), "")
        row = standing.get(side)
        if row is None:
            found.append(SideStanding(side, COUNSEL[side], firm))
        else:
            found.append(SideStanding(side, COUNSEL[side], firm, row.by.name, row.at, changes(seen_in(row), lines)))
    return tuple(found)
