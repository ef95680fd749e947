"""A later version is frozen after everybody signed: the page says what goes stale, the condition opens, an authority
closes it again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from closing.actions.documents import add_document_version
from closing.actions.execution import freeze_version
from closing.management.demo_papers import HANDED_IN, RIGHTS, papers_of
from closing.models import Deliverable, DocumentVersion
from closing.pdf.demo_documents import set_documents
from closing.queries.gates import gate_of
from investors import clock
from tests.browser.test_papers import check_accessible, sign_in_as
from tests.rules.any_facts import CERPLEX
from tests.web.papers import BASE, CLOSING, Room, open_room

pytestmark = pytest.mark.django_db(transaction=True)

BLOCKS = 17


@pytest.fixture(scope="module")
def versions() -> list[bytes]:
    papers = [paper for said, paper in zip(HANDED_IN, papers_of(CERPLEX), strict=True) if said.document == RIGHTS]
    return set_documents(papers)


@pytest.fixture
def room(transactional_db: None, versions: list[bytes]) -> Iterator[Room]:
    """The morning of the closing: everybody signed what was frozen before the first page came in."""
    with open_room("closing-day", CLOSING) as found:
        with clock.fixed(CLOSING.replace(month=5, day=24)):
            document = Deliverable.objects.get(deal=found.deal, key=RIGHTS)
            file = ContentFile(versions[1], name="Fourth Amendment.pdf")
            freeze_version(add_document_version(document, file, "", None), None, range(2, 2 + BLOCKS))
        assert gate_of(found.deal).is_ready
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_later_version_opens_the_condition_and_an_authority_closes_it(
    room: Room, page: Page, live_server: LiveServer, tmp_path: Path, versions: list[bytes], scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    later = tmp_path / "Fourth Amendment, counterparts added.pdf"
    later.write_bytes(versions[2])
    sign_in_as(page, live_server, "frederic.randall@brobeck.example")
    address = f"{live_server.url}{BASE}/documents/{RIGHTS}/"
    page.goto(address)
    expect(page.get_by_text("Version 1 is what the parties sign.")).to_be_visible()
    page.locator("input[type=file]").set_input_files(later)
    page.get_by_role("radio", name="In comments").check()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("Version 2 is later than the execution version.")).to_be_visible()

    page.get_by_role("link", name="Make this the execution version").click()
    expect(page.get_by_text(f"This makes {BLOCKS} signed pages stale.")).to_be_visible()
    expect(page.get_by_label("Its own blank signature pages")).to_have_value("2-18")
    check_accessible(page)
    page.get_by_role("button", name="Make it the execution version").click()
    expect(page.get_by_text(f"{BLOCKS} signed pages were signed for an earlier version")).to_be_visible()
    check_accessible(page)

    page.goto(f"{live_server.url}{BASE}/conditions/2(a)(viii)/")
    expect(page.get_by_text("Signed for an earlier version only").first).to_be_visible()
    check_accessible(page)

    page.goto(address)
    page.get_by_role("link", name="Carry over").click()
    check_accessible(page)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Carry over").click()
    expect(page.get_by_role("alert")).to_contain_text("Write down the authority in words")
    check_accessible(page)
    page.get_by_label("On what authority?").fill("Every signatory by e-mail of today: only the counterparts clause.")
    page.get_by_role("button", name="Carry over").click()
    expect(page.get_by_role("status")).to_contain_text(f"{BLOCKS} signed pages count for the execution version now.")
    expect(page.get_by_text("only the counterparts clause.")).to_be_visible()
    check_accessible(page)
    assert gate_of(room.deal).is_ready
    assert DocumentVersion.objects.filter(deliverable__key=RIGHTS).count() == 2
