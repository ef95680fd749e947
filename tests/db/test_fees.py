"""Bills, payments towards them, and payments of the purchase price: what the actions refuse, and in which words."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.closings import close_deal
from closing.actions.fee_payments import (
    is_past_cap,
    record_fee_payment,
    reverse_fee_payment,
    withdraw_fee_payment,
)
from closing.actions.fees import record_bill, record_credit_note, withdraw_bill, write_off
from closing.actions.payments import record_payment, return_payment
from closing.models import Bill, Deal, Event, FeePayment
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.fees import fees_page
from closing.queries.gates import gate_of
from closing.rules.access import Role
from closing.rules.facts import BillLine
from closing.rules.facts_file import read_facts, write_facts
from closing.rules.terms import LineKind
from investors import clock
from investors.models import User
from tests.db.test_closings import ALL, ELEVEN, on_closing_day

Users = Callable[[Role], User]


def line(amount: str, kind: LineKind = LineKind.FEE) -> BillLine:
    return BillLine(kind=kind, description="Drafting", amount=Decimal(amount))


def billed(deal: Deal, amount: str = "30000.00", number: str = "2") -> Bill:
    lines = [line(amount), line("4000.00", LineKind.EXPENSE)]
    return record_bill(deal, None, number=number, dated=date(1996, 6, 2), lines=lines)


def pay(bill: Bill, amount: str, kind: LineKind = LineKind.FEE) -> FeePayment:
    return record_fee_payment(bill.deal, None, bill=bill, kind=kind, amount=Decimal(amount))


@pytest.fixture
def closed(db: None) -> Iterator[Deal]:
    """The deal, closed; the sample's bill has $23,480.00 of fees."""
    with clock.fixed(ELEVEN):
        deal = on_closing_day()
        close_deal(deal, None, expected=ALL)
        yield deal


class TestBills:
    def test_the_same_bill_twice_is_one(self, cerplex: Deal) -> None:
        assert billed(cerplex).pk == billed(cerplex).pk
        assert Bill.objects.count() == 1

    def test_a_number_that_another_bill_has_is_refused(self, cerplex: Deal) -> None:
        withdraw_bill(billed(cerplex), "Wrong client", None)
        with pytest.raises(ActionRefused, match="A bill 2 of Stradling, Yocca, Carlson & Rauth is on file already"):
            billed(cerplex, "29000.00")

    def test_two_counsel_may_each_have_a_bill_of_one_number(self, closed: Deal) -> None:
        theirs = billed(closed)
        said: dict[str, Any] = {"number": "2", "counsel": "company-counsel", "lines": [line("900.00")]}
        own = record_bill(closed, None, dated=date(1996, 6, 2), **said)
        pay(own, "850.00")
        pay(theirs, "100.00")
        with pytest.raises(ActionRefused, match=r"A bill 2 of Brobeck, Phleger & Harrison is on file already"):
            record_bill(closed, None, dated=date(1996, 6, 3), **said)
        page = fees_page(closed)
        assert {each.counsel_key: each.taken[LineKind.FEE] for each in page.own} == {"company-counsel": Decimal(850)}
        assert next(each for each in page.counsels[0].bills if each.id == theirs.pk).taken[LineKind.FEE] == 100
        with pytest.raises(ActionRefused, match=r"Bill 2 has \$50.00 of fees that is not paid"):
            pay(own, "50.01")
        write_off(own, None, kind=LineKind.FEE, amount=Decimal(50))
        told = Event.objects.filter(deal=closed).order_by("-id")[0].summary
        assert told == "$50.00 of fees written off on bill 2 of Brobeck, Phleger & Harrison"
        of, on_file = deal_terms(closed), facts_of(closed)
        assert read_facts(write_facts(on_file, of), of) == on_file

    def test_a_bill_of_nothing_is_refused(self, cerplex: Deal) -> None:
        with pytest.raises(ActionRefused, match="no line"):
            record_bill(cerplex, None, number="3", dated=date(1996, 6, 2), lines=[])

    def test_the_side_that_bills_records_it(self, cerplex: Deal, user_of: Users) -> None:
        with pytest.raises(NotAllowed):
            record_bill(
                cerplex, user_of(Role.COMPANY_COUNSEL), number="3", dated=date(1996, 6, 2), lines=[line("1.00")]
            )

    def test_a_bill_with_payments_is_not_withdrawn(self, closed: Deal) -> None:
        bill = billed(closed)
        payment = pay(bill, "100.00")
        with pytest.raises(ActionRefused, match="Withdraw those first"):
            withdraw_bill(bill, "Wrong", None)
        withdraw_fee_payment(payment, "Never made", None)
        assert withdraw_bill(bill, "Wrong", None).withdrawn_at is not None


