"""Parts that several pages show: figures with a bar, and lines of what is owed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a strip. `of` is the small print under it; `percent` draws a bar, None draws none."""

    label: str
    value: str
    of: str = ""
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """One line of what is still owed. `act` is the one thing to do about it, the last part of an address.

    `investor` is a registered name where the line is about one of them, else blank. `since` is None where nothing at
    all is on file; `is_late` after three days; `is_reopened` where it was done before and was undone.
    """

    section: str
    heading: str
    investor: str
    reason: str
    owes: str
    since: datetime | None
    is_late: bool
    is_reopened: bool
    act: str
    label: str

    @property
    def key(self) -> str:
        """The act and its condition, as `closing.web.acts.allowed` names them."""
        return f"{self.section}/{self.act}"


def percent(part: Decimal | int, whole: Decimal | int) -> int:
    """Part of a whole in percent, 0 to 100, rounded down: a bar is full only when nothing is missing."""
    if whole <= 0:
        return 0
    return max(0, min(100, int(part * 100 // whole)))
