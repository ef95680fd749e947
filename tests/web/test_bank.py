"""The company's bank as its counsel sees it: taken in, confirmed, split, set aside, undone; and files that are none."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from closing.actions.payments import record_payment
from closing.models import BankBooking, BankLine, BankStatement, Payment
from closing.queries.gates import gate_of
from tests.papers.camt import camt, details, entry, statement
from tests.web.papers import text_of
from tests.web.world import World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/money/bank/"
ANDREA, FAIRBAIRN = "Andrea Martin", "Malcolm and Emily Fairbairn"
FILE = camt(
    statement(
        entry("10000.00", details(ANDREA), reference="FED 1"),
        entry("40000.00", details("Emily Fairbairn"), reference="FED 2"),
        entry("77.00", details("<script>alert(1)</script>")),
        entry("12.50", side="DBIT"),
    )
)


def send(room: World, content: bytes = FILE, name: str = "june.xml", role: str = "company") -> Any:
    return room.client(role).post(BASE, {"file": SimpleUploadedFile(name, content)})


@pytest.fixture
def taken_in(room: World) -> BankStatement:
    response = send(room)
    assert response.status_code == 302, text_of(response)
    return BankStatement.objects.get()


def line(row: int) -> BankLine:
    return BankLine.objects.get(row=row)


def is_met(room: World, name: str) -> bool:
    return gate_of(room.deal).investor(name).cells["2(b)(ii)"].is_satisfied


def test_each_line_shows_what_it_may_be_and_why(room: World, taken_in: BankStatement) -> None:
    said = text_of(room.client("company").get(f"{BASE}{taken_in.pk}/"))
    assert "2 lines may be of this deal" in said
    assert f"Received from {ANDREA}" in said
    assert f"names {ANDREA}; exactly what {ANDREA} misses" in said
    assert "&lt;script&gt;" in said
    assert "<script>alert" not in said
    assert not is_met(room, ANDREA)


def test_what_is_clear_is_confirmed_in_one_press(room: World, taken_in: BankStatement) -> None:
    url = f"{BASE}{taken_in.pk}/confirm/"
    said = text_of(room.client("company").post(url, follow=True))
    assert "1 line confirmed." in said
    assert is_met(room, ANDREA)
    assert not is_met(room, FAIRBAIRN), "who acts for it is named, not the investor"


def test_a_proposal_is_confirmed_by_its_own_press(room: World, taken_in: BankStatement) -> None:
    url = f"{BASE}lines/{line(2).pk}/"
    assert "Received from Malcolm and Emily Fairbairn" in text_of(room.client("company").get(url))
    assert room.client("company").post(url, {"choice": "0", "count": "3"}).status_code == 302
    assert is_met(room, FAIRBAIRN)
    again = room.client("company").post(url, {"choice": "by-hand", "count": "3"})
    assert again.status_code == 422


def by_hand(*parts: tuple[str, str], **more: str) -> dict[str, str]:
    said = {"choice": "by-hand", "count": "3", **more}
    for at, (name, amount) in enumerate(parts, start=1):
        said |= {f"investor_{at}": name, f"amount_{at}": amount}
    return said


def test_a_line_is_split_by_hand_and_keeps_what_was_written(room: World, taken_in: BankStatement) -> None:
    url = f"{BASE}lines/{line(2).pk}/"
    company = room.client("company")
    short = company.post(url, by_hand((FAIRBAIRN, "30000"), (ANDREA, "9000")))
    assert short.status_code == 422
    said = text_of(short)
    assert "They must be the same." in said
    assert 'value="30000"' in said
    more = company.post(url, by_hand((FAIRBAIRN, "30000"), more="1"))
    assert "Part 6: amount" in text_of(more)
    assert company.post(url, by_hand((FAIRBAIRN, "30000"), (ANDREA, "10,000.00"))).status_code == 302
    assert Payment.objects.filter(receipt__startswith="bank-line").count() == 2
    assert is_met(room, ANDREA)


def test_too_much_is_confirmed_by_a_box_that_appears_then(room: World, taken_in: BankStatement) -> None:
    url = f"{BASE}lines/{line(2).pk}/"
    company = room.client("company")
    asked = company.post(url, by_hand((ANDREA, "40000")))
    assert asked.status_code == 422
    assert "this would be over by $30,000.00" in text_of(asked)
    assert 'type="checkbox" name="over"' in text_of(asked)
    assert company.post(url, by_hand((ANDREA, "40000"), over="on")).status_code == 302
    assert "over by" in text_of(company.get("/deals/cerplex-1996/money/"))


def test_the_rest_is_set_aside_with_one_reason_and_taken_back(room: World, taken_in: BankStatement) -> None:
    company = room.client("company")
    assert "Say why" in text_of(company.post(f"{BASE}{taken_in.pk}/set-aside/", follow=True))
    said = text_of(company.post(f"{BASE}{taken_in.pk}/set-aside/", {"reason": "Rent"}, follow=True))
    assert "2 lines set aside." in said
    booking = BankBooking.objects.get(line=line(4))
    url = f"{BASE}bookings/{booking.pk}/undo/"
    assert company.post(url, {"reason": "A mistake"}).status_code == 302
    assert "It is undone already: A mistake" in text_of(company.get(url))


def test_a_payment_that_comes_back_is_marked_by_the_statement(room: World, taken_in: BankStatement) -> None:
    company = room.client("company")
    company.post(f"{BASE}{taken_in.pk}/confirm/")
    send(room, camt(statement(entry("10000.00", details(ANDREA, text="RETURN OF FED 1"), side="DBIT"))), "later.xml")
    later = BankStatement.objects.exclude(pk=taken_in.pk).get()
    company.post(f"{BASE}{later.pk}/confirm/")
    assert not is_met(room, ANDREA)
    money = text_of(company.get("/deals/cerplex-1996/money/"))
    assert "It went back by the bank’s statement of June 7, 1996. Open again since then." in money
    assert "returned since" in text_of(company.get(f"{BASE}{taken_in.pk}/"))
    url = f"{BASE}bookings/{BankBooking.objects.get(line__statement=later).pk}/undo/"
    assert "The payment counts as received again from now on" in text_of(company.get(url))
    assert company.post(url, {"reason": "That was another wire"}).status_code == 302
    assert is_met(room, ANDREA)
    assert "returned since" not in text_of(company.get(f"{BASE}{taken_in.pk}/"))
    money = text_of(company.get("/deals/cerplex-1996/money/"))
    assert "by mistake; it stands again." in money
    assert "Open again since then" not in money.split(ANDREA)[-1].split("Nitin")[0]


def test_a_return_undone_after_the_payment_was_recorded_anew_asks_first(room: World, taken_in: BankStatement) -> None:
    company = room.client("company")
    company.post(f"{BASE}{taken_in.pk}/confirm/")
    send(room, camt(statement(entry("10000.00", details(ANDREA, text="RETURN OF FED 1"), side="DBIT"))), "later.xml")
    later = BankStatement.objects.exclude(pk=taken_in.pk).get()
    company.post(f"{BASE}{later.pk}/confirm/")
    record_payment(room.deal, None, investor=ANDREA, amount=Decimal(10_000))
    url = f"{BASE}bookings/{BankBooking.objects.get(line__statement=later).pk}/undo/"
    asked = company.post(url, {"reason": "That was another wire"})
    assert asked.status_code == 422
    assert "this would be over by $10,000.00. Tick the box if it is so." in text_of(asked)
    assert company.post(url, {"reason": "That was another wire", "over": "on"}).status_code == 302


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "The columns are not known"),
        (b"PK\x03\x04\x00\x00", "letters of the file are broken"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>', "declares a document type"),
        (b"<html><body>Please sign in</body></html>", "no statement in the form camt.053"),
        (b"Date,Amount\n1996-06-07,ten\n", "Row 2: “ten” is no amount"),
        (FILE[:-60], "damaged"),
        (b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_in_words(room: World, content: bytes, told: str) -> None:
    response = send(room, content, "bank.csv")
    assert response.status_code == 422
    assert told in text_of(response)
    assert not BankStatement.objects.exists()


def test_a_file_name_is_only_a_name(room: World) -> None:
    send(room, FILE, "../../<b>june</b>.xml")
    assert "<b>june" not in text_of(room.client("company").get(BASE))


def test_queries_do_not_grow_with_the_lines(room: World, django_assert_max_num_queries: object) -> None:
    counts = []
    room.client("company").get("/deals/cerplex-1996/money/")
    for count in (1, 40):
        entries = [entry(f"{number + 1}.00", details(ANDREA), reference=f"{count}-{number}") for number in range(count)]
        send(room, camt(statement(*entries)), f"{count}.xml")
        found = BankStatement.objects.get(filename=f"{count}.xml")
        with django_assert_max_num_queries(100) as asked:  # type: ignore[operator]
            assert room.client("company").get(f"{BASE}{found.pk}/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
