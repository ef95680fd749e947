"""The money page: the purchase price as it comes in."""

from decimal import Decimal

import pytest

from closing.models import Payment
from closing.queries.payments import money_page
from investors.clock import fixed
from tests.web.papers import deal_of, queries_of, text_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/money/"
KEY = "00000000-0000-4000-8000-000000000001"


def test_the_page_opens_with_what_is_missing(room: World) -> None:
    said = text_of(room.client("company").get(BASE))
    assert "$250,000 of the purchase price is missing" in said
    assert "3 investors have not paid in full" in said
    assert "Wire returned by the sending bank: account number." in said


def test_a_payment_is_recorded_once_however_often_its_form_is_sent(room: World) -> None:
    said = {"investor": "Malcolm and Emily Fairbairn", "amount": "20,000", "method": "wire", "form_key": KEY}
    for _ in range(2):
        assert room.client("company").post(f"{BASE}payments/new/", said).status_code == 302
    assert Payment.objects.filter(amount=20000, allotment=room.allotment("Malcolm and Emily Fairbairn")).count() == 1


@pytest.mark.parametrize("amount", ["", "0", "-5", "forty", "1.005", "20,00", "1,0", "NaN", "1e3000", "50000"])
def test_an_amount_that_cannot_be_is_refused(room: World, amount: str) -> None:
    before = Payment.objects.count()
    said = {"investor": "Malcolm and Emily Fairbairn", "amount": amount, "method": "wire"}
    assert room.client("company").post(f"{BASE}payments/new/", said).status_code == 422
    assert Payment.objects.count() == before


def test_the_form_opens_on_what_the_investor_still_owes(room: World) -> None:
    said = text_of(room.client("company").get(f"{BASE}payments/new/", {"investor": "Malcolm and Emily Fairbairn"}))
    assert "owes $100,000; $60,000 received, $40,000 missing." in said
    assert 'value="40000.00"' in said


def test_a_payment_comes_back_with_a_reason(room: World) -> None:
    row = Payment.objects.get(allotment=room.allotment("The & Trust"))
    url = f"{BASE}payments/{row.pk}/return/"
    assert room.client("company").post(url, {"reason": ""}).status_code == 422
    assert room.client("company").post(url, {"reason": "Account closed."}).status_code == 302
    row.refresh_from_db()
    assert row.withdrawn_reason == "Account closed."
    assert "It is marked so already: Account closed." in text_of(room.client("company").get(url))


def test_one_that_had_not_come_back_is_on_file_again_in_one_press(room: World) -> None:
    row, company = Payment.objects.get(allotment=room.allotment("The & Trust")), room.client("company")
    url = f"{BASE}payments/{row.pk}/again/"
    assert "It was not marked as returned, and counts." in text_of(company.get(url))
    company.post(f"{BASE}payments/{row.pk}/return/", {"reason": "Account closed."})
    assert f'href="{url}"' in text_of(company.get(BASE))
    assert f'href="{url}"' not in text_of(room.client("investors").get(BASE))
    asked = text_of(company.get(url))
    assert "The payment of $103,000.00 from The &amp; Trust had not come back" in asked
    assert 'aria-current="page">Money</a>' in asked
    for _ in range(2):
        assert company.post(url).status_code == 302
    assert Payment.objects.filter(again_of=row).count() == 1
    page = text_of(company.get(BASE))
    assert "by mistake; it stands again." in page
    assert f'href="{url}"' not in page
    assert "it stands again." in text_of(company.get(url))


@pytest.mark.parametrize("role", ["investors"])
def test_only_company_counsel_records_what_reached_the_company(room: World, role: str) -> None:
    assert room.client(role).get(f"{BASE}payments/new/").status_code == 403


def test_the_money_adds_up(room: World) -> None:
    page = money_page(room.deal)
    assert page.owed == Decimal(8_000_000)
    assert page.received + page.missing == page.owed


