"""The closing book as a folder, in a zip file: every document as it was filed, with an index that any browser opens.

The documents are the filed bytes, so a seal on one of them stays whole. Nothing is packed: PDFs are already.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

from closing.pdf.book_page import FolderFile, index_page
from closing.pdf.book_spec import BookCannotBeMade, BookEntry, BookFile, BookSpec, check_spec
from closing.pdf.sealed_folders import MANIFEST, SIGNATURE, write_folder
from closing.pdf.source import checked_digest, file_digest, opened

INDEX = "index.html"

_LONGEST = 100
# What Windows allows in no name, and what hides or turns text around.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{at}" for port in ("com", "lpt") for at in range(10))})


def safe_name(text: str) -> str:
    """The text as a file can be called on Windows, macOS and Linux; never empty, never a path."""
    kept = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    kept = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", kept))
    kept = " ".join(kept.split())[:_LONGEST].strip(" .")
    if not kept or kept.partition(".")[0].strip().lower() in _RESERVED:
        kept = f"Document {kept}".strip()
    return kept


def _document_name(at: int, width: int, entry: BookEntry) -> str:
    """`at` is its place in the index, from 1: the number of its tab, also where documents before it are missing."""
    tab = "" if entry.tab == str(at) else f"{entry.tab} "
    return safe_name(f"{at:0{width}} {tab}{entry.title}") + ".pdf"


def _unique(name: str, taken: set[str]) -> str:
    """The name, or the first with a number after it that is free; capitals make no difference on Windows."""
    stem, dot, ending = name.rpartition(".")
    candidate, count = name, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{stem} ({count}){dot}{ending}"
    taken.add(candidate.casefold())
    return candidate


def _documents(spec: BookSpec, taken: set[str]) -> list[FolderFile]:
    width = max(2, len(str(len(spec.entries))))
    files = []
    for number, entry in enumerate(spec.entries):
        path = entry.path
        if path is None:
            continue
        sha256 = checked_digest(path, entry.title, entry.sha256)
        with opened(path, entry.title) as pdf:
            pages = len(pdf.pages)
        name = _unique(_document_name(number + 1, width, entry), taken)
        files.append(FolderFile(name, path, sha256, path.stat().st_size, pages, number))
    return files


def _extras(extra: Mapping[str, Path], taken: set[str]) -> list[FolderFile]:
    files = []
    for name, path in extra.items():
        if safe_name(name) != name or name.casefold() in taken:
            raise BookCannotBeMade("extra", f'a file cannot be called "{name}" here. Give it another name.')
        taken.add(name.casefold())
        files.append(FolderFile(name, path, file_digest(path), path.stat().st_size))
    return files


def _listing(spec: BookSpec, files: list[FolderFile]) -> dict[str, object]:
    """What the list of the files says besides their digests."""
    documents = [
        {
            "path": file.name,
            "tab": spec.entries[file.entry].tab,
            "title": spec.entries[file.entry].title,
            "pages": file.pages,
        }
        for file in files
        if file.entry is not None
    ]
    folder = {
        "title": spec.title,
        "deal": spec.deal_name,
        "recipient": spec.recipient,
        "made_on": spec.made_on,
        "documents": documents,
    }
    return {**spec.manifest, "folder": folder}


def make_folder(
    spec: BookSpec,
    out: Path,
    seal_list: Callable[[bytes], bytes],
    extra: Mapping[str, Path] | None = None,
) -> BookFile:
    """Make the zip file at `out`, which is there whole or not at all: index, documents, `extra`, and the sealed list.

    `extra` are further files by the name that they get, such as {"book.pdf": path}; the index links to that one.
    `seal_list` seals the list of the files. Raises as `make_book` does, and BookCannotBeMade for an extra file's name.
    """
    check_spec(spec)
    taken = {INDEX, MANIFEST, SIGNATURE}
    extras = _extras(extra or {}, taken)
    files = [*_documents(spec, taken), *extras]
    index = index_page(spec, {file.entry: file for file in files if file.entry is not None}, extras).encode()
    partial = out.with_name(out.name + ".part")
    try:
        content: dict[str, bytes | Path] = {INDEX: index, **{file.name: file.path for file in files}}
        write_folder(partial, content, _listing(spec, files), seal_list)
        digest = file_digest(partial)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    return BookFile(sum(file.pages for file in files), out.stat().st_size, digest)
