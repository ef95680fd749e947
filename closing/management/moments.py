"""Reading `--on`: the moment that a command is asked about."""

import argparse
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

HELP = (
    "the moment asked about: a date (then the end of that day in the deal's time zone, with everything that came on "
    "file that day), or a time such as 1996-06-10T11:00 (in the deal's time zone unless it names an offset)"
)


def read_moment(text: str) -> date | datetime:
    """A date, or a time, as ISO 8601. Raises argparse's error for anything else."""
    try:
        if len(text) <= len("1996-06-10"):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a date (1996-06-10) nor a time (1996-06-10T11:00-07:00)"
        ) from error


def moment_in(asked: date | datetime, time_zone: str) -> datetime:
    """The moment asked about, aware: a date is the end of that day, a time without an offset is in `time_zone`."""
    if isinstance(asked, datetime):
        return asked if asked.tzinfo is not None else asked.replace(tzinfo=ZoneInfo(time_zone))
    return datetime.combine(asked, time.max, ZoneInfo(time_zone))
