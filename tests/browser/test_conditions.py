"""Counsel's journeys through the overview and the conditions, in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.models import SignOff
from tests.browser.journeys import barriers, enter, room
from tests.web.world import World

__all__ = ["room"]

pytestmark = pytest.mark.django_db(transaction=True)

BASE = "/deals/cerplex-1996"
PAGES = [
    f"{BASE}/",
    f"{BASE}/conditions/",
    f"{BASE}/conditions/2(a)(vi)/",
    f"{BASE}/conditions/2(b)(ii)/",
    f"{BASE}/conditions/2(a)(ix)/proxy/",
    f"{BASE}/conditions/2(a)(i)/confirm/",
    f"{BASE}/conditions/2(a)(vi)/waive/",
    "/deals/",
    "/no-such-page/",
]


def test_a_condition_is_worked_by_keyboard(page: Page, live_server: LiveServer, room: World) -> None:
    enter(page, live_server, room, "investors")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ten conditions stand between you and the closing")
    page.get_by_role("link", name="Sign off for 2(a)(ii)").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is satisfied?")
    page.get_by_role("button", name="Sign off").focus()
    page.keyboard.press("Enter")
    mistakes = page.get_by_role("alert")
    expect(mistakes).to_be_focused()
    expect(mistakes).to_contain_text("Choose who is satisfied.")
    page.get_by_label("Stradling").focus()
    page.keyboard.press("Space")
    page.get_by_label("Note").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Recorded.")
    expect(page.locator(".sentence")).to_contain_text("met")
    assert SignOff.objects.filter(condition__section="2(a)(ii)", withdrawn_at=None).count() == 1


def test_a_double_click_records_once(page: Page, live_server: LiveServer, room: World) -> None:
    address = enter(page, live_server, room, "investors")
    page.goto(f"{address}{BASE}/conditions/2(a)(ii)/sign-off/")
    page.get_by_label("Stradling").check()
    page.get_by_role("button", name="Sign off").dblclick()
    expect(page.get_by_role("status")).to_be_visible()
    assert SignOff.objects.filter(condition__section="2(a)(ii)", withdrawn_at=None).count() == 1


def test_what_is_taken_back_is_struck_out(page: Page, live_server: LiveServer, room: World) -> None:
    address = enter(page, live_server, room, "company")
    page.goto(f"{address}{BASE}/conditions/2(a)(vi)/")
    page.get_by_role("link", name="Take back Qualification in California").click()
    page.get_by_label("Why is it taken back?").fill("The order was recalled.")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("s", has_text="Qualification in California")).to_be_visible()
    expect(page.get_by_text("The order was recalled.")).to_be_visible()


def test_everything_works_without_script(page: Page, live_server: LiveServer, room: World) -> None:
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False).new_page()
    address = enter(plain, live_server, room, "company")
    plain.goto(f"{address}{BASE}/conditions/2(b)(ii)/payment/?investor=Andrea%20Martin")
    plain.get_by_label("How much, in USD?").fill("10000")
    plain.get_by_role("button", name="Record").click()
    expect(plain.get_by_role("status")).to_have_text("Recorded.")
    expect(plain.get_by_text("$10,000.00 from Andrea Martin by wire").first).to_be_visible()
    plain.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(page: Page, live_server: LiveServer, room: World, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{live_server.url}/sign-in/")
    found = {"/sign-in/": barriers(page)}
    address = enter(page, live_server, room, "company")
    for path in PAGES:
        page.goto(f"{address}{path}")
        found[path] = barriers(page)
    assert {path: told for path, told in found.items() if told} == {}


def test_no_page_is_wider_than_a_telephone(page: Page, live_server: LiveServer, room: World) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    address = enter(page, live_server, room, "company")
    widths = {}
    for path in PAGES:
        page.goto(f"{address}{path}")
        page.wait_for_load_state()
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert {path: width for path, width in widths.items() if width > 390} == {}


def test_no_page_asks_for_what_the_policy_refuses(page: Page, live_server: LiveServer, room: World) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    address = enter(page, live_server, room, "company")
    for path in PAGES[:-2]:
        page.goto(f"{address}{path}")
    assert told == []
