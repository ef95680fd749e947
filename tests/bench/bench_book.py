"""The closing book: 60 documents, 3,000 pages, with cover, index, tabs, outline, labels and every link right.

Against the qpdf command line that merges the same files and nothing more, and loses most of the links on the way;
and against pypdf. Ours also hashes every file and the content of every page. The documents are made once for
the process; what each round sets is new to the typesetter.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pypdf import PdfWriter

from closing.pdf.book import make_book
from tests.bench.book_material import DOCUMENTS_IN_BOOK, PAGES_EACH, folder, paths, spec
from tests.bench.framework import Measured, Skipped, benchmark, interleaved

PAGES = DOCUMENTS_IN_BOOK * PAGES_EACH
MORE = 8
_PEAK = Path(__file__).parent / "peak.py"


def _ours(times: int = 1) -> None:
    made = make_book(spec(times), folder() / "book.pdf")
    if made.pages <= PAGES * times:
        raise AssertionError("the book is not complete")


def _bare_merge() -> list[str]:
    """The command that merges the files bare."""
    qpdf = shutil.which("qpdf")
    if qpdf is None:
        raise Skipped("qpdf is not installed")
    return [qpdf, "--empty", "--pages", *map(str, paths()), "--", str(folder() / "bare.pdf")]


def _running(command: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(command, check=True)


@benchmark(name="book-3000", unit="s", goal=1.0)
def book_3000() -> Measured:
    """The whole book against the bare merge."""
    return interleaved(_ours, _running(_bare_merge()), rounds=5, warmups=1)


def _peak(command: list[str]) -> float:
    """Megabytes."""
    done = subprocess.run(
        [sys.executable, "-S", str(_PEAK), *command], stdout=subprocess.PIPE, check=True, cwd=Path.cwd()
    )
    return int(done.stdout) / 1024


def _peak_of_ours(times: int) -> float:
    out = str(folder() / "book.pdf")
    return _peak([sys.executable, "-m", "tests.bench.bind_once", str(folder()), out, str(times)])


@benchmark(name="book-3000-memory", unit="MB", goal=2.0)
def book_3000_memory() -> Measured:
    """The most memory that either takes, Python and typesetter included."""
    return Measured(ours=_peak_of_ours(1), floor=_peak(_bare_merge()))


@benchmark(name="book-24000", unit="s", goal=9.0)
def book_24000() -> Measured:
    """24,000 pages against 3,000 (the floor here is our own): eight times the pages, at most nine times the time."""
    folder()
    return interleaved(lambda: _ours(MORE), _ours, rounds=1, warmups=0)


def _by_pypdf() -> None:
    writer = PdfWriter()
    for path in paths():
        writer.append(path)
    writer.write(folder() / "pypdf.pdf")
    writer.close()


@benchmark(name="book-vs-pypdf", unit="s", goal=1.0)
def book_vs_pypdf() -> Measured:
    """The whole book against pypdf's merge of the same files; it is so slow that one round is enough."""
    folder()
    return interleaved(_ours, _by_pypdf, rounds=1, warmups=0)
