"""PDF copies of Word versions: asked for once, made where there is an office suite, and the reason kept where not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.documents import add_document_version
from closing.actions.pdf_copies import QUEUE, make_pdf_copy, request_pdf_copy, wants_copy
from closing.models import Deal, Deliverable, DocumentVersion, Event, PdfCopy
from closing.queries.comparisons import comparison_page
from closing.queries.documents import open_stored
from closing.rules.access import Role
from investors.models import User
from tests.pdf.office import makes, program
from tests.pdf.test_comparison import typeset, word_file

State = PdfCopy.State


@pytest.fixture
def version(cerplex: Deal) -> DocumentVersion:
    """A Word draft of the agreement."""
    return handed_in(cerplex, "agreement.docx", word_file("The Company shall sell."))


def handed_in(deal: Deal, name: str, content: bytes) -> DocumentVersion:
    agreement = Deliverable.objects.get(deal=deal, key="stock-purchase-agreement")
    return add_document_version(agreement, ContentFile(content, name=name), "", None)


@pytest.fixture
def office(tmp_path: Path, settings: Any) -> bytes:
    """An office suite that makes the same PDF of every file; the PDF."""
    made = typeset("1. The Company shall sell.")
    settings.OFFICE_CONVERTER = str(makes(tmp_path, made))
    return made


def test_asked_for_twice_it_is_made_once_and_told_once(version: DocumentVersion, office: bytes) -> None:
    assert wants_copy(version)
    copy = request_pdf_copy(version, None)
    assert request_pdf_copy(version, None) == copy
    assert QUEUE.waiting() == [copy.pk]
    assert make_pdf_copy(copy.pk)
    assert not make_pdf_copy(copy.pk)
    copy.refresh_from_db()
    assert copy.state == State.MADE
    assert copy.sha256 is not None
    with open_stored(copy.sha256) as file:
        assert file.read() == office
    told = Event.objects.get(verb="pdf-copy-made")
    assert told.summary == "A PDF copy of version 1 of Stock Purchase Agreement was made"
    assert told.data == {"sha256": copy.sha256, "of": version.sha256}
    assert request_pdf_copy(version, None).state == State.MADE


def test_what_cannot_be_converted_fails_with_the_reason_and_may_be_tried_again(
    version: DocumentVersion, tmp_path: Path, settings: Any
) -> None:
    settings.OFFICE_CONVERTER = str(program(tmp_path, "exit 1"))
    copy = request_pdf_copy(version, None)
    assert not make_pdf_copy(copy.pk)
    copy.refresh_from_db()
    assert (copy.state, "could not convert" in copy.error) == (State.FAILED, True)
    assert Event.objects.get(verb="pdf-copy-failed").reason == copy.error
    settings.OFFICE_CONVERTER = str(makes(tmp_path, typeset("Words.")))
    again = request_pdf_copy(version, None)
    assert (again.pk, again.state, again.attempts, again.error) == (copy.pk, State.QUEUED, 0, "")
    assert make_pdf_copy(copy.pk)


def test_where_there_is_no_office_suite_it_is_said(version: DocumentVersion, settings: Any, tmp_path: Path) -> None:
    settings.OFFICE_CONVERTER = str(makes(tmp_path, b""))
    copy = request_pdf_copy(version, None)
    settings.OFFICE_CONVERTER = str(tmp_path / "nowhere")
    assert not wants_copy(version)
    with pytest.raises(ActionRefused, match="there is no LibreOffice"):
        request_pdf_copy(version, None)
    assert not make_pdf_copy(copy.pk)
    copy.refresh_from_db()
    assert "there is no LibreOffice" in copy.error


def test_only_word_files_are_converted(cerplex: Deal, office: bytes) -> None:
    text = handed_in(cerplex, "agreement.txt", b"The Company shall sell.")
    assert not wants_copy(text)
    with pytest.raises(ActionRefused, match="Only Word files"):
        request_pdf_copy(text, None)


def test_counsel_ask_and_nobody_else(version: DocumentVersion, office: bytes, user_of: Callable[[Role], User]) -> None:
    with pytest.raises(NotAllowed):
        request_pdf_copy(version, user_of(Role.INVESTOR))
    counsel = user_of(Role.INVESTORS_COUNSEL)
    assert request_pdf_copy(version, counsel).requested_by == counsel


def test_beside_a_pdf_a_word_file_is_read_as_its_copy(cerplex: Deal, version: DocumentVersion, office: bytes) -> None:
    later = handed_in(cerplex, "agreement.pdf", typeset("1. The Company shall sell."))
    page = comparison_page(version, later, (1, 2), 1)
    assert page.found is not None
    assert (page.found.changes, len(page.warnings)) == (1, 1)
    make_pdf_copy(request_pdf_copy(version, None).pk)
    page = comparison_page(version, later, (1, 2), 1)
    assert page.found is not None
    assert (page.found.changes, page.warnings) == (0, ())