@pytest.mark.parametrize("page", ["money/", "investors/", "investors/{first}/"])
def test_the_number_of_queries_does_not_grow_with_the_investors(db: None, page: str) -> None:
    counts = {}
    with fixed(MONDAY):
        for count in (1, 15, 200):
            deal, client = deal_of(count)
            first = deal.allotments.order_by("position").values_list("pk", flat=True)[0]
            counts[count] = len(queries_of(client, f"/deals/{deal.code}/{page.format(first=first)}"))
    assert len(set(counts.values())) == 1, counts


def test_one_wire_for_several_is_recorded_in_parts_and_returned_whole(room: World) -> None:
    company, url = room.client("company"), f"{BASE}payments/several/"
    said = {"amount": "240,000", "method": "wire", "reference": "FED 7", "count": "3", "form_key": KEY}
    said |= {"investor_1": "Nitin T. Mehta", "amount_1": "200,000"}
    one = company.post(url, said)
    assert one.status_code == 422
    assert "Write two parts at least." in text_of(one)
    short = company.post(url, said | {"investor_2": "Malcolm and Emily Fairbairn", "amount_2": "39,999"})
    assert "The parts come to 239,999.00, and 240,000.00 came." in text_of(short)
    assert "Part 6: amount" in text_of(company.post(url, said | {"more": "1"}))
    whole = said | {"investor_2": "Malcolm and Emily Fairbairn", "amount_2": "40,000"}
    for _ in range(2):
        assert company.post(url, whole).status_code == 302
    rows = Payment.objects.filter(reference="FED 7")
    assert sum(row.amount for row in rows) == 240_000
    asked = text_of(company.get(f"{BASE}payments/{rows[0].pk}/return/"))
    assert "One wire for 2 investors; all of its parts go with it." in asked
    company.post(f"{BASE}payments/{rows[0].pk}/return/", {"reason": "Recalled"})
    assert not Payment.objects.filter(reference="FED 7", withdrawn_at=None).exists()


def test_the_investors_of_one_contact_are_filled_in(room: World) -> None:
    row = Payment.objects.get(allotment=room.allotment("The & Trust"))
    company = room.client("company")
    company.post(f"{BASE}payments/{row.pk}/return/", {"reason": "Recalled"})
    said = text_of(company.get(f"{BASE}payments/several/", {"contact": "Daniel S. Martin"}))
    assert '<option value="The &amp; Trust" selected>' in said
    assert 'name="amount" value="103000.00"' in said


def test_the_same_reference_twice_and_too_much_are_each_asked_about(room: World) -> None:
    company, url = room.client("company"), f"{BASE}payments/new/"
    said = {"investor": "Nitin T. Mehta", "amount": "150000", "method": "wire", "reference": "FED 7"}
    assert company.post(url, said).status_code == 302
    over = company.post(url, said)
    assert (over.status_code, 'type="checkbox" name="over"' in text_of(over)) == (422, True)
    twice = company.post(url, said | {"over": "on"})
    assert (twice.status_code, 'type="checkbox" name="twice"' in text_of(twice)) == (422, True)
    assert "is on file since June 3, 1996" in text_of(twice)
    assert company.post(url, said | {"over": "on", "twice": "on"}).status_code == 302
    page = text_of(company.get(BASE))
    assert "$100,000 is to be sent back" in page
    assert "over by" in page


def test_a_check_is_received_and_clears(room: World) -> None:
    company = room.client("company")
    said = {"investor": "Nitin T. Mehta", "amount": "200000", "method": "check", "reference": "No. 12"}
    company.post(f"{BASE}payments/new/", said)
    row = Payment.objects.get(reference="No. 12")
    assert "in checks that have not cleared" in text_of(company.get(BASE))
    assert company.post(f"{BASE}payments/{row.pk}/cleared/").status_code == 302
    assert "cleared <time" in text_of(company.get(BASE))
    wire = Payment.objects.filter(method="wire")[0]
    assert company.get(f"{BASE}payments/{wire.pk}/cleared/").status_code == 404


def test_whom_to_call_begins_with_the_payment_that_came_back(room: World) -> None:
    said = text_of(room.client("investors").get(BASE))
    called = said[said.index("Whom to call") :]
    assert called.index("A payment came back") < called.index("Nitin T. Mehta")
    assert "mailto:nitin.mehta@greenoaks.example" in called
