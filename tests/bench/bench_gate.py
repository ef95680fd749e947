"""The gate of many investors and 14 conditions: against reading the same facts, and as the investors grow."""

import gc
import sys
import time
from statistics import median

from closing.rules.gate import evaluate
from tests.bench.framework import Measured, benchmark, interleaved
from tests.bench.many import concerns, deal_of, half_in, plain_loop
from tests.rules.build import LATE

ROUNDS = 7


@benchmark(name="gate-1000", unit="ms", goal=2.0)
def gate_1000() -> Measured:
    """1,000 investors halfway to the closing: every cell, who is ready, and all that is open with who owes it.

    The floor knows no rule and builds nothing: for each investor and each condition it asks of every fact that concerns
    the cell whether it stands, and counts. That the facts lie ready by the cells that they concern is given to it.
    """
    deal = deal_of(1000)
    facts = half_in(deal)
    filed = concerns(facts, deal)
    return interleaved(
        lambda: evaluate(deal, facts, LATE).blockers, lambda: plain_loop(deal, filed, LATE), rounds=15, scale=1000
    )


@benchmark(name="gate-growth", unit="µs", goal=1.5)
def gate_growth() -> Measured:
    """What one investor more costs: from 10 to 10,000 investors against from 10 to 1,000. Linear is a ratio of 1.

    The times at 10, 100, 1,000 and 10,000 go to standard error.
    """
    sizes = (10, 100, 1_000, 10_000)
    cases = {count: (of, half_in(of)) for count in sizes for of in [deal_of(count)]}
    gc.collect()
    gc.freeze()  # what the other sizes read must not weigh on the collector while one is measured
    taken: dict[int, list[float]] = {count: [] for count in sizes}
    for _ in range(ROUNDS + 1):
        for count, (deal, facts) in cases.items():
            before = time.perf_counter()
            evaluate(deal, facts, LATE).blockers  # noqa: B018
            taken[count].append(time.perf_counter() - before)
    seconds = {count: median(found[1:]) for count, found in taken.items()}
    for count, found in seconds.items():
        print(f"{count:>6} investors: {found * 1000:9.2f} ms", file=sys.stderr)

    def for_one_more(count: int) -> float:
        return (seconds[count] - seconds[10]) / (count - 10) * 1e6

    return Measured(ours=for_one_more(10_000), floor=for_one_more(1_000))