class TestPayments:
    def test_nothing_is_paid_before_the_closing(self, cerplex: Deal) -> None:
        with pytest.raises(ActionRefused, match=r"before the closing is effected \(6\(d\)\)"):
            pay(billed(cerplex), "1.00")

    def test_the_refusal_says_what_still_fits(self, closed: Deal) -> None:
        pay(Bill.objects.get(), "23480.00")
        bill = billed(closed)
        with pytest.raises(ActionRefused) as refused:
            pay(bill, "1520.01")
        assert str(refused.value) == (
            "$1,520.00 may still be paid under the cap of $25,000.00 on fees (6(d)): "
            "$23,480.00 of it is paid or netted."
        )
        pay(bill, "1520.00")
        pay(bill, "4000.00", LineKind.EXPENSE)
        (row,) = fees_page(closed).counsels
        assert row.cap_says == (
            "Nothing more may be paid under the cap of $25,000.00 on fees (6(d)): all of it is paid or netted."
        )
        assert [bill.taken[LineKind.FEE] for bill in row.bills] == [Decimal("1520.00"), Decimal("23480.00")]

    def test_only_the_company_pays(self, closed: Deal) -> None:
        stradling = User.objects.get(memberships__role=Role.INVESTORS_COUNSEL.value)
        with pytest.raises(NotAllowed):
            record_fee_payment(closed, stradling, bill=Bill.objects.get(), kind=LineKind.FEE, amount=Decimal(1))

    def test_the_database_s_refusal_is_known_by_its_name(self, closed: Deal) -> None:
        bill = billed(closed)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            FeePayment.objects.create(deal=closed, bill=bill, kind="fee", amount=Decimal(25001), at=ELEVEN)
        assert is_past_cap(refused.value)

    def test_a_payment_taken_back_fits_again(self, closed: Deal) -> None:
        bill = billed(closed)
        payment = pay(bill, "25000.00")
        withdraw_fee_payment(payment, "Bounced", None)
        pay(bill, "25000.00")
        assert gate_of(closed).fees[0].capped_paid == Decimal(25000)


class TestPurchasePrice:
    def test_a_part_is_said_and_the_rest_completes_it(self, cerplex: Deal) -> None:
        record_payment(cerplex, None, investor="Andrea Martin", amount=Decimal(4000))
        cell = gate_of(cerplex).investor("Andrea Martin").cells["2(b)(ii)"]
        assert "$6,000.00 missing" in cell.missing[0].lack
        record_payment(cerplex, None, investor="Andrea Martin", amount=Decimal(6000), method="check")
        assert gate_of(cerplex).investor("Andrea Martin").cells["2(b)(ii)"].is_satisfied

    def test_a_returned_payment_opens_it_again(self, cerplex: Deal) -> None:
        payment = record_payment(cerplex, None, investor="Andrea Martin", amount=Decimal(10000))
        return_payment(payment, "Account number", None)
        assert not gate_of(cerplex).investor("Andrea Martin").cells["2(b)(ii)"].is_satisfied

    def test_the_same_money_twice_is_refused(self, cerplex: Deal) -> None:
        record_payment(cerplex, None, investor="Andrea Martin", amount=Decimal(10000))
        with pytest.raises(ActionRefused, match=r"of which \$10,000.00 is on file"):
            record_payment(cerplex, None, investor="Andrea Martin", amount=Decimal(10000))

    def test_another_currency_is_refused(self, cerplex: Deal) -> None:
        with pytest.raises(ActionRefused, match="EUR is not the currency"):
            record_payment(cerplex, None, investor="Andrea Martin", amount=Decimal(100), currency="EUR")

    def test_an_unknown_investor_is_refused(self, cerplex: Deal) -> None:
        with pytest.raises(ActionRefused, match="no investor"):
            record_payment(cerplex, None, investor="Andrea Marten", amount=Decimal(100))


def test_the_ledger_page_reads_the_same_number_of_queries_for_any_number_of_bills(
    closed: Deal, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in ("2", "3", "4"):
        bill = billed(closed, number=number)
        pay(bill, "1.00")
        reverse_fee_payment(closed, None, bill=bill, kind=LineKind.FEE, amount=Decimal(1))
        write_off(bill, None, kind=LineKind.FEE, amount=Decimal(2))
        record_credit_note(bill, None, number="CN", dated=date(1996, 6, 3), lines=[line("3.00")])
    gate_of(closed)
    with django_assert_num_queries(9):  # type: ignore[attr-defined]
        page = fees_page(closed)
    assert [len(bill.entries) for bill in page.counsels[0].bills] == [4, 4, 4, 0]


def test_what_came_on_file_later_is_not_yet_on_the_statement(closed: Deal) -> None:
    before = datetime.fromisoformat("1996-06-03T08:00-07:00")
    assert gate_of(closed, before).fees[0].fees_billed == 0
