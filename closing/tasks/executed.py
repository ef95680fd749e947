"""The doorbell of the executed versions."""

from collections.abc import Iterable

from closing.actions import executed
from closing.celery import app
from closing.models import Deal, ExecutedVersion
from closing.tasks.doorbell import ring_for


@app.task(name="closing.tasks.executed.make_executed", soft_time_limit=270, time_limit=280)
def make_executed(pk: int) -> None:
    """Make one executed version, if it is still waiting."""
    executed.make(pk)


@app.task(name="closing.tasks.executed.sweep_executed", soft_time_limit=45, time_limit=50)
def sweep_executed() -> None:
    """Ring for the executed versions that nobody came for."""
    for pk in executed.QUEUE.waiting():
        make_executed.delay(pk)


def ring_queued(deal: Deal) -> None:
    """Ring for all of a deal, after an act that asked for them on the way."""
    ring(ExecutedVersion.objects.filter(deal=deal, state=ExecutedVersion.State.QUEUED))


def ring(rows: Iterable[ExecutedVersion]) -> None:
    """Ring for queued executed versions once this transaction commits."""
    ring_for(make_executed, rows)
