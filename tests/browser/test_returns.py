"""Counsel hands in a mixed scan, sees it read, files what was recognised, and assigns the last page by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.models import ReturnedPage, Signature
from tests.browser.test_papers import MONDAY, check_accessible, sign_in_as
from tests.returned import AGREEMENT, ANDREA, NITIN, RIGHTS, Sheet, read_in, scanned, send_packets, sent_out
from tests.tasks.worker import running_worker
from tests.web.papers import BASE, Room, open_room

pytestmark = pytest.mark.django_db(transaction=True)

RETURNS = f"{BASE}/signatures/returns/"
COUNSEL = "frederic.randall@brobeck.example"


@pytest.fixture
def room(transactional_db: None, broker: redis.Redis) -> Iterator[Room]:
    with open_room("") as found:
        send_packets(found.deal, ANDREA, NITIN)
        yield found


def mixed(room: Room) -> bytes:
    andrea, nitin = sent_out(room.deal, ANDREA), sent_out(room.deal, NITIN)
    return scanned(
        [
            Sheet(nitin[AGREEMENT], turned=180),
            Sheet(andrea[AGREEMENT], turned=90),
            Sheet(nitin[RIGHTS], is_spoiled=True),
            Sheet(andrea[RIGHTS]),
        ]
    )


def test_a_mixed_scan_from_the_scanner_to_escrow(
    room: Room, page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    scan = tmp_path / "Monday's scans.pdf"
    scan.write_bytes(mixed(room))
    sign_in_as(page, live_server, COUNSEL)
    page.goto(f"{live_server.url}{BASE}/signatures/")
    page.get_by_role("link", name="Hand in pages that came back").click()
    page.get_by_label("Signed pages, as PDF, TIFF, PNG or JPEG").set_input_files(scan)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("status").first).to_contain_text("1 file handed in, 4 pages to read.")
    assert page.locator("#reading[hx-trigger]").count() == 1
    with running_worker(tmp_path, {"CLOSING_CLOCK": MONDAY}):
        expect(page.get_by_role("heading", level=1)).to_have_text("3 pages to confirm, 1 in the tray", timeout=60_000)
    expect(page.locator("#reading[hx-trigger]")).to_have_count(0)
    check_accessible(page)

    page.get_by_role("button", name="File all 3 recognised pages").click()
    expect(page.get_by_role("status").first).to_contain_text("3 pages are filed, in escrow.")
    page.get_by_role("link", name="Assign what is in the tray").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which page is this?")
    check_accessible(page)

    expect(page.get_by_label("Document, party, person")).to_be_focused()
    page.keyboard.type("mehta")
    expect(page.get_by_role("status").first).to_contain_text("1 of")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Registration Rights")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Nitin T. Mehta, is filed, in escrow.")
    assert Signature.objects.filter(withdrawn_at=None).count() == 4
    assert set(ReturnedPage.objects.values_list("state", flat=True)) == {"filed"}
    page.goto(f"{live_server.url}{BASE}/signatures/by/nitin-mehta/")
    expect(page.get_by_role("row", name="Stock Purchase Agreement")).to_contain_text("In escrow")


def test_it_works_without_script(room: Room, page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    nitin = sent_out(room.deal, NITIN)
    pages = read_in(room.deal, Sheet(nitin[RIGHTS], is_spoiled=True), Sheet(nitin[AGREEMENT], is_spoiled=True))
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False).new_page()
    sign_in_as(plain, live_server, COUNSEL)
    plain.goto(f"{live_server.url}{RETURNS}tray/")
    plain.get_by_label("Document, party, person").fill("mehta rights")
    plain.get_by_role("button", name="Narrow").click()
    plain.get_by_role("radio").check()
    plain.get_by_role("button", name="It is this page").click()
    expect(plain.get_by_text("is filed, in escrow.")).to_be_visible()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Which page is this?")
    assert plain.url.endswith(f"/{pages[1].pk}/")
    plain.context.close()


def test_delete_sets_a_page_aside_and_the_next_opens(room: Room, page: Page, live_server: LiveServer) -> None:
    nitin = sent_out(room.deal, NITIN)
    first, second = read_in(room.deal, Sheet(nitin[RIGHTS], is_spoiled=True), Sheet(nitin[AGREEMENT], is_spoiled=True))
    sign_in_as(page, live_server, COUNSEL)
    page.goto(f"{live_server.url}{RETURNS}{first.pk}/")
    expect(page.get_by_label("Document, party, person")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page).to_have_url(f"{live_server.url}{RETURNS}{second.pk}/")
    first.refresh_from_db()
    assert (first.state, first.reason) == ("set-aside", "It is no signature page.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_it_has_a_barrier_or_is_wider_than_a_telephone(
    room: Room, page: Page, live_server: LiveServer, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    andrea, nitin = sent_out(room.deal, ANDREA), sent_out(room.deal, NITIN)
    recognised, _, spoiled = read_in(
        room.deal,
        Sheet(andrea[AGREEMENT]),
        Sheet(nitin[AGREEMENT], is_signed=False),
        Sheet(nitin[RIGHTS], is_spoiled=True),
    )
    sign_in_as(page, live_server, COUNSEL)
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", "?show=filed", f"{recognised.pk}/", f"{spoiled.pk}/", f"{spoiled.pk}/?q=nobody"):
        page.goto(f"{live_server.url}{RETURNS}{path}")
        check_accessible(page)
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
