"""How long the representations survive: Section 6(f) of the reference agreement."""

from calendar import monthrange
from datetime import date


def survives_until(closed_on: date, months: int) -> date:
    """The day `months` after the closing: June 10, 1996 and 18 months give December 10, 1997.

    Where that month is shorter, its last day.
    """
    years, month = divmod(closed_on.month - 1 + months, 12)
    year, month = closed_on.year + years, month + 1
    return date(year, month, min(closed_on.day, monthrange(year, month)[1]))
