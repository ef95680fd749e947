"""An investor on a telephone: signs in, reads what is to do, consents, confirms, and sees it on file."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from investors.models import User
from tests.browser.pictures import sign_in
from tests.web.papers import Room, open_room

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "Below five hundred shares"
NAME = "Andrea Martin"


@pytest.fixture
def room(transactional_db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """A telephone: 390 wide, touched."""
    return {**browser_context_args, "viewport": {"width": 390, "height": 844}, "has_touch": True}


def check(page: Page) -> None:
    """Nothing runs off the side, and axe has nothing to say."""
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0, page.url
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_an_investor_does_what_it_has_to_do(room: Room, page: Page, live_server: LiveServer) -> None:
    user = User.objects.get(name=NAME)
    user.set_password(PASSWORD)
    user.save()
    sign_in(page, live_server.url, user.email, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Four things to do before Monday")
    check(page)

    page.get_by_role("link", name="Read and decide").click()
    expect(page.get_by_text("The qualification in Massachusetts need not be effective")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Answer in writing").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose: consent, or decline.")
    check(page)
    page.get_by_label("I consent to this waiver").check()
    page.get_by_label("Your name").fill(NAME)
    page.get_by_role("button", name="Answer in writing").click()
    expect(page.get_by_role("status")).to_contain_text("You consented to the waiver of 2(a)(vi).")
    expect(page.get_by_role("heading", level=1)).to_have_text("Three things to do before Monday")

    page.get_by_role("link", name="Read and confirm").click()
    check(page)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Your name").fill(NAME)
    page.get_by_role("button", name="Confirm in writing").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two things to do before Monday")

    page.get_by_role("link", name="Read and sign off").click()
    check(page)
    page.get_by_label("Your name").fill(NAME)
    page.get_by_role("button", name="Sign off in writing").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One thing to do before Monday")

    page.get_by_role("link", name="Where to send it", exact=True).click()
    page.wait_for_url("**/money/")
    check(page)
    page.get_by_role("link", name="Announce a payment").click()
    page.wait_for_url("**/payment/")
    check(page)
    page.get_by_label("By wire").check()
    page.get_by_label("Sent on").fill("1996-06-03")
    page.get_by_role("button", name="Announce it").click()
    expect(page.get_by_text("$10,000.00 by wire, sent on June 3, 1996")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Andrea Martin").click()
    expect(page.get_by_text("Consented to the waiver of 2(a)(vi)")).to_be_visible()
    check(page)


def test_counsel_reaches_every_page_of_the_deal_on_a_telephone(room: Room, page: Page, live_server: LiveServer) -> None:
    user = User.objects.get(email="frederic.randall@brobeck.example")
    user.set_password(PASSWORD)
    user.save()
    sign_in(page, live_server.url, user.email, PASSWORD)
    links = page.get_by_role("navigation", name="Deal").get_by_role("link")
    expect(links.last).to_have_text("Record")
    for link in links.all():
        box = link.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390, link.inner_text()
    check(page)
