"""Counsel hands in a file, makes the packets and watches them, fetches one, and records the page that came back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.models import Packet
from investors.models import User
from tests.browser.pictures import sign_in
from tests.tasks.worker import running_worker
from tests.web.papers import BASE, Room, encrypted, open_room, pdf

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "Twelve certificates, three short"
MONDAY = "1996-06-03T09:00-07:00"


@pytest.fixture
def room(transactional_db: None, broker: redis.Redis) -> Iterator[Room]:
    with open_room() as found:
        yield found


def sign_in_as(page: Page, live_server: LiveServer, email: str) -> None:
    user = User.objects.get(email=email)
    user.set_password(PASSWORD)
    user.save()
    sign_in(page, live_server.url, email, PASSWORD)


def check_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_wrong_file_then_the_right_one(room: Room, page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    locked, good = tmp_path / "locked.pdf", tmp_path / "Agreement & Schedule.pdf"
    locked.write_bytes(encrypted())
    good.write_bytes(pdf("the agreement", pages=2))
    sign_in_as(page, live_server, "frederic.randall@brobeck.example")
    page.get_by_role("navigation", name="Deal").get_by_role("link", name="Documents").click()
    page.get_by_role("link", name="Stock Purchase Agreement").click()

    page.locator("input[type=file]").set_input_files(locked)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("alert")).to_contain_text("password")
    check_accessible(page)

    page.locator("input[type=file]").set_input_files(good)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 is on file: Agreement & Schedule.pdf.")
    check_accessible(page)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Agreement & Schedule.pdf").click()
    assert fetched.value.suggested_filename == "Agreement & Schedule.pdf"
    assert Path(fetched.value.path()).read_bytes() == good.read_bytes()


def test_packets_are_watched_until_they_are_made(
    room: Room, page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    sign_in_as(page, live_server, "frederic.randall@brobeck.example")
    page.goto(f"{live_server.url}{BASE}/signatures/")
    page.get_by_role("button", name="Make the packets").click()
    expect(page.get_by_text("Making the packets: 0 of 4 made.")).to_be_visible()
    assert page.locator("#packets[hx-trigger]").count() == 1

    with running_worker(tmp_path, {"CLOSING_CLOCK": MONDAY}):
        expect(page.get_by_role("link", name="Download the packet")).to_have_count(4, timeout=60_000)
        expect(page.locator("#packets[hx-trigger]")).to_have_count(0)
    assert set(Packet.objects.values_list("state", flat=True)) == {Packet.State.MADE}
    check_accessible(page)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Download the packet of Nitin T. Mehta").click()
    assert Path(fetched.value.path()).read_bytes().startswith(b"%PDF-")

    page.get_by_role("rowheader", name="Nitin T. Mehta").get_by_role("link").click()
    check_accessible(page)
    page.get_by_role("checkbox", name="Stock Purchase Agreement").check()
    page.get_by_role("button", name="Put them in escrow").click()
    expect(page.get_by_role("status")).to_contain_text("1 page is on file for Nitin T. Mehta, in escrow.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_papers_are_accessible(room: Room, page: Page, live_server: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in_as(page, live_server, "frederic.randall@brobeck.example")
    for path in ("documents/", "signatures/", "signatures/by/sprout/", "close/", "record/?text=nothing", "mail/"):
        page.goto(f"{live_server.url}{BASE}/{path}")
        check_accessible(page)


def test_an_investors_documents_are_accessible(room: Room, page: Page, live_server: LiveServer) -> None:
    sign_in_as(page, live_server, "malcolm.fairbairn@fairbairn.example")
    for path in ("documents/", "documents/stock-purchase-agreement/"):
        page.goto(f"{live_server.url}{BASE}/{path}")
        check_accessible(page)
