"""The sheets of a closing book that are not documents, set in one compile: cover, index, tabs, record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import typst

from closing.pdf.book_spec import BookCannotBeMade, BookSpec, printed_strings
from closing.pdf.outlines import Bookmark
from closing.pdf.typesetting import TEMPLATES, set_type

_BOOK = TEMPLATES / "book.typ"
_PROBE = TEMPLATES / "probe.typ"


@dataclass(frozen=True, slots=True)
class Bound:
    """A document that is in the book: which entry, its pages, its file's SHA-256.

    `start` counts the sheets from the first tab sheet (0) to this one's.
    """

    entry: int
    pages: int
    start: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Front:
    """Where the sheets are in the file that was set, from 0: the index, the parties, each tab, the record."""

    index: int
    parties: int | None
    tabs: list[int]
    record: int

    @property
    def front(self) -> int:
        """How many sheets come before the first tab."""
        return self.tabs[0]


def label_prefix(tab: str) -> str:
    """What stands before a document's own page number: "3-", or "2(a)(iv)-1." where a dash would mislead."""
    return f"{tab}." if "-" in tab else f"{tab}-"


def _counted(pages: int) -> str:
    return "1 page" if pages == 1 else f"{pages:,} pages"


def _parts(spec: BookSpec) -> list[int]:
    """For each entry the number of its part, in the order in which the parts come up."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(entry.part, len(numbers)) for entry in spec.entries]


def _rows(spec: BookSpec, bound: Mapping[int, tuple[int, Bound]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    parts = _parts(spec)
    for number, entry in enumerate(spec.entries):
        begins_part = entry.part and (number == 0 or spec.entries[number - 1].part != entry.part)
        at, document = bound.get(number, (-1, None))
        rows.append(
            {
                "tab": entry.tab,
                "title": entry.title,
                "note": entry.note,
                "part": entry.part if begins_part else None,
                "colour": parts[number],
                "is_bound": document is not None,
                "at": at,
                "pages": 0 if document is None else document.pages,
                "start": 0 if document is None else document.start + 1,
            }
        )
    return rows


def _tabs(spec: BookSpec, bound: Sequence[Bound]) -> list[dict[str, object]]:
    parts = _parts(spec)
    return [
        {
            "at": at,
            "tab": spec.entries[document.entry].tab,
            "title": spec.entries[document.entry].title,
            "note": spec.entries[document.entry].note,
            "part": spec.entries[document.entry].part,
            "colour": parts[document.entry],
            "extent": _counted(document.pages),
            "sha256": document.sha256,
        }
        for at, document in enumerate(bound)
    ]


def _data(spec: BookSpec, bound: Sequence[Bound]) -> str:
    by_entry = {document.entry: (at, document) for at, document in enumerate(bound)}
    return json.dumps(
        {
            "document_title": f"{spec.title}: {spec.deal_name}",
            "title": spec.title,
            "deal_name": spec.deal_name,
            "subtitle": spec.subtitle,
            "recipient": spec.recipient,
            "made_on": spec.made_on,
            "label_example": label_prefix(spec.entries[bound[0].entry].tab) + "1",
            "parties": spec.parties,
            "rows": _rows(spec, by_entry),
            "tabs": _tabs(spec, bound),
            "record": [{"when": row.when, "who": row.who, "what": row.what} for row in spec.record],
        }
    )


def _is_printable(text: str) -> bool:
    try:
        set_type(_PROBE, {"text": text}, ["ua-1"])
    except typst.TypstError:
        return False
    return True


def _missing_glyph(spec: BookSpec) -> BookCannotBeMade | None:
    """Find the string at fault by setting each alone: slow, and only ever done after a refusal."""
    for field, text in printed_strings(spec):
        if text.strip() and not text.isascii() and not _is_printable(text):
            return BookCannotBeMade(
                field,
                f'"{text}" has a character that the fonts of the book cannot print. '
                "Write it in Latin, Greek or Cyrillic letters, as the agreement does.",
            )
    return None


def set_front(spec: BookSpec, bound: Sequence[Bound]) -> bytes:
    """Set the sheets as one PDF/A-2a file. Raises BookCannotBeMade; call it in a worker process only."""
    try:
        return set_type(_BOOK, {"book": _data(spec, bound)}, ["a-2a", "ua-1"])
    except typst.TypstError as error:
        refused = _missing_glyph(spec)
        if refused is None:
            raise
        raise refused from error


def find_sheets(outline: Sequence[Bookmark], spec: BookSpec, bound: Sequence[Bound]) -> Front:
    """Where each sheet came to stand. Raises BookCannotBeMade for a title that needs more than its tab sheet."""
    starts = [line.page or 0 for line in outline]
    has_parties = bool(spec.parties)
    first = 3 if has_parties else 2
    tabs, record = starts[first : first + len(bound)], starts[first + len(bound)]
    for document, start, following in zip(bound, tabs, [*tabs[1:], record], strict=True):
        if following - start != 1:
            raise BookCannotBeMade(
                f"entries[{document.entry}].title", "it does not fit on a tab sheet with its note. Shorten one of them."
            )
    return Front(starts[1], starts[2] if has_parties else None, tabs, record)
