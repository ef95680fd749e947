"""Two people confirm one line of a bank's statement at once, and two put instructions in force."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction

from closing.actions.bank import SettledAlready, confirm_line, stand_again, undo_booking
from closing.actions.bank_statements import import_statement
from closing.actions.base import ActionRefused
from closing.actions.deals import load_deal, open_accounts
from closing.actions.instructions import confirm_instructions, propose_instructions
from closing.actions.payments import Part, return_payment
from closing.models import BankBooking, BankLine, Deal, Payment, Reminder
from closing.rules.bank_lines import Becomes
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY
from tests.db.turns import Turns
from tests.db.walls import switch, trigger_of
from tests.papers.camt import camt, entry, statement
from tests.rules.any_facts import CERPLEX

pytestmark = pytest.mark.django_db(transaction=True)

ANDREA = "Andrea Martin"
ONCE = (
    (BankBooking, "bank_booking_one_stands"),
    (Payment, "payment_part_once"),
    (Payment, "stands_again_once"),
)
TO_THE_CENT = (("parts_go_together", "closing_payment"), ("comes_to_its_line", "closing_bankbooking"))


@pytest.fixture
def deal(transactional_db: None) -> Iterator[Deal]:
    """The Cerplex deal with accounts for its people; the clock stands."""
    with clock.fixed(MONDAY):
        row = load_deal(CERPLEX)
        open_accounts(row)
        yield row


@pytest.fixture
def counsel(deal: Deal) -> User:
    return User.objects.get(memberships__role="company-counsel")


@pytest.fixture
def confirm(deal: Deal, counsel: User) -> Callable[[], BankBooking]:
    """Confirm that one line is Andrea Martin's payment."""
    import_statement(deal, counsel, "june.xml", camt(statement(entry("4000.00"))))
    line = BankLine.objects.get()
    parts = (Part(ANDREA, Decimal(4_000)),)
    return lambda: confirm_line(line, counsel, Becomes.RECEIVED, parts=parts)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(monkeypatch)


@pytest.fixture
def without_the_walls(deal: Deal) -> Iterator[None]:
    """The database lets a line be booked twice; what that left is gone before it does so no more."""
    triggers = [trigger_of(*each) for each in TO_THE_CENT]
    walls = [(model, each) for model, name in ONCE for each in model._meta.constraints if each.name == name]
    with connection.schema_editor() as editor:
        for model, wall in walls:
            editor.remove_constraint(model, wall)
    for trigger in triggers:
        switch(trigger, "DISABLE")
    yield
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM closing_bankbooking")
        cursor.execute("DELETE FROM closing_payment")
    with connection.schema_editor() as editor:
        for model, wall in walls:
            editor.add_constraint(model, wall)
    for trigger in triggers:
        switch(trigger, "ENABLE")


def test_the_second_is_told_who_was_first(confirm: Callable[[], BankBooking], turns: Turns) -> None:
    one, two = turns.run(confirm, confirm)
    assert isinstance(one, BankBooking)
    assert isinstance(two, SettledAlready)
    assert Payment.objects.get().amount == 4_000


def test_without_the_lock_the_database_books_it_once(confirm: Callable[[], BankBooking], turns: Turns) -> None:
    turns.without_the_lock()
    one, two = turns.run(confirm, confirm)
    assert isinstance(one, BankBooking)
    assert isinstance(two, ActionRefused)
    assert Payment.objects.count() == BankBooking.objects.count() == 1


def test_without_lock_and_walls_it_is_booked_twice(
    without_the_walls: None, confirm: Callable[[], BankBooking], turns: Turns
) -> None:
    turns.without_the_lock()
    turns.run(confirm, confirm)
    assert Payment.objects.count() == BankBooking.objects.count() == 2


@pytest.fixture
def undo(deal: Deal, counsel: User, confirm: Callable[[], BankBooking]) -> tuple[Callable[[], BankBooking], ...]:
    """Undo that a line was the return of a payment, for one reason and for another."""
    payment = confirm().payment
    assert payment is not None
    gone = camt(statement(entry("4000.00", side="DBIT", reversal=True)))
    later, _ = import_statement(deal, counsel, "later.xml", gone)
    booking = confirm_line(later.lines.get(), counsel, Becomes.RETURNED, wire=payment.pk)
    return tuple(partial(undo_booking, booking, counsel, why) for why in ("It was another", "It never went"))


@pytest.mark.parametrize("is_locked", [True, False])
def test_two_undo_a_return_at_once_and_the_payment_stands_once(
    undo: tuple[Callable[[], BankBooking], ...], turns: Turns, is_locked: bool
) -> None:
    if not is_locked:
        turns.without_the_lock()
    one, two = turns.run(*undo)
    assert isinstance(one, BankBooking)
    assert isinstance(two, BankBooking if is_locked else ActionRefused)
    assert Payment.objects.filter(withdrawn_at=None).count() == 1


@pytest.mark.parametrize("is_locked", [True, False])
def test_two_put_a_payment_on_file_again_and_it_stands_once(
    confirm: Callable[[], BankBooking], counsel: User, turns: Turns, is_locked: bool
) -> None:
    payment = confirm().payment
    assert payment is not None
    return_payment(payment, "Marked by mistake", counsel)
    if not is_locked:
        turns.without_the_lock()
    refused = [isinstance(each, ActionRefused) for each in turns.run(*[partial(stand_again, payment, counsel)] * 2)]
    assert sum(refused) == (0 if is_locked else 1)
    assert Payment.objects.filter(withdrawn_at=None).count() == 1


def test_without_lock_and_walls_it_would_stand_twice(
    without_the_walls: None, undo: tuple[Callable[[], BankBooking], ...], turns: Turns
) -> None:
    turns.without_the_lock()
    undone_once = trigger_of("undone_once", "closing_bankbooking")
    switch(undone_once, "DISABLE")
    turns.run(*undo)
    assert Payment.objects.filter(withdrawn_at=None).count() == 2
    switch(undone_once, "ENABLE")


@pytest.mark.parametrize("is_locked", [True, False])
def test_two_put_instructions_in_force(deal: Deal, counsel: User, turns: Turns, is_locked: bool) -> None:
    said = {"holder": "The company", "bank": "Bank of the company", "routing": "123456780", "account": "12344321"}
    row = propose_instructions(deal, counsel, **said)
    special = User.objects.get(memberships__role="investors-counsel")
    if not is_locked:
        turns.without_the_lock()
    one, two = turns.run(
        lambda: confirm_instructions(row, special, heard="12344321", checked_with="The treasurer"),
        lambda: confirm_instructions(row, special, heard="12344321", checked_with="The treasurer"),
    )
    assert (one > 0, two) == (True, 0), "the row's own lock serves where the deal's is not held"
    assert Reminder.objects.count() == one
