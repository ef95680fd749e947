"""Counsel narrows the checklist, changes a cell where it stands, and takes in a list; each state is accessible."""

import re
from collections.abc import Iterator

import pytest
import redis
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.models import Deliverable
from tests.browser.test_papers import check_accessible, sign_in_as
from tests.web.papers import BASE, Room, open_room

pytestmark = pytest.mark.django_db(transaction=True)

LIST = f"{BASE}/checklist/"
COUNSEL = "frederic.randall@brobeck.example"


@pytest.fixture
def room(transactional_db: None, broker: redis.Redis) -> Iterator[Room]:
    with open_room() as found:
        yield found


def test_only_the_table_changes_and_the_address_tells_what_is_shown(
    room: Room, page: Page, live_server: LiveServer
) -> None:
    sign_in_as(page, live_server, COUNSEL)
    page.get_by_role("navigation", name="Deal").get_by_role("link", name="Checklist").click()
    page.get_by_label("Part").first.select_option("Voting")
    expect(page).to_have_url(re.compile(r"/checklist/\?part=Voting$"))
    expect(page.get_by_role("status")).to_contain_text("1 of 24 items")
    page.get_by_label("Search").fill("nothing of the kind")
    expect(page.get_by_text("No item is like that.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("status")).to_contain_text("1 of 24 items")
    expect(page.get_by_label("Part").first).to_have_value("Voting")
    check_accessible(page)


def test_a_cell_is_changed_where_it_stands_and_keeps_the_focus(room: Room, page: Page, live_server: LiveServer) -> None:
    sign_in_as(page, live_server, COUNSEL)
    page.goto(f"{live_server.url}{LIST}?sort=item")
    row = page.locator("#item-counsel-bill")
    row.hover()
    row.get_by_role("link", name="Rename").click()
    field = row.get_by_label("Item")
    expect(field).to_be_focused()
    check_accessible(page)
    field.fill("Bill of the investors' counsel")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_role("link", name="Bill of the investors' counsel", exact=True)).to_be_visible()
    expect(row.get_by_role("link", name="Rename")).to_be_focused()
    expect(page).to_have_url(f"{live_server.url}{LIST}?sort=item")

    row.hover()
    row.get_by_role("link", name="Rename").click()
    expect(field).to_have_value("Bill of the investors' counsel")
    Deliverable.objects.filter(key="counsel-bill").update(title="Theirs")
    row.get_by_label("Item").fill("Ours")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_role("alert")).to_contain_text("is now “Theirs”")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_role("link", name="Ours", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_it_is_accessible(room: Room, page: Page, live_server: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in_as(page, live_server, COUNSEL)
    for path in ("", "?list=shared", "add/", "import/", "items/counsel-bill/responsible/"):
        page.goto(f"{live_server.url}{LIST}{path}")
        check_accessible(page)
    page.goto(f"{live_server.url}{LIST}import/")
    page.get_by_label("Or paste its rows").fill("Item\tResponsible\nBylaws\tCompany\nCompliance certificate\tNobody")
    page.get_by_role("button", name="Look through it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 item would be added, 1 is on the list already")
    check_accessible(page)
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("status").first).to_contain_text("Added to the checklist: 1. On it already: 1.")
    check_accessible(page)
