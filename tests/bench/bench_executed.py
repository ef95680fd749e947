"""Executed versions: 17 signed pages in the place of two blank ones, in an agreement of 50 pages.

Against the qpdf command line that replaces the same pages, and keeps no label right, has no bookmark for the
signatures, and drops the links to them. Each round makes ten.
"""

import shutil
import subprocess
from itertools import count

import pikepdf
from PIL import Image

from closing.pdf.executed import CounterpartPage, make_executed
from tests.bench.book_material import folder, paths
from tests.bench.framework import Measured, Skipped, benchmark, interleaved

COUNTERPARTS = 17
BLANKS = (30, 31)
EACH_ROUND = 10


def _counterparts() -> list[CounterpartPage]:
    """Signed pages as they come back: every second one set in type, as when signed in the browser, else a scan."""
    made = []
    with pikepdf.open(paths()[11]) as typed:
        for at in range(COUNTERPARTS):
            path = folder() / f"signed-{at}.pdf"
            if at % 2:
                Image.effect_noise((1275, 1650), 4).save(path, resolution=150, quality=40)
            else:
                with pikepdf.new() as single:
                    single.pages.append(typed.pages[20 + at])
                    single.save(path)
            made.append(CounterpartPage(f"Party {at}", path))
    return made


@benchmark(name="executed", unit="ms", goal=0.33)
def executed() -> Measured:
    """At least three times as fast."""
    qpdf = shutil.which("qpdf")
    if qpdf is None:
        raise Skipped("qpdf is not installed")
    signed, version = _counterparts(), paths()[0]
    pages = [word for one in signed for word in (str(one.path), "1")]
    own = str(version)
    command = [qpdf, own, "--pages", own, "1-29", *pages, own, "32-z", "--"]
    # A new file each time, as in the room: one in the place of another waits for the disk on some file systems.
    numbers = count()

    def ours() -> None:
        for _ in range(EACH_ROUND):
            make_executed(version, signed, BLANKS, folder() / f"executed-{next(numbers)}.pdf")

    def floor() -> None:
        for _ in range(EACH_ROUND):
            subprocess.run([*command, str(folder() / f"bare-{next(numbers)}.pdf")], check=True)

    return interleaved(ours, floor, rounds=15, warmups=1, scale=1000 / EACH_ROUND)
