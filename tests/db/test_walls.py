"""What the database itself refuses, also to raw SQL, and controls that show the tests can fail."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, transaction

from closing.actions.events import record
from closing.actions.facts import record_fact
from closing.models import Allotment, Deal, Event, Payment, Signature
from closing.queries.facts import fact_of
from closing.rules import facts
from investors.models import Address, Certificate, Investor, LedgerEntry, ShareClass
from tests.db.conftest import MONDAY
from tests.db.walls import refused, run


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
