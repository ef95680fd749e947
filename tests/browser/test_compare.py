"""Two versions side by side in a browser: from change to change by keyboard, wide and narrow, readable by everybody."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_papers import check_accessible, sign_in_as
from tests.web.papers import BASE, Room, open_room, upload

pytestmark = pytest.mark.django_db(transaction=True)
AGREEMENT = f"{BASE}/documents/stock-purchase-agreement/"


@pytest.fixture
def room(transactional_db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


@pytest.mark.parametrize("width", [1280, 390])
def test_from_change_to_change_by_keyboard(room: Room, page: Page, live_server: LiveServer, width: int) -> None:
    lines = [f"Section {n}. Each party shall do what Section {n} asks of it at the Closing." for n in range(30)]
    for text in (lines, [line.replace("Closing", "Signing") if n % 9 == 4 else line for n, line in enumerate(lines)]):
        room.company.post(AGREEMENT, {"file": upload("a.txt", "\n\n".join(text).encode()), "note": ""})
    page.set_viewport_size({"width": width, "height": 800})
    sign_in_as(page, live_server, "frederic.randall@brobeck.example")
    page.goto(f"{live_server.url}{AGREEMENT}")
    page.get_by_role("link", name="Compare with version 1").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 changes from version 1 to version 2")
    check_accessible(page)
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    page.get_by_role("link", name="Go to the first change").press("Enter")
    expect(page).to_have_url(re.compile("#change-1$"))
    expect(page.locator("#change-1")).to_be_in_viewport()
    page.locator("#change-1").get_by_role("link", name="Next").press("Enter")
    expect(page).to_have_url(re.compile("#change-2$"))
    expect(page.locator("#change-2")).to_be_in_viewport()
    expect(page.locator("#change-2 del")).to_contain_text("Closing.")
    page.locator("#change-2").get_by_role("link", name="Previous").press("Enter")
    expect(page).to_have_url(re.compile("#change-1$"))
    expect(page.locator("#change-1")).to_be_in_viewport()

    page.get_by_label("From version").select_option("2")
    page.get_by_label("To version").select_option("1")
    page.get_by_role("button", name="Compare").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 changes from version 2 to version 1")
