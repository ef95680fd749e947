"""Ringing for rows that wait: a message only says that a row may be waiting."""

import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from closing.models import LeasedRow

log = logging.getLogger(__name__)


def ring_for(task: Any, rows: Iterable[LeasedRow]) -> None:
    """Ring with `task` for those of the rows that are queued, once this transaction commits."""
    waiting = [row.pk for row in rows if row.state == LeasedRow.State.QUEUED]
    transaction.on_commit(lambda: ring_now(task, waiting))


def ring_now(task: Any, waiting: Iterable[int | list[int]]) -> None:
    """Ring now. A broker that does not answer costs the time until the next sweep, and nothing else."""
    try:
        for row in waiting:
            task.delay(row)
    except OperationalError:
        log.warning("The broker does not answer; what waits for %s waits for the next sweep.", task.name)
