"""The money page: the purchase price as it comes in, bills, and the cap of Section 6(d)."""

from decimal import Decimal

import pytest

from closing.models import Bill, FeePayment, Payment
from closing.queries.payments import cap_bar, money_page
from closing.rules.fees import FeeStatement, by_kind
from closing.rules.terms import LineKind
from investors.clock import fixed
from tests.web.papers import deal_of, queries_of, text_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/money/"
KEY = "00000000-0000-4000-8000-000000000001"
LINES = {
    "count": "4",
    "kind_1": "fee",
    "description_1": "Closing documents & opinions",
    "amount_1": "$2,000.00",
    "kind_3": "expense",
    "description_3": "Courier",
    "amount_3": "31.40",
}


def test_the_page_opens_with_what_is_missing(room: World) -> None:
    said = text_of(room.client("company").get(BASE))
    assert "$250,000 of the purchase price is missing" in said
    assert "3 investors have not paid in full" in said
    assert "Wire returned by the sending bank: account number." in said


def test_the_cap_is_told_in_words_beside_the_bar(room: World) -> None:
    said = text_of(room.client("investors").get(BASE))
    assert (
        "Cap $25,000.00: paid $0.00, billed under the cap, not paid yet $23,480.00, room under the cap $1,520.00"
        in said
    )


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


@pytest.mark.parametrize("role", ["investors"])
def test_only_company_counsel_records_what_reached_the_company(room: World, role: str) -> None:
    assert room.client(role).get(f"{BASE}payments/new/").status_code == 403


def test_a_bill_has_several_lines_and_is_recorded_once(room: World) -> None:
    said = {"number": "1996-0603", "dated": "1996-06-03", **LINES}
    for _ in range(2):
        assert room.client("investors").post(f"{BASE}bills/new/", said).status_code == 302
    bill = Bill.objects.get(number="1996-0603")
    assert [(line.kind, line.amount) for line in bill.lines.all()] == [
        ("fee", Decimal(2000)),
        ("expense", Decimal("31.4")),
    ]
    said_after = text_of(room.client("investors").get(BASE))
    assert "Closing documents &amp; opinions" in said_after
    assert "$480 lies over the cap" in said_after


def test_more_lines_keep_what_was_written(room: World) -> None:
    said = {"number": "1996-0603", "dated": "1996-06-03", **LINES, "more": "yes"}
    response = room.client("investors").post(f"{BASE}bills/new/", said)
    assert response.status_code == 200
    page = response.content.decode()
    assert "Line 8: amount" in page
    assert 'value="Courier"' in page
    assert not Bill.objects.filter(number="1996-0603").exists()


def test_a_line_is_whole_or_blank(room: World) -> None:
    said = {"number": "1", "dated": "1996-06-03", "count": "4", "kind_2": "fee"}
    response = room.client("investors").post(f"{BASE}bills/new/", said)
    assert response.status_code == 422
    assert "Write what it is for." in response.content.decode()


def test_nothing_is_paid_before_the_closing(room: World) -> None:
    bill = Bill.objects.get(deal=room.deal)
    response = room.client("company").post(f"{BASE}bills/{bill.pk}/pay/", {"kind": "fee", "amount": "100"})
    assert response.status_code == 422
    assert "Nothing is reimbursed before the closing is effected" in response.content.decode()
    assert not FeePayment.objects.exists()


def test_a_bill_is_withdrawn_with_a_reason(room: World) -> None:
    bill = Bill.objects.get(deal=room.deal)
    assert room.client("investors").post(f"{BASE}bills/{bill.pk}/withdraw/", {"reason": "A slip."}).status_code == 302
    assert "Withdrawn" in text_of(room.client("investors").get(BASE))


def statement(billed: str, paid: str = "0") -> FeeStatement:
    return FeeStatement(
        section="6(d)",
        counsel="investors-counsel",
        currency="USD",
        cap=Decimal(25000),
        covers=(LineKind.FEE,),
        billed=by_kind([(LineKind.FEE, Decimal(billed))]),
        paid=by_kind([(LineKind.FEE, Decimal(paid))]),
        netted_by_kind=by_kind(),
        is_payable=True,
    )


@pytest.mark.parametrize(
    ("billed", "paid", "widths", "cap_x"),
    [
        ("0", "0", (0, 0, 1000, 0), 1000),
        ("12500", "5000", (200, 300, 500, 0), 1000),
        ("25000", "25000", (1000, 0, 0, 0), 1000),
        ("50000", "25000", (500, 0, 0, 500), 500),
    ],
)
def test_the_bar_is_the_cap_or_what_was_billed_past_it(
    billed: str, paid: str, widths: tuple[int, ...], cap_x: int
) -> None:
    bar = cap_bar(statement(billed, paid))
    assert bar is not None
    assert tuple(each.width for each in bar.segments) == widths
    assert bar.cap_x == cap_x


def test_the_money_adds_up(room: World) -> None:
    page = money_page(room.deal)
    assert page.owed == Decimal(8_000_000)
    assert page.received + page.missing == page.owed
    assert LineKind.FEE in {line.kind for bill in page.ledger.bills for line in bill.lines}


@pytest.mark.parametrize("page", ["money/", "investors/", "investors/{first}/"])
def test_the_number_of_queries_does_not_grow_with_the_investors(db: None, page: str) -> None:
    counts = {}
    with fixed(MONDAY):
        for count in (1, 15, 200):
            deal, client = deal_of(count)
            first = deal.allotments.order_by("position").values_list("pk", flat=True)[0]
            counts[count] = len(queries_of(client, f"/deals/{deal.code}/{page.format(first=first)}"))
    assert len(set(counts.values())) == 1, counts
