"""Two people at once, in an order that the test sets: the second acts while the first is about to commit.

The first stops at the event that it writes last, its rows written and its transaction open. The second runs until it is
done or waits for the first; then the first goes on. So a race has one outcome, and a control another.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import QuerySet

from closing.actions import events
from closing.models import Deal

PATIENCE = 20.0
Outcome = Any


class Turns:
    """`run(first, second)` gives what each came to: what it returned, or what it raised."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._writes = events.record
        self._first: threading.Thread | None = None
        self._stopped, self._go_on = threading.Event(), threading.Event()
        patch.setattr(events, "record", self._record)
        self.waited = False

    def without_the_lock(self) -> None:
        """The control: actions read the deal's row, and lock it no more."""
        queryset = type(Deal.objects.all())
        lock = QuerySet.select_for_update
        self._patch.setattr(
            queryset,
            "select_for_update",
            lambda rows, **how: rows.all() if rows.model is Deal else lock(rows, **how),
        )

    def run(self, first: Callable[[], object], second: Callable[[], object]) -> tuple[Outcome, Outcome]:
        """Both, the second within the first."""
        told: dict[str, Outcome] = {}
        one = self._first = threading.Thread(target=_act, args=(first, told, "first"))
        two = threading.Thread(target=_act, args=(second, told, "second"))
        one.start()
        assert self._stopped.wait(PATIENCE), f"the first never wrote its event: {told}"
        two.start()
        self.waited = _waits(two)
        self._go_on.set()
        for thread in (one, two):
            thread.join(PATIENCE)
        return told["first"], told["second"]

    def _record(self, *said: Any, **more: Any) -> Any:
        written = self._writes(*said, **more)
        if threading.current_thread() is self._first and not self._stopped.is_set():
            self._stopped.set()
            assert self._go_on.wait(PATIENCE)
        return written


def _act(what: Callable[[], object], told: dict[str, Outcome], name: str) -> None:
    try:
        told[name] = what()
    except Exception as error:
        told[name] = error
    finally:
        connections.close_all()


def _waits(thread: threading.Thread) -> bool:
    """Whether the thread comes to wait for a lock; False when it is done without."""
    until = time.monotonic() + PATIENCE
    while thread.is_alive():
        assert time.monotonic() < until, "the second neither waits nor is done"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            (waiting,) = cursor.fetchone() or (0,)
        if waiting:
            return True
        time.sleep(0.01)
    return False
