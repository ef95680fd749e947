"""The execution version on the pages: chosen, what goes stale told before, asked again or carried over, and final."""

from typing import Any

import pytest
from django.test import Client

from closing.models import CarryOver, Deliverable, DocumentVersion, ExecutionVersion, Signature
from closing.queries.gates import gate_of
from closing.web.execution import PagesField
from tests.web.papers import BASE, CLOSING, Room, open_room, pdf, queries_of, text_of, upload

pytestmark = pytest.mark.django_db

KEY = "registration-rights-agreement"
PAGE = f"{BASE}/documents/{KEY}/"


@pytest.fixture
def room(db: None) -> Any:
    with open_room("") as found:
        yield found


def hand_in(client: Client, text: str, pages: int = 3, **more: str) -> None:
    answer = client.post(PAGE, {"file": upload(f"{text}.pdf", pdf(text, pages=pages)), "note": "", **more})
    assert answer.status_code == 302, text_of(answer)


def freeze(client: Client, number: int, pages: str = "3", stale: tuple[str, ...] = ()) -> Any:
    return client.post(f"{PAGE}versions/{number}/execution/", {"blank_pages": pages, "stale": stale})


def sign(room: Room, *blocks: str) -> None:
    for block in blocks:
        answer = room.company.post(f"{BASE}/signatures/by/{block}/", {"documents": [KEY], "signer": "", "title": ""})
        assert answer.status_code == 302, text_of(answer)


def counting(room: Room) -> set[str]:
    return {each.block for each in gate_of(room.deal).facts.signatures if each.document == KEY}


def test_the_stages_of_the_versions_are_told(room: Room) -> None:
    hand_in(room.company, "one")
    hand_in(room.counsel, "two", stage="comments")
    page = text_of(room.company.get(PAGE))
    assert "None yet. Choose below which version the parties sign" in page
    assert "In comments" in page
    assert freeze(room.company, 1).status_code == 302
    page = text_of(room.company.get(PAGE))
    assert "Version 1 is what the parties sign" in page
    assert DocumentVersion.objects.get(number=1).sha256 in page
    assert "Blank signature pages: 3." in page
    assert "Version 2 is later than the execution version" in page
    assert freeze(room.counsel, 2, "2-3").status_code == 302
    page = text_of(room.company.get(PAGE))
    assert "Superseded execution version" in page
    freeze(room.counsel, 1)
    assert "is later than the execution version" not in text_of(room.company.get(PAGE)), "version 2 was given up"
    freeze(room.counsel, 2, "2-3")
    assert ExecutionVersion.objects.latest("id").blank_pages == [2, 3]


def test_what_goes_stale_is_told_before_it_does_and_must_be_confirmed(room: Room) -> None:
    hand_in(room.company, "one")
    freeze(room.company, 1)
    sign(room, "sprout", "cerplex")
    hand_in(room.company, "two")
    asked = room.company.get(f"{PAGE}versions/2/execution/")
    assert "This makes 2 signed pages stale." in text_of(asked)
    assert "Sprout Growth II, L.P." in text_of(asked)
    assert counting(room) == {"sprout", "cerplex"}
    unseen = freeze(room.company, 2, stale=("sprout",))
    assert unseen.status_code == 422
    assert "Look at the list again" in text_of(unseen)
    assert counting(room) == {"sprout", "cerplex"}
    assert freeze(room.company, 2, stale=("cerplex", "sprout")).status_code == 302
    assert counting(room) == set()
    page = text_of(room.company.get(PAGE))
    assert "2 signed pages were signed for an earlier version and do not count." in page
    assert f"{BASE}/signatures/?document={KEY}&amp;state=stale" in page


def stale_room(room: Room) -> None:
    hand_in(room.company, "one")
    freeze(room.company, 1)
    sign(room, "sprout", "malcolm-fairbairn")
    hand_in(room.company, "two")
    freeze(room.company, 2, stale=("sprout", "malcolm-fairbairn"))


def test_pages_are_carried_over_on_an_authority_in_words_and_it_is_taken_back(room: Room) -> None:
    stale_room(room)
    form = text_of(room.counsel.get(f"{PAGE}carry-over/"))
    assert "Sprout Growth II, L.P., by Robert Finzi (signed for version 1)" in form
    assert "Ask them to sign again" in form
    refused = room.counsel.post(f"{PAGE}carry-over/", {"blocks": ["sprout"], "authority": " "})
    assert refused.status_code == 422
    assert "Write down the authority in words" in text_of(refused)
    told = {"blocks": ["sprout"], "authority": "Robert Finzi by telephone: the notice address only."}
    assert room.counsel.post(f"{PAGE}carry-over/", told).status_code == 302
    assert counting(room) == {"sprout"}
    page = text_of(room.company.get(PAGE))
    assert "the notice address only." in page
    assert "1 signed page was signed for an earlier version and does not count." in page
    row = CarryOver.objects.get()
    back = room.counsel.post(f"{BASE}/facts/carry-over/{row.pk}/withdraw/", {"reason": "He meant another document"})
    assert back.status_code == 302
    assert counting(room) == set()


