"""Thirty-two connections at the cap of Section 6(d), in raw SQL: past every action, with the database alone.

`ROUNDS` rounds: in each of them every connection does one thing at random, in a transaction of its own.
"""

import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from closing.actions.deals import load_deal
from closing.actions.facts import record_fact
from closing.models import Bill, FeePayment
from closing.rules import facts
from closing.rules.terms import LineKind
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS, ROUNDS = 32, 200
CAP = Decimal(25_000)
CENT = Decimal("0.01")
LOCK = re.compile(r"UPDATE closing_deal SET name = name WHERE id = \S+;")
NEW = "(deal_id, bill_id, kind, amount, netted_from_id, at, withdrawn_reason, note)"
TAKEN = """
SELECT cap.cap, (SELECT coalesce(sum(amount), 0) FROM closing_feepayment WHERE kind = 'fee' AND withdrawn_at IS NULL)
    - (SELECT coalesce(sum(amount), 0) FROM closing_feereversal WHERE kind = 'fee' AND withdrawn_at IS NULL)
FROM closing_feecap AS cap
"""


@pytest.fixture
def bill(transactional_db: None) -> Bill:
    """A bill of the investors' counsel with $90,000 of fees and as much of expenses."""
    deal = load_deal(CERPLEX)
    line = facts.BillLine(kind=LineKind.FEE, description="Services", amount=Decimal(90_000))
    lines = (line, replace(line, kind=LineKind.EXPENSE))
    said = facts.Bill(at=MONDAY, number="1", counsel="investors-counsel", dated=date(1996, 6, 1), lines=lines)
    row = record_fact(deal, said, None)
    assert isinstance(row, Bill)
    return row


@dataclass
class Payer:
    """Somebody with a connection of his own, who pays, nets, takes back and moves the cap as the dice fall."""

    cursor: Any
    bill: Bill
    allotments: list[int]
    dice: random.Random
    isolation: str
    payments: list[tuple[int, Decimal, int | None]] = field(default_factory=list)
    reversals: list[int] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    def act(self) -> None:
        acts: list[tuple[Callable[[], None], int]] = [
            (self.pay, 10), (self.net, 4), (self.reverse, 4), (self.take_back, 2), (self.undo, 2), (self.move_cap, 1)
        ]  # fmt: skip
        self.told[self.within(self.dice.choices(*zip(*acts, strict=True))[0])] += 1

    def within(self, act: Callable[[], None]) -> str:
        try:
            self.cursor.execute(f"BEGIN ISOLATION LEVEL {self.isolation}")
            self.cursor.execute("SELECT 1 FROM closing_feepayment")
            act()
            self.cursor.execute("COMMIT")
        except psycopg.errors.CheckViolation as refused:
            self.cursor.execute("ROLLBACK")
            said = refused.diag.message_primary or ""
            paid, cap = (Decimal(each) for each in re.findall(r"[\d.]+", said)) if "cap" in said else (CAP, CAP)
            assert paid >= cap, f"refused what fits: {said}"
            return str(refused.diag.constraint_name)
        except psycopg.errors.SerializationFailure:
            self.cursor.execute("ROLLBACK")
            return "an older snapshot"
        return act.__name__

    def amount(self) -> Decimal:
        return Decimal(self.dice.randint(1, 300_000)) / 100

    def pay(self, netted_from: int | None = None) -> None:
        amount, kind = self.amount(), self.dice.choice(["fee", "fee", "fee", "expense"])
        pk = self.insert("closing_feepayment", kind, amount, netted_from)
        if kind == "fee":
            self.payments.append((pk, amount, netted_from))

    def net(self) -> None:
        self.pay(self.dice.choice(self.allotments))

    def reverse(self) -> None:
        if self.payments:
            _, amount, netted_from = self.dice.choice(self.payments)
            back = min(amount, self.amount())
            self.reversals.append(self.insert("closing_feereversal", "fee", back, netted_from))

    def take_back(self) -> None:
        if self.payments:
            pk, *_ = self.payments.pop(self.dice.randrange(len(self.payments)))
            self.cursor.execute("UPDATE closing_feepayment SET withdrawn_at = now() WHERE id = %s", [pk])

    def undo(self) -> None:
        if self.reversals:
            pk = self.reversals.pop(self.dice.randrange(len(self.reversals)))
            self.cursor.execute("UPDATE closing_feereversal SET withdrawn_at = now() WHERE id = %s", [pk])

    def move_cap(self) -> None:
        cap = self.dice.choice([CAP, CAP, CAP - self.amount()])
        self.cursor.execute("UPDATE closing_feecap SET cap = %s", [cap])

    def insert(self, table: str, kind: str, amount: Decimal, netted_from: int | None) -> int:
        self.cursor.execute(
            f"INSERT INTO {table} {NEW} VALUES (%s, %s, %s, %s, %s, now(), '', '') RETURNING id",
            [self.bill.deal_id, self.bill.pk, kind, amount, netted_from],
        )
        (pk,) = self.cursor.fetchone()
        return int(pk)


