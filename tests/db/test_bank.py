"""A bank's statement taken in, and its lines confirmed: to the cent, and once."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage

from closing.actions.bank import (
    SettledAlready,
    confirm_line,
    confirm_sure,
    ignore_lines,
)
from closing.actions.bank_statements import import_statement
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.facts import load_facts
from closing.actions.fee_payments import record_fee_payment
from closing.actions.payments import NeedsConfirming, Part, record_payment
from closing.models import BankBooking, BankLine, BankStatement, Bill, Deal, Event, Payment, Refund
from closing.queries.bank import FOLDER, statement_page
from closing.queries.gates import gate_of
from closing.rules.access import Role
from closing.rules.bank_lines import Becomes
from closing.rules.terms import LineKind, Side
from investors.models import User
from tests.db.test_facts import opening
from tests.db.walls import refused, run
from tests.papers.camt import camt, details, entry, statement
from tests.rules.any_facts import SAMPLES

ANDREA, NITIN, MAHUMA = "Andrea Martin", "Nitin T. Mehta", "Mahuma N.V."
FILE = camt(
    statement(
        entry("10000.00", details(ANDREA), reference="FED 1"),
        entry("200000.00", details("MEHTA NITIN"), reference="FED 2"),
        entry("58000.00", details("A bank"), reference="FED 3"),
        entry("12.50", side="DBIT"),
    )
)


@pytest.fixture
def counsel(user_of: Callable[[Role], User]) -> User:
    return user_of(Role.COMPANY_COUNSEL)


@pytest.fixture
def taken_in(cerplex: Deal, counsel: User) -> BankStatement:
    return import_statement(cerplex, counsel, "june.xml", FILE)[0]


def line(statement: BankStatement, row: int) -> BankLine:
    return BankLine.objects.get(statement=statement, row=row)


def is_met(deal: Deal, name: str) -> bool:
    return gate_of(deal).investor(name).cells["2(b)(ii)"].is_satisfied


def test_the_file_is_kept_and_taken_in_once(cerplex: Deal, counsel: User, taken_in: BankStatement) -> None:
    again, told = import_statement(cerplex, counsel, "copy.xml", FILE)
    assert again == taken_in
    assert told == ("This file was taken in before; nothing was done twice.",)
    assert BankLine.objects.count() == 4
    with default_storage.open(f"{FOLDER}/{taken_in.sha256[:2]}/{taken_in.sha256}") as kept:
        assert kept.read() == FILE
    assert not Payment.objects.exists(), "nothing is booked without a person's word"
    assert set(Event.objects.filter(verb="statement-imported").values_list("only_for", flat=True)) == {Side.ISSUER}


def test_only_company_counsel_takes_a_statement_in(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    for role in (Role.INVESTORS_COUNSEL, Role.INVESTOR):
        with pytest.raises(NotAllowed):
            import_statement(cerplex, user_of(role), "june.xml", FILE)


def test_what_is_clear_is_confirmed_at_once_and_the_rest_waits(
    cerplex: Deal, counsel: User, taken_in: BankStatement
) -> None:
    assert confirm_sure(cerplex, counsel, taken_in) == 2
    assert confirm_sure(cerplex, counsel, taken_in) == 0
    assert is_met(cerplex, ANDREA)
    assert is_met(cerplex, NITIN)
    assert not is_met(cerplex, MAHUMA), "the amount alone is not enough"
    page = statement_page(cerplex, counsel, taken_in.pk)
    assert page is not None
    assert [each.words for each in page.proposed] == [f"Received from {MAHUMA}"]
    assert [each.row for each in page.others] == [4]
    assert [each.label for each in page.settled] == ["Received", "Received"]


def test_a_line_is_split_by_hand_and_its_parts_come_to_it(
    cerplex: Deal, counsel: User, taken_in: BankStatement
) -> None:
    row = line(taken_in, 3)
    with pytest.raises(ActionRefused, match="They must be the same"):
        confirm_line(row, counsel, Becomes.RECEIVED, parts=[Part(MAHUMA, Decimal(57_999))])
    parts = [Part(MAHUMA, Decimal(50_000)), Part(ANDREA, Decimal(8_000))]
    booking = confirm_line(row, counsel, Becomes.RECEIVED, parts=parts)
    assert booking.payment is not None
    rows = Payment.objects.filter(receipt=booking.payment.receipt)
    assert sum(each.amount for each in rows) == row.amount
    assert {each.reference for each in rows} == {"FED 3"}
    with pytest.raises(SettledAlready):
        confirm_line(row, counsel, Becomes.RECEIVED, parts=parts)


def test_more_than_the_price_is_asked_about(cerplex: Deal, counsel: User, taken_in: BankStatement) -> None:
    row, parts = line(taken_in, 3), [Part(ANDREA, Decimal(58_000))]
    with pytest.raises(NeedsConfirming):
        confirm_line(row, counsel, Becomes.RECEIVED, parts=parts)
    assert not BankBooking.objects.exists()
    confirm_line(row, counsel, Becomes.RECEIVED, parts=parts, confirmed=frozenset({"over"}))
    back = import_statement(cerplex, counsel, "b.xml", camt(statement(entry("48000.00", details(ANDREA), side="DBIT"))))
    out = line(back[0], 1)
    confirm_line(out, counsel, Becomes.REFUND, parts=[Part(ANDREA, Decimal(48_000))])
    assert Refund.objects.get().amount == 48_000
    assert is_met(cerplex, ANDREA)


def test_a_payment_on_file_is_not_booked_again(cerplex: Deal, counsel: User, taken_in: BankStatement) -> None:
    known = record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(10_000), reference="fed 1")
    assert confirm_sure(cerplex, counsel, taken_in) == 2
    assert Payment.objects.filter(allotment__investor__name=ANDREA).count() == 1
    assert BankBooking.objects.get(line=line(taken_in, 1)).payment == known


def test_a_returned_wire_opens_the_condition_at_once(cerplex: Deal, counsel: User, taken_in: BankStatement) -> None:
    confirm_sure(cerplex, counsel, taken_in)
    gone = entry("10000.00", details(ANDREA, text="RETURN FED 1"), side="DBIT", reversal=True)
    later, _ = import_statement(cerplex, counsel, "later.xml", camt(statement(gone)))
    assert confirm_sure(cerplex, counsel, later) == 1
    assert not is_met(cerplex, ANDREA)
    payment = Payment.objects.get(allotment__investor__name=ANDREA)
    assert payment.withdrawn_reason == "It went back by the bank’s statement of June 7, 1996"
    page = statement_page(cerplex, counsel, taken_in.pk)
    assert page is not None
    assert [each.returned for each in page.settled] == [True, False]


def test_the_same_line_in_another_file_is_noticed(cerplex: Deal, counsel: User, taken_in: BankStatement) -> None:
    text = "Date,Amount,Payer,Bank Reference\n1996-06-07,10000.00,A. Martin,fed 1\n1996-06-08,1.00,New,FED 9\n"
    second, _ = import_statement(cerplex, counsel, "june.csv", text.encode())
    assert line(second, 2).repeats == line(taken_in, 1)
    assert line(second, 3).repeats is None
    with pytest.raises(ActionRefused, match="came before"):
        confirm_line(line(second, 2), counsel, Becomes.RECEIVED, parts=[Part(ANDREA, Decimal(10_000))])


def test_two_payments_of_one_reference_and_amount_are_both_confirmed(cerplex: Deal, counsel: User) -> None:
    """A batch: each of its payments has the bank's reference of the whole."""
    record_payment(cerplex, counsel, investor=NITIN, amount=Decimal(190_000), reference="FED 4")
    batch = entry("20000.00", details(ANDREA, "10000.00"), details(NITIN, "10000.00"), reference="FED 5")
    found, _ = import_statement(cerplex, counsel, "b.xml", camt(statement(batch)))
    assert confirm_sure(cerplex, counsel, found) == 2
    assert is_met(cerplex, ANDREA)
    assert is_met(cerplex, NITIN)


