"""The PDF of a Word file, to read without Word: asked for, and made by a worker where LibreOffice is found."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from closing.actions import events
from closing.actions.base import ActionRefused, acting
from closing.actions.leases import CannotBeMade, Held, Queue
from closing.actions.stored_files import store
from closing.models import DocumentVersion, PdfCopy
from closing.pdf.conversion import NOT_HERE, ConversionFailed, convert_to_pdf, find_converter
from closing.pdf.uploads import MEDIA_TYPES
from closing.queries.documents import FOLDER, open_version
from closing.rules.access import Verb
from closing.rules.words import number
from investors.models import User

State = PdfCopy.State
NO_WORD_FILE = "Only Word files are converted. This version is of another kind."
LOST = "The file store has lost this version's file. Hand it in again as the next version."


def converter() -> Path | None:
    """The office suite of this machine, or None."""
    return find_converter(settings.OFFICE_CONVERTER)


def wants_copy(version: DocumentVersion) -> bool:
    """Whether the file is a Word file, and can be converted here."""
    return version.content_type == MEDIA_TYPES["docx"] and converter() is not None


def request_pdf_copy(version: DocumentVersion, by: User | None) -> PdfCopy:
    """Ask for the PDF of a Word version; again, where it failed. Made or under way, the same row is returned.

    Ring for it with `closing.tasks.pdf_copies.ring`. Raises NotAllowed, and ActionRefused where the file is no Word
    file or it is to be made and this machine has no office suite.
    """
    with acting(version.deliverable.deal, by, Verb.UPLOAD_DOCUMENT) as act:
        if version.content_type != MEDIA_TYPES["docx"]:
            raise ActionRefused(NO_WORD_FILE)
        copy = PdfCopy.objects.filter(version=version).first()
        if copy is not None and copy.state == State.MADE:
            return copy
        if converter() is None:
            raise ActionRefused(NOT_HERE)
        asked = {"requested_by": act.user, "requested_at": act.now}
        if copy is None:
            return PdfCopy.objects.create(version=version, **asked)
        if copy.state in (State.FAILED, State.CANCELLED):
            PdfCopy.objects.filter(pk=copy.pk).update(state=State.QUEUED, attempts=0, error="", **asked)
            copy.refresh_from_db()
        return copy


def make_pdf_copy(pk: int) -> bool:
    """Convert one file, if nobody else is at it. True if this call made it."""
    return QUEUE.work(pk, _make)


def _make(held: Held[PdfCopy]) -> dict[str, Any]:
    program = converter()
    if program is None:
        raise CannotBeMade(NOT_HERE)
    try:
        with open_version(held.row.version) as file:
            content = file.read()
        made = convert_to_pdf(content, program)
    except FileNotFoundError as lost:
        raise CannotBeMade(LOST) from lost
    except ConversionFailed as failed:
        raise CannotBeMade(str(failed)) from failed
    kept = store(made, FOLDER)
    return {"sha256": kept.sha256, "size": kept.size}


def _told(copy: PdfCopy) -> None:
    version = copy.version
    what = f"version {number(version.number)} of {version.deliverable.title}"
    deal = version.deliverable.deal
    if copy.state == State.MADE:
        data = {"sha256": copy.sha256, "of": version.sha256}
        events.record(deal, None, "pdf-copy-made", copy, f"A PDF copy of {what} was made", data=data)
    else:
        events.record(deal, None, "pdf-copy-failed", copy, f"No PDF copy of {what} could be made", reason=copy.error)


QUEUE = Queue(PdfCopy, timedelta(seconds=settings.PDF_COPY_LEASE_SECONDS), _told)
