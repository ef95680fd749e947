"""A payment from the bank's statement to the investor's page, and back: received, returned, open again."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.queries.gates import gate_of
from tests.browser.journeys import barriers, enter, room
from tests.papers.camt import camt, details, entry, statement
from tests.web.world import World

__all__ = ["room"]

pytestmark = pytest.mark.django_db(transaction=True)

ANDREA = "Andrea Martin"
MONEY = "/deals/cerplex-1996/money/"
CAME = camt(
    statement(
        entry("10000.00", details(ANDREA, text="Series B"), reference="FED 0007"),
        entry("40000.00", details("Emily Fairbairn"), reference="FED 0008"),
        entry("2500.00", details("Landlord"), side="DBIT"),
    )
)
WENT = camt(statement(entry("10000.00", details(ANDREA, text="Return of FED 0007"), side="DBIT", reversal=True)))


def is_met(room: World) -> bool:
    return gate_of(room.deal).investor(ANDREA).cells["2(b)(ii)"].is_satisfied


def take_in(page: Page, address: str, folder: Path, name: str, content: bytes) -> None:
    """Take a statement in, from the money page."""
    (folder / name).write_bytes(content)
    page.goto(f"{address}{MONEY}")
    page.get_by_role("link", name="Bank statements").click()
    assert barriers(page) == []
    page.get_by_label("The bank’s statement").set_input_files(folder / name)
    page.get_by_role("button", name="Read it").click()
    assert barriers(page) == []


def test_a_payment_comes_and_goes(
    room: World, page: Page, browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    address = enter(page, live_server, room, "company")
    take_in(page, address, tmp_path, "june.xml", CAME)
    expect(page.get_by_role("heading", level=1)).to_have_text("2 lines may be of this deal")
    page.get_by_role("button", name="Confirm the clear line").click()
    expect(page.get_by_role("status")).to_contain_text("1 line confirmed.")
    page.get_by_role("link", name="Look and confirm").click()
    assert barriers(page) == []
    page.get_by_role("button", name="Confirm it").click()
    expect(page.get_by_role("status")).to_contain_text("$40,000.00 of row 2 is confirmed.")
    page.get_by_label("Why are they set aside?").fill("Rent")
    page.get_by_role("button", name="Set all of these aside").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every line is settled")
    assert barriers(page) == []
    assert is_met(room)

    own = f"{address}/deals/cerplex-1996/mine/{room.allotment(ANDREA).position}/money/"
    with browser.new_context(viewport={"width": 390, "height": 900}, color_scheme="dark") as context:
        theirs = context.new_page()
        enter(theirs, live_server, room, "another")
        theirs.goto(own)
        expect(theirs.get_by_role("heading", level=1)).to_have_text("You have paid the whole purchase price")
        expect(theirs.get_by_text("FED 0007")).to_be_visible()
        assert barriers(theirs) == []

        take_in(page, address, tmp_path, "later.xml", WENT)
        page.get_by_role("button", name="Confirm the clear line").click()
        expect(page.get_by_role("status")).to_contain_text("1 line confirmed.")
        assert not is_met(room)
        theirs.goto(own)
        expect(theirs.get_by_role("heading", level=1)).to_contain_text("A payment came back")
        expect(theirs.get_by_role("note")).to_contain_text("It went back by the bank’s statement of June 7, 1996.")
        assert barriers(theirs) == []
    page.goto(f"{address}{MONEY}")
    expect(page.get_by_text("Open again since then.").first).to_be_visible()
    assert barriers(page) == []


def test_instructions_are_proposed_checked_and_read(
    room: World, page: Page, browser: Browser, live_server: LiveServer
) -> None:
    address = enter(page, live_server, room, "company")
    page.goto(f"{address}{MONEY}instructions/")
    assert barriers(page) == []
    page.get_by_role("link", name="Propose new ones").click()
    assert barriers(page) == []
    page.get_by_role("textbox", name="Bank", exact=True).fill("Bank of the company")
    page.get_by_label("Routing number").fill("1234 5678 0")
    page.get_by_label("Account number or IBAN").fill("5550012344321")
    page.get_by_role("button", name="Propose them").click()
    expect(page.get_by_role("button", name="Check and put in force")).to_be_disabled()
    with browser.new_context(viewport={"width": 390, "height": 900}) as context:
        theirs = context.new_page()
        enter(theirs, live_server, room, "investors")
        theirs.goto(f"{address}{MONEY}instructions/")
        theirs.get_by_role("link", name="Check and put in force").click()
        assert barriers(theirs) == []
        theirs.get_by_label("With whom did you speak?").fill("The company’s treasurer")
        theirs.get_by_label("The account number, as it was read to you").fill("5550012344322")
        theirs.get_by_role("button", name="Put them in force").click()
        expect(theirs.get_by_role("alert")).to_contain_text("That is not the account number proposed")
        theirs.get_by_label("The account number, as it was read to you").fill("5550 0123 4432 1")
        theirs.get_by_role("button", name="Put them in force").click()
        expect(theirs.get_by_role("status")).to_contain_text("are in force")
        assert barriers(theirs) == []
    with browser.new_context() as context:
        investor = context.new_page()
        enter(investor, live_server, room, "another")
        investor.goto(f"{address}/deals/cerplex-1996/mine/{room.allotment(ANDREA).position}/money/")
        expect(investor.get_by_text("5550 0123 4432 1")).to_be_visible()
        assert barriers(investor) == []
