"""The doorbell of the pages signed in the browser: a message only says that a row may be waiting."""

import logging
from collections.abc import Iterable

from django.db import transaction
from kombu.exceptions import OperationalError

from closing.actions import signed_pages
from closing.celery import app
from closing.models import ElectronicSignature

log = logging.getLogger(__name__)


@app.task(name="closing.tasks.signing.make_signed_page", soft_time_limit=45, time_limit=50)
def make_signed_page(pk: int) -> None:
    """Make and seal one page, if it is still waiting."""
    signed_pages.make(pk)


@app.task(name="closing.tasks.signing.sweep_signed_pages", soft_time_limit=45, time_limit=50)
def sweep_signed_pages() -> None:
    """Ring for the pages that nobody came for."""
    for pk in signed_pages.waiting():
        make_signed_page.delay(pk)


def ring(signed: Iterable[ElectronicSignature]) -> None:
    """Ring for queued pages once this transaction commits."""
    waiting = [each.pk for each in signed if each.state == ElectronicSignature.State.QUEUED]
    transaction.on_commit(lambda: _ring(waiting))


def _ring(waiting: Iterable[int]) -> None:
    """Ring now. A broker that does not answer costs the time until the next sweep, and nothing else."""
    try:
        for pk in waiting:
            make_signed_page.delay(pk)
    except OperationalError:
        log.warning("The broker does not answer; the signed pages wait for the next sweep.")
