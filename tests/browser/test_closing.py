"""Two counsel close: one confirms, a fact changes and undoes it, both confirm, and the statement is fetched."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest
import redis
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.actions.payments import record_payment, return_payment
from closing.models import Closing, Payment
from investors.models import User
from tests.browser.journeys import PASSWORD, barriers
from tests.browser.pictures import sign_in
from tests.closed_rooms import freeze_signed
from tests.tasks.worker import running_worker
from tests.web.papers import BASE, CLOSING, Room, open_room

pytestmark = pytest.mark.django_db(transaction=True)

CLOSE = f"{BASE}/close/"
COMPANY, INVESTORS = "frederic.randall@brobeck.example", "closing-desk@stradling.example"


@pytest.fixture
def room(transactional_db: None, broker: redis.Redis) -> Iterator[Room]:
    with open_room("closing-day", CLOSING) as found:
        freeze_signed(found.deal)
        yield found


def at_the_closing(page: Page, live_server: LiveServer, email: str) -> Page:
    user = User.objects.get(email=email)
    user.set_password(PASSWORD)
    user.save()
    sign_in(page, live_server.url, email, PASSWORD)
    page.goto(f"{live_server.url}{CLOSE}")
    return page


def no_barriers(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert barriers(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})


def test_two_counsel_close(room: Room, page: Page, browser: Browser, live_server: LiveServer, tmp_path: Path) -> None:
    company = at_the_closing(page, live_server, COMPANY)
    expect(company.get_by_role("heading", level=1)).to_have_text("All 15 investors are ready to close")
    expect(company.get_by_text("Your confirmation is the first")).to_be_visible()
    no_barriers(company)
    company.get_by_role("button", name="Confirm the closing for 15 investors").click()
    expect(company.get_by_role("status")).to_contain_text("Your confirmation is on file")
    no_barriers(company)

    payment = Payment.objects.get(allotment__investor__name="Andrea Martin", withdrawn_at=None)
    return_payment(payment, "No funds", None)
    investors = at_the_closing(browser.new_page(), live_server, INVESTORS)
    expect(investors.get_by_text("Counts no more")).to_be_visible()
    expect(investors.get_by_text("Andrea Martin: closes, 10 shares")).to_contain_text("and now left out")
    no_barriers(investors)
    record_payment(room.deal, None, investor="Andrea Martin", amount=Decimal(10000))
    investors.reload()
    expect(investors.get_by_text("Your confirmation is the second: it closes.")).to_be_visible()
    with running_worker(tmp_path):
        investors.get_by_role("button", name="Confirm and close for 15 investors").click()
        expect(investors.get_by_role("status")).to_contain_text("The deal is closed for 15 investors")
        expect(investors.get_by_role("heading", level=1)).to_have_text("Closed on June 10, 1996 for all 15 investors")
        assert Closing.objects.count() == 1
        no_barriers(investors)
        investors.get_by_role("link", name="Closing statement").click()
        expect(investors.get_by_role("heading", level=1)).to_have_text("Closing statement")
        link = investors.get_by_role("link", name="Download the PDF")
        expect(link).to_be_visible(timeout=60_000)
        no_barriers(investors)
        with investors.expect_download() as fetched:
            link.click()
    file = tmp_path / "statement.pdf"
    fetched.value.save_as(file)
    with pypdfium2.PdfDocument(file) as pdf:
        text = "\n".join(each.get_textpage().get_text_range() for each in pdf)
    for said in ("Closing statement", "Nitin T. Mehta", "$8,000,000.00", "December 10, 1997", "B-15"):
        assert said in text, said
