"""The closing in the browser: what it will do is said before, what it did after, and it happens once."""

from collections.abc import Iterator
from typing import Any

import pytest

from closing.actions.facts import withdraw_fact
from closing.models import ClosedAllotment, Closing, Event, Payment, PostClosingItem, Signature
from tests.rules.any_facts import CERPLEX
from tests.web.papers import BASE, CLOSING, Room, open_room, text_of

PAGE = f"{BASE}/close/"
NAMES = [each.name for each in CERPLEX.investors]


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room("closing-day", CLOSING) as found:
        yield found


def bounce(room: Room) -> None:
    """Andrea Martin's wire comes back, so she is not ready."""
    row = Payment.objects.get(allotment__investor__name="Andrea Martin", withdrawn_at=None)
    withdraw_fact(row, "Returned by the bank", None)


def test_before_the_day_nobody_is_ready_and_the_button_says_why_not(db: None) -> None:
    with open_room() as room:
        page = text_of(room.company.get(PAGE))
        answer = room.company.post(PAGE, {"expected": NAMES})
    assert "Nobody is ready to close" in page
    assert "disabled" in page
    assert "The closing is set for Monday, June 10, 1996" in page
    assert answer.status_code == 409
    assert not Closing.objects.exists()


def test_the_review_names_investors_certificates_amounts_and_dates(room: Room) -> None:
    page = text_of(room.company.get(PAGE))
    assert "All 15 investors are ready to close" in page
    for said in ("B-1<", "B-15<", "8,000", "$8,000,000", "$23,480", "$1,212.40", "December 10, 1997", "36 released"):
        assert said in page, said
    assert page.count('name="expected"') == 15


def test_only_company_counsel_closes(room: Room) -> None:
    page = text_of(room.counsel.get(PAGE))
    assert "Only company counsel may effect the closing." in page
    assert room.counsel.post(PAGE, {"expected": NAMES}).status_code == 403
    assert room.malcolm.get(PAGE).status_code == 404
    assert room.malcolm.post(PAGE, {"expected": NAMES}).status_code == 404
    assert not Closing.objects.exists()


def test_closing_twice_is_closing_once_and_the_page_keeps_its_record(room: Room) -> None:
    assert room.company.post(PAGE, {"expected": NAMES}).status_code == 302
    assert room.company.post(PAGE, {"expected": NAMES}).status_code == 302  # a double click
    assert Closing.objects.count() == 1
    assert ClosedAllotment.objects.count() == 15
    assert not Signature.objects.filter(withdrawn_at=None, released_at=None).exists()
    page = text_of(room.counsel.get(PAGE))
    assert "Closed on June 10, 1996 for all 15 investors" in page
    for said in ("B-15", "$8,000,000", "December 10, 1997", "June 25, 1996", "Frederic A. Randall, Jr."):
        assert said in page, said
    assert 'name="expected"' not in page
    assert "36 of 36 signature pages are released" in text_of(room.company.get(f"{BASE}/signatures/"))


def test_a_stale_list_is_refused_and_the_page_shows_who_is_ready_now(room: Room) -> None:
    bounce(room)
    answer = room.company.post(PAGE, {"expected": NAMES, "leave_out": "on"})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "The list changed since you looked at it" in page
    assert page.count('name="expected"') == 14
    assert not Closing.objects.exists()


def test_who_is_left_out_is_named_and_must_be_confirmed(room: Room) -> None:
    bounce(room)
    page = text_of(room.company.get(PAGE))
    assert "14 of 15 investors are ready to close" in page
    assert "2(b)(ii)" in page
    ready = [name for name in NAMES if name != "Andrea Martin"]
    answer = room.company.post(PAGE, {"expected": ready})
    assert answer.status_code == 409
    assert "The closing would leave out Andrea Martin" in text_of(answer)
    assert not Closing.objects.exists()
    assert room.company.post(PAGE, {"expected": ready, "leave_out": "on"}).status_code == 302
    assert ClosedAllotment.objects.count() == 14
    assert "for 14 of 15 investors" in text_of(room.company.get(PAGE))


def test_a_post_closing_item_is_done_once_with_what_shows_it(room: Room) -> None:
    room.company.post(PAGE, {"expected": NAMES})
    item = PostClosingItem.objects.order_by("due_on").first()
    assert item is not None
    for _ in range(2):
        answer: Any = room.counsel.post(f"{PAGE}items/{item.pk}/", {"note": "Filed, no. 21-1"})
        assert answer.status_code == 302
    item.refresh_from_db()
    assert item.note == "Filed, no. 21-1"
    assert Event.objects.filter(verb="post-closing-item-finished").count() == 1
    assert "Filed, no. 21-1" in text_of(room.company.get(PAGE))
    assert room.malcolm.get(f"{PAGE}items/{item.pk}/").status_code == 404
