"""The cap of Section 6(d) as the database keeps it: to one connection and to two, and controls that show it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import connections

from closing.actions.deals import load_deal
from closing.actions.facts import record_fact, withdraw_fact
from closing.models import Bill, BillLine, Deal, FeeCap, FeePayment
from closing.rules import facts
from closing.rules.terms import LineKind
from tests.db.conftest import MONDAY
from tests.db.walls import refused, run, switch, trigger_of
from tests.rules.any_facts import CERPLEX

CAP = Decimal(25_000)


@pytest.fixture
def bill(cerplex: Deal) -> Bill:
    """A bill of the investors' counsel with $40,000 of fees."""
    line = facts.BillLine(kind=LineKind.FEE, description="Services", amount=Decimal(40_000))
    expense = replace(line, kind=LineKind.EXPENSE)
    said = facts.Bill(at=MONDAY, number="1", counsel="investors-counsel", dated=date(1996, 6, 1), lines=(line, expense))
    row = record_fact(cerplex, said, None)
    assert isinstance(row, Bill)
    return row


def pay(bill: Bill, amount: Decimal | int, kind: str = "fee") -> FeePayment:
    return FeePayment.objects.create(deal=bill.deal, bill=bill, kind=kind, amount=amount, at=MONDAY)


class TestTheCap:
    """Section 6(d): fees reimbursed never pass $25,000."""

    def test_up_to_the_cap_and_not_a_cent_past_it(self, bill: Bill) -> None:
        pay(bill, CAP)
        with refused("fees_within_cap"):
            pay(bill, Decimal("0.01"))

    def test_expenses_are_not_capped(self, bill: Bill) -> None:
        pay(bill, CAP)
        pay(bill, 30_000, "expense")

    def test_one_statement_with_many_rows_is_no_way_past(self, bill: Bill) -> None:
        with refused("fees_within_cap"):
            FeePayment.objects.bulk_create(
                FeePayment(deal=bill.deal, bill=bill, kind="fee", amount=9_000, at=MONDAY) for _ in range(3)
            )

    def test_raw_sql_is_no_way_past(self, bill: Bill) -> None:
        with refused("fees_within_cap"):
            run(
                "INSERT INTO closing_feepayment (deal_id, bill_id, kind, amount, at, withdrawn_reason, note) "
                "VALUES (%s, %s, 'fee', 25000.01, now(), '', '')",
                bill.deal_id,
                bill.pk,
            )

    def test_an_edit_is_no_way_past(self, bill: Bill) -> None:
        payment = pay(bill, 20_000)
        with refused("changed_by_withdrawal_only"):
            run("UPDATE closing_feepayment SET amount = 25001 WHERE id = %s", payment.pk)
        expense = pay(bill, 20_000, "expense")
        with pgtrigger.ignore("closing.FeePayment:changed_by_withdrawal_only"), refused("fees_within_cap"):
            run("UPDATE closing_feepayment SET kind = 'fee' WHERE id = %s", expense.pk)

    def test_a_withdrawn_payment_makes_room_and_does_not_come_back(self, bill: Bill) -> None:
        payment = pay(bill, CAP)
        withdraw_fact(payment, "Wrong account", None)
        pay(bill, CAP)
        with refused("changed_by_withdrawal_only"):
            run("UPDATE closing_feepayment SET withdrawn_at = NULL WHERE id = %s", payment.pk)

    @pytest.mark.parametrize("change", ["cap = 19999.99", "cap_covers = '{fee,expense}', cap = 30000", "cap = 0"])
    def test_the_cap_is_not_lowered_below_what_is_paid(self, bill: Bill, change: str) -> None:
        pay(bill, 20_000)
        pay(bill, 20_000, "expense")
        with refused("cap_covers_fees_paid"):
            run(f"UPDATE closing_feecap SET {change} WHERE deal_id = %s", bill.deal_id)

    def test_another_counsel_is_not_made_the_capped_one_with_too_much_paid(self, bill: Bill) -> None:
        other = replace(
            facts.Bill(at=MONDAY, number="2", counsel="company-counsel", dated=date(1996, 6, 1), lines=()),
            lines=(facts.BillLine(kind=LineKind.FEE, description="Services", amount=Decimal(90_000)),),
        )
        with pgtrigger.ignore("closing.Bill:never_deleted"):
            row = Bill.objects.create(
                deal=bill.deal,
                number=other.number,
                counsel=bill.deal.counsel.get(key="company-counsel"),
                dated=other.dated,
                at=MONDAY,
            )
        BillLine.objects.create(bill=row, position=0, kind="fee", description="Services", amount=90_000)
        pay(row, 90_000)
        with refused("cap_covers_fees_paid"):
            run(
                "UPDATE closing_feecap SET counsel_id = %s WHERE deal_id = %s",
                row.counsel_id,
                bill.deal_id,
            )

    def test_no_cap_is_no_limit(self, bill: Bill) -> None:
        FeeCap.objects.filter(deal=bill.deal_id).update(cap=None)
        pay(bill, 40_000)

    def test_a_payment_towards_a_bill_of_another_deal_is_refused(self, bill: Bill) -> None:
        other = load_deal(replace(CERPLEX, code="another"))
        with refused("fees_of_one_deal"):
            FeePayment.objects.create(deal=other, bill=bill, kind="fee", amount=1, at=MONDAY)

    def test_without_the_trigger_the_cap_is_passed(self, bill: Bill) -> None:
        """The control: were the trigger not there, these tests would see it."""
        with pgtrigger.ignore("closing.FeePayment:fees_within_cap"):
            pay(bill, CAP * 2)
        assert FeePayment.objects.get().amount == CAP * 2


