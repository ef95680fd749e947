"""What the database refuses of counsel's fees, also to raw SQL: reversals, nettings, credits, caps (6(d))."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pgtrigger
import pytest
from django.db import transaction

from closing.actions.base import ActionRefused
from closing.actions.closings import close_deal
from closing.actions.deals import load_deal
from closing.actions.facts import record_fact
from closing.models import Allotment, Bill, CreditNote, CreditNoteLine, Deal, FeeCap, FeePayment, FeeReversal, WriteOff
from closing.rules import facts
from closing.rules.terms import LineKind
from investors import clock
from tests.db.conftest import MONDAY
from tests.db.test_closings import ALL, ELEVEN, on_closing_day
from tests.db.walls import refused, run
from tests.rules.any_facts import CERPLEX

CENT = Decimal("0.01")


def bill_of(deal: Deal, number: str = "1", counsel: str = "investors-counsel", amount: int = 40_000) -> Bill:
    line = facts.BillLine(kind=LineKind.FEE, description="Services", amount=Decimal(amount))
    lines = (line, replace(line, kind=LineKind.EXPENSE))
    row = record_fact(
        deal, facts.Bill(at=MONDAY, number=number, counsel=counsel, dated=date(1996, 6, 1), lines=lines), None
    )
    assert isinstance(row, Bill)
    return row


@pytest.fixture
def bill(cerplex: Deal) -> Bill:
    """A bill of the investors' counsel with $40,000 of fees."""
    return bill_of(cerplex)


def moved(model: Any, bill: Bill, amount: Decimal | int, kind: str = "fee", wire: Allotment | None = None) -> Any:
    return model.objects.create(deal=bill.deal, bill=bill, kind=kind, amount=amount, at=MONDAY, netted_from=wire)


def pay(bill: Bill, amount: Decimal | int, kind: str = "fee", wire: Allotment | None = None) -> FeePayment:
    return cast(FeePayment, moved(FeePayment, bill, amount, kind, wire))


def reverse(bill: Bill, amount: Decimal | int, kind: str = "fee", wire: Allotment | None = None) -> FeeReversal:
    return cast(FeeReversal, moved(FeeReversal, bill, amount, kind, wire))


def test_a_counsel_has_one_bill_of_a_number_and_another_counsel_may_have_it_too(bill: Bill) -> None:
    bill_of(bill.deal, counsel="company-counsel")
    said: dict[str, Any] = {"deal": bill.deal, "number": "1", "at": MONDAY, "dated": date(1996, 6, 1)}
    with refused("bill_number_once_per_counsel"):
        Bill.objects.create(counsel=bill.counsel, **said)


class TestReversals:
    def test_what_came_back_fits_again_and_not_a_cent_more(self, bill: Bill) -> None:
        pay(bill, 25_000)
        reverse(bill, 100)
        pay(bill, 100)
        with refused("fees_within_cap"):
            pay(bill, CENT)

    def test_no_more_comes_back_than_was_paid_there(self, bill: Bill) -> None:
        pay(bill, 25_000)
        pay(bill, 100, "expense")
        with refused("reversed_within_paid"):
            reverse(bill, Decimal("100.01"), "expense")
        with refused("reversed_within_paid"):
            reverse(bill, 25_001)

    def test_of_a_wire_no_more_than_was_netted_from_it(self, bill: Bill) -> None:
        one, two = Allotment.objects.filter(deal=bill.deal)[:2]
        pay(bill, 10_000)
        pay(bill, 500, wire=one)
        reverse(bill, 500, wire=one)
        for wire in (one, two):
            with refused("reversed_within_paid"):
                reverse(bill, CENT, wire=wire)

    def test_taking_a_reversal_back_does_not_pass_the_cap(self, bill: Bill) -> None:
        pay(bill, 25_000)
        back = reverse(bill, 1_000)
        pay(bill, 1_000)
        with refused("reversal_within_cap"):
            run("UPDATE closing_feereversal SET withdrawn_at = now() WHERE id = %s", back.pk)

    def test_a_payment_that_came_back_is_not_taken_back_too(self, bill: Bill) -> None:
        payment = pay(bill, 1_000)
        reverse(bill, 1_000)
        with refused("reversed_within_paid"):
            run("UPDATE closing_feepayment SET withdrawn_at = now() WHERE id = %s", payment.pk)

    def test_it_is_never_changed_and_never_deleted(self, bill: Bill) -> None:
        pay(bill, 1_000)
        back = reverse(bill, 10)
        with refused("changed_by_withdrawal_only"):
            run("UPDATE closing_feereversal SET amount = 1 WHERE id = %s", back.pk)
        with refused("never_deleted"):
            run("DELETE FROM closing_feereversal WHERE id = %s", back.pk)


class TestNetting:
    def test_it_counts_against_the_cap(self, bill: Bill) -> None:
        wire = Allotment.objects.filter(deal=bill.deal)[0]
        pay(bill, 20_000, wire=wire)
        with refused("fees_within_cap"):
            pay(bill, Decimal("5000.01"))
        with refused("cap_covers_fees_paid"):
            FeeCap.objects.update(cap=Decimal("19999.99"))

    def test_what_a_closing_stood_on_stands(self, db: None) -> None:
        with clock.fixed(ELEVEN):
            deal = on_closing_day()
            bill = Bill.objects.get(deal=deal)
            wire = Allotment.objects.filter(deal=deal)[0]
            netting = pay(bill, 100, wire=wire)
            name = wire.investor.name
            sent = facts.Refund(
                at=ELEVEN, investor=name, amount=Decimal(100), currency="USD", method="wire", reference=""
            )
            record_fact(deal, sent, None)
            close_deal(deal, None, expected=ALL)
        with refused("fees_effected"):
            run("UPDATE closing_feepayment SET withdrawn_at = now() WHERE id = %s", netting.pk)
        with refused("fees_effected"):
            pay(bill, 1, wire=wire)
        with refused("reversal_effected"):
            reverse(bill, 1, wire=wire)
        reverse(bill, 100)
        with refused("reversed_within_paid"):
            reverse(bill, CENT)


