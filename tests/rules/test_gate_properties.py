"""What must hold of the gate whatever the facts: the invariants of Section 2, by property."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from closing.rules.evidence import BringDown, SignedByAll
from closing.rules.facts import Consent, Disclosure, Facts, Waiver
from closing.rules.gate import evaluate
from closing.rules.terms import Deal, Obligation
from tests.rules.build import deal, states, with_tables
from tests.rules.meeting import facts_that_meet, sample

SATISFIED = {"met", "waived"}


@dataclass(frozen=True)
class Case:
    """A deal, the least facts that meet it, and an hour after its closing."""

    deal: Deal
    full: Facts

    @property
    def late(self) -> datetime:
        return self.deal.closing.at + timedelta(hours=1)

    @property
    def before(self) -> datetime:
        return self.deal.closing.at - timedelta(days=9)

    @property
    def rows(self) -> list[tuple[str, int]]:
        return [(name, i) for name, rows in self.full.tables() for i in range(len(rows))]

    def states(self, facts: Facts) -> dict[str, dict[str, str]]:
        return states(evaluate(self.deal, facts, self.late))


def case_of(deal: Deal) -> Case:
    return Case(deal, facts_that_meet(deal, deal.closing.at - timedelta(days=9)))


CASES = {
    "small": case_of(deal()),
    "series-seed": case_of(sample("series-seed")),
    "note-purchase": case_of(sample("note-purchase")),
}
EVERY = CASES | {"cerplex": case_of(sample("cerplex-1996"))}
any_case = st.sampled_from(list(CASES.values()))


@st.composite
def cases_with_facts(draw: st.DrawFn) -> tuple[Case, Facts]:
    """A deal with some of the facts that meet it, some withdrawn before or after the closing hour, in any order."""
    case = draw(any_case)
    tables: dict[str, Any] = {}
    for name, rows in case.full.tables():
        kept = [row for row in rows if draw(st.booleans())]
        ends = st.sampled_from([None, None, case.deal.closing.at - timedelta(days=1), case.late + timedelta(days=1)])
        kept = [replace(row, withdrawn_at=draw(ends)) for row in kept]
        tables[name] = tuple(draw(st.permutations(kept)))
    tables["disclosures"] = _some_disclosures(draw, case)
    tables["waivers"] = tuple(
        Waiver(at=case.before, key=f"w{i}", sections=(section,), text="")
        for i, section in enumerate(draw(st.sets(st.sampled_from(sorted(case.deal.condition_by_section)), max_size=4)))
    )
    tables["consents"] = _some_consents(draw, case, tables["waivers"])
    return case, with_tables(case.full, **tables)


def _some_disclosures(draw: st.DrawFn, case: Case) -> tuple[Disclosure, ...]:
    asked = [
        each.evidence
        for each in case.deal.conditions
        if isinstance(each.evidence, BringDown) and each.evidence.by == "issuer"
    ]
    refs = [each.ref for evidence in asked for each in evidence.representations]
    moments = st.sampled_from([case.before - timedelta(days=1), case.before + timedelta(days=1)])
    return tuple(
        Disclosure(at=draw(moments), representation=ref, text="An exception")
        for ref in draw(st.sets(st.sampled_from(refs), max_size=2))
    )


def _some_consents(draw: st.DrawFn, case: Case, waivers: tuple[Waiver, ...]) -> tuple[Consent, ...]:
    blocks = [(each.name, block.key) for each in case.deal.investors for block in each.blocks]
    return tuple(
        Consent(at=case.before, waiver=waiver.key, investor=name, blocks=(key,), written=draw(st.booleans()))
        for waiver in waivers
        if case.deal.condition_by_section[waiver.sections[0]].obligation is Obligation.INVESTORS
        for name, key in blocks
        if draw(st.booleans())
    )


@pytest.mark.parametrize("name", EVERY)
def test_when_everything_is_in_every_investor_is_ready(name: str) -> None:
    gate = evaluate(EVERY[name].deal, EVERY[name].full, EVERY[name].late)
    assert gate.is_ready
    assert gate.blockers == ()


@pytest.mark.parametrize(
    ("name", "table", "position"), [(name, *row) for name, case in EVERY.items() for row in case.rows]
)
def test_every_single_fact_is_needed(name: str, table: str, position: int) -> None:
    """The least facts are the least: take any one away, and somebody is not ready and somebody owes it."""
    case = EVERY[name]
    rows = getattr(case.full, table)
    less = with_tables(case.full, **{table: rows[:position] + rows[position + 1 :]})
    gate = evaluate(case.deal, less, case.late)
    assert not gate.is_ready
    assert gate.blockers
    assert all(each.owed_by_name for each in gate.blockers)


@given(cases_with_facts(), st.data())
def test_order_of_arrival_does_not_matter(drawn: tuple[Case, Facts], data: st.DataObject) -> None:
    case, facts = drawn
    shuffled: dict[str, Any] = {name: tuple(data.draw(st.permutations(rows))) for name, rows in facts.tables()}
    assert case.states(with_tables(facts, **shuffled)) == case.states(facts)


@given(cases_with_facts(), st.data())
def test_permuting_investors_permutes_the_answer(drawn: tuple[Case, Facts], data: st.DataObject) -> None:
    case, facts = drawn
    permuted = replace(case.deal, investors=tuple(data.draw(st.permutations(case.deal.investors))))
    assert states(evaluate(permuted, facts, case.late)) == case.states(facts)


@given(cases_with_facts(), st.data())
def test_undoing_a_fact_restores_the_state_before_it(drawn: tuple[Case, Facts], data: st.DataObject) -> None:
    case, facts = drawn
    table, position = data.draw(st.sampled_from(case.rows))
    closing = case.deal.closing.at
    undone = replace(getattr(case.full, table)[position], at=closing - timedelta(hours=3), withdrawn_at=closing)
    after = with_tables(facts, **{table: (*getattr(facts, table), undone)})
    assert case.states(after) == case.states(facts)


@given(cases_with_facts(), st.data())
def test_a_fact_that_meets_something_opens_nothing(drawn: tuple[Case, Facts], data: st.DataObject) -> None:
    case, facts = drawn
    table, position = data.draw(st.sampled_from(case.rows))
    before = case.states(facts)
    added = with_tables(facts, **{table: (*getattr(facts, table), getattr(case.full, table)[position])})
    after = case.states(added)
    for name, cells in before.items():
        for section, was in cells.items():
            assert was not in SATISFIED or after[name][section] in SATISFIED, (name, section)


@given(cases_with_facts())
def test_later_facts_do_not_change_an_earlier_moment(drawn: tuple[Case, Facts]) -> None:
    case, facts = drawn
    later = {
        name: tuple(replace(row, at=case.late + timedelta(days=2), withdrawn_at=None) for row in rows)
        for name, rows in case.full.tables()
    }
    both: dict[str, Any] = {name: (*rows, *later[name]) for name, rows in facts.tables()}
    assert case.states(with_tables(facts, **both)) == case.states(facts)


@given(cases_with_facts(), st.data())
def test_a_waiver_changes_nothing_for_who_has_not_consented_in_writing(
    drawn: tuple[Case, Facts], data: st.DataObject
) -> None:
    case, facts = drawn
    of_investors = [each for each in case.deal.conditions if each.obligation is Obligation.INVESTORS]
    section = data.draw(st.sampled_from(of_investors)).section
    consenter = data.draw(st.sampled_from(case.deal.investors))
    waiver = Waiver(at=case.before, key="new", sections=(section,), text="")
    blocks = tuple(block.key for block in consenter.blocks)
    oral = Consent(at=case.before, waiver="new", investor=consenter.name, blocks=blocks, written=False)
    before = case.states(facts)
    unheard = replace(facts, waivers=(*facts.waivers, waiver), consents=(*facts.consents, oral))
    assert case.states(unheard) == before
    written = replace(unheard, consents=(*facts.consents, replace(oral, written=True)))
    after = case.states(written)
    assert after[consenter.name][section] in SATISFIED
    for name, cells in before.items():
        assert name == consenter.name or after[name] == cells


@given(cases_with_facts())
def test_an_investor_is_ready_exactly_when_all_its_cells_are_satisfied(drawn: tuple[Case, Facts]) -> None:
    case, facts = drawn
    gate = evaluate(case.deal, facts, case.late)
    for each in gate.investors:
        assert each.is_ready == all(cell.is_satisfied for cell in each.cells.values())
        stands_in_the_way = [b for b in gate.blockers if b.investor in (None, each.investor.name)]
        assert each.is_ready or stands_in_the_way
    assert gate.is_ready == (not gate.blockers)


@given(cases_with_facts())
def test_missing_pages_leave_a_document_of_all_open_for_all_or_none(drawn: tuple[Case, Facts]) -> None:
    case, facts = drawn
    bare = case.states(replace(facts, waivers=(), consents=()))
    for condition in case.deal.conditions:
        if isinstance(condition.evidence, SignedByAll):
            assert len({cells[condition.section] for cells in bare.values()}) == 1
