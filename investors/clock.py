"""The one clock of the whole product: nothing else asks the machine for the time.

CLOSING_CLOCK_OFFSET (seconds, may be negative) moves it for every process that shares that
environment; CLOSING_CLOCK (ISO 8601 with an offset) starts it at an instant, from which it ticks.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_fixed: datetime | None = None
_started = time.monotonic()


def now() -> datetime:
    """The time, aware, in UTC."""
    fixed = _fixed  # once: another thread may let go of it between two looks
    return fixed if fixed is not None else machine_time() + _offset()


def machine_time() -> datetime:
    """The machine's own time, aware, in UTC: for seals alone, which others check by the time of their machines."""
    return datetime.now(UTC)


def is_simulated() -> bool:
    """Whether this clock shows another time than the machine's; pages then say so."""
    if _fixed is not None:
        return True
    return bool(os.environ.get("CLOSING_CLOCK_OFFSET") or os.environ.get("CLOSING_CLOCK"))


@contextmanager
def fixed(at: datetime) -> Iterator[None]:
    """Stop the clock at an instant, for every thread of this process; for tests.

    Raises ValueError for a time without a zone.
    """
    global _fixed
    before, _fixed = _fixed, _aware(at)
    try:
        yield
    finally:
        _fixed = before


def offset_to(at: datetime) -> str:
    """What CLOSING_CLOCK_OFFSET must be for the clock to show this instant now.

    Raises ValueError for a time without a zone.
    """
    return f"{(_aware(at) - machine_time()).total_seconds():.6f}"


def _offset() -> timedelta:
    seconds = os.environ.get("CLOSING_CLOCK_OFFSET")
    if seconds:
        return timedelta(seconds=float(seconds))
    start = os.environ.get("CLOSING_CLOCK")
    if start:
        running = timedelta(seconds=time.monotonic() - _started)
        return _aware(datetime.fromisoformat(start)) + running - machine_time()
    return timedelta(0)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} names no time zone; write it with one: 1996-06-03T09:00-07:00")
    return at.astimezone(UTC)
