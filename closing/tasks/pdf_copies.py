"""The doorbell of the PDF copies of Word files: a message only says that a row may be waiting."""

import logging
from collections.abc import Iterable

from django.db import transaction
from kombu.exceptions import OperationalError

from closing.actions import pdf_copies
from closing.celery import app
from closing.models import PdfCopy

log = logging.getLogger(__name__)


@app.task(name="closing.tasks.pdf_copies.make_pdf_copy", soft_time_limit=100, time_limit=110)
def make_pdf_copy(pk: int) -> None:
    """Convert one Word file, if it is still waiting."""
    pdf_copies.make_pdf_copy(pk)


@app.task(name="closing.tasks.pdf_copies.sweep_pdf_copies", soft_time_limit=45, time_limit=50)
def sweep_pdf_copies() -> None:
    """Ring for the copies that nobody came for."""
    for pk in pdf_copies.waiting():
        make_pdf_copy.delay(pk)


def ring(copies: Iterable[PdfCopy]) -> None:
    """Ring for queued copies once this transaction commits."""
    waiting = [copy.pk for copy in copies if copy.state == PdfCopy.State.QUEUED]
    transaction.on_commit(lambda: _ring(waiting))


def _ring(waiting: Iterable[int]) -> None:
    """Ring now. A broker that does not answer costs the time until the next sweep, and nothing else."""
    try:
        for pk in waiting:
            make_pdf_copy.delay(pk)
    except OperationalError:
        log.warning("The broker does not answer; the PDF copies wait for the next sweep.")