def test_the_condition_names_who_signed_an_earlier_version_and_what_is_on_file(room: Room) -> None:
    stale_room(room)
    room.company.post(f"{PAGE}carry-over/", {"blocks": ["sprout"], "authority": "Robert Finzi by telephone"})
    page = text_of(room.company.get(f"{BASE}/conditions/2(a)(viii)/"))
    assert "Signed for an earlier version only: Malcolm" in page
    assert page.count("Signed for an earlier version; it does not count for the one in force") == 1
    assert "Robert Finzi by telephone" in page
    assert "Version 2 of Fourth Amendment to Registration Rights Agreement is the execution version" in page


def test_where_nothing_is_stale_there_is_nothing_to_carry_over(room: Room) -> None:
    answer = room.company.get(f"{PAGE}carry-over/")
    assert answer.status_code == 409
    assert "No signed page of this document is stale" in text_of(answer)


def test_a_freeze_is_taken_back_with_a_reason(room: Room) -> None:
    stale_room(room)
    row = ExecutionVersion.objects.latest("id")
    asked = text_of(room.company.get(f"{BASE}/facts/execution-version/{row.pk}/withdraw/"))
    assert "good again: Sprout Growth II, L.P.; Malcolm Fairbairn" in asked
    answer = room.company.post(
        f"{BASE}/facts/execution-version/{row.pk}/withdraw/?next={PAGE}", {"reason": "Wrong file"}
    )
    assert answer.status_code == 302
    assert answer["Location"] == PAGE
    assert counting(room) == {"sprout", "malcolm-fairbairn"}


def test_an_investor_sees_the_version_and_its_own_stale_page_and_no_other(room: Room) -> None:
    stale_room(room)
    page = text_of(room.malcolm.get(PAGE))
    assert "Version 2 is what the parties sign" in page
    assert "You signed an earlier version" in page
    for hidden in ("Sprout", "Carry over", "Take it back", "Make this the execution version"):
        assert hidden not in page
    finzi = text_of(room.finzi.get(PAGE))
    assert "Fairbairn" not in finzi
    for address in (f"{PAGE}versions/1/execution/", f"{PAGE}carry-over/"):
        assert room.malcolm.get(address).status_code == 404


@pytest.mark.parametrize(
    ("pages", "told"),
    [("7", "The file has 3 pages"), ("seven", "Write page numbers"), ("3-2", "is no range of pages")],
)
def test_pages_that_are_not_there_are_refused(room: Room, pages: str, told: str) -> None:
    hand_in(room.company, "one")
    answer = freeze(room.company, 1, pages)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert not ExecutionVersion.objects.exists()


def test_page_numbers_are_read_and_written_as_people_write_them() -> None:
    field = PagesField(required=False)
    assert field.clean("7, 9-12; 8") == (7, 8, 9, 10, 11, 12)
    assert field.clean("") == ()
    assert field.prepare_value((12, 7, 9, 10)) == "7, 9-10, 12"


def test_what_is_no_pdf_is_not_frozen(room: Room) -> None:
    room.company.post(PAGE, {"file": upload("agreement.txt", b"words"), "note": ""})
    assert "Make this the execution version" not in text_of(room.company.get(PAGE))
    answer = room.company.get(f"{PAGE}versions/1/execution/")
    assert answer.status_code == 409
    assert "is no PDF" in text_of(answer)


def test_once_released_the_page_says_that_it_stands(db: None) -> None:
    with open_room("closing-day", CLOSING) as room:
        hand_in(room.company, "one")
        seen = [each.block for each in gate_of(room.deal).facts.signatures if each.document == KEY]
        freeze(room.company, 1, stale=tuple(seen))
        told = {"blocks": seen, "authority": "All signatories by e-mail."}
        assert room.company.post(f"{PAGE}carry-over/", told).status_code == 302
        Signature.objects.filter(deliverable__key=KEY, block__key="sprout").update(released_at=CLOSING)
        hand_in(room.company, "two")
        page = text_of(room.company.get(PAGE))
        assert "Signed pages are released, so what they were signed for stands." in page
        assert "Make this the execution version" not in page
        answer = freeze(room.company, 2)
        assert answer.status_code == 422
        assert "are released" in text_of(answer)


def test_the_page_takes_as_many_queries_with_many_pages_as_with_few(room: Room) -> None:
    hand_in(room.company, "one")
    freeze(room.company, 1)
    sign(room, "sprout")
    hand_in(room.company, "two")
    freeze(room.company, 2, stale=("sprout",))
    room.company.get(PAGE)
    few = len(queries_of(room.company, PAGE))
    sign(room, "dlj", "peak", "whitman")
    hand_in(room.company, "three")
    freeze(room.company, 3, stale=("dlj", "peak", "whitman"))
    room.company.get(PAGE)
    assert len(queries_of(room.company, PAGE)) == few
    assert Deliverable.objects.get(key=KEY).versions.count() == 3
