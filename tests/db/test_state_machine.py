"""Any sequence of acts on a deal: what the domain says must never be is not, after each of them.

`CLOSING_EXAMPLES` sets how many sequences are tried; a few by default.
"""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from closing import models
from closing.actions.deals import load_deal
from closing.actions.facts import AFTER_CLOSING
from closing.actions.payments import record_payment
from closing.models import Closing, Event
from closing.queries.deals import deal_terms
from closing.queries.fact_kinds import KINDS
from closing.queries.gates import gate_of
from closing.rules.facts_file import read_facts, write_facts
from closing.rules.gate import evaluate
from closing.rules.terms import Obligation
from investors import clock
from investors.models import Certificate, LedgerEntry, ShareClass
from tests.db.any_acts import BLOCKS, CAP, NAMES, TERMS
from tests.db.room import Room
from tests.rules.build import CLOSING, states

EXAMPLES = int(os.environ.get("CLOSING_EXAMPLES", "8"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


class WatchedRoom(Room):
    """The room, with what must hold in it after each act."""

    @invariant()
    def the_gate_of_the_database_is_the_gate_of_the_exported_file(self) -> None:
        of = deal_terms(self.row)
        assert of == self.of
        read = read_facts(write_facts(self.known["facts"], of), of)
        assert evaluate(of, read, self.now) == self.gate()
        assert gate_of(self.row, self.now) == self.gate(), "what is kept in memory is what the database holds"
        connection.check_constraints()

    @invariant()
    def what_is_withdrawn_never_counts(self) -> None:
        on_file = self.known["facts"]
        standing: dict[str, Any] = {
            name: tuple(each for each in rows if each.withdrawn_at is None)
            for name, rows in on_file.tables()
            # A version taken back still says what was signed while it was in force.
            if name != "execution_versions"
        }
        assert states(evaluate(self.of, replace(on_file, **standing), self.now)) == states(self.gate())

    @invariant()
    def nobody_is_bound_by_a_waiver_without_its_written_consent(self) -> None:
        for each in self.gate().investors:
            for condition in TERMS.conditions:
                cell = each.cells[condition.section]
                if not cell.waived:
                    continue
                waivers = models.Waiver.objects.filter(withdrawn_at=None, sections__contains=[condition.section])
                if condition.obligation is Obligation.ISSUER:
                    assert waivers.exists()
                else:
                    assert any(self.consented(row, each.investor.name) for row in waivers), (each.investor.name, cell)

    def consented(self, waiver: models.Waiver, name: str) -> bool:
        given = models.Consent.objects.filter(
            waiver=waiver, allotment__investor__name=name, withdrawn_at=None, written=True, declined=False
        )
        blocks = {
            block
            for row in given
            if not row.subject_to or (row.satisfied_at is not None and row.satisfied_at <= self.now)
            for block in row.blocks
        }
        return blocks == {block for investor, block in BLOCKS if investor == name}

    @invariant()
    def a_missing_page_is_missing_for_all(self) -> None:
        lacks = {
            frozenset((*x.cells["2(a)(viii)"].missing, *x.cells["2(a)(viii)"].waived))
            for x in self.gate().investors
            if not x.has_closed
        }
        assert len(lacks) <= 1

    @invariant()
    def the_price_is_paid_when_the_money_on_file_says_so(self) -> None:
        paid = models.Payment.objects.filter(withdrawn_at=None).values_list("allotment__investor__name")
        received = dict(paid.annotate(received=Sum("amount")))
        for each in self.gate().investors:
            if each.has_closed:
                continue
            is_paid = received.get(each.investor.name, 0) >= each.investor.purchase_price
            assert (each.cells["2(b)(ii)"].state == "met") == is_paid

    @invariant()
    def fees_paid_keep_to_the_cap(self) -> None:
        paid = (
            models.FeePayment.objects.filter(withdrawn_at=None, kind="fee").aggregate(paid=Sum("amount"))["paid"] or 0
        )
        assert paid <= CAP

    @invariant()
    def no_more_shares_are_issued_than_authorized_and_each_by_one_certificate(self) -> None:
        for share_class in ShareClass.objects.exclude(authorized=None):
            entries = LedgerEntry.objects.filter(share_class=share_class)
            assert (entries.aggregate(held=Sum("shares"))["held"] or 0) <= (share_class.authorized or 0)
        numbers = list(Certificate.objects.values_list("share_class", "number"))
        assert len(numbers) == len(set(numbers))

    @invariant()
    def each_closing_is_for_the_ready_and_once(self) -> None:
        rows = models.ClosedAllotment.objects.select_related("closing", "allotment__investor", "certificate")
        shares = {each.name: each.shares for each in self.of.investors}
        for closing, ready in self.closings:
            own = {row.allotment.investor.name: row for row in rows if row.closing == closing}
            assert set(own) == ready
            assert closing.shares == sum(shares[name] for name in ready)
            assert all(row.certificate.shares == shares[name] for name, row in own.items())
        assert len(rows) == len(self.closed())
        assert list(Closing.objects.order_by("number")) == [closing for closing, _ in self.closings]
        assert len(self.closings) <= 1 or self.of.closing.further_closings
        released = models.Signature.objects.exclude(released_at=None).values_list("block__key", flat=True)
        assert set(released) <= {"issuer", *(block for name, block in BLOCKS if name in self.closed())}

    @invariant()
    def everybody_has_closed_or_is_ready_or_left_out(self) -> None:
        gate = self.gate()
        parts = [{each.investor.name for each in part} for part in (gate.closed, gate.ready, gate.left_out)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == len(NAMES)
        assert parts[0] == self.closed()
        assert not {each.investor for each in gate.blockers} & parts[0]

    @invariant()
    def what_a_closing_stood_on_stands(self) -> None:
        on_file = self.known["facts"]
        for at, (closing, ready) in enumerate(self.closings):
            kept: dict[str, Any] = {
                name: tuple(x for x in rows if x.withdrawn_at is None or x.withdrawn_at < closing.at)
                for name, rows in on_file.tables()
            }
            kept["closings"] = on_file.closings[:at]
            then = evaluate(self.of, replace(on_file, **kept), closing.at)
            assert all(then.investor(name).is_ready for name in ready)

    @invariant()
    def the_one_closing_leaves_nothing_to_take_back(self) -> None:
        if self.of.closing.further_closings:
            return
        for closing, _ in self.closings:
            for kind in KINDS:
                taken_back = kind.model._default_manager.filter(withdrawn_at__gte=closing.at)
                assert kind.fact in AFTER_CLOSING or not taken_back.exists(), "what the closing stood on stands"

    @invariant()
    def events_only_grow(self) -> None:
        events = list(Event.objects.order_by("id").values_list())
        assert events[: len(self.events)] == self.events
        self.events = events


class FurtherRoom(WatchedRoom):
    """The same where those left out may close later."""

    of = replace(TERMS, closing=replace(TERMS.closing, further_closings=True))

    @invariant()
    def what_is_withdrawn_never_counts(self) -> None:
        """For those who are still to close: who has closed keeps the cells of its closing."""
        on_file = self.known["facts"]
        standing: dict[str, Any] = {
            name: tuple(each for each in rows if each.withdrawn_at is None)
            for name, rows in on_file.tables()
            if name != "execution_versions"
        }
        without = evaluate(self.of, replace(on_file, **standing), self.now)
        for each in self.gate().investors:
            if not each.has_closed:
                cells = without.investor(each.investor.name).cells
                assert {at: cell.state for at, cell in each.cells.items()} == {at: cells[at].state for at in cells}

    @rule(name=st.sampled_from(NAMES))
    def somebody_pays_late(self, name: str) -> None:
        """So that some are left out of the first closing, and close in another."""
        price = next(each.purchase_price for each in self.of.investors if each.name == name)
        self.act(lambda: record_payment(self.row, None, investor=name, amount=price))


@pytest.mark.no_cover  # as every property test
@pytest.mark.parametrize("room", [WatchedRoom, FurtherRoom])
def test_whatever_is_done_the_invariants_hold(db: None, room: type[Room]) -> None:
    with clock.fixed(CLOSING - timedelta(days=7)):
        room.row = load_deal(room.of)
    Room.tried.clear()
    run_state_machine_as_test(room, settings=SETTINGS)
    assert Room.tried["done"] > Room.tried["refused"] / 4, f"what was tried says nothing: {dict(Room.tried)}"
