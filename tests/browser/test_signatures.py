"""Counsel narrow the tracker, release a document, watch its executed version appear, and take the closing book home."""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import redis
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from investors.models import User
from tests.browser.journeys import PASSWORD, barriers
from tests.browser.pictures import sign_in
from tests.closed_rooms import freeze_signed
from tests.tasks.worker import running_worker
from tests.web.papers import BASE, CLOSING, Room, open_room

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = "certificate-of-designation"
TITLE = "Certificate of Designation of Preferences of Series B Preferred Stock"


@pytest.fixture
def room(transactional_db: None, broker: redis.Redis) -> Iterator[Room]:
    with open_room("closing-day", CLOSING) as found:
        freeze_signed(found.deal)
        yield found


def test_from_the_tracker_to_the_closing_book(room: Room, page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    user = User.objects.get(email="frederic.randall@brobeck.example")
    user.set_password(PASSWORD)
    user.save()
    sign_in(page, live_server.url, user.email, PASSWORD)
    page.get_by_role("navigation", name="Deal").get_by_role("link", name="Signatures").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All 36 signature pages are in escrow")
    assert barriers(page) == []

    page.get_by_label("Signatory", exact=True).fill("fairbairn")
    page.get_by_label("Document", exact=True).select_option("stock-purchase-agreement")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_have_text("2 signatories.")
    expect(page.get_by_role("rowheader", name="Fairbairn")).to_have_count(2)
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("rowheader", name="17 signatories")).to_be_visible()

    page.get_by_role("link", name=f"Release 1 page of {TITLE} from escrow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Release 1 signed page?")
    assert barriers(page) == []
    page.get_by_role("button", name="Release the page").click()
    expect(page.get_by_role("status")).to_have_text("1 signed page released from escrow.")
    page.set_viewport_size({"width": 390, "height": 844})
    assert barriers(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})

    page.goto(f"{live_server.url}{BASE}/documents/{DOCUMENT}/")
    executed = page.locator("#executed-block")
    with running_worker(tmp_path):
        expect(executed.get_by_role("link", name="Download it")).to_be_visible(timeout=30_000)
        assert barriers(page) == []
        page.goto(f"{live_server.url}{BASE}/book/")
        expect(page.get_by_role("heading", level=1)).to_have_text("1 of 15 documents can be bound")
        assert barriers(page) == []
        page.get_by_role("button", name="Make the book").click()
        expect(page.get_by_role("status").first).to_contain_text("The book is asked for. It appears below.")
        link = page.get_by_role("link", name="Download the closing book for Counsel")
        expect(link).to_be_visible(timeout=30_000)
    assert page.locator("#books[hx-trigger]").count() == 0
    assert barriers(page) == []
    with page.expect_download() as fetched:
        link.click()
    assert fetched.value.suggested_filename == "Cerplex Series B, closing book.pdf"
    book = pypdfium2.PdfDocument(Path(fetched.value.path()))
    said = " ".join(sheet.get_textpage().get_text_bounded() for sheet in book)
    for words in ("Closing set for Monday, June 10, 1996", f"Text of {DOCUMENT}", "/s/ Bruce D. Nye", "Index"):
        assert words in said, words
    assert any(TITLE in each.get_title() for each in book.get_toc())
