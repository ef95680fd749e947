"""Money and the investors' own pages once the deal has closed."""

import re
from html import unescape

import pytest

from closing.actions.closings import close_deal
from closing.actions.payments import return_payment
from closing.models import Bill, Deal, FeePayment, Payment
from closing.queries.gates import gate_of
from tests.web.papers import BASE, CLOSING, open_room, text_of

pytestmark = pytest.mark.django_db

KEY = "00000000-0000-4000-8000-000000000001"


def close(deal: Deal) -> None:
    ready = [each.investor.name for each in gate_of(deal).ready]
    close_deal(deal, None, expected=ready, leave_out_confirmed=True)


def test_a_payment_past_what_fits_is_refused_in_words_and_one_that_fits_recorded_once() -> None:
    with open_room("closing-day", CLOSING) as room:
        close(room.deal)
        bill = Bill.objects.filter(deal=room.deal).order_by("id")[0]
        url = f"{BASE}/fees/bills/{bill.pk}/pay/"
        response = room.company.post(url, {"kind": "fee", "amount": "26000"})
        assert response.status_code == 422
        said = text_of(response)
        assert "under the cap of $25,000.00 on fees (6(d))" in said or "of fees that is not paid" in said
        for _ in range(2):
            assert room.company.post(url, {"kind": "fee", "amount": "1000", "form_key": KEY}).status_code == 302
        assert FeePayment.objects.count() == 1


def test_after_the_closing_a_payment_is_reversed_and_fits_again() -> None:
    with open_room("closing-day", CLOSING) as room:
        close(room.deal)
        base = f"{BASE}/fees/bills/{Bill.objects.get(number='1996-0531').pk}/"
        assert room.company.post(f"{base}pay/", {"kind": "fee", "amount": "23480"}).status_code == 302
        over = room.company.post(f"{base}reverse/", {"kind": "fee", "amount": "23480.01"})
        assert "$23,480.00 stands paid of the fees of bill 1996-0531" in text_of(over)
        assert (
            room.company.post(f"{base}reverse/", {"kind": "fee", "amount": "480", "note": "Overpaid"}).status_code
            == 302
        )
        page = text_of(room.counsel.get(f"{BASE}/fees/"))
        assert ": $23,000 paid, " in page
        assert "Came back" in page
        assert "Overpaid" in page


def test_who_was_left_out_is_told_that_his_pages_bind_nobody() -> None:
    with open_room("closing-day", CLOSING) as room:
        rows = Payment.objects.filter(allotment__investor__name="Malcolm and Emily Fairbairn", withdrawn_at=None)
        return_payment(rows.earliest("id"), "No funds", None)
        close(room.deal)
        left_out = text_of(room.malcolm.get(f"{BASE}/signing/"))
        says = "The deal closed without Malcolm Fairbairn: this page stays in escrow and binds nobody."
        assert left_out.count(says) == 2
        closed = text_of(room.finzi.get(f"{BASE}/signing/"))
        assert "stays in escrow" not in closed
        assert "Signed by Robert Finzi and released" in closed


def test_the_portal_tells_of_the_certificate() -> None:
    with open_room("closing-day", CLOSING) as room:
        close(room.deal)
        said = text_of(room.finzi.get(f"{BASE}/mine/"))
        assert "Closed on June 10, 1996" in said
        assert "Sprout Growth II, L.P. holds 2,269 shares of Series B Preferred under certificate B-1." in said
        assert "until December 10, 1997" in said
        assert "to do before" not in said


def test_whether_it_was_met_at_the_closing_has_an_answer() -> None:
    with open_room("closing-day", CLOSING) as room:
        close(room.deal)
        now = room.company.get(f"{BASE}/")
        link = re.search(r'href="(\?on=[^"]+)">Was it met at the closing', now.content.decode())
        assert link
        then = text_of(room.company.get(f"{BASE}/{unescape(link.group(1))}"))
        assert "11:05 a.m. Pacific, when it closed" in then or ", when it closed" in then
        before = text_of(room.company.get(f"{BASE}/?on=1996-06-03"))
        assert "As it stood on Monday, June 3, 1996" in before
        assert "when it closed" not in before


def test_a_closing_that_took_place_is_moved_no_more() -> None:
    with open_room("closing-day", CLOSING) as room:
        close(room.deal)
        majorities = room.company.get(f"{BASE}/majorities/")
        assert "The closing was effected on Monday, June 10, 1996" in text_of(majorities)
        assert "propose/move-closing/" not in majorities.content.decode()
        asked = {"day": "1996-06-12", "hour": "11:00"}
        response = room.company.post(f"{BASE}/majorities/propose/move-closing/", asked)
        assert response.status_code == 422
        assert "it is moved no more" in text_of(response)
        amended = room.company.post(
            f"{BASE}/majorities/propose/amendment/", {"text": "Reports within thirty days."}, follow=True
        )
        assert "4,001 shares are missing" in text_of(amended)
        assert "Agree to an amendment" in text_of(room.finzi.get(f"{BASE}/mine/"))


def test_who_has_closed_is_not_said_to_be_ready() -> None:
    with open_room("closing-day", CLOSING) as room:
        assert ">Ready<" in text_of(room.company.get(f"{BASE}/investors/"))
        close(room.deal)
        investors = text_of(room.company.get(f"{BASE}/investors/"))
        assert ">Ready<" not in investors
        assert investors.count(">Closed<") == 15
        takes = text_of(room.company.get(f"{BASE}/what-it-takes/"))
        assert "Closed for 15 investors" in takes
        assert ", ready<" not in takes
        assert "They are ready to close" not in takes


def test_the_portal_leads_to_the_closing_book_and_says_what_became_of_the_pages() -> None:
    with open_room("closing-day", CLOSING) as room:
        assert "closing book" not in text_of(room.malcolm.get(f"{BASE}/mine/"))
        found = re.search(r'href="([^"]*/mine/\d+/signing/)"', text_of(room.malcolm.get(f"{BASE}/mine/")))
        assert found
        signing = found.group(1)
        assert "held in escrow: it does not bind you yet" in text_of(room.malcolm.get(signing))
        close(room.deal)
        page = text_of(room.malcolm.get(f"{BASE}/mine/"))
        assert f"{BASE}/book/?for=Malcolm%20and%20Emily%20Fairbairn" in page
        assert room.malcolm.get(f"{BASE}/book/", {"for": "Malcolm and Emily Fairbairn"}).status_code == 200
        assert text_of(room.malcolm.get(signing)).count("Signed and released: it binds you") == 4
