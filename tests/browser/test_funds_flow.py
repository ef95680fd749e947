"""Counsel state the debt, freeze the funds flow and agree to it, both of them; then a payment comes back."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.actions.payments import return_payment
from closing.models import FundsFlowAgreement, Payment
from tests.browser.journeys import barriers, enter, room
from tests.tasks.worker import running_worker
from tests.web.world import World

__all__ = ["room"]

pytestmark = pytest.mark.django_db(transaction=True)

FLOW = "/deals/cerplex-1996/funds-flow/"


def test_debt_is_stated_frozen_agreed_to_by_both_and_left_behind_by_a_payment_that_comes_back(
    room: World, page: Page, live_server: LiveServer, browser: Browser
) -> None:
    address = enter(page, live_server, room, "company")
    page.get_by_role("navigation", name="Deal").get_by_role("link", name="Money").click()
    page.get_by_role("navigation", name="Money").get_by_role("link", name="Funds flow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Four lines of 19 do not tie yet")
    assert not barriers(page)

    page.get_by_role("link", name="Freeze a version").click()
    page.get_by_label("To whom (optional)").fill("Bank of the company")
    page.get_by_role("button", name="Freeze it").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the amount that goes there, or leave both blank.")
    assert not barriers(page)
    page.get_by_label("Exact amount (optional)").fill("$1,987,654.32")
    page.get_by_role("button", name="Freeze it").click()
    expect(page.get_by_role("status")).to_contain_text("The funds flow is frozen.")
    page.get_by_role("button", name="Agree to version 1").click()
    expect(page.get_by_role("status")).to_contain_text("You agreed to version 1")

    other = browser.new_page()
    enter(other, live_server, room, "investors")
    other.goto(f"{address}{FLOW}1/")
    expect(other.get_by_text("Company counsel agreed: Frederic A. Randall, Jr.")).to_be_visible()
    assert not barriers(other)
    other.get_by_role("button", name="Agree to version 1").click()
    expect(other.get_by_role("link", name="Version 1")).to_be_visible()
    expect(other.get_by_text("agreed to by both counsel")).to_be_visible()
    assert FundsFlowAgreement.objects.count() == 2

    for payment in Payment.objects.filter(withdrawn_at=None, allotment__investor__name="Mahuma N.V."):
        return_payment(payment, "Returned by the sending bank.", None)
    page.reload()
    expect(page.get_by_role("heading", name="Changed since version 1")).to_be_visible()
    expect(page.get_by_text("From Mahuma N.V.: received $0.00, was $58,000.00")).to_be_visible()
    expect(page.get_by_text("Not current")).to_be_visible()
    expect(page.get_by_role("button", name="Agree to version 1")).to_have_count(0)
    assert not barriers(page)
    other.close()


def test_the_pdf_of_a_version_is_watched_and_fetched(
    room: World, page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    address = enter(page, live_server, room, "investors")
    page.goto(f"{address}{FLOW}freeze/")
    page.get_by_role("button", name="Freeze it").click()
    page.get_by_role("link", name="Version 1").click()
    page.get_by_role("button", name="Make the PDF").click()
    expect(page.locator(".money-paper")).to_be_visible()
    assert not barriers(page)
    with running_worker(tmp_path):
        link = page.get_by_role("link", name="Download the PDF")
        expect(link).to_be_visible(timeout=90_000)
    with page.expect_download() as fetched:
        link.click()
    assert fetched.value.suggested_filename == "Cerplex Series B, Funds flow, version 1.pdf"
    assert Path(fetched.value.path()).read_bytes().startswith(b"%PDF-1.7")


@pytest.mark.parametrize("is_dark", [False, True])
def test_it_is_read_on_a_telephone_without_a_scroll_sideways(
    room: World, page: Page, live_server: LiveServer, is_dark: bool
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    address = enter(page, live_server, room, "company")
    page.goto(f"{address}{FLOW}")
    expect(page.locator(".flow-narrow")).to_be_visible()
    expect(page.locator(".flow-wide")).to_be_hidden()
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not barriers(page)