def test_lines_are_set_aside_with_a_reason(cerplex: Deal, counsel: User, taken_in: BankStatement) -> None:
    rows = [line(taken_in, 4)]
    with pytest.raises(ActionRefused, match="Say why"):
        ignore_lines(rows, counsel, " ")
    assert ignore_lines(rows, counsel, "The company’s own business") == 1
    assert ignore_lines(rows, counsel, "Again") == 0


@pytest.mark.parametrize("becomes", [Becomes.RETURNED, Becomes.REFUND])
def test_what_came_did_not_go(counsel: User, taken_in: BankStatement, becomes: Becomes) -> None:
    with pytest.raises(ActionRefused, match="What came is received"):
        confirm_line(line(taken_in, 1), counsel, becomes, parts=[Part(ANDREA, Decimal(10_000))], wire=1)


def test_another_currency_is_no_purchase_price(cerplex: Deal, counsel: User) -> None:
    found, _ = import_statement(cerplex, counsel, "e.xml", camt(statement(entry("1.00", currency="EUR"))))
    with pytest.raises(ActionRefused, match="in EUR"):
        confirm_line(line(found, 1), counsel, Becomes.RECEIVED, parts=[Part(ANDREA, Decimal(1))])


class TestTheWall:
    """What the database itself refuses."""

    @pytest.fixture
    def paid(self, cerplex: Deal, counsel: User) -> Payment:
        return record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(9_999))

    def book(self, row: BankLine, payment: Payment, becomes: str = "received") -> None:
        BankBooking.objects.create(line=row, becomes=becomes, payment=payment, at=row.statement.at)
        run("SELECT 1")

    def test_what_is_booked_comes_to_the_line(self, taken_in: BankStatement, paid: Payment) -> None:
        with refused("comes_to_its_line"):
            self.book(line(taken_in, 1), paid)

    def test_a_debit_is_not_received(self, taken_in: BankStatement, paid: Payment) -> None:
        with refused("comes_to_its_line"):
            self.book(line(taken_in, 4), paid)

    def test_one_booking_stands_for_a_line(self, cerplex: Deal, counsel: User, taken_in: BankStatement) -> None:
        confirm_sure(cerplex, counsel, taken_in)
        booking = BankBooking.objects.first()
        assert booking is not None
        booking.pk = None
        with refused("bank_booking_one_stands"):
            booking.save(force_insert=True)

    def test_no_part_is_added_to_a_wire_past_its_line(
        self, cerplex: Deal, counsel: User, taken_in: BankStatement
    ) -> None:
        confirm_sure(cerplex, counsel, taken_in)
        part = Payment.objects.get(allotment__investor__name=ANDREA)
        part.pk, part.allotment = None, Payment.objects.get(allotment__investor__name=NITIN).allotment
        with refused("parts_go_together"):
            part.save(force_insert=True)
            run("SELECT 1")

    def test_lines_are_never_changed(self, taken_in: BankStatement) -> None:
        for table in ("bankline", "bankstatement"):
            with refused("never_changed"):
                run(f"UPDATE closing_{table} SET id = id")
            with refused("never_deleted"):
                run(f"DELETE FROM closing_{table}")

    def test_a_booking_is_undone_once(self, counsel: User, taken_in: BankStatement) -> None:
        ignore_lines([line(taken_in, 4)], counsel, "Ours")
        with refused("bank_booking_undone_with_a_reason"):
            run("UPDATE closing_bankbooking SET undone_at = at")
        with refused("undone_once"):
            run("UPDATE closing_bankbooking SET reason = 'Another'")
        run("UPDATE closing_bankbooking SET undone_at = at, undone_reason = 'Not ours'")
        with refused("undone_once"):
            run("UPDATE closing_bankbooking SET undone_reason = 'Ours'")


