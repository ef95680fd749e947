"""What a document's page says of its Word files, and who fetches their PDF copies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from closing.actions.pdf_copies import make_pdf_copy
from closing.models import PdfCopy
from tests.pdf.office import makes, program
from tests.pdf.test_comparison import typeset, word_file
from tests.web.papers import BASE, Room, open_room, text_of, upload

AGREEMENT = f"{BASE}/documents/stock-purchase-agreement/"
COPY = f"{AGREEMENT}versions/1/pdf/"


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


def hand_in(room: Room) -> None:
    file = upload("agreement.docx", word_file("The Company shall sell."))
    assert room.company.post(AGREEMENT, {"file": file, "note": ""}).status_code == 302


def test_handed_in_converted_and_fetched(room: Room, tmp_path: Path, settings: Any) -> None:
    made = typeset("The Company shall sell.")
    settings.OFFICE_CONVERTER = str(makes(tmp_path, made))
    hand_in(room)
    page = text_of(room.company.get(AGREEMENT))
    assert "Being converted" in page
    assert f'hx-get="{AGREEMENT}pdf-copies/"' in page
    assert room.company.get(COPY).status_code == 404
    make_pdf_copy(PdfCopy.objects.get().pk)
    part = text_of(room.company.get(f"{AGREEMENT}pdf-copies/", headers={"HX-Request": "true"}))
    assert "PDF copy of version 1" in part
    assert "hx-get" not in part
    answer: Any = room.malcolm.get(COPY)
    assert b"".join(answer.streaming_content) == made
    assert answer["Content-Disposition"] == 'attachment; filename="agreement.pdf"'


def test_what_failed_says_why_and_counsel_may_try_again(room: Room, tmp_path: Path, settings: Any) -> None:
    settings.OFFICE_CONVERTER = str(program(tmp_path, "exit 1"))
    hand_in(room)
    make_pdf_copy(PdfCopy.objects.get().pk)
    page = text_of(room.company.get(AGREEMENT))
    assert "Not converted" in page
    assert "LibreOffice could not convert the document." in page
    assert "Try again" in page
    assert "Try again" not in text_of(room.malcolm.get(AGREEMENT))
    assert room.malcolm.post(COPY).status_code == 403
    assert room.company.post(COPY).status_code == 302
    assert PdfCopy.objects.get().state == PdfCopy.State.QUEUED


def test_where_there_is_no_office_suite_the_page_says_so(room: Room, tmp_path: Path, settings: Any) -> None:
    settings.OFFICE_CONVERTER = str(tmp_path / "nowhere")
    hand_in(room)
    assert not PdfCopy.objects.exists()
    page = text_of(room.company.get(AGREEMENT))
    assert "Word files are not converted here, because there is no LibreOffice. Save the document as a PDF" in page
    assert room.company.post(COPY).status_code == 409
    settings.OFFICE_CONVERTER = str(makes(tmp_path, b""))
    assert "Make one" in text_of(room.company.get(AGREEMENT))


def test_a_document_without_word_files_says_nothing_of_them(room: Room) -> None:
    assert "To read as PDF" not in text_of(room.company.get(AGREEMENT))
