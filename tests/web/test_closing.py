"""The closing in the browser: what it will do is said before, what it did after, and it happens once."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from closing.actions.deals import load_deal
from closing.actions.facts import withdraw_fact
from closing.actions.payments import record_payment
from closing.models import ClosedAllotment, Closing, Event, MoneyPaper, Payment, PostClosingItem, Signature
from investors.models import ShareClass
from tests.closed_rooms import confirm, expected_in
from tests.rules.any_facts import CERPLEX
from tests.web.papers import BASE, CLOSING, Room, open_room, text_of

PAGE = f"{BASE}/close/"
NAMES = [each.name for each in CERPLEX.investors]


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room("closing-day", CLOSING) as found:
        yield found


def close(room: Room, **said: Any) -> None:
    for who in (room.company, room.counsel):
        assert confirm(who, PAGE, **said).status_code == 302


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
    assert "B-1 to B-15 for 15 investors; none of them is taken" in page
    assert "agree to the cent" in page
    assert page.count('name="expected"') == 15
    assert "Your confirmation is the first: nothing happens until the investors’ counsel confirms the same" in page


def test_an_investor_sees_none_of_it(room: Room) -> None:
    assert room.malcolm.get(PAGE).status_code == 404
    assert room.malcolm.post(PAGE, {"expected": NAMES}).status_code == 404
    assert room.malcolm.post(f"{PAGE}take-back/").status_code == 404


def test_the_first_says_what_it_waits_for_and_the_second_that_it_closes(room: Room) -> None:
    done = text_of(room.company.get(confirm(room.company, PAGE).url))
    assert "The deal closes when counsel of the other side confirms the same" in done
    assert "Take the confirmation back" in done
    assert "Frederic A. Randall, Jr., Monday, June 10, 1996" in done
    assert not Closing.objects.exists()
    second = text_of(room.counsel.get(PAGE))
    assert "Your confirmation is the second: it closes." in second
    assert "Confirm and close for 15 investors, $8,000,000" in second
    assert "The deal is closed for 15 investors." in text_of(room.counsel.get(confirm(room.counsel, PAGE).url))


def test_a_change_in_between_is_told_in_words_to_both(room: Room) -> None:
    confirm(room.company, PAGE)
    bounce(room)
    for who in (room.company, room.counsel):
        page = text_of(who.get(PAGE))
        assert "Counts no more" in page
        assert (
            "Andrea Martin: closes, 10 shares at $1,000.00 come to $10,000.00; $10,000.00 received "
            "when it was confirmed, and now left out." in page
        )
    assert "Confirm the closing for 14 investors" in text_of(room.counsel.get(PAGE))
    confirm(room.counsel, PAGE, leave_out="on")
    assert not Closing.objects.exists()
    confirm(room.company, PAGE, leave_out="on")
    assert ClosedAllotment.objects.count() == 14


def test_a_confirmation_is_taken_back_before_the_second(room: Room) -> None:
    confirm(room.company, PAGE)
    told = room.company.post(f"{PAGE}take-back/", follow=True)
    assert "Your confirmation is taken back. Nothing was closed." in text_of(told)
    assert "Your confirmation is the first" in text_of(room.counsel.get(PAGE))
    again = room.company.post(f"{PAGE}take-back/", follow=True)
    assert "There is no confirmation of yours to take back" in text_of(again)


def test_a_check_that_has_not_cleared_is_told_and_refuses_nothing(room: Room) -> None:
    bounce(room)
    record_payment(room.deal, None, investor="Andrea Martin", amount=Decimal(10000), method="check")
    page = text_of(room.company.get(PAGE))
    assert "The check of Andrea Martin for $10,000.00 is received and has not cleared" in page
    close(room)
    assert ClosedAllotment.objects.count() == 15


def test_what_does_not_tie_out_is_refused_with_its_line(room: Room) -> None:
    ShareClass.objects.filter(pk=room.deal.share_class_id).update(authorized=7999)
    page = text_of(room.company.get(PAGE))
    assert "The closing does not tie out. Authorized shares: 8,000 shares would be outstanding" in page
    assert 'name="digest"' not in page
    answer = room.company.post(PAGE, {"digest": "0" * 64, "expected": NAMES})
    assert answer.status_code == 409
    assert "does not tie out" in text_of(answer)


def test_closing_twice_is_closing_once_and_the_page_keeps_its_record(room: Room) -> None:
    page = room.counsel.get(PAGE).content.decode()
    said = {"digest": re.findall(r'name="digest" value="([0-9a-f]{64})"', page), "expected": NAMES}
    close(room)
    for who in (room.company, room.counsel):
        assert who.post(PAGE, said).status_code == 302  # a double click
    assert Closing.objects.count() == 1
    assert ClosedAllotment.objects.count() == 15
    assert not Signature.objects.filter(withdrawn_at=None, released_at=None).exists()
    answer = room.counsel.get(PAGE)
    assert b"&amp;amp;" not in answer.content
    page = text_of(answer)
    assert "confirmed by Frederic A. Randall, Jr. and Stradling, Yocca, Carlson" in page
    assert "Closed on June 10, 1996 for all 15 investors" in page
    for told in ("B-15", "$8,000,000", "December 10, 1997", "June 25, 1996", "Stradling, Yocca"):
        assert told in page, told
    assert 'name="expected"' not in page
    assert "36 of 36 signature pages are released" in text_of(room.company.get(f"{BASE}/signatures/"))


def test_a_stale_list_is_refused_and_the_page_shows_who_is_ready_now(room: Room) -> None:
    page = room.company.get(PAGE).content.decode()
    bounce(room)
    digest = re.findall(r'name="digest" value="([0-9a-f]{64})"', page)
    answer = room.company.post(PAGE, {"digest": digest, "expected": expected_in(page), "leave_out": "on"})
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
    answer = confirm(room.company, PAGE)
    assert answer.status_code == 409
    assert "The closing would leave out Andrea Martin" in text_of(answer)
    assert not Closing.objects.exists()
    close(room, leave_out="on")
    assert ClosedAllotment.objects.count() == 14
    page = text_of(room.company.get(PAGE))
    assert "for 14 of 15 investors" in page
    assert "the agreement has no further one" in page


def test_a_further_closing_stands_above_the_first(room: Room) -> None:
    bounce(room)
    further = replace(CERPLEX.closing, further_closings=True)
    load_deal(replace(CERPLEX, closing=further))
    close(room, leave_out="on")
    page = text_of(room.company.get(PAGE))
    assert "A further closing is set for" in page
    assert "No investor is ready" in page
    assert page.index("Who is left out") < page.index("Certificates issued")
    record_payment(room.deal, None, investor="Andrea Martin", amount=Decimal(10000))
    page = text_of(room.company.get(PAGE))
    assert "B-15 for 1 investor; none of them is taken" in page
    assert "Confirm the closing for 1 investor, $10,000" in page
    close(room)
    page = text_of(room.company.get(PAGE))
    assert "Closed on June 10, 1996 for all 15 investors" in page
    assert page.index("Closing 2, June 10, 1996") < page.index("Closing 1, June 10, 1996")


def test_a_post_closing_item_is_done_once_with_what_shows_it(room: Room) -> None:
    close(room)
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


def test_the_statement_is_counsels_and_its_pdf_is_asked_for_once(room: Room) -> None:
    close(room)
    page = f"{PAGE}1/"
    said = text_of(room.counsel.get(page))
    for told in ("Closing statement", "Confirmed for company counsel by", "B-15", "$1,212.40", "December 10, 1997"):
        assert told in said, told
    assert f'href="{page}"' in text_of(room.company.get(PAGE))
    for _ in range(2):
        assert room.company.post(page).status_code == 302
    assert MoneyPaper.objects.count() == 1
    assert room.company.get(f"{PAGE}2/").status_code == 404
    for stranger in (room.malcolm, room.finzi):
        assert stranger.get(page).status_code == 404
        assert stranger.post(page).status_code == 404
