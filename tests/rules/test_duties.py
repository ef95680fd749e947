"""What one investor has to do, and that it is told nothing of another."""

from dataclasses import replace

from hypothesis import given, strategies as st

from closing.rules.duties import DutyKind, blocks_of, duties, rights, waits_for_others, why_not_answer
from closing.rules.facts_file import read_facts
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import Investor
from tests.rules.any_facts import CERPLEX, SAMPLES

OPENING = read_facts((SAMPLES / "cerplex-1996.opening.toml").read_text(), CERPLEX, "opening")
MONDAY = CERPLEX.closing.at.replace(day=3, hour=9)
NAMES = [investor.name for investor in CERPLEX.investors]
FAIRBAIRNS = CERPLEX.investor_by_name["Malcolm and Emily Fairbairn"]


def gate() -> Gate:
    return evaluate(CERPLEX, OPENING, MONDAY)


def test_each_of_joint_owners_has_its_own_pages_and_answers() -> None:
    kinds = {
        person: [each.kind for each in duties(gate(), FAIRBAIRNS, person)]
        for person in ("Malcolm Fairbairn", "Emily Fairbairn")
    }
    assert DutyKind.ANSWER not in kinds["Malcolm Fairbairn"]
    assert DutyKind.ANSWER in kinds["Emily Fairbairn"]
    assert DutyKind.SIGN in kinds["Emily Fairbairn"]


def test_who_signs_by_no_block_answers_for_a_sole_block_only() -> None:
    peak = CERPLEX.investor_by_name["Peak Investment Limited Partnership"]
    assert blocks_of(peak, "An assistant") == peak.blocks
    assert blocks_of(FAIRBAIRNS, "An assistant") == ()
    assert "Malcolm Fairbairn; Emily Fairbairn" in why_not_answer(gate(), "massachusetts", FAIRBAIRNS, "An assistant")


def test_a_right_begins_at_its_minimum() -> None:
    assert [each.is_entitled for each in rights(CERPLEX.covenants, 499)] == [False, False]
    assert [each.is_entitled for each in rights(CERPLEX.covenants, 500)] == [True, True]


@given(st.sampled_from(CERPLEX.investors), st.booleans())
def test_no_duty_names_another_investor(found: Investor, without_payments: bool) -> None:
    facts = replace(OPENING, payments=()) if without_payments else OPENING
    seen = evaluate(CERPLEX, facts, MONDAY)
    for person in {block.person for block in found.blocks}:
        for duty in duties(seen, found, person):
            for name in NAMES:
                if name not in found.name:
                    assert name not in duty.title + duty.text


def test_what_waits_for_others_is_told_by_its_section_alone() -> None:
    seen = gate()
    andrea = CERPLEX.investor_by_name["Andrea Martin"]
    sections = [each.section for each in waits_for_others(seen, andrea)]
    assert "2(a)(viii)" in sections
    assert "2(b)(ii)" not in sections
