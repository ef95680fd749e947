"""The doorbell of the pages signed in the browser: a message only says that a row may be waiting."""

import logging
from collections.abc import Iterable

from django.db import transaction

from closing.actions import signed_pages
from closing.actions.page_pictures import UploadRefused, page_picture
from closing.celery import app
from closing.models import DocumentVersion, ElectronicSignature
from closing.tasks.doorbell import ring_for, ring_now

log = logging.getLogger(__name__)


@app.task(name="closing.tasks.signing.make_signed_page", soft_time_limit=45, time_limit=50)
def make_signed_page(pk: int) -> None:
    """Make and seal one page, if it is still waiting."""
    signed_pages.make(pk)


@app.task(name="closing.tasks.signing.sweep_signed_pages", soft_time_limit=45, time_limit=50)
def sweep_signed_pages() -> None:
    """Ring for the pages that nobody came for."""
    for pk in signed_pages.QUEUE.waiting():
        make_signed_page.delay(pk)


@app.task(name="closing.tasks.signing.draw_pages")
def draw_pages(version_id: int) -> None:
    """Draw the pages of a document that somebody begins to read, so that he waits for none."""
    version = DocumentVersion.objects.filter(pk=version_id).first()
    if version is None:
        return
    for number in range(1, (version.pages or 0) + 1):
        try:
            page_picture(version.sha256, number)
        except (OSError, UploadRefused):
            log.warning("Page %s of %s could not be drawn.", number, version)
            return


def ring_pictures(version: DocumentVersion) -> None:
    """Ring for the pictures of a document's pages, once this transaction commits."""
    transaction.on_commit(lambda: ring_now(draw_pages, [version.pk]))


def ring(signed: Iterable[ElectronicSignature]) -> None:
    """Ring for queued pages once this transaction commits."""
    ring_for(make_signed_page, signed)
