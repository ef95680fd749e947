"""What a closing book consists of, and what is wrong with one that cannot be made.

Every string is printed as it is given; dates are text, as they are to be printed.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

MAX_TEXT = 1000


class DocumentCannotBeBound(ValueError):
    """A document's file cannot go into the book. `title` is the document's, `reason` says what to do."""

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(f"{title}: {reason}")
        self.title = title
        self.reason = reason


class BookCannotBeMade(ValueError):
    """The book cannot be printed as asked. `field` is the path of the string at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"The closing book cannot be made. {field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One line of the index, and the document behind its tab.

    `part` is the checklist's heading that it stands under, `note` says how it was executed. Without a
    `path` it is listed as not in this book, and `note` says why. `sha256` is the file's, as filed; a
    file that has another by now is refused, and with "" the file is taken as it is.
    """

    tab: str
    title: str
    part: str = ""
    note: str = ""
    path: Path | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One act of the record of the closing."""

    when: str
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class BookSpec:
    """A closing book for one recipient.

    `subtitle` are the cover's lines: issuer, security, day and place of the closing. `parties` are
    (name, capacity). `manifest` is what the caller wants kept inside the file, as JSON.
    """

    title: str
    deal_name: str
    entries: tuple[BookEntry, ...]
    subtitle: tuple[str, ...] = ()
    recipient: str = ""
    made_on: str = ""
    parties: tuple[tuple[str, str], ...] = ()
    record: tuple[RecordLine, ...] = ()
    manifest: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BookFile:
    """A book that was made: sheets, bytes, and the SHA-256 of the file. A folder counts its documents' pages."""

    pages: int
    size: int
    sha256: str


def _strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _strings(item, f"{path}[{at}]")
    elif isinstance(value, (BookEntry, RecordLine)):
        for inner in fields(value):
            yield from _strings(getattr(value, inner.name), f"{path}.{inner.name}")


def printed_strings(spec: BookSpec) -> Iterator[tuple[str, str]]:
    """Every string of the book with its path, such as ("entries[2].title", "Cross-Receipt")."""
    for inner in fields(spec):
        if inner.name != "manifest":
            yield from _strings(getattr(spec, inner.name), inner.name)


def _check_tabs(entries: tuple[BookEntry, ...]) -> None:
    seen: set[str] = set()
    for at, entry in enumerate(entries):
        for name, text in (("tab", entry.tab), ("title", entry.title)):
            if not text.strip():
                raise BookCannotBeMade(f"entries[{at}].{name}", "it is empty. Fill it in.")
        if entry.tab in seen:
            raise BookCannotBeMade(f"entries[{at}].tab", f"there are two tabs {entry.tab}. Give one another number.")
        seen.add(entry.tab)


def check_spec(spec: BookSpec) -> None:
    """Raise BookCannotBeMade for the first thing that could not be printed or found as given."""
    if not any(entry.path for entry in spec.entries):
        raise BookCannotBeMade("entries", "there is no document to bind. File an executed version first.")
    if not spec.title.strip():
        raise BookCannotBeMade("title", "it is empty. Fill it in.")
    _check_tabs(spec.entries)
    for where, text in printed_strings(spec):
        if len(text) > MAX_TEXT:
            raise BookCannotBeMade(where, f"it has {len(text)} characters, and at most {MAX_TEXT} fit. Shorten it.")
        for letter in text:
            if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp"):
                raise BookCannotBeMade(
                    where, f"it contains a control character (U+{ord(letter):04X}). Type the text again, on one line."
                )
