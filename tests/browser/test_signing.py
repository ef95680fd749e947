"""Signing on a telephone by finger, and on a computer by keyboard alone; nothing in the way of either."""

import math
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.celery import app
from closing.models import ElectronicSignature
from investors.models import User
from tests.browser.journeys import PASSWORD, barriers, enter, room
from tests.browser.pictures import sign_in
from tests.web.signing_room import AGREEMENT, freeze
from tests.web.world import World

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["room"]


@pytest.fixture(autouse=True)
def _quiet(room: World, page: Page) -> Iterator[None]:
    """The tables are emptied after a test: by then nobody asks, and the run's worker is done."""
    yield
    page.goto("about:blank")
    if not app.control.ping(timeout=0.5):
        return
    under_way = ElectronicSignature.objects.filter(state__in=["queued", "making"])
    until = time.monotonic() + 30
    while under_way.exists() and time.monotonic() < until:
        time.sleep(0.1)


def check(page: Page) -> None:
    """Nothing runs off the side, and axe has nothing to say."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, page.url
    assert barriers(page) == []


def enter_as(page: Page, server: LiveServer, name: str) -> None:
    sign_in(page, str(server.url), User.objects.get(name=name).email, PASSWORD)
    page.goto(f"{server.url}/deals/cerplex-1996/signing/")


class TestTelephone:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, object]) -> dict[str, object]:
        return {**browser_context_args, "viewport": {"width": 390, "height": 844}, "has_touch": True}

    def test_read_to_the_end_and_draw_with_a_finger(
        self, room: World, page: Page, context: BrowserContext, live_server: LiveServer
    ) -> None:
        freeze(room.deal, pages=8)
        enter_as(page, live_server, "Daniel S. Martin")
        check(page)
        page.get_by_role("link", name="Read and sign").first.click()
        expect(page.get_by_role("link", name="I have read it")).to_be_hidden()
        expect(page.get_by_text("Read to the end to sign")).to_be_visible()
        check(page)
        for sheet in page.get_by_role("figure").all():
            sheet.scroll_into_view_if_needed()
            page.wait_for_function("(e) => e.querySelector('img').naturalWidth > 0", arg=sheet.element_handle())
        page.get_by_role("link", name="I have read it").click()
        check(page)

        page.get_by_role("button", name="Sign", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was drawn")
        check(page)
        for box in page.get_by_role("checkbox").all():
            box.tap()
        for title in page.get_by_label("Your title").all():
            title.fill("General Partner")
        draw_with_a_finger(page, context)
        page.get_by_role("button", name="Sign", exact=True).tap()
        expect(page.get_by_role("status").first).to_contain_text("Signed. 6 pages are in escrow")
        check(page)
        rows = ElectronicSignature.objects.all()
        assert len(rows) == 6
        assert {len(each.strokes) for each in rows} == {2}
        assert all(0 <= x <= 1 and 0 <= y <= 0.5 for each in rows for stroke in each.strokes for x, y in stroke)
        assert "Chrom" in rows[0].agent


def draw_with_a_finger(page: Page, context: BrowserContext) -> None:
    """Two strokes across the box; one more that is taken back."""
    pad = page.locator("[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    touch = context.new_cdp_session(page)
    before = page.evaluate("window.scrollY")
    for start in (20, 180, 300):
        points = [
            {"x": box["x"] + start + step * 2, "y": box["y"] + box["height"] / 2 - 25 * math.sin(step / 4)}
            for step in range(20)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
        for point in points[1:]:
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate("window.scrollY") == before, "a stroke must not scroll the page"
    page.get_by_role("button", name="Take back the last stroke").tap()


class TestKeyboard:
    def test_read_as_text_and_type(self, room: World, page: Page, live_server: LiveServer) -> None:
        freeze(room.deal, "compliance-certificate", "Compliance Certificate")
        address = enter(page, live_server, room, "signatory")
        expect(page).to_have_url(f"{address}/deals/cerplex-1996/signing/")
        check(page)
        press(page, "Read and sign the Compliance Certificate")
        press(page, "Read it as text")
        check(page)
        press(page, "I have read it as text: go on to sign")
        check(page)
        focus(page, "I sign for The Cerplex Group, Inc.")
        page.keyboard.press("Space")
        focus(page, "Your title for The Cerplex Group, Inc.")
        page.keyboard.type("President")
        focus(page, "I consent to sign electronically")
        page.keyboard.press("Space")
        focus(page, "Draw it")
        page.keyboard.press("ArrowRight")
        expect(page.get_by_label("Type it")).to_be_checked()
        focus(page, "Type your name to sign")
        page.keyboard.type("Bruce D. Nye")
        check(page)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text("Signed. 1 page is in escrow")
        (row,) = ElectronicSignature.objects.all()
        assert (row.typed, row.strokes) == ("Bruce D. Nye", [])
        assert (row.signature.signer, row.signature.title) == ("Bruce D. Nye", "President")

    def test_decline_and_counsel_see_why(self, room: World, page: Page, live_server: LiveServer) -> None:
        freeze(room.deal)
        enter_as(page, live_server, "Emily Fairbairn")
        press(page, "Decline to sign the Stock Purchase Agreement")
        check(page)
        page.get_by_label("Why?").fill("The price is not what we agreed.")
        page.get_by_role("button", name="Decline to sign").press("Enter")
        expect(page.get_by_text("You declined on")).to_be_visible()
        check(page)
        page.context.clear_cookies()
        address = enter(page, live_server, room, "company")
        page.goto(f"{address}/deals/cerplex-1996/signatures/by/emily-fairbairn/")
        expect(page.get_by_text("The price is not what we agreed.")).to_be_visible()
        check(page)
        page.goto(f"{address}/deals/cerplex-1996/signatures/send/")
        check(page)
        page.goto(f"{address}/deals/cerplex-1996/signatures/by/emily-fairbairn/{AGREEMENT}/decline/")
        check(page)


def focus(page: Page, label: str) -> None:
    """Reach a field by the tab key alone, from where the focus is."""
    wanted = page.get_by_label(label)
    for _ in range(40):
        if wanted.evaluate("(e) => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{label} cannot be reached with the tab key")


def press(page: Page, name: str) -> None:
    """Reach a link or button by the tab key alone, and press it."""
    wanted = page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name)).first
    for _ in range(60):
        if wanted.evaluate("(e) => e === document.activeElement"):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached with the tab key")
