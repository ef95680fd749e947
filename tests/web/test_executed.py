"""The executed version on a document's page: counsel's whole, an investor's own copy, each watched and fetched."""

from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest

from closing.actions.executed import make, request_executed
from closing.models import Event, ExecutedVersion, Signature
from tests.closed_rooms import close_for_all, freeze_signed
from tests.rules.any_facts import CERPLEX
from tests.web.papers import BASE, CLOSING, Room, open_room, text_of

DOCUMENT = "registration-rights-agreement"
PAGE = f"{BASE}/documents/{DOCUMENT}/"
PART = f"{PAGE}executed/"
HTMX = {"HX-Request": "true"}
OWN = "Malcolm and Emily Fairbairn"


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room("closing-day", CLOSING) as found:
        freeze_signed(found.deal)
        yield found


def block(page: str) -> str:
    """The part of the page that tells of the executed version."""
    return page.split('id="executed-block"')[1].split("</section>")[0]


def pages_of(answer: Any) -> list[str]:
    pdf = pypdfium2.PdfDocument(b"".join(answer.streaming_content))
    return [page.get_textpage().get_text_bounded() for page in pdf]


def test_before_the_release_it_says_what_is_missing_to_counsel_alone(room: Room) -> None:
    assert "17 of 17 signature pages are not released yet." in block(text_of(room.company.get(PAGE)))
    own = block(text_of(room.malcolm.get(PAGE)))
    assert "Not executed yet." in own
    assert "17" not in own
    assert room.company.post(PART).status_code == 302
    assert "signature pages are not released yet" in text_of(room.company.get(PAGE))
    assert not ExecutedVersion.objects.exists()


def test_it_appears_by_itself_at_the_closing(room: Room) -> None:
    close_for_all(room.deal)
    waiting = text_of(room.counsel.get(PART, headers=HTMX))
    assert 'hx-trigger="every 1s"' in waiting
    assert "<html" not in waiting
    row = ExecutedVersion.objects.get(deliverable__key=DOCUMENT)
    assert make(row.pk)
    done = text_of(room.counsel.get(PART, headers=HTMX))
    assert "hx-trigger" not in done
    assert "18 pages" in done
    assert "17 pages conformed" in done
    answer: Any = room.company.get(f"{BASE}/executed/{row.pk}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"].startswith("sandbox")
    pages = pages_of(answer)
    assert len(pages) == 18
    assert "/s/ Andrea Martin" in "".join(pages)
    assert "/s/ (name not on file)" in pages[1]  # the company's: who signed for it is not in the facts
    for client in (room.malcolm, room.finzi, room.stranger):  # counsel's has everybody's pages
        assert client.get(f"{BASE}/executed/{row.pk}/").status_code == 404


def test_an_investors_copy_has_its_own_pages_and_the_companys(room: Room) -> None:
    close_for_all(room.deal)
    assert "Your copy comes with your closing book" in block(text_of(room.malcolm.get(PAGE)))
    (row,) = request_executed(room.deal, None, [DOCUMENT], OWN)
    assert make(row.pk)
    page = block(text_of(room.malcolm.get(PAGE)))
    assert "your copy" in page
    assert "With the company’s signature page and your own." in page
    said = " ".join(pages_of(room.malcolm.get(f"{BASE}/executed/{row.pk}/")))
    assert "Emily Fairbairn" in said
    assert [each.name for each in CERPLEX.investors if each.name != OWN and each.name in said] == []
    assert room.finzi.get(f"{BASE}/executed/{row.pk}/").status_code == 404


def test_only_counsel_ask_for_it(room: Room) -> None:
    close_for_all(room.deal)
    assert room.malcolm.post(PART).status_code == 403
    assert room.stranger.post(PART).status_code == 404


def test_one_that_failed_says_why_and_is_asked_for_anew(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    close_for_all(room.deal)
    ExecutedVersion.objects.update(state=ExecutedVersion.State.FAILED, error="The disk is full.")
    page = block(text_of(room.company.get(PAGE)))
    assert "The disk is full." in page
    assert "Make the executed version" in page
    with django_capture_on_commit_callbacks():
        assert room.company.post(PART).status_code == 302
    states = ExecutedVersion.objects.filter(deliverable__key=DOCUMENT).order_by("id")
    assert list(states.values_list("state", flat=True)) == ["failed", "queued"]


def test_releasing_the_last_page_asks_for_it(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    address = f"{BASE}/signatures/release/?document={DOCUMENT}"
    with django_capture_on_commit_callbacks():
        for client, held in ((room.company, 1), (room.counsel, 16)):
            assert not ExecutedVersion.objects.exists()
            page = client.get(address).context["page"]
            assert len(page.pages) == held
            assert client.post(address, {"shown": page.shown}).status_code == 302
    assert ExecutedVersion.objects.get().deliverable.key == DOCUMENT
    assert Event.objects.filter(verb="executed-version-requested").count() == 1
    assert Signature.objects.filter(deliverable__key=DOCUMENT, released_at=None).count() == 0


def test_without_script_the_part_is_the_page(room: Room) -> None:
    answer = room.company.get(PART)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
