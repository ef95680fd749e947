"""Sixty documents of fifty pages, as law firms make them, in a folder that goes when the process ends.

Six are set, with a table of contents, headings, named destinations, cross references, roman and arabic page
numbers and a letterhead that every page shares; each is kept ten times under names and titles of its own,
half of them with packed objects, as office programs save them, half without.
"""

import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import pikepdf
import typst

from closing.pdf.book import BookEntry, BookSpec, RecordLine
from tests.pdf.samples import DOCUMENTS

DOCUMENTS_IN_BOOK = 60
PAGES_EACH = 50
_SET = 6
_made = count()
_TEMPLATE = Path(__file__).parent / "book_document.typ"


@cache
def folder() -> Path:
    """The folder with the documents, made once."""
    held = tempfile.TemporaryDirectory(prefix="book-bench-")
    _keep.append(held)
    made = Path(held.name)
    for number in range(_SET):
        _make_ten(number, made)
    return made


_keep: list[tempfile.TemporaryDirectory[str]] = []


def _make_ten(number: int, made: Path) -> None:
    base = made / "base.pdf"
    inputs = {"title": f"{DOCUMENTS[number]}", "seed": str(number)}
    typst.compile(_TEMPLATE, output=base, sys_inputs=inputs, ignore_system_fonts=True)
    for copy in range(DOCUMENTS_IN_BOOK // _SET):
        at = number * (DOCUMENTS_IN_BOOK // _SET) + copy
        with pikepdf.open(base) as pdf:
            if len(pdf.pages) != PAGES_EACH:
                raise AssertionError(f"the template gave {len(pdf.pages)} pages")
            pdf.docinfo["/Title"] = f"{DOCUMENTS[number]} {copy}"
            packing = pikepdf.ObjectStreamMode.generate if at % 2 else pikepdf.ObjectStreamMode.disable
            pdf.save(made / f"{at:02}.pdf", object_stream_mode=packing)
    base.unlink()


def paths(times: int = 1, documents: Path | None = None) -> list[Path]:
    """The documents in order, all of them so many times; from another folder where they were made before."""
    return [(documents or folder()) / f"{at:02}.pdf" for at in range(DOCUMENTS_IN_BOOK)] * times


def spec(times: int = 1, *, documents: Path | None = None) -> BookSpec:
    """A book of all of them, with a cover and a record that the typesetter has not set before."""
    made = next(_made)
    entries = tuple(
        BookEntry(
            tab=str(at + 1),
            title=f"{DOCUMENTS[at % len(DOCUMENTS)]} ({at + 1})",
            part=f"Part {at // 12 + 1}",
            note=f"executed June 10, 1996; 17 signature pages; book {made}",
            path=path,
        )
        for at, path in enumerate(paths(times, documents))
    )
    record = tuple(
        RecordLine("June 10, 1996", "Brobeck, Phleger & Harrison", f"released {entry.title}, book {made}")
        for entry in entries
    )
    return BookSpec(
        title="Closing book",
        deal_name="The Cerplex Group, Inc.: Series B Preferred Stock",
        entries=entries,
        subtitle=("Newport Beach, California", "June 10, 1996, 11:00 a.m."),
        recipient="Andrea Martin",
        made_on="June 12, 1996",
        record=record,
    )
