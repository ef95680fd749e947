"""A room in which a state machine acts: what may happen in it, and how it is done and looked at."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from hypothesis import note, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from closing import models
from closing.actions.base import ActionRefused
from closing.actions.closings import close_deal
from closing.actions.facts import load_facts, record_fact, withdraw_fact
from closing.actions.fee_payments import record_fee_payment
from closing.actions.fees import record_bill
from closing.actions.latches import agree_for_issuer, satisfy_consent
from closing.actions.packets import request_packets
from closing.actions.payments import record_payment
from closing.actions.waivers import propose_waiver
from closing.models import Closing, Deal, Event
from closing.queries.fact_kinds import KINDS
from closing.queries.facts import facts_of
from closing.rules import facts
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import LineKind
from investors import clock
from investors.models import Certificate, LedgerEntry
from tests.db.any_acts import AMOUNTS, ANSWERS, BLOCKS, ENOUGH, FULL, NAMES, OTHER_FACTS, SIDES, TERMS, Answers
from tests.rules.build import CLOSING, CLOSING_DAY

OUTCOME = TypeVar("OUTCOME")


class Room(RuleBasedStateMachine):
    """One deal in its room; each example in a savepoint of its own, taken back at its end."""

    row: Deal
    of = TERMS
    tried: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._stack.enter_context(transaction.atomic())
        self._stack.callback(transaction.set_rollback, True)
        self.now = CLOSING - timedelta(hours=3)
        self.events: list[tuple[Any, ...]] = []
        self.closings: list[tuple[Closing, frozenset[str]]] = []
        self.known = self.everything()
        self.seen: tuple[datetime, facts.Facts, Gate] | None = None

    def teardown(self) -> None:
        self._stack.close()

    # What happens

    @initialize(how_full=st.sampled_from(["full", "half", "empty"]))
    def open_the_room(self, how_full: str) -> None:
        every = {"full": 1, "half": 2, "empty": 0}[how_full]
        kept: dict[str, Any] = {name: rows[::every] if every else () for name, rows in FULL.tables()}
        self.act(lambda: load_facts(self.row, replace(FULL, **kept)))

    @rule(days=st.sampled_from([0, 0, 0, 1, 3]), hours=st.integers(0, 2))
    def time_passes(self, days: int, hours: int) -> None:
        self.now += timedelta(days=days, hours=hours)

    @rule(which=st.lists(st.sampled_from(ENOUGH), min_size=1, max_size=6))
    def put_on_file_what_meets_something(self, which: list[tuple[str, int]]) -> None:
        for table, place in which:
            fact = getattr(FULL, table)[place]
            self.act(lambda fact=fact: record_fact(self.row, replace(fact, at=self.now), None))  # type: ignore[misc]

    @rule(said=OTHER_FACTS)
    def put_on_file_what_may_meet_nothing(self, said: facts.Fact) -> None:
        self.act(lambda: record_fact(self.row, replace(said, at=self.now), None))

    @rule(who=st.sampled_from(["the ready", "the ready", "all"]))
    def all_that_is_missing_comes_in_and_it_closes(self, who: str) -> None:
        blank = {"at": self.now, "withdrawn_at": None, "withdrawn_reason": ""}
        missing: dict[str, Any] = {}
        for name, rows in FULL.tables():
            standing = {replace(each, **blank) for each in getattr(self.known["facts"], name) if not each.withdrawn_at}
            missing[name] = tuple(each for row in rows if (each := replace(row, at=self.now)) not in standing)
        self.act(lambda: load_facts(self.row, replace(FULL, **missing)))
        self.close(who, True)

    @rule(version=st.sampled_from(["1" * 64, "2" * 64]))
    def freeze(self, version: str) -> None:
        said = facts.ExecutionVersion(at=self.now, document="rights", version=version)
        done = self.act(lambda: record_fact(self.row, said, None))
        assert done is None or not Closing.objects.exists(), "what the deal closed on is not exchanged"

    @precondition(lambda self: models.ExecutionVersion.objects.exists())
    @rule(who=st.lists(st.sampled_from(BLOCKS), max_size=3, unique=True))
    def carry_over(self, who: list[tuple[str, str]]) -> None:
        row = models.ExecutionVersion.objects.order_by("id").reverse()[0]
        blocks = tuple(block for _, block in who)
        said = facts.CarryOver(at=self.now, document="rights", version=row.version, authority="Said so", blocks=blocks)
        self.act(lambda: record_fact(self.row, said, None))

    @rule(name=st.sampled_from(NAMES), amount=AMOUNTS)
    def pay(self, name: str, amount: Decimal) -> None:
        self.act(lambda: record_payment(self.row, None, investor=name, amount=amount))

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        kinds = [kind for kind in KINDS if getattr(self.known["facts"], kind.table)]
        if kinds:
            kind = data.draw(st.sampled_from(kinds))
            row = data.draw(st.sampled_from(list(kind.model._default_manager.order_by("id"))))
            self.act(lambda: withdraw_fact(row, "Second thoughts", None))

    @rule(
        sections=st.sampled_from([*SIDES, SIDES[0]]).flatmap(
            lambda side: st.lists(st.sampled_from(side), min_size=1, max_size=3, unique=True)
        ),
        items=st.sampled_from([(), (), (), ("US-MA",), ("3(a)",)]),
        on=st.sampled_from([None, None, CLOSING_DAY, CLOSING_DAY + timedelta(days=2)]),
        answers=st.lists(st.tuples(st.sampled_from(BLOCKS), st.sampled_from(ANSWERS)), min_size=2, max_size=5),
    )
    def propose_a_waiver(self, sections: list[str], items: tuple[str, ...], on: date | None, answers: Answers) -> None:
        named = tuple(sections)
        said = facts.Waiver(at=self.now, key="-", sections=named, text="So far", items=items, for_closing_on=on)
        row = self.act(lambda: propose_waiver(self.row, said, None))  # type: ignore[arg-type]
        if isinstance(row, models.Waiver):
            self.answer(row.key, answers)

    @precondition(lambda self: models.Waiver.objects.exists())
    @rule(data=st.data(), who=st.sampled_from(BLOCKS), how=st.sampled_from(ANSWERS))
    def answer_a_waiver(self, data: st.DataObject, who: tuple[str, str], how: dict[str, Any]) -> None:
        keys = models.Waiver.objects.order_by("id").values_list("key", flat=True)
        self.answer(data.draw(st.sampled_from(list(keys))), [(who, how)])

    def answer(self, waiver: str, answers: Answers) -> None:
        for (name, block), how in answers:
            said = facts.Consent(at=self.now, waiver=waiver, investor=name, blocks=(block,), **how)
            self.act(lambda said=said: record_fact(self.row, said, None))  # type: ignore[misc]

    @precondition(lambda self: models.Consent.objects.exclude(subject_to="").exists())
    @rule(data=st.data())
    def meet_the_condition_of_a_consent(self, data: st.DataObject) -> None:
        rows = list(models.Consent.objects.exclude(subject_to="").order_by("id"))
        row = data.draw(st.sampled_from(rows))
        self.act(lambda: satisfy_consent(row, None))

    @rule(days=st.integers(-1, 3))
    def propose_to_move_the_closing(self, days: int) -> None:
        key = f"move-{models.Proposal.objects.count() + 1}"
        said = facts.Proposal(at=self.now, key=key, matter="move-closing", to=self.now + timedelta(days=days, hours=1))
        self.act(lambda: record_fact(self.row, said, None))

    @precondition(lambda self: models.Proposal.objects.exists())
    @rule(data=st.data(), who=st.lists(st.sampled_from(BLOCKS), max_size=4, unique=True), issuer=st.booleans())
    def agree_to_move(self, data: st.DataObject, who: list[tuple[str, str]], issuer: bool) -> None:
        row = data.draw(st.sampled_from(list(models.Proposal.objects.order_by("id"))))
        for name, block in who:
            said = facts.Approval(at=self.now, proposal=row.key, investor=name, blocks=(block,), written=False)
            self.act(lambda said=said: record_fact(self.row, said, None))  # type: ignore[misc]
        if issuer:
            self.act(lambda: agree_for_issuer(row, None))

    @rule(amount=AMOUNTS, kind=st.sampled_from(LineKind), number=st.sampled_from(["1", "2"]))
    def bill(self, amount: Decimal, kind: LineKind, number: str) -> None:
        line = facts.BillLine(kind=kind, description="Services", amount=amount)
        self.act(lambda: record_bill(self.row, None, number=number, dated=date(1996, 6, 1), lines=[line]))

    @precondition(lambda self: models.Bill.objects.exists())
    @rule(data=st.data(), kind=st.sampled_from(LineKind), amount=AMOUNTS)
    def pay_counsel(self, data: st.DataObject, kind: LineKind, amount: Decimal) -> None:
        bill = data.draw(st.sampled_from(list(models.Bill.objects.order_by("id"))))
        done = self.act(lambda: record_fee_payment(self.row, None, bill=bill, kind=kind, amount=amount))
        assert done is None or Closing.objects.exists(), "nothing is reimbursed before the closing (6(d))"

    @precondition(lambda self: models.Bill.objects.exists())
    @rule(data=st.data(), amount=AMOUNTS)
    def put_a_payment_to_counsel_on_file(self, data: st.DataObject, amount: Decimal) -> None:
        number = data.draw(st.sampled_from(list(models.Bill.objects.order_by("id").values_list("number", flat=True))))
        said = facts.FeePayment(at=self.now, counsel="investors-counsel", bill=number, kind=LineKind.FEE, amount=amount)
        self.act(lambda: record_fact(self.row, said, None))

    @rule()
    def ask_for_packets(self) -> None:
        self.act(lambda: request_packets(self.row, None))

    @rule(who=st.sampled_from(["the ready", "the ready", "all", "nobody"]), is_confirmed=st.booleans())
    def it_closes(self, who: str, is_confirmed: bool) -> None:
        self.close(who, is_confirmed)

    def close(self, who: str, is_confirmed: bool) -> None:
        ready = frozenset(each.investor.name for each in self.gate().ready)
        names = {"the ready": sorted(ready), "all": NAMES, "nobody": []}[who]
        left = set(NAMES) - self.closed()
        for _ in range(2):
            before, count = self.known, len(self.closings)
            done = self.act(lambda: close_deal(self.row, None, expected=names, leave_out_confirmed=is_confirmed))
            if done is None:
                continue
            if done in [closing for closing, _ in self.closings]:
                assert self.known == before, "closing twice is closing once"
                continue
            self.closings.append((done, ready))
            assert (len(self.closings), done.number) == (count + 1, count + 1)
            assert set(names) == ready
            assert ready <= left, "nobody closes twice"
            assert is_confirmed or ready == left
            Room.tried["closed"] += 1

    def closed(self) -> frozenset[str]:
        """Who has closed."""
        return frozenset(name for _, names in self.closings for name in names)

    # How it is done, and looked at

    def act(self, what: Callable[[], OUTCOME]) -> OUTCOME | None:
        """Act now, a minute later than before. What is refused leaves nothing behind and says why."""
        self.now += timedelta(minutes=1)
        before, told = self.known, ""
        done = None
        with clock.fixed(self.now):
            try:
                done = what()
            except ActionRefused as refused:
                told = str(refused) or "no reason"
        self.known = self.everything()
        if told:
            note(f"refused: {told}")
            assert told != "no reason"
            assert self.known == before, "what is refused changes nothing"
        assert (self.known == before) == (self.known["events"] == before["events"]), "what changes something is told"
        Room.tried["refused" if told else "done"] += 1
        return done

    def everything(self) -> dict[str, Any]:
        """Facts on file, and how far everything else has come."""
        return {
            "facts": facts_of(self.row),
            "events": Event.objects.count(),
            "certificates": Certificate.objects.count(),
            "ledger": LedgerEntry.objects.count(),
            "packets": sorted(models.Packet.objects.values_list("id", "state")),
            "closing": list(Closing.objects.values_list("id", "shares")),
            "after": models.PostClosingItem.objects.count(),
        }

    def gate(self) -> Gate:
        """The gate now of what is on file."""
        on_file = self.known["facts"]
        if self.seen is None or self.seen[0] != self.now or self.seen[1] is not on_file:
            self.seen = (self.now, on_file, evaluate(self.of, on_file, self.now))
        return self.seen[2]