@pytest.mark.parametrize("ending", ["csv", "xml"])
def test_the_samples_are_read_and_matched(cerplex: Deal, counsel: User, ending: str) -> None:
    load_facts(cerplex, opening())
    path = SAMPLES / f"cerplex-1996.bank-statement.{ending}"
    statement, left_out = import_statement(cerplex, counsel, path.name, path.read_bytes())
    assert not left_out
    page = statement_page(cerplex, counsel, statement.pk)
    assert page is not None
    words = [each.words for each in page.proposed]
    came = ["Received from Nitin T. Mehta", "Received from Malcolm and Emily Fairbairn", "Received from Andrea Martin"]
    assert words == came + (["The payment from Mahuma N.V., come back"] if ending == "xml" else [])
    assert [each.best.is_over for each in page.proposed if each.best][2]
    assert len(page.others) == 1


def test_the_sample_of_a_wire_that_fees_were_netted_from_pays_the_price_in_full(cerplex: Deal, counsel: User) -> None:
    load_facts(cerplex, opening())
    path = SAMPLES / "cerplex-1996.bank-statement-netted.csv"
    statement, _ = import_statement(cerplex, counsel, path.name, path.read_bytes())
    assert confirm_sure(cerplex, counsel, statement) == 0, "it is not what is missing"
    bill, expenses = Bill.objects.get(), Decimal("1212.40")
    record_fee_payment(cerplex, counsel, bill=bill, kind=LineKind.EXPENSE, amount=expenses, netted_from=NITIN)
    assert confirm_sure(cerplex, counsel, statement) == 1
    assert is_met(cerplex, NITIN)
