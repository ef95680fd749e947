"""What must hold of the gate whatever the facts: the invariants of Section 2, by property."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closing.rules.facts import Consent, Disclosure, Facts, Waiver
from closing.rules.gate import evaluate
from tests.rules.build import BEFORE, CLOSING, LATE, all_in, deal, states, with_tables

DEAL = deal()
FULL = all_in(DEAL)
ROWS = [(name, i) for name, rows in FULL.tables() for i in range(len(rows))]
SATISFIED = {"met", "waived"}


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    """Some of the facts that meet everything, some withdrawn before or after the closing hour, in any order."""
    tables: dict[str, Any] = {}
    for name, rows in FULL.tables():
        kept = [row for row in rows if draw(st.booleans())]
        ends = st.sampled_from([None, None, CLOSING - timedelta(days=1), LATE + timedelta(days=1)])
        kept = [replace(row, withdrawn_at=draw(ends)) for row in kept]
        tables[name] = tuple(draw(st.permutations(kept)))
    tables["disclosures"] = tuple(
        Disclosure(
            at=draw(st.sampled_from([BEFORE - timedelta(days=1), BEFORE + timedelta(days=1)])),
            representation=ref,
            text="An exception",
        )
        for ref in draw(st.sets(st.sampled_from(["3(a)", "3(b)"])))
    )
    tables["waivers"] = tuple(
        Waiver(at=BEFORE, key=f"w{i}", sections=(section,), text="")
        for i, section in enumerate(draw(st.sets(st.sampled_from(["2(a)(i)", "2(a)(vi)", "2(a)(viii)", "2(b)(ii)"]))))
    )
    blocks = [(each.name, block.key) for each in DEAL.investors for block in each.blocks]
    tables["consents"] = tuple(
        Consent(at=BEFORE, waiver=waiver.key, investor=name, blocks=(key,), written=draw(st.booleans()))
        for waiver in tables["waivers"]
        if waiver.sections[0].startswith("2(a)")
        for name, key in blocks
        if draw(st.booleans())
    )
    return with_tables(FULL, **tables)


def test_when_everything_is_in_every_investor_is_ready() -> None:
    gate = evaluate(DEAL, FULL, LATE)
    assert gate.is_ready
    assert gate.blockers == ()


@pytest.mark.parametrize(("table", "position"), ROWS)
def test_every_single_fact_is_needed(table: str, position: int) -> None:
    """The least facts are the least: take any one away, and somebody is not ready and somebody owes it."""
    rows = getattr(FULL, table)
    gate = evaluate(DEAL, with_tables(FULL, **{table: rows[:position] + rows[position + 1 :]}), LATE)
    assert not gate.is_ready
    assert gate.blockers
    assert all(each.owed_by_name for each in gate.blockers)


@given(some_facts(), st.data())
def test_order_of_arrival_does_not_matter(facts: Facts, data: st.DataObject) -> None:
    shuffled: dict[str, Any] = {name: tuple(data.draw(st.permutations(rows))) for name, rows in facts.tables()}
    assert states(evaluate(DEAL, with_tables(facts, **shuffled), LATE)) == states(evaluate(DEAL, facts, LATE))


@given(some_facts(), st.permutations(DEAL.investors))
def test_permuting_investors_permutes_the_answer(facts: Facts, investors: list[Any]) -> None:
    permuted = replace(DEAL, investors=tuple(investors))
    assert states(evaluate(permuted, facts, LATE)) == states(evaluate(DEAL, facts, LATE))


@given(some_facts(), st.sampled_from(ROWS))
def test_undoing_a_fact_restores_the_state_before_it(facts: Facts, row: tuple[str, int]) -> None:
    table, position = row
    added = replace(getattr(FULL, table)[position], at=CLOSING - timedelta(hours=3), withdrawn_at=CLOSING)
    after = with_tables(facts, **{table: (*getattr(facts, table), added)})
    assert states(evaluate(DEAL, after, LATE)) == states(evaluate(DEAL, facts, LATE))


@given(some_facts(), st.sampled_from(ROWS))
def test_a_fact_that_meets_something_opens_nothing(facts: Facts, row: tuple[str, int]) -> None:
    table, position = row
    before = states(evaluate(DEAL, facts, LATE))
    added = with_tables(facts, **{table: (*getattr(facts, table), getattr(FULL, table)[position])})
    after = states(evaluate(DEAL, added, LATE))
    for name, cells in before.items():
        for section, was in cells.items():
            assert was not in SATISFIED or after[name][section] in SATISFIED, (name, section)


@given(some_facts())
def test_later_facts_do_not_change_an_earlier_moment(facts: Facts) -> None:
    later = {
        name: tuple(replace(row, at=LATE + timedelta(days=2), withdrawn_at=None) for row in rows)
        for name, rows in FULL.tables()
    }
    both: dict[str, Any] = {name: (*rows, *later[name]) for name, rows in facts.tables()}
    assert states(evaluate(DEAL, with_tables(facts, **both), LATE)) == states(evaluate(DEAL, facts, LATE))


@given(some_facts(), st.sampled_from(["2(a)(ii)", "2(a)(v)", "2(a)(ix)"]), st.sampled_from(DEAL.investors))
def test_a_waiver_changes_nothing_for_who_has_not_consented_in_writing(
    facts: Facts, section: str, consenter: Any
) -> None:
    waiver = Waiver(at=BEFORE, key="new", sections=(section,), text="")
    blocks = tuple(block.key for block in consenter.blocks)
    oral = Consent(at=BEFORE, waiver="new", investor=consenter.name, blocks=blocks, written=False)
    before = states(evaluate(DEAL, facts, LATE))
    unheard = replace(facts, waivers=(*facts.waivers, waiver), consents=(*facts.consents, oral))
    assert states(evaluate(DEAL, unheard, LATE)) == before
    written = replace(unheard, consents=(*facts.consents, replace(oral, written=True)))
    after = states(evaluate(DEAL, written, LATE))
    assert after[consenter.name][section] in SATISFIED
    for name, cells in before.items():
        assert name == consenter.name or after[name] == cells


@given(some_facts())
def test_an_investor_is_ready_exactly_when_all_its_cells_are_satisfied(facts: Facts) -> None:
    gate = evaluate(DEAL, facts, LATE)
    for each in gate.investors:
        assert each.is_ready == all(cell.is_satisfied for cell in each.cells.values())
        stands_in_the_way = [b for b in gate.blockers if b.investor in (None, each.investor.name)]
        assert each.is_ready or stands_in_the_way
    assert gate.is_ready == (not gate.blockers)


@given(some_facts())
def test_missing_pages_leave_the_rights_agreement_open_for_all_or_none(facts: Facts) -> None:
    bare = replace(facts, waivers=(), consents=())
    column = {cells["2(a)(viii)"] for cells in states(evaluate(DEAL, bare, LATE)).values()}
    assert len(column) == 1
