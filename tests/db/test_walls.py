"""What the database itself refuses, also to raw SQL, and controls that show the tests can fail."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction

from closing.actions.deals import load_deal
from closing.actions.events import record
from closing.actions.facts import record_fact, withdraw_fact
from closing.models import Allotment, Bill, BillLine, Deal, Event, FeeCap, FeePayment, Payment, Signature
from closing.queries.facts import fact_of
from closing.rules import facts
from closing.rules.terms import LineKind
from investors.models import Address, Certificate, Investor, LedgerEntry, ShareClass
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX

CAP = Decimal(25_000)


def run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Foreign keys still to be checked would keep TRUNCATE from coming as far as its trigger.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, values)


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """A constraint or trigger of this name refuses what is done within."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert cause.diag.constraint_name == constraint


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
        with connection.cursor() as cursor:
            name = pgtrigger_name("fees_within_cap")
            cursor.execute(f"ALTER TABLE closing_feepayment DISABLE TRIGGER {name}")
            try:
                assert at_once(paying(bill, 15_000), paying(bill, 15_000)) == ["done", "done"]
            finally:
                cursor.execute(f"ALTER TABLE closing_feepayment ENABLE TRIGGER {name}")
        assert FeePayment.objects.count() == 2


def pgtrigger_name(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE %s", [f"pgtrigger_{name}_%"])
        (found,) = cursor.fetchall()
    return str(found[0])


class TestScheduleA:
    """Section 1(a): at most 8,000 shares for $8,000,000, and one row for each investor."""

    def test_two_rows_for_one_investor(self, cerplex: Deal) -> None:
        row = Allotment.objects.filter(deal=cerplex)[0]
        row.pk = None
        row.shares, row.purchase_price = 0, Decimal(0)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
        with pgtrigger.ignore("closing.Allotment:allotted_within_maximum"), refused("allotment_once_per_deal"):
            row.shares, row.purchase_price = 1, Decimal(1)
            row.save()

    def test_a_share_more_than_may_be_sold(self, cerplex: Deal) -> None:
        with refused("reallotted_within_maximum"):
            run("UPDATE closing_allotment SET shares = shares + 1 WHERE position = 0")

    def test_a_maximum_below_what_is_sold(self, cerplex: Deal) -> None:
        with refused("maximum_covers_schedule"):
            run("UPDATE closing_deal SET max_shares = 7999")

    def test_nothing_for_nothing(self, cerplex: Deal) -> None:
        with refused("allotment_price"):
            run("UPDATE closing_allotment SET purchase_price = 0 WHERE position = 0")


class TestWhatIsOnFile:
    """Facts, events and issued papers are never edited away."""

    @pytest.fixture
    def payment(self, cerplex: Deal) -> Payment:
        said = facts.Payment(at=MONDAY, investor="Andrea Martin", amount=Decimal(10_000), currency="USD")
        row = record_fact(cerplex, said, None)
        assert isinstance(row, Payment)
        return row

    @pytest.mark.parametrize(
        "change",
        [
            "amount = 1",
            "at = now()",
            "note = 'Another'",
            "withdrawn_at = now(), amount = 1",
            "allotment_id = (SELECT max(id) FROM closing_allotment)",
        ],
    )
    def test_a_fact_is_not_changed(self, payment: Payment, change: str) -> None:
        with refused("changed_by_withdrawal_only"):
            run(f"UPDATE closing_payment SET {change}")

    def test_a_fact_is_withdrawn_once(self, payment: Payment) -> None:
        run("UPDATE closing_payment SET withdrawn_at = at, withdrawn_reason = 'It bounced'")
        for change in ("withdrawn_at = now()", "withdrawn_at = NULL", "withdrawn_reason = 'It did not'"):
            with refused("changed_by_withdrawal_only"):
                run(f"UPDATE closing_payment SET {change}")

    def test_a_reason_belongs_to_a_withdrawal(self, payment: Payment) -> None:
        with refused("payment_withdrawal"):
            run("UPDATE closing_payment SET withdrawn_reason = 'It bounced'")

    def test_a_fact_is_not_deleted(self, payment: Payment) -> None:
        with refused("never_deleted"):
            run("DELETE FROM closing_payment")
        with refused("never_emptied"):
            run("TRUNCATE closing_payment CASCADE")

    @pytest.fixture
    def wire(self, cerplex: Deal) -> Deal:
        """One wire for two investors."""
        for name in ("Andrea Martin", "Nitin T. Mehta"):
            said = facts.Payment(at=MONDAY, investor=name, amount=Decimal(10_000), currency="USD", receipt="wire-7")
            record_fact(cerplex, said, None)
        return cerplex

    def test_the_parts_of_a_wire_go_together(self, wire: Deal) -> None:
        with refused("parts_go_together"):
            run("UPDATE closing_payment SET withdrawn_at = at WHERE id = (SELECT min(id) FROM closing_payment)")
        run("UPDATE closing_payment SET withdrawn_at = at")
        with refused("parts_go_together"):
            run(
                "INSERT INTO closing_payment (deal_id, allotment_id, at, amount, currency, method, reference, receipt, "
                "note, withdrawn_reason) SELECT deal_id, (SELECT min(id) FROM closing_allotment), at, amount, "
                "currency, method, '', receipt, '', '' FROM closing_payment LIMIT 1"
            )

    def test_an_investor_has_one_part_of_a_wire(self, wire: Deal) -> None:
        said = facts.Payment(at=MONDAY, investor="Andrea Martin", amount=Decimal(1), currency="USD", receipt="wire-7")
        row = Payment.objects.get(deal=wire, allotment__investor__name=said.investor)
        row.pk = None
        with refused("payment_part_once"):
            row.save()

    def test_a_wire_does_not_clear_and_a_check_once(self, payment: Payment) -> None:
        with refused("payment_cleared"):
            run("UPDATE closing_payment SET cleared_at = at")
        check = replace(fact_of(payment), method="check")  # type: ignore[call-arg]
        record_fact(payment.deal, check, None)
        run("UPDATE closing_payment SET cleared_at = at WHERE method = 'check'")
        with refused("changed_by_withdrawal_only"):
            run("UPDATE closing_payment SET cleared_at = NULL WHERE method = 'check'")

    def test_a_refund_is_of_something_and_not_changed(self, payment: Payment) -> None:
        refund = facts.Refund(at=MONDAY, investor="Andrea Martin", amount=Decimal(1), currency="USD")
        record_fact(payment.deal, refund, None)
        for constraint, change in (
            ("changed_by_withdrawal_only", "amount = 2"),
            ("refund_withdrawal", "withdrawn_reason = 'Never sent'"),
        ):
            with refused(constraint):
                run(f"UPDATE closing_refund SET {change}")
        with refused("never_deleted"):
            run("DELETE FROM closing_refund")

    def test_a_page_stands_signed_once_and_is_released_once(self, cerplex: Deal) -> None:
        said = facts.Signature(at=MONDAY, document="stock-purchase-agreement", block="sprout")
        row = record_fact(cerplex, said, None)
        assert isinstance(row, Signature)
        again = Signature(deal=row.deal, deliverable=row.deliverable, block=row.block, at=MONDAY)
        with refused("signature_stands_once"):
            again.save()
        run("UPDATE closing_signature SET released_at = at")
        with refused("changed_by_withdrawal_only"):
            run("UPDATE closing_signature SET released_at = NULL")

    def test_an_event_is_neither_changed_nor_deleted(self, cerplex: Deal) -> None:
        record(cerplex, None, "deal-looked-at", cerplex, "Somebody looked")
        for statement, wall in (
            ("UPDATE closing_event SET summary = 'Nobody looked'", "never_changed"),
            ("DELETE FROM closing_event", "never_deleted"),
            ("TRUNCATE closing_event", "never_emptied"),
        ):
            with refused(wall):
                run(statement)
        assert Event.objects.filter(summary="Somebody looked").exists()

    def test_an_address_stays_as_it_was(self, cerplex: Deal) -> None:
        with refused("never_changed"):
            Address.objects.update(attention="Somebody else")


class TestTheLedger:
    """Shares above the authorised number, and certificates of one number, cannot be."""

    @pytest.fixture
    def holder(self, cerplex: Deal) -> Investor:
        return Investor.objects.get(name="Andrea Martin")

    def issue(self, deal: Deal, holder: Investor, shares: int, **values: Any) -> LedgerEntry:
        said: dict[str, Any] = {"kind": "issued", "on": date(1996, 6, 10), **values}
        return LedgerEntry.objects.create(share_class=deal.share_class, investor=holder, shares=shares, **said)

    def test_no_share_past_the_authorized(self, cerplex: Deal, holder: Investor) -> None:
        self.issue(cerplex, holder, 8000)
        with refused("within_authorized"):
            self.issue(cerplex, holder, 1)

    def test_cancelled_shares_make_room(self, cerplex: Deal, holder: Investor) -> None:
        self.issue(cerplex, holder, 8000)
        self.issue(cerplex, holder, -10, kind="cancelled")
        self.issue(cerplex, holder, 10)

    def test_fewer_than_outstanding_are_not_authorized(self, cerplex: Deal, holder: Investor) -> None:
        self.issue(cerplex, holder, 8000)
        with refused("authorized_covers_issued"):
            ShareClass.objects.filter(pk=cerplex.share_class_id).update(authorized=7999)

    def test_nobody_holds_less_than_nothing(self, cerplex: Deal, holder: Investor) -> None:
        self.issue(cerplex, holder, 10)
        with refused("within_authorized"):
            self.issue(cerplex, holder, -11, kind="cancelled")

    @pytest.mark.parametrize(("kind", "shares"), [("issued", -1), ("cancelled", 1), ("given", 1)])
    def test_an_issue_adds_and_a_cancellation_takes(
        self, cerplex: Deal, holder: Investor, kind: str, shares: int
    ) -> None:
        with pgtrigger.ignore("investors.LedgerEntry:within_authorized"), refused("ledger_entry_direction"):
            self.issue(cerplex, holder, shares, kind=kind)

    def test_the_ledger_is_never_changed(self, cerplex: Deal, holder: Investor) -> None:
        self.issue(cerplex, holder, 10)
        with refused("never_changed"):
            run("UPDATE investors_ledgerentry SET shares = 11")

    def test_a_certificate_number_is_used_once(self, cerplex: Deal, holder: Investor) -> None:
        values: dict[str, Any] = {
            "share_class": cerplex.share_class,
            "number": "B-1",
            "investor": holder,
            "registered_name": holder.name,
            "shares": 10,
            "issued_on": date(1996, 6, 10),
        }
        Certificate.objects.create(**values)
        with refused("certificate_number_once"):
            Certificate.objects.create(**values)

    def test_without_the_trigger_too_many_are_issued(self, cerplex: Deal, holder: Investor) -> None:
        """The control: were the trigger not there, these tests would see it."""
        with pgtrigger.ignore("investors.LedgerEntry:within_authorized"):
            self.issue(cerplex, holder, 8001)
        assert LedgerEntry.objects.get().shares == 8001
