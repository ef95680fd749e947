"""Which version the parties sign: signed pages are bound to one, go stale with a later one, and come to count again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from closing.rules.execution import LATER_VERSION, in_force, signed_for
from closing.rules.facts import CarryOver, ExecutionVersion, Facts, Signature
from closing.rules.facts_file import check_facts
from closing.rules.gate import Gate, evaluate
from tests.rules.build import BEFORE, LATE, all_in, deal, with_tables

DEAL = deal()
FULL = all_in(DEAL)
BLOCKS = [block.key for block in DEAL.blocks_for(DEAL.deliverable_by_key["rights"])]
FIRST, SECOND, THIRD = "1" * 64, "2" * 64, "3" * 64
HOUR = timedelta(hours=1)


def frozen(version: str, at: datetime, **more: Any) -> ExecutionVersion:
    return ExecutionVersion(at=at, document="rights", version=version, **more)


def signed(block: str, at: datetime, version: str = "", **more: Any) -> Signature:
    return Signature(at=at, document="rights", block=block, version=version, **more)


def carried(version: str, at: datetime, *blocks: str, **more: Any) -> CarryOver:
    return CarryOver(at=at, document="rights", version=version, authority="By telephone.", blocks=blocks, **more)


def gate_of(
    versions: Sequence[ExecutionVersion],
    pages: Sequence[Signature],
    carry_overs: Sequence[CarryOver] = (),
    moment: datetime = LATE,
) -> Gate:
    others = tuple(each for each in FULL.signatures if each.document != "rights")
    facts = with_tables(
        FULL, execution_versions=tuple(versions), signatures=(*others, *pages), carry_overs=tuple(carry_overs)
    )
    assert not check_facts(facts, DEAL)
    return evaluate(DEAL, facts, moment)


def counting(gate: Gate) -> set[str]:
    return {each.block for each in gate.facts.signatures if each.document == "rights"}


def stale(gate: Gate) -> set[str]:
    return {each.block for each in gate.stale}


# A day of the document's life, an hour from one act to the next: what anybody may do to it, in any order.
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("freeze"), st.sampled_from([FIRST, SECOND, THIRD])),
        st.tuples(st.just("sign"), st.sampled_from(BLOCKS), st.booleans()),
        st.tuples(st.just("carry"), st.lists(st.sampled_from(BLOCKS), unique=True, max_size=2)),
        st.tuples(st.just("take the freeze back"), st.integers(0, 5)),
        st.tuples(st.just("release"), st.sampled_from(BLOCKS)),
    ),
    max_size=14,
)


@dataclass
class Told:
    """The same day as a clerk would keep it, act by act: which file each page may be used with."""

    files: list[tuple[int, str]] = field(default_factory=list)
    versions: list[ExecutionVersion] = field(default_factory=list)
    pages: dict[str, Signature] = field(default_factory=dict)
    carry_overs: list[CarryOver] = field(default_factory=list)
    good_for: dict[str, set[str]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return self.files[-1][1] if self.files else ""

    def counting(self) -> set[str]:
        return {
            block
            for block, page in self.pages.items()
            if page.released_at or not self.file or self.file in self.good_for[block]
        }

    def do(self, act: Any, at: datetime) -> None:
        match act:
            case ("freeze", version):
                self.files.append((len(self.versions), version))
                self.versions.append(frozen(version, at))
            case ("sign", block, states_it) if block not in self.pages:
                self.pages[block] = signed(block, at, self.file if states_it else "")
                self.good_for[block] = {self.file}
            case ("carry", blocks) if self.file:
                self.carry_overs.append(carried(self.file, at, *blocks))
                for block in blocks or self.pages:
                    self.good_for.get(block, set()).add(self.file)
            case ("take the freeze back", place) if place < len(self.versions):
                if self.versions[place].withdrawn_at is None:
                    self.versions[place] = replace(self.versions[place], withdrawn_at=at)
                    self.files = [each for each in self.files if each[0] != place]
            case ("release", block) if block in self.counting() and self.pages[block].released_at is None:
                self.pages[block] = replace(self.pages[block], released_at=at)


@given(ACTS, st.randoms(use_true_random=False))
def test_a_page_counts_for_the_file_that_was_signed_and_no_other(acts: list[Any], shuffled: Any) -> None:
    told = Told()
    moments = [BEFORE + (at + 1) * HOUR for at in range(len(acts))]
    seen: list[tuple[datetime, set[str]]] = []
    for act, at in zip(acts, moments, strict=True):
        told.do(act, at)
        seen.append((at, told.counting()))
    rows: list[list[Any]] = [told.versions, list(told.pages.values()), told.carry_overs]
    for each in rows:
        shuffled.shuffle(each)
    for at, expected in seen:
        gate = gate_of(rows[0], rows[1], rows[2], moment=at)
        by_then = {each.block for each in told.pages.values() if each.at <= at}
        assert counting(gate) == expected
        assert stale(gate) == by_then - expected


def test_a_later_version_makes_every_page_stale_and_the_gate_names_them_since_then() -> None:
    pages = [signed(block, BEFORE + 2 * HOUR) for block in BLOCKS]
    gate = gate_of([frozen(FIRST, BEFORE + HOUR)], pages)
    assert gate.condition("2(a)(viii)").state == "met"
    later = BEFORE + 5 * HOUR
    gate = gate_of([frozen(FIRST, BEFORE + HOUR), frozen(SECOND, later)], pages)
    assert gate.condition("2(a)(viii)").state == "open"
    missing = gate.condition("2(a)(viii)").finding.common
    assert [each.item for each in missing] == BLOCKS
    assert {each.since for each in missing} == {later}
    assert {each.lack for each in missing} == {"Signed for an earlier version only"}
    assert stale(gate) == set(BLOCKS)
    assert {each.withdrawn_reason for each in gate.stale} == {LATER_VERSION}
    assert (gate.signatures.signed, gate.signatures.stale) == (0, len(BLOCKS))
    assert not gate.is_ready
    # As of an hour before, it was met.
    assert (
        gate_of([frozen(FIRST, BEFORE + HOUR), frozen(SECOND, later)], pages, moment=later - HOUR)
        .condition("2(a)(viii)")
        .state
        == "met"
    )


def test_signing_anew_carrying_over_taking_back_and_freezing_again_each_close_it() -> None:
    versions = [frozen(FIRST, BEFORE + HOUR), frozen(SECOND, BEFORE + 5 * HOUR)]
    pages = [signed(block, BEFORE + 2 * HOUR) for block in BLOCKS]
    at = BEFORE + 6 * HOUR
    anew = [signed(block, at) for block in BLOCKS]
    assert gate_of(versions, [*pages, *anew]).condition("2(a)(viii)").state == "met"
    assert gate_of(versions, pages, [carried(SECOND, at)]).condition("2(a)(viii)").state == "met"
    taken_back = [versions[0], replace(versions[1], withdrawn_at=at)]
    assert gate_of(taken_back, pages).condition("2(a)(viii)").state == "met"
    assert gate_of([*versions, frozen(FIRST, at)], pages).condition("2(a)(viii)").state == "met"


def test_an_authority_covers_those_it_names_and_what_was_signed_before_it() -> None:
    versions = [frozen(FIRST, BEFORE + HOUR), frozen(SECOND, BEFORE + 5 * HOUR)]
    pages = [signed(block, BEFORE + 2 * HOUR) for block in BLOCKS[:3]]
    named = gate_of(versions, pages, [carried(SECOND, BEFORE + 6 * HOUR, BLOCKS[1])])
    assert counting(named) == {BLOCKS[1]}
    late = signed(BLOCKS[3], BEFORE + 7 * HOUR, FIRST)
    everybody = gate_of(versions, [*pages, late], [carried(SECOND, BEFORE + 6 * HOUR)])
    assert stale(everybody) == {BLOCKS[3]}
    third = gate_of([*versions, frozen(THIRD, BEFORE + 8 * HOUR)], pages, [carried(SECOND, BEFORE + 6 * HOUR)])
    assert counting(third) == set(), "an authority for one version is none for the next"
    revoked = carried(SECOND, BEFORE + 6 * HOUR, withdrawn_at=BEFORE + 9 * HOUR)
    assert counting(gate_of(versions, pages, [revoked])) == set()


def test_a_released_page_binds_and_never_goes_stale() -> None:
    pages = [signed(block, BEFORE + 2 * HOUR, released_at=BEFORE + 3 * HOUR) for block in BLOCKS]
    gate = gate_of([frozen(FIRST, BEFORE + HOUR), frozen(SECOND, BEFORE + 5 * HOUR)], pages)
    assert gate.condition("2(a)(viii)").state == "met"
    assert not gate.stale


def test_a_page_released_later_was_stale_until_it_was_carried_over() -> None:
    versions = [frozen(FIRST, BEFORE + HOUR), frozen(SECOND, BEFORE + 5 * HOUR)]
    page = signed(BLOCKS[0], BEFORE + 2 * HOUR, released_at=BEFORE + 8 * HOUR)
    over = [carried(SECOND, BEFORE + 7 * HOUR)]
    assert stale(gate_of(versions, [page], over, moment=BEFORE + 6 * HOUR)) == {BLOCKS[0]}
    assert counting(gate_of(versions, [page], over, moment=BEFORE + 7 * HOUR)) == {BLOCKS[0]}


def test_what_was_signed_before_anything_was_frozen_was_signed_for_no_version() -> None:
    page = signed(BLOCKS[0], BEFORE)
    assert signed_for(page, [frozen(FIRST, BEFORE + HOUR)]) == ""
    assert stale(gate_of([frozen(FIRST, BEFORE + HOUR)], [page])) == {BLOCKS[0]}


def test_a_page_signed_for_a_version_taken_back_since_is_not_anothers() -> None:
    versions = [
        frozen(FIRST, BEFORE + HOUR),
        frozen(SECOND, BEFORE + 2 * HOUR, withdrawn_at=BEFORE + 4 * HOUR),
    ]
    gate = gate_of(versions, [signed(BLOCKS[0], BEFORE + 3 * HOUR)])
    assert stale(gate) == {BLOCKS[0]}


def test_of_two_frozen_at_one_moment_the_later_row_is_in_force() -> None:
    one, two = frozen(FIRST, BEFORE + HOUR), frozen(SECOND, BEFORE + HOUR)
    assert in_force(Facts(deal="test", execution_versions=(one, two)), "rights") == two
    assert in_force(Facts(deal="test", execution_versions=(two, one)), "rights") == one
    assert in_force(Facts(deal="test"), "rights") is None


VERSION = frozen(FIRST, BEFORE)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"signatures": (signed(BLOCKS[0], LATE, SECOND),)}, "is no execution version of this document on file"),
        ({"signatures": (signed(BLOCKS[0], LATE), signed(BLOCKS[0], LATE, FIRST))}, "this page is on file already"),
        ({"carry_overs": (carried(SECOND, LATE),)}, "is no execution version of this document on file by then"),
        ({"carry_overs": (carried(FIRST, BEFORE - HOUR),)}, "is no execution version of this document on file by then"),
        ({"carry_overs": (carried(FIRST, LATE, "Nobody"),)}, '"Nobody" is no signatory of this document'),
        ({"carry_overs": (replace(carried(FIRST, LATE), authority=" "),)}, "is blank"),
        ({"carry_overs": (replace(carried(FIRST, LATE), document="x"),)}, '"x" is no deliverable of this deal'),
        ({"execution_versions": (VERSION, frozen("1" * 63, LATE))}, "is no SHA-256"),
        ({"execution_versions": (VERSION, frozen("A" * 64, LATE))}, "is no SHA-256"),
        ({"execution_versions": (VERSION, frozen(SECOND, LATE, blank_pages=(0,)))}, "pages are numbered from 1"),
        ({"execution_versions": (VERSION, frozen(SECOND, LATE, blank_pages=(2, 2)))}, "names a page twice"),
        ({"execution_versions": (VERSION, replace(VERSION, document="opinion"))}, 'nobody signs "opinion"'),
        ({"execution_versions": (VERSION, replace(VERSION, document="x"))}, '"x" is no deliverable of this deal'),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(tables: dict[str, Any], told: str) -> None:
    facts = with_tables(Facts(deal="test", execution_versions=(VERSION,)), **tables)
    problems = [str(each) for each in check_facts(facts, DEAL)]
    assert any(told in each for each in problems), problems


def test_the_same_block_signs_each_version_once() -> None:
    facts = Facts(
        deal="test",
        execution_versions=(VERSION, frozen(SECOND, BEFORE + 2 * HOUR)),
        signatures=(signed(BLOCKS[0], BEFORE + HOUR), signed(BLOCKS[0], BEFORE + 3 * HOUR)),
    )
    assert not check_facts(facts, DEAL)
