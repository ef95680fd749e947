"""What is confirmed, line by line: equal lines are the same closing, and every difference says itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from closing.rules.closing_confirmations import Confirmed, changes, digest_of, lines_of
from closing.rules.closing_warnings import warnings
from closing.rules.closings import closing_review
from closing.rules.facts import ExecutionVersion, Facts
from closing.rules.facts_file import read_facts
from closing.rules.gate import evaluate
from closing.rules.tie_out import LedgerFigures
from tests.rules.any_facts import CERPLEX, SAMPLES

MORNING = datetime.fromisoformat("1996-06-10T10:30-07:00")
LINES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["one", "two.", "three;"])).map(
    lambda said: tuple(Confirmed(key, key.upper(), says) for key, says in said.items())
)


def on_the_day() -> Facts:
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    return read_facts(path.read_text(), CERPLEX, path.name)


def lines(facts: Facts, authorized: int | None = 8000) -> tuple[Confirmed, ...]:
    gate = evaluate(CERPLEX, facts, MORNING)
    return lines_of(closing_review(gate, LedgerFigures(authorized=authorized, issued=0)), gate)


@given(LINES, LINES)
def test_two_are_the_same_where_nothing_changed_and_only_there(
    seen: tuple[Confirmed, ...], now: tuple[Confirmed, ...]
) -> None:
    said = {each.key: each.says for each in seen}, {each.key: each.says for each in now}
    told = changes(seen, now)
    different = {key for key in {**said[0], **said[1]} if said[0].get(key) != said[1].get(key)}
    assert len(told) == len(different)
    assert {each[0].lower() for each in told} == different
    assert all(each.endswith(".") and ".." not in each for each in told)
    if digest_of(seen) == digest_of(now):
        assert not told


def test_the_lines_have_a_key_each_and_say_everything() -> None:
    found = lines(on_the_day())
    assert len({each.key for each in found}) == len(found)
    said = {each.what: each.says for each in found}
    assert said["Andrea Martin"] == "closes, 10 shares at $1,000.00 come to $10,000.00; $10,000.00 received"
    assert said["Stradling, Yocca, Carlson & Rauth"] == "$23,480.00 of fees and $1,212.40 of expenses reimbursed"
    assert said["The representations"] == "survive until December 10, 1997"
    assert said["Certificate numbers"].startswith("B-1 to B-15")
    assert said["Signature pages of Mahuma N.V."].startswith("released: ")
    assert any(each.startswith("Legend") for each in said)


def test_a_wire_that_came_back_changes_who_closes_first_of_all() -> None:
    facts = on_the_day()
    short = replace(facts, payments=tuple(each for each in facts.payments if each.investor != "Andrea Martin"))
    told = changes(lines(facts), lines(short))
    assert told[0].startswith("Andrea Martin: closes, 10 shares")
    assert told[0].endswith("and now left out.")
    assert any(each.startswith("Signature pages of Andrea Martin: no longer released") for each in told)


def test_the_order_of_the_facts_is_no_change() -> None:
    facts = on_the_day()
    other = replace(facts, payments=facts.payments[::-1], signatures=facts.signatures[::-1], bills=facts.bills[::-1])
    assert digest_of(lines(other)) == digest_of(lines(facts))


def test_it_warns_of_a_check_that_has_not_cleared_and_of_stale_pages_of_those_left_out() -> None:
    facts = on_the_day()
    held = replace(facts, payments=tuple(replace(each, method="check", cleared_at=None) for each in facts.payments))
    told = warnings(evaluate(CERPLEX, held, MORNING))
    assert "The check of Andrea Martin for $10,000.00 is received and has not cleared." in told
    cleared = replace(held, payments=tuple(replace(each, cleared_at=each.at) for each in held.payments))
    assert warnings(evaluate(CERPLEX, cleared, MORNING)) == ()
    at = MORNING - timedelta(minutes=1)
    later = ExecutionVersion(at=at, document="stock-purchase-agreement", version="ab" * 32)
    stale = replace(
        facts,
        execution_versions=(later,),
        payments=tuple(each for each in facts.payments if each.amount != Decimal(10000)),
    )
    *_, said = warnings(evaluate(CERPLEX, stale, MORNING))
    assert said == "Stock Purchase Agreement: signed for an earlier version by Andrea Martin, left out of this closing."
