"""The doorbell of the money papers."""

from collections.abc import Iterable

from closing.actions import money_papers
from closing.celery import app
from closing.models import MoneyPaper
from closing.tasks.doorbell import ring_for


@app.task(name="closing.tasks.money_papers.make_money_paper", soft_time_limit=110, time_limit=120)
def make_money_paper(pk: int) -> None:
    """Make one money paper, if it is still waiting."""
    money_papers.make(pk)


@app.task(name="closing.tasks.money_papers.sweep_money_papers", soft_time_limit=45, time_limit=50)
def sweep_money_papers() -> None:
    """Ring for the papers that nobody came for."""
    for pk in money_papers.QUEUE.waiting():
        make_money_paper.delay(pk)


def ring(rows: Iterable[MoneyPaper]) -> None:
    """Ring for queued papers once this transaction commits."""
    ring_for(make_money_paper, rows)