def at_once(*works: Callable[[Any], None], isolation: str = "read committed") -> list[str]:
    """Run the works at the same moment, each in a transaction of its own connection; what each came to."""
    together = threading.Barrier(len(works))
    told = [""] * len(works)

    def one(place: int, work: Callable[[Any], None]) -> None:
        own = connections["default"].copy()
        try:
            with own.cursor() as cursor:
                cursor.execute(f"BEGIN ISOLATION LEVEL {isolation}")
                cursor.execute("SELECT count(*) FROM closing_feepayment")
                together.wait(10)
                work(cursor)
                cursor.execute("SELECT pg_sleep(0.2)")
                cursor.execute("COMMIT")
                told[place] = "done"
        except Exception as error:
            told[place] = type(error).__name__
        finally:
            own.close()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(told)


def paying(bill: Bill, amount: int) -> Callable[[Any], None]:
    def work(cursor: Any) -> None:
        cursor.execute(
            "INSERT INTO closing_feepayment (deal_id, bill_id, kind, amount, at, withdrawn_reason, note) "
            "VALUES (%s, %s, 'fee', %s, now(), '', '')",
            [bill.deal_id, bill.pk, amount],
        )

    return work


def lowering(bill: Bill) -> Callable[[Any], None]:
    return lambda cursor: cursor.execute("UPDATE closing_feecap SET cap = 10000 WHERE deal_id = %s", [bill.deal_id])


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    """Two connections at once."""

    @pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
    def test_two_payments_at_once_never_pass_the_cap(self, bill: Bill, isolation: str) -> None:
        told = at_once(paying(bill, 15_000), paying(bill, 15_000), isolation=isolation)
        assert told == sorted(["done", "IntegrityError" if isolation == "read committed" else "OperationalError"])
        assert FeePayment.objects.get().amount == 15_000

    def test_two_payments_within_the_cap_both_stand(self, bill: Bill) -> None:
        assert at_once(paying(bill, 12_000), paying(bill, 13_000)) == ["done", "done"]

    @pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
    def test_a_payment_and_a_lowered_cap_at_once(self, bill: Bill, isolation: str) -> None:
        told = at_once(paying(bill, 15_000), lowering(bill), isolation=isolation)
        assert told.count("done") == 1
        cap = FeeCap.objects.get(deal=bill.deal_id).cap
        paid = sum(FeePayment.objects.values_list("amount", flat=True))
        assert cap is not None
        assert paid <= cap

    def test_without_the_trigger_two_payments_pass_the_cap(self, bill: Bill) -> None:
        """The control of the race."""
        trigger = trigger_of("fees_within_cap", "closing_feepayment")
        switch(trigger, "DISABLE")
        try:
            assert at_once(paying(bill, 15_000), paying(bill, 15_000)) == ["done", "done"]
        finally:
            switch(trigger, "ENABLE")
        assert FeePayment.objects.count() == 2
