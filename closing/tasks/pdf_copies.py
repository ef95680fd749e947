"""The doorbell of the PDF copies of Word files: a message only says that a row may be waiting."""

from collections.abc import Iterable

from closing.actions import pdf_copies
from closing.celery import app
from closing.models import PdfCopy
from closing.tasks.doorbell import ring_for


@app.task(name="closing.tasks.pdf_copies.make_pdf_copy", soft_time_limit=100, time_limit=110)
def make_pdf_copy(pk: int) -> None:
    """Convert one Word file, if it is still waiting."""
    pdf_copies.make_pdf_copy(pk)


@app.task(name="closing.tasks.pdf_copies.sweep_pdf_copies", soft_time_limit=45, time_limit=50)
def sweep_pdf_copies() -> None:
    """Ring for the copies that nobody came for."""
    for pk in pdf_copies.QUEUE.waiting():
        make_pdf_copy.delay(pk)


def ring(copies: Iterable[PdfCopy]) -> None:
    """Ring for queued copies once this transaction commits."""
    ring_for(make_pdf_copy, copies)
