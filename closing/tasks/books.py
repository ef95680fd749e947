"""The doorbell of the closing books."""

from collections.abc import Iterable

from closing.actions import books
from closing.celery import app
from closing.models import ClosingBook
from closing.tasks.doorbell import ring_for


@app.task(name="closing.tasks.books.make_book", soft_time_limit=880, time_limit=900)
def make_book(pk: int) -> None:
    """Make one closing book, if it is still waiting."""
    books.make(pk)


@app.task(name="closing.tasks.books.sweep_books", soft_time_limit=45, time_limit=50)
def sweep_books() -> None:
    """Ring for the books that nobody came for."""
    for pk in books.QUEUE.waiting():
        make_book.delay(pk)


def ring(rows: Iterable[ClosingBook]) -> None:
    """Ring for queued books once this transaction commits."""
    ring_for(make_book, rows)
