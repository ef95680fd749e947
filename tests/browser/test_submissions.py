"""The two counsel at one document: submitted, sent back, submitted again, accepted; and a note that stays private."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.journeys import barriers, enter, room
from tests.web.world import World

__all__ = ["room"]

pytestmark = pytest.mark.django_db(transaction=True)
OPINION = "/deals/cerplex-1996/documents/opinion-of-company-counsel/"


def press(page: Page, move: str, words: str = "") -> None:
    """Open the form of a move from the document's page, and send it."""
    page.get_by_role("link", name=move, exact=True).click()
    if words:
        page.get_by_role("textbox").fill(words)
    page.get_by_role("button", name=move, exact=True).click()


def without_script(browser: Browser) -> BrowserContext:
    """A narrow window that runs no script: the look for barriers is a script itself."""
    return browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900}, color_scheme="dark")


def test_to_and_fro_until_accepted(room: World, page: Page, browser: Browser, live_server: LiveServer) -> None:
    address = enter(page, live_server, room, "company")
    page.goto(f"{address}{OPINION}")
    assert barriers(page) == []
    press(page, "Submit")
    expect(page.get_by_role("status")).to_contain_text("is submitted")
    expect(page.get_by_role("button", name="Submit")).to_be_disabled()
    assert barriers(page) == []

    with without_script(browser) as context:
        theirs = context.new_page()
        enter(theirs, live_server, room, "investors")
        theirs.goto(f"{address}{OPINION}")
        expect(theirs.get_by_text("With you")).to_be_visible()
        press(theirs, "Send back")
        expect(theirs.get_by_role("alert")).to_contain_text("say in a few words why")
        theirs.get_by_role("textbox").fill("It bears no date.")
        theirs.get_by_role("button", name="Send back").click()

        page.goto(f"{address}{OPINION}")
        expect(page.get_by_text("It bears no date.")).to_be_visible()
        press(page, "Submit", "Dated as of the closing.")
        theirs.goto(f"{address}{OPINION}")
        press(theirs, "Accept")
        expect(theirs.get_by_role("link", name="Reopen")).to_be_visible()


def test_a_private_note_is_written_and_the_other_side_sees_nothing(
    room: World, page: Page, browser: Browser, live_server: LiveServer
) -> None:
    address = enter(page, live_server, room, "company")
    page.goto(f"{address}{OPINION}")
    page.get_by_text("Write a note").click()
    page.locator("#note_text").fill("We could live without it.")
    assert barriers(page) == []
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("We could live without it.", exact=True)).to_be_visible()
    expect(page.get_by_text("only for company counsel")).to_be_visible()
    assert barriers(page) == []
    with without_script(browser) as context:
        theirs = context.new_page()
        enter(theirs, live_server, room, "investors")
        theirs.goto(f"{address}{OPINION}")
        expect(theirs.get_by_text("We could live without it.")).to_have_count(0)
