"""Majorities, waivers, explained cells and past moments in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.journeys import barriers, enter, room
from tests.web.world import World

__all__ = ["room"]

pytestmark = pytest.mark.django_db(transaction=True)

BASE = "/deals/cerplex-1996"


def paths(world: World) -> list[str]:
    """The pages, with a proposal on file."""
    pk = world.allotment("The & Trust").pk
    return [
        f"{BASE}/?on=1996-05-31",
        f"{BASE}/majorities/",
        f"{BASE}/majorities/propose/move-closing/",
        f"{BASE}/majorities/move-1/",
        f"{BASE}/majorities/move-1/answer/",
        f"{BASE}/waivers/",
        f"{BASE}/waivers/massachusetts/",
        f"{BASE}/what-if/consents/",
        f"{BASE}/what-it-takes/?investor={pk}",
        f"{BASE}/investors/{pk}/conditions/2(a)(viii)/",
    ]


def propose(page: Page, address: str) -> None:
    page.goto(f"{address}{BASE}/majorities/propose/move-closing/")
    page.get_by_label("To which day?").fill("1996-06-12")
    page.get_by_label("At what time?").fill("11:00")
    page.get_by_role("button", name="See what it opens again").click()
    expect(page.get_by_text("Nothing is done yet.")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Put it to the investors").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4,001 shares are missing")


def test_no_page_has_a_barrier_or_is_too_wide(page: Page, live_server: LiveServer, room: World) -> None:
    address = enter(page, live_server, room, "investors")
    propose(page, address)
    found = {}
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 844})
        for path in paths(room):
            page.goto(f"{address}{path}")
            told = barriers(page)
            page.wait_for_load_state()
            if page.evaluate("document.documentElement.scrollWidth") > width:
                told = [*told, "wider than the window"]
            if told:
                found[f"{path} {scheme}"] = told
    assert found == {}


def test_a_cell_leads_to_why_and_an_investor_answers(page: Page, live_server: LiveServer, room: World) -> None:
    address = enter(page, live_server, room, "company")
    page.goto(f"{address}{BASE}/")
    page.get_by_role("link", name="open 2(a)(viii), The & Trust").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("for The & Trust")
    expect(page.get_by_text("Signature page missing: The & Trust.")).to_be_visible()
    propose(page, address)
    browser = page.context.browser
    assert browser is not None
    own = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    enter(own, live_server, room, "another")
    own.goto(f"{address}{BASE}/mine/")
    own.get_by_role("listitem").filter(has_text="move the closing").get_by_role("link").click()
    assert barriers(own) == []
    own.get_by_label("I agree").check()
    own.get_by_label("Your name").fill("Andrea Martin")
    own.get_by_role("button", name="Answer in writing").click()
    expect(own.get_by_role("status")).to_have_text("You agreed.")
    own.context.close()
