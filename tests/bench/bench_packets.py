"""Signature packets through the whole worker path, against the bare page maker.

Ours: a real worker of one process, rung for by the broker, with its rows, claims, checks and storage. The floor sets
the same pages by the same template from data that lie ready, and keeps nothing. Every round has a deal of its own,
since the typesetter remembers what it has set.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.bench.framework import Measured, benchmark
from tests.bench.packet_rooms import ask, ready_data, room_of, seconds_bare, seconds_by_worker
from tests.tasks.worker import Worker, running_worker

DOCUMENTS = 8


@benchmark(name="packets-15x8", unit="s", goal=1.25)
def packets_15x8() -> Measured:
    """120 pages; the goal is 0.8 of the bare page maker's rate."""
    return _measured(15, rounds=7, parts=1)


@benchmark(name="packets-1000x8", unit="s", goal=1.25)
def packets_1000x8() -> Measured:
    """8,000 pages, once, in four parts by turns. The worker's largest memory after each goes to standard error."""
    return _measured(1000, rounds=1, parts=4)


def _measured(signatories: int, rounds: int, parts: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder, running_worker(Path(folder)) as worker:
        _round(worker, 10, "warm", 1)
        taken = [_round(worker, signatories, f"{signatories}x{at}", parts) for at in range(rounds)]
    measured = Measured(ours=median(ours for ours, _ in taken), floor=median(floor for _, floor in taken))
    pages = signatories * DOCUMENTS
    print(f"{pages / measured.ours:.0f} pages/s by the worker, {pages / measured.floor:.0f} bare", file=sys.stderr)
    return measured


def _round(worker: Worker, signatories: int, code: str, parts: int) -> tuple[float, float]:
    packets = ask(room_of(signatories, code))
    data = ready_data(packets)
    each = len(packets) // parts
    ours = floor = 0.0
    for part in (slice(at * each, (at + 1) * each) for at in range(parts)):
        ours += seconds_by_worker(packets[part])
        floor += seconds_bare(data[part])
        print(f"{code}: peak of the worker {_peak(worker.children()):.0f} MB", file=sys.stderr)
    return ours, floor


def _peak(children: Sequence[int]) -> float:
    """The most memory that one of them ever had, in MB."""
    said = [Path(f"/proc/{pid}/status").read_text() for pid in children]
    return max(int(text.partition("VmHWM:")[2].split()[0]) for text in said) / 1024