class TestWhatIsTakenOff:
    @pytest.mark.parametrize("how", ["credit", "write off"])
    def test_it_never_goes_below_what_is_paid(self, bill: Bill, how: str) -> None:
        pay(bill, 25_000)

        def take_off(amount: Decimal | int) -> None:
            if how == "write off":
                WriteOff.objects.create(deal=bill.deal, bill=bill, kind="fee", amount=amount, at=MONDAY)
                return
            note = CreditNote.objects.create(deal=bill.deal, bill=bill, number=str(amount), dated=MONDAY, at=MONDAY)
            CreditNoteLine.objects.create(credit_note=note, position=0, kind="fee", description="x", amount=amount)

        with refused("fees_within_bill"):
            take_off(Decimal("15000.01"))
        take_off(15_000)
        with refused("fees_within_bill"):
            take_off(CENT)

    def test_nor_is_more_paid_than_the_bill_has(self, bill: Bill) -> None:
        pay(bill, 40_000, "expense")
        with refused("fees_within_bill"):
            pay(bill, CENT, "expense")

    def test_a_bill_that_is_paid_is_not_withdrawn(self, bill: Bill) -> None:
        pay(bill, 1)
        with refused("fees_within_bill"):
            run("UPDATE closing_bill SET withdrawn_at = now() WHERE id = %s", bill.pk)


class TestCaps:
    def test_a_bill_is_not_moved_to_a_counsel_whose_cap_it_passes(self, bill: Bill, cerplex: Deal) -> None:
        own = bill_of(cerplex, "2", "company-counsel", 90_000)
        pay(own, 90_000)
        with refused("changed_by_withdrawal_only"):
            run("UPDATE closing_bill SET counsel_id = %s WHERE id = %s", bill.counsel_id, own.pk)
        with pgtrigger.ignore("closing.Bill:changed_by_withdrawal_only"), refused("bill_within_cap"):
            run("UPDATE closing_bill SET counsel_id = %s WHERE id = %s", bill.counsel_id, own.pk)

    def test_a_cap_that_is_put_in_anew_covers_what_is_paid(self, bill: Bill) -> None:
        pay(bill, 20_000)
        cap = FeeCap.objects.get()
        with refused("cap_covers_fees_paid"), transaction.atomic():
            run("DELETE FROM closing_feecap")
            FeeCap.objects.create(
                deal=bill.deal, counsel=bill.counsel, position=0, section="6(d)", cap=19_999, cap_covers=cap.cap_covers
            )

    def test_an_amendment_below_what_is_paid_is_refused_in_words(self, bill: Bill) -> None:
        pay(bill, 20_000, wire=Allotment.objects.filter(deal=bill.deal)[0])
        lower = replace(CERPLEX, fees=(replace(CERPLEX.fees[0], cap=Decimal(19_999)),))
        with pytest.raises(ActionRefused, match=r"payments come to 20000.00, past the cap of 19999"):
            load_deal(lower)
        load_deal(replace(CERPLEX, fees=(replace(CERPLEX.fees[0], cap=Decimal(20_000)),)))
        assert FeeCap.objects.get().cap == 20_000

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [("cap = -1", "fee_cap_amount"), ("cap_covers = '{fee,dispute}'", "fee_cap_kinds")],
    )
    def test_a_cap_that_cannot_be(self, bill: Bill, change: str, constraint: str) -> None:
        with refused(constraint):
            run(f"UPDATE closing_feecap SET {change}")


@pytest.mark.parametrize("model", [FeeReversal, WriteOff, CreditNote])
def test_the_bill_is_of_the_rows_own_deal(bill: Bill, model: Any) -> None:
    other = load_deal(replace(CERPLEX, code="another"))
    more: dict[str, Any] = (
        {"number": "C", "dated": MONDAY} if model is CreditNote else {"kind": "fee", "amount": Decimal(1)}
    )
    name = {FeeReversal: "reversal", WriteOff: "write_off", CreditNote: "credit_note"}[model]
    with refused(f"{name}_of_one_deal"):
        model.objects.create(deal=other, bill=bill, at=MONDAY, **more)


@pytest.mark.parametrize("kind", ["dispute", "tip"])
def test_nothing_is_paid_of_another_kind(bill: Bill, kind: str) -> None:
    act: Callable[[], object]
    for constraint, act in (
        ("fee_payment_kind", lambda: pay(bill, 1, kind)),
        ("fee_reversal_kind", lambda: reverse(bill, 1, kind)),
    ):
        with refused(constraint):
            act()


def test_without_its_trigger_more_comes_back_than_was_paid(bill: Bill) -> None:
    """The control."""
    with pgtrigger.ignore("closing.FeeReversal:reversal_within_cap"):
        reverse(bill, 100)
    assert FeeReversal.objects.get().amount == 100