@contextmanager
def own_connection() -> Iterator[Any]:
    own = connections["default"].copy()
    try:
        with own.cursor() as cursor:
            yield cursor
    finally:
        own.close()


def at_once(works: list[Callable[[], None]]) -> None:
    """Run the works in threads of their own. Raises what one of them raised."""
    raised: list[BaseException] = []

    def one(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # whatever it was, the test is to hear of it
            raised.append(error)

    threads = [threading.Thread(target=one, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if raised:
        raise raised[0]


def all_pay(bill: Bill, rounds: int) -> Counter[str]:
    """Every connection acts `rounds` times, while one more looks on; what they were told."""
    allotments = list(bill.deal.allotments.values_list("pk", flat=True))
    told: Counter[str] = Counter()
    looks = 0
    done = threading.Event()

    def payer(place: int) -> Callable[[], None]:
        def work() -> None:
            with own_connection() as cursor:
                isolation = "REPEATABLE READ" if place % 4 == 3 else "READ COMMITTED"
                one = Payer(cursor.cursor, bill, allotments, random.Random(place), isolation)
                for _ in range(rounds):
                    one.act()
                told.update(one.told)

        return work

    def look_on() -> None:
        nonlocal looks
        with own_connection() as cursor:
            while not done.wait(0.02):
                cursor.execute(TAKEN)
                cap, taken = cursor.fetchone()
                assert 0 <= taken <= cap
                looks += 1

    def pay_and_be_done() -> None:
        try:
            at_once([payer(place) for place in range(CONNECTIONS)])
        finally:
            done.set()

    at_once([pay_and_be_done, look_on])
    assert looks
    return told


def test_thirty_two_never_pass_the_cap_and_never_lose_a_cent_that_fits(bill: Bill) -> None:
    told = all_pay(bill, ROUNDS)
    assert told["pay"] > CONNECTIONS, told
    assert told["fees_within_cap"] > CONNECTIONS, told
    assert {"net", "reverse", "take_back", "undo", "move_cap", "an older snapshot"} <= set(told), told
    with own_connection() as cursor:
        payer = Payer(cursor.cursor, bill, [], random.Random(0), "READ COMMITTED")
        cursor.execute("UPDATE closing_feecap SET cap = %s", [CAP])
        cursor.execute(TAKEN)
        _, taken = cursor.fetchone()
        if taken < CAP:
            payer.insert("closing_feepayment", "fee", CAP - taken, None)
        with pytest.raises(Exception, match="past the cap"):
            payer.insert("closing_feepayment", "fee", CENT, None)
        cursor.execute(TAKEN)
        assert cursor.fetchone() == (CAP, CAP)


def test_without_the_deal_s_row_held_they_pass_it(bill: Bill) -> None:
    """The control: the same triggers, which count and do not wait for each other."""
    with without_the_lock():
        together = threading.Barrier(CONNECTIONS)

        def work() -> None:
            with own_connection() as cursor:
                payer = Payer(cursor.cursor, bill, [], random.Random(0), "READ COMMITTED")

                def pay() -> None:
                    payer.insert("closing_feepayment", "fee", Decimal(2_000), None)
                    together.wait(20)

                payer.within(pay)

        at_once([work] * CONNECTIONS)
    assert sum(FeePayment.objects.values_list("amount", flat=True)) == 2_000 * CONNECTIONS > CAP


@contextmanager
def without_the_lock() -> Iterator[None]:
    """The triggers on payments with the line left out by which they take the deal's row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT pg_get_functiondef(tgfoid) FROM pg_trigger "
            "WHERE tgrelid = 'closing_feepayment'::regclass AND tgname LIKE 'pgtrigger_%'"
        )
        whole = [source for (source,) in cursor.fetchall()]
        assert any(LOCK.search(source) for source in whole)
        for source in whole:
            cursor.execute(LOCK.sub("", source))
        try:
            yield
        finally:
            for source in whole:
                cursor.execute(source)
