"""The benchmarks' own check: sorting a list twice takes about twice as long as once."""

from tests.bench.framework import Measured, benchmark, interleaved

_NUMBERS = [(number * 7919) % 100_003 for number in range(100_000)]


@benchmark(name="self-test", unit="ms", goal=4.0)
def self_test() -> Measured:
    def twice() -> None:
        sorted(_NUMBERS)
        sorted(_NUMBERS)

    return interleaved(twice, lambda: sorted(_NUMBERS), rounds=15, scale=1000)
