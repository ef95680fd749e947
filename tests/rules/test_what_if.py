"""What would follow: each answer must come true when the facts do."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import chain

from hypothesis import given, strategies as st

from closing.rules.explain import explain
from closing.rules.facts import Consent, Facts, Waiver
from closing.rules.gate import evaluate
from closing.rules.what_if import if_closing_moved, if_consents_came_in, partial_closing, what_it_takes
from tests.rules.build import BEFORE, CLOSING, LATE, all_in, deal, states, without
from tests.rules.test_gate_properties import Case, cases_with_facts

DEAL = deal()
FULL = all_in(DEAL)


@given(cases_with_facts(), st.data())
def test_nothing_more_is_asked_than_those_investors_wait_for(drawn: tuple[Case, Facts], data: st.DataObject) -> None:
    case, facts = drawn
    names = [each.name for each in case.deal.investors]
    chosen = data.draw(st.sets(st.sampled_from(names), min_size=1))
    gate = evaluate(case.deal, facts, case.late)
    asked = {
        (blocker.section, missing)
        for owing in what_it_takes(gate, chosen)
        for blocker in chain.from_iterable(line.blockers for line in owing.things)
        for missing in blocker.missing
    }
    waited_for = {
        (section, missing)
        for name in chosen
        for section, cell in gate.investor(name).cells.items()
        for missing in cell.missing
    }
    assert waited_for <= asked
    assert {section for section, _ in asked} == {section for section, _ in waited_for}
    assert bool(asked) != all(gate.investor(name).is_ready for name in chosen)


def test_who_is_ready_could_close_without_the_rest() -> None:
    facts = without(FULL, "payments", 0)
    partial = partial_closing(evaluate(DEAL, facts, LATE))
    assert partial.ready == ("Beta", "Gamma")
    assert partial.left_out == ("Alpha",)
    assert (partial.shares, partial.purchase_price) == (4000, Decimal("4000000.00"))


def test_if_the_asked_consents_came_in_and_who_declined_stays_out() -> None:
    waiver = Waiver(at=BEFORE, key="w", sections=("2(a)(vi)",), text="")
    no = Consent(at=BEFORE, waiver="w", investor="Beta", blocks=("Beta",), declined=True)
    facts = replace(without(FULL, "qualifications", 0), waivers=(waiver,), consents=(no,))
    column = {name: cells["2(a)(vi)"] for name, cells in states(if_consents_came_in(DEAL, facts, LATE, {"w"})).items()}
    assert column == {"Alpha": "waived", "Beta": "open", "Gamma": "waived"}


def test_moving_the_closing_says_what_it_makes_stale_before_it_is_done() -> None:
    stale = if_closing_moved(DEAL, FULL, BEFORE, CLOSING + timedelta(days=2))
    assert [each.section for each in stale] == ["2(a)(i)", "2(a)(iv)", "2(a)(v)", "2(b)(i)"]
    assert {each.investors for each in stale} == {3}
    assert if_closing_moved(DEAL, FULL, BEFORE, CLOSING + timedelta(hours=2)) == ()


def test_an_open_cell_explains_itself() -> None:
    facts = without(FULL, "opinions", 0)
    said = explain(evaluate(DEAL, facts, LATE), "2(a)(v)", "Alpha")
    assert said.state == "open"
    assert said.rule.startswith("An opinion of the counsel named")
    assert said.missing == "No opinion dated June 10, 1996 on file."
    assert said.owed_by == ("Company Counsel",)
    assert said.since == BEFORE
