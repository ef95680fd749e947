"""The same packets as others make them: pdf-lib on Node, and pypdf. Both are given every text and code ready to draw.

Ours are whole packets: codes drawn, tags, archive form, embedded fonts and the look at the result included. What the
others make has none of these (`pdf_lib_packets.js`, `packets_by_pypdf.py`).
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from closing.pdf.signature_specs import PacketSpec
from closing.pdf.signatures import make_packet
from tests.bench import packets_by_pypdf
from tests.bench.framework import Measured, Skipped, benchmark, interleaved
from tests.bench.packets_plain import packets, plain

SIGNATORIES = 15
ROUNDS = 7
PDF_LIB = "pdf-lib@1.17.1"
SCRIPT = Path(__file__).parent / "pdf_lib_packets.js"


@benchmark(name="packets-vs-pdf-lib", unit="s", goal=1.0)
def packets_vs_pdf_lib() -> Measured:
    """120 pages. pdf-lib's time is its own, by its own clock, after a round to warm up; Node's start is not counted."""
    _ours(packets(SIGNATORIES))
    taken: list[tuple[float, float]] = []
    with _pdf_lib() as folder:
        for _ in range(ROUNDS):
            specs = packets(SIGNATORIES)
            measured = interleaved(lambda: _ours(specs), lambda: None, rounds=1, warmups=0)  # noqa: B023
            taken.append((measured.ours, _theirs(folder, [plain(spec) for spec in specs])))
    return Measured(ours=median(ours for ours, _ in taken), floor=median(theirs for _, theirs in taken))


@benchmark(name="packets-vs-pypdf", unit="s", goal=1.0)
def packets_vs_pypdf() -> Measured:
    """120 pages, pypdf in this same process."""
    drawn = iter([[plain(spec) for spec in packets(SIGNATORIES)] for _ in range(ROUNDS + 1)])
    asked = iter([packets(SIGNATORIES) for _ in range(ROUNDS + 1)])
    packets_by_pypdf.blank_pages()
    return interleaved(
        lambda: _ours(next(asked)),
        lambda: [packets_by_pypdf.make(each) for each in next(drawn)],
        rounds=ROUNDS,
        warmups=1,
    )


def _ours(specs: Sequence[PacketSpec]) -> None:
    for spec in specs:
        make_packet(spec)


@contextmanager
def _pdf_lib() -> Iterator[Path]:
    """A folder in which Node finds pdf-lib, fetched for this run. Skipped where there is no Node, npm or registry."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Skipped("Node and npm are not installed")
    with tempfile.TemporaryDirectory(prefix="closing-bench-") as name:
        folder = Path(name)
        shutil.copy(SCRIPT, folder)
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", PDF_LIB]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            raise Skipped("npm could not fetch pdf-lib")
        yield folder


def _theirs(folder: Path, drawn: Sequence[Mapping[str, Any]]) -> float:
    node = shutil.which("node") or "node"
    rounds = "\n".join([json.dumps(drawn)] * 2)
    done = subprocess.run(
        [node, SCRIPT.name], cwd=folder, input=rounds, stdout=subprocess.PIPE, text=True, check=True, timeout=120
    )
    said = json.loads(done.stdout.splitlines()[-1])
    if said["pages"] != len(drawn) * 8:
        raise AssertionError(f"pdf-lib made {said['pages']} pages")
    return float(said["seconds"])
