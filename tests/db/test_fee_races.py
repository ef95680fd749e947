"""Two payments towards counsel's fees at once, which together pass the cap of Section 6(d)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from closing.actions.base import ActionRefused
from closing.actions.facts import withdraw_fact
from closing.actions.fee_payments import record_fee_payment
from closing.actions.fees import record_bill
from closing.models import Bill, Deal, FeePayment
from closing.rules import facts
from closing.rules.terms import LineKind
from tests.db.test_races import close, deal, turns
from tests.db.turns import Turns
from tests.db.walls import switch, trigger_of

__all__ = ["deal", "turns"]

pytestmark = pytest.mark.django_db(transaction=True)


class TestTheCap:
    """Two payments towards counsel's fees, which together pass the cap of Section 6(d)."""

    @pytest.fixture
    def pay(self, deal: Deal) -> Callable[[], FeePayment]:
        """$15,000 of a bill of $40,000, the cap being $25,000."""
        close(deal)()
        for bill in Bill.objects.filter(withdrawn_at=None):
            withdraw_fact(bill, "Billed anew", None)
        line = facts.BillLine(kind=LineKind.FEE, description="Services", amount=Decimal(40_000))
        row = record_bill(deal, None, number="anew", dated=date(1996, 6, 10), lines=[line])
        return lambda: record_fee_payment(deal, None, bill=row, kind=LineKind.FEE, amount=Decimal(15_000))

    def test_one_is_told_what_is_left(self, pay: Callable[[], FeePayment], turns: Turns) -> None:
        one, two = turns.run(pay, pay)
        assert isinstance(two, ActionRefused)
        assert "$10,000.00" in str(two)
        assert FeePayment.objects.get() == one

    def test_without_the_lock_the_database_keeps_the_cap(self, pay: Callable[[], FeePayment], turns: Turns) -> None:
        turns.without_the_lock()
        one, two = turns.run(pay, pay)
        assert isinstance(two, ActionRefused)
        assert FeePayment.objects.get() == one

    def test_without_lock_and_trigger_the_cap_is_passed(self, pay: Callable[[], FeePayment], turns: Turns) -> None:
        """The control."""
        turns.without_the_lock()
        trigger = trigger_of("fees_within_cap", "closing_feepayment")
        switch(trigger, "DISABLE")
        turns.run(pay, pay)
        switch(trigger, "ENABLE")
        assert sum(FeePayment.objects.values_list("amount", flat=True)) == 30_000
