"""The benchmarks' own arithmetic, and the command that runs them."""

import json
import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.bench.framework import Benchmark, Measured, Skipped, benchmark, interleaved, row


def test_a_row_holds_up_to_its_goal_and_not_past_it() -> None:
    at_goal = row(Benchmark("a", "s", 2.0, lambda: Measured(ours=4.0, floor=2.0)))
    past_it = row(Benchmark("b", "s", 2.0, lambda: Measured(ours=4.1, floor=2.0)))
    assert (at_goal.ratio, at_goal.holds) == (2.0, True)
    assert (past_it.ratio, past_it.holds) == (2.05, False)


def test_ours_and_the_floor_take_turns_and_neither_is_mistaken_for_the_other() -> None:
    calls: list[str] = []

    def slow() -> None:
        calls.append("ours")
        time.sleep(0.01)

    measured = interleaved(slow, lambda: calls.append("floor"), rounds=3, warmups=1, scale=1000)
    assert calls == ["ours", "floor"] * 4
    assert measured.ours >= 10 > measured.floor


def test_a_row_whose_floor_is_not_here_says_what_is_missing_and_holds() -> None:
    def without_floor() -> Measured:
        raise Skipped("qpdf is not installed")

    skipped = row(Benchmark("c", "s", 2.0, without_floor))
    assert (skipped.holds, skipped.skipped) == (True, "qpdf is not installed")
    assert skipped.as_json()["skipped"] == "qpdf is not installed"
    assert "skipped" not in row(Benchmark("d", "s", 2.0, lambda: Measured(1, 1))).as_json()


def test_two_benchmarks_of_one_name_are_refused() -> None:
    benchmark(name="only-in-this-test", unit="s", goal=1)(lambda: Measured(1, 1))
    with pytest.raises(ValueError, match="two benchmarks are called only-in-this-test"):
        benchmark(name="only-in-this-test", unit="s", goal=1)(lambda: Measured(1, 1))


@pytest.mark.slow
@pytest.mark.django_db
def test_the_command_prints_the_rows_and_nothing_else() -> None:
    out = StringIO()
    call_command("bench", "self-test", format="json", stdout=out)
    (found,) = json.loads(out.getvalue())
    assert list(found) == ["name", "ours", "floor", "unit", "ratio", "goal", "holds"]
    assert found["name"] == "self-test"
    assert found["holds"] is True


def test_a_benchmark_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(CommandError, match=r"No benchmark is called nonsense\. There are: .*self"):
        call_command("bench", "nonsense")
