"""Benchmarks: ours against the floor that the same machine sets in the same run.

A module `tests/bench/bench_*.py` registers functions with `@benchmark`. Each runs in a process
of its own, on empty migrated tables, and returns what it measured, lower being better:

    @benchmark(name="overview-page", unit="ms", goal=4.0)
    def overview_page() -> Measured:
        ...
        return interleaved(page, empty_page, rounds=15, scale=1000)
"""

import importlib
import pkgutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

import tests.bench


@dataclass(frozen=True)
class Measured:
    """What ours and the floor took, in the benchmark's unit."""

    ours: float
    floor: float


class Skipped(Exception):
    """Raised by a benchmark whose floor is not on this machine; the message says what is missing."""


@dataclass(frozen=True)
class Benchmark:
    """A registered benchmark; `goal` is the ratio of ours to the floor that still holds."""

    name: str
    unit: str
    goal: float
    measure: Callable[[], Measured]


@dataclass(frozen=True)
class Row:
    """One line of the result; `skipped` says why nothing was measured."""

    name: str
    ours: float
    floor: float
    unit: str
    ratio: float
    goal: float
    holds: bool
    skipped: str = ""

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value != ""}


_registered: dict[str, Benchmark] = {}


def benchmark(*, name: str, unit: str, goal: float) -> Callable[[Callable[[], Measured]], Callable[[], Measured]]:
    """Register a benchmark. Raises ValueError for a name that is taken."""

    def register(measure: Callable[[], Measured]) -> Callable[[], Measured]:
        if name in _registered:
            raise ValueError(f"two benchmarks are called {name}")
        _registered[name] = Benchmark(name, unit, goal, measure)
        return measure

    return register


def interleaved(
    ours: Callable[[], object],
    floor: Callable[[], object],
    *,
    rounds: int = 9,
    warmups: int = 2,
    scale: float = 1.0,
) -> Measured:
    """The median wall time of both, in seconds times `scale`.

    They take turns, so that a noisy machine disturbs both alike.
    """
    for _ in range(warmups):
        ours()
        floor()
    taken: list[tuple[float, float]] = []
    for _ in range(rounds):
        taken.append((_seconds(ours), _seconds(floor)))
    return Measured(
        ours=median(one for one, _ in taken) * scale,
        floor=median(other for _, other in taken) * scale,
    )


def _seconds(what: Callable[[], object]) -> float:
    before = time.perf_counter()
    what()
    return time.perf_counter() - before


def known() -> dict[str, Benchmark]:
    """Every benchmark of the folder by name, in the order of their modules."""
    for module in sorted(found.name for found in pkgutil.iter_modules(tests.bench.__path__)):
        if module.startswith("bench_"):
            importlib.import_module(f"tests.bench.{module}")
    return dict(_registered)


def row(found: Benchmark) -> Row:
    """Run one benchmark."""
    try:
        measured = found.measure()
    except Skipped as missing:
        return Row(found.name, 0.0, 0.0, found.unit, 0.0, found.goal, holds=True, skipped=str(missing))
    ratio = measured.ours / measured.floor
    return Row(
        name=found.name,
        ours=round(measured.ours, 4),
        floor=round(measured.floor, 4),
        unit=found.unit,
        ratio=round(ratio, 3),
        goal=found.goal,
        holds=ratio <= found.goal,
    )
