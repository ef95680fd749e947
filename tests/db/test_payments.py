"""The purchase price as it comes in: parts of one wire, too much, twice, back, cleared, refunded."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from closing.actions.bank import confirm_line, stand_again, undo_booking
from closing.actions.bank_statements import import_statement
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.conditions import SentAlready, take_back
from closing.actions.payments import (
    NeedsConfirming,
    Part,
    clear_check,
    record_parts,
    record_payment,
    refund_payment,
    return_payment,
)
from closing.models import BankBooking, Deal, Event, Payment, Refund
from closing.queries.gates import gate_of
from closing.queries.purchase_price import calls_of, price_rows
from closing.rules.access import Role
from closing.rules.bank_lines import Becomes
from closing.rules.purchase_price import Paid, paid_by_investor
from investors.models import User
from tests.db.walls import refused, run

ANDREA, NITIN = "Andrea Martin", "Nitin T. Mehta"
BOTH = (Part(ANDREA, Decimal(10_000)), Part(NITIN, Decimal(200_000)))
SUM = Decimal(210_000)


@pytest.fixture
def counsel(user_of: Callable[[Role], User]) -> User:
    return user_of(Role.COMPANY_COUNSEL)


def paid(deal: Deal, name: str = ANDREA) -> Paid:
    gate = gate_of(deal)
    return paid_by_investor(gate.deal, gate.facts)[name]


def is_met(deal: Deal, name: str) -> bool:
    return gate_of(deal).investor(name).cells["2(b)(ii)"].is_satisfied


def test_one_wire_for_two_is_received_and_comes_back_whole(cerplex: Deal, counsel: User) -> None:
    rows = record_parts(cerplex, counsel, BOTH, SUM, reference="FED 7")
    assert len({row.receipt for row in rows}) == 1
    assert rows[0].receipt
    assert is_met(cerplex, ANDREA)
    assert is_met(cerplex, NITIN)
    return_payment(rows[1], "The sending bank recalled it", counsel)
    assert not is_met(cerplex, ANDREA)
    assert not is_met(cerplex, NITIN)
    assert Event.objects.filter(verb="payment-withdrawn").count() == 2
    assert set(Payment.objects.values_list("withdrawn_reason", flat=True)) == {"The sending bank recalled it"}


class TestOneThatHadNotComeBack:
    """A payment was marked as returned by hand, and had not come back."""

    @pytest.fixture
    def returned(self, cerplex: Deal, counsel: User) -> Payment:
        rows = record_parts(cerplex, counsel, BOTH, SUM, reference="FED 7")
        return return_payment(rows[0], "It was another wire", counsel)

    def test_it_counts_again_at_once_with_all_its_parts_and_once(
        self, cerplex: Deal, counsel: User, returned: Payment
    ) -> None:
        assert not is_met(cerplex, NITIN)
        rows = stand_again(returned, counsel)
        assert stand_again(returned, counsel) == rows
        assert is_met(cerplex, ANDREA)
        assert is_met(cerplex, NITIN)
        assert not paid(cerplex).over
        assert Payment.objects.filter(withdrawn_at=None).count() == 2
        assert Event.objects.filter(summary__endswith="it had not come back").count() == 2
        price = {row.name: row for row in price_rows(cerplex)}[ANDREA]
        assert ([each.is_mistaken for each in price.payments], price.returned_last) == ([True, False], None)

    def test_not_where_it_was_recorded_anew_meanwhile(self, cerplex: Deal, counsel: User, returned: Payment) -> None:
        record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(10_000))
        with pytest.raises(ActionRefused, match=r"of which \$10,000\.00 is on file: this would be over by \$10,000"):
            stand_again(returned, counsel)
        assert paid(cerplex).over == 0

    def test_not_one_that_counts(self, cerplex: Deal, counsel: User, returned: Payment) -> None:
        (one, _) = stand_again(returned, counsel)
        with pytest.raises(ActionRefused, match="was not marked as returned"):
            stand_again(one, counsel)

    def test_only_company_counsel_says_so(self, user_of: Callable[[Role], User], returned: Payment) -> None:
        with pytest.raises(NotAllowed):
            stand_again(returned, user_of(Role.INVESTORS_COUNSEL))

    def test_the_banks_line_has_the_last_word(self, cerplex: Deal, counsel: User) -> None:
        file = b"Date,Payer,Amount\n06/03/1996,Andrea Martin,10000.00\n06/03/1996,Andrea Martin,-10000.00\n"
        statement, _ = import_statement(cerplex, counsel, "june.csv", file)
        came, went = statement.lines.order_by("row")
        first = confirm_line(came, counsel, Becomes.RECEIVED, parts=BOTH[:1]).payment
        assert first is not None
        return_payment(first, "By hand", counsel)
        (second,) = stand_again(first, counsel)
        assert BankBooking.objects.get(line=came, undone_at=None).payment == second, "the line leads to it"
        confirm_line(went, counsel, Becomes.RETURNED, wire=second.pk)
        with pytest.raises(ActionRefused, match="A line of the bank’s statement says that it went back"):
            stand_again(second, counsel)

    def test_not_where_the_line_by_which_it_came_is_open_again(self, cerplex: Deal, counsel: User) -> None:
        statement, _ = import_statement(cerplex, counsel, "june.csv", b"Date,Amount\n06/03/1996,10000.00\n")
        booking = confirm_line(statement.lines.get(), counsel, Becomes.RECEIVED, parts=BOTH[:1])
        undo_booking(booking, counsel, "It was rent")
        assert booking.payment is not None
        with pytest.raises(ActionRefused, match="Confirm that line"):
            stand_again(booking.payment, counsel)

    def test_the_database_has_it_stand_once_and_as_it_came(
        self, cerplex: Deal, counsel: User, returned: Payment
    ) -> None:
        stand_again(returned, counsel)
        more = record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(10_000), confirmed=frozenset({"over"}))
        with pytest.raises(IntegrityError, match="stands_again_once"), transaction.atomic():
            run("UPDATE closing_payment SET again_of_id = %s WHERE id = %s", returned.pk, more.pk)
        less = record_payment(cerplex, counsel, investor="Mahuma N.V.", amount=Decimal(1))
        with refused("stands_again_as_it_came"):
            run("UPDATE closing_payment SET again_of_id = %s WHERE id = %s", returned.pk, less.pk)


def test_a_part_is_taken_back_with_the_others(cerplex: Deal, counsel: User) -> None:
    rows = record_parts(cerplex, counsel, BOTH, SUM)
    take_back(rows[0], "Recorded by mistake", counsel)
    assert not Payment.objects.filter(withdrawn_at=None).exists()


@pytest.mark.parametrize("total", ["209999.99", "210000.01"])
def test_parts_that_do_not_add_up_are_refused(cerplex: Deal, counsel: User, total: str) -> None:
    with pytest.raises(ActionRefused, match="They must be the same"):
        record_parts(cerplex, counsel, BOTH, Decimal(total))
    assert not Payment.objects.exists()


def test_an_investor_has_one_part(cerplex: Deal, counsel: User) -> None:
    with pytest.raises(ActionRefused, match="named twice"):
        record_parts(cerplex, counsel, (BOTH[0], BOTH[0]), Decimal(20_000))


def test_too_much_is_taken_on_an_explicit_word_and_sent_back(cerplex: Deal, counsel: User) -> None:
    with pytest.raises(NeedsConfirming, match=r"over by \$500\.00") as asked:
        record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(10_500))
    assert asked.value.what == "over"
    record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(10_500), confirmed=frozenset({"over"}))
    assert paid(cerplex).over == 500
    with pytest.raises(ActionRefused, match=r"over by \$500\.00\. No more"):
        refund_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(501))
    for _ in range(2):
        with suppress(SentAlready):
            refund_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(500), form="once")
    assert Refund.objects.count() == 1
    assert paid(cerplex).over == paid(cerplex).missing == 0
    with pytest.raises(ActionRefused, match="has not paid more"):
        refund_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(1))


def test_a_refund_that_was_not_sent_leaves_the_investor_over(cerplex: Deal, counsel: User) -> None:
    record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(10_500), confirmed=frozenset({"over"}))
    row = refund_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(500))
    take_back(row, "The wire was never released", counsel)
    assert paid(cerplex).over == 500


def test_the_same_reference_and_amount_is_asked_about(cerplex: Deal, counsel: User) -> None:
    record_parts(cerplex, counsel, BOTH, SUM, reference="FED  7")
    again = (Part("Mahuma N.V.", Decimal(58_000)), Part("The & Trust", Decimal(152_000)))
    with pytest.raises(NeedsConfirming) as asked:
        record_parts(cerplex, counsel, again, SUM, reference="fed 7", confirmed=frozenset({"over"}))
    assert asked.value.what == "twice"
    assert "June 3, 1996" in str(asked.value)
    record_parts(cerplex, counsel, again, SUM, reference="fed 7", confirmed=frozenset({"over", "twice"}))
    record_payment(cerplex, counsel, investor="Sprout Growth II, L.P.", amount=SUM)
    record_payment(cerplex, counsel, investor="Peak Investment Limited Partnership", amount=SUM)


def test_a_check_counts_when_received_and_clears_once(cerplex: Deal, counsel: User) -> None:
    rows = record_parts(cerplex, counsel, BOTH, SUM, method="check")
    assert is_met(cerplex, ANDREA)
    assert sum(row.uncleared for row in price_rows(cerplex)) == SUM
    for _ in range(2):
        clear_check(rows[0], counsel)
    assert not sum(row.uncleared for row in price_rows(cerplex))
    assert Event.objects.filter(verb="payment-cleared").count() == 2
    wire = record_payment(cerplex, counsel, investor="Mahuma N.V.", amount=Decimal(1))
    with pytest.raises(ActionRefused, match="Only a check clears"):
        clear_check(wire, counsel)


def test_only_company_counsel_says_what_came(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    for role in (Role.INVESTORS_COUNSEL, Role.INVESTOR):
        with pytest.raises(NotAllowed):
            record_parts(cerplex, user_of(role), BOTH, SUM)
        with pytest.raises(NotAllowed):
            refund_payment(cerplex, user_of(role), investor=ANDREA, amount=Decimal(1))


def test_whose_payment_came_back_is_called_first(cerplex: Deal, counsel: User) -> None:
    row = record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(10_000))
    return_payment(row, "Bounced", counsel)
    first, *rest = calls_of(price_rows(cerplex), gate_of(cerplex))
    assert (first.person, first.returned) == (ANDREA, True)
    assert [each.missing for each in rest] == sorted((each.missing for each in rest), reverse=True)
    daniel = next(each for each in rest if each.person == "Daniel S. Martin")
    assert len(daniel.investors) == 6
