"""A bill with its PDF, over the cap, allotted, and netted from an investor's wire: both counsel, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.models import Bill
from closing.queries.gates import gate_of
from closing.rules.over_cap import over_cap_by_investor
from tests.browser.journeys import barriers, enter, room
from tests.web.papers import pdf
from tests.web.world import World

__all__ = ["room"]

pytestmark = pytest.mark.django_db(transaction=True)

FEES = "/deals/cerplex-1996/fees/"


def test_a_bill_goes_over_the_cap_is_allotted_and_netted(
    page: Page, live_server: LiveServer, room: World, tmp_path: Path
) -> None:
    paper = tmp_path / "bill.pdf"
    paper.write_bytes(pdf("The bill"))
    address = enter(page, live_server, room, "investors")

    page.get_by_role("link", name="Money").click()
    page.get_by_role("navigation", name="Money").get_by_role("link", name="Counsel’s fees").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("$23,480 is billed of the $25,000 cap on counsel’s fees")
    assert not barriers(page)
    page.get_by_role("link", name="Put a bill on file").click()
    assert not barriers(page)
    page.get_by_label("Number").fill("1996-0608")
    page.get_by_label("Dated").fill("1996-06-01")
    page.get_by_label("The bill itself, as a PDF").set_input_files(paper)
    page.get_by_label("Line 1: kind").select_option("Fee")
    page.get_by_label("Line 1: for what").fill("Closing documents")
    page.get_by_role("button", name="Put it on file").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the amount.")
    page.get_by_label("The bill itself, as a PDF").set_input_files(paper)
    page.get_by_label("Line 1: amount").fill("4,000.00")
    page.get_by_role("button", name="Put it on file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("$2,480 of counsel’s bills lies over the cap")
    expect(page.get_by_role("img", name="Cap $25,000.00")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="the bill itself, PDF").click()
    assert saved.value.suggested_filename == "Bill 1996-0608.pdf"
    assert Path(saved.value.path()).read_bytes() == paper.read_bytes()

    page.get_by_role("link", name="Allot it otherwise").click()
    assert not barriers(page)
    for field in page.get_by_role("group", name="Parts of each investor").get_by_role("textbox").all():
        field.fill("")
    page.get_by_label("Whitman Partners, L.P.").fill("1")
    page.get_by_label("On what authority").fill("Its letter of June 3")
    page.get_by_role("button", name="Allot it so").click()
    expect(page.get_by_text("Its letter of June 3")).to_be_visible()
    gate = gate_of(room.deal)
    assert over_cap_by_investor(gate.deal, gate.facts)["Whitman Partners, L.P."] == 2480

    page.get_by_role("button", name="Sign out").click()
    enter(page, live_server, room, "company")
    page.goto(f"{address}{FEES}")
    expect(page.get_by_role("button", name="Allot it otherwise")).to_be_disabled()
    page.get_by_role("link", name=re.compile("Net it from a wire.*1996-0608")).click()
    assert not barriers(page)
    page.get_by_label("From which investor’s wire?").select_option("Malcolm and Emily Fairbairn")
    page.get_by_label("Fees", exact=True).check()
    page.get_by_label("Amount").fill("90,000")
    page.get_by_role("button", name="Record the netting").click()
    expect(page.get_by_role("alert")).to_contain_text("has $4,000.00 of fees that is not paid")
    page.get_by_label("Amount").fill("2,500")
    page.get_by_role("button", name="Record the netting").click()
    expect(
        page.get_by_role("cell", name="Netted from the wire of Malcolm and Emily Fairbairn", exact=True)
    ).to_be_visible()
    expect(page.locator(".sentence")).to_contain_text("$2,500 netted from wires")
    assert not barriers(page)
    assert Bill.objects.get(number="1996-0608").payments.get().amount == 2500


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_barriers_at_any_width(
    page: Page, live_server: LiveServer, room: World, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    address = enter(page, live_server, room, "company")
    for path in ("", "bills/new/", f"bills/{Bill.objects.get(deal=room.deal).pk}/pay/"):
        page.goto(f"{address}{FEES}{path}")
        assert not barriers(page), path
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
