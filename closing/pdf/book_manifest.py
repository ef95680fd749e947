"""The list of what a book holds, kept inside the file, and the check of the book against it offline."""

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pikepdf

from closing.pdf.book_front import Bound
from closing.pdf.book_spec import BookSpec
from closing.pdf.content import content_pieces, digest_of

KEY = "/ClosingRecord"
_FORMAT = 1
_DAMAGED = "The record that the book carries is damaged."


def manifest_of(
    spec: BookSpec, bound: Sequence[Bound], contents: Sequence[str], front: int, total: int
) -> dict[str, object]:
    """The caller's manifest with `book` added: the sheets, and for each document where it is and its digests.

    Pages count from 1 over the whole book. `sha256` is the file's as filed, `content` that of its pages here.
    """
    placed = {document.entry: (document, content) for document, content in zip(bound, contents, strict=True)}
    entries: list[dict[str, object]] = []
    for number, entry in enumerate(spec.entries):
        row: dict[str, object] = {"tab": entry.tab, "title": entry.title, "part": entry.part, "note": entry.note}
        if number in placed:
            document, content = placed[number]
            first = front + document.start + 2
            row |= {
                "sha256": document.sha256,
                "pages": [first, first + document.pages - 1],
                "content": content,
            }
        entries.append(row)
    book = {
        "format": _FORMAT,
        "title": spec.title,
        "deal": spec.deal_name,
        "recipient": spec.recipient,
        "made_on": spec.made_on,
        "pages": total,
        "entries": entries,
    }
    return {**spec.manifest, "book": book}


def manifest_stream(manifest: Mapping[str, object]) -> tuple[bytes, bytes]:
    """The manifest as a stream: the entries of its dictionary, and its bytes."""
    data = zlib.compress(json.dumps(manifest, sort_keys=True, ensure_ascii=False, indent=1).encode(), 9)
    return b"/Type /ClosingRecord /Subtype /application#2fjson /Filter /FlateDecode", data


def read_manifest(path: Path) -> dict[str, object] | None:
    """The manifest of a book; None where the file has none. Raises pikepdf.PdfError for what is no PDF."""
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        return _manifest(pdf)


def _manifest(pdf: pikepdf.Pdf) -> dict[str, object] | None:
    stream = pdf.Root.get(KEY)
    if not isinstance(stream, pikepdf.Stream):
        return None
    try:
        found = json.loads(stream.read_bytes())
    except (ValueError, pikepdf.PdfError, pikepdf.DataDecodingError):
        return None
    return found if isinstance(found, dict) else None


def verify_pages(path: Path) -> list[str]:
    """Compare the pages of a book with its own manifest, with nothing else at hand: the problems, in plain words.

    It sees what was changed, taken out or put in. Who made the manifest is for the seal to say.
    """
    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            manifest = _manifest(pdf)
            book = manifest.get("book") if manifest is not None else None
            if not isinstance(book, dict):
                return ["The file carries no record of a closing book: it is none, or another program saved it anew."]
            return _problems(pdf, book)
    except (pikepdf.PdfError, pikepdf.PasswordError, OSError) as broken:
        return [f"The file cannot be read as a PDF: {broken}"]


def _problems(pdf: pikepdf.Pdf, book: Mapping[str, object]) -> list[str]:
    problems: list[str] = []
    pages = [page.obj for page in pdf.pages]
    if len(pages) != book.get("pages"):
        problems.append(f"The book has {len(pages)} sheets, and was made with {book.get('pages')}.")
    entries = book.get("entries")
    if not isinstance(entries, list):
        return [*problems, _DAMAGED]
    for entry in entries:
        problem = _entry_problem(pages, entry)
        if problem:
            problems.append(problem)
    return problems


def _entry_problem(pages: Sequence[pikepdf.Object], entry: object) -> str:
    if not isinstance(entry, dict):
        return _DAMAGED
    if "pages" not in entry:
        return ""
    named = f"Tab {entry.get('tab')}, {entry.get('title')}"
    match entry["pages"]:
        case [int(first), int(last)] if 0 < first <= last <= len(pages):
            found = digest_of(content_pieces(pages[first - 1 : last]))
        case _:
            return f"{named}: its pages are not all there."
    return (
        "" if found == entry.get("content") else f"{named}: the pages {first} to {last} are not those that were bound."
    )
