"""The closing book as a folder, in a zip file: every document as it was filed, with an index that any browser opens.

The documents are the filed bytes, so a seal on one of them stays whole. Nothing is packed: PDFs are already.
"""

import hashlib
import json
import os
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pikepdf

from closing.pdf.book_page import FolderFile, index_page
from closing.pdf.book_spec import BookCannotBeMade, BookEntry, BookFile, BookSpec, check_spec
from closing.pdf.source import checked_digest, file_digest, opened

INDEX, MANIFEST = "index.html", "manifest.json"

_LONGEST = 100
# What Windows allows in no name, and what hides or turns text around.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{at}" for port in ("com", "lpt") for at in range(10))})
_BLOCK = 1 << 20


def safe_name(text: str) -> str:
    """The text as a file can be called on Windows, macOS and Linux; never empty, never a path."""
    kept = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    kept = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", kept))
    kept = " ".join(kept.split())[:_LONGEST].strip(" .")
    if not kept or kept.partition(".")[0].strip().lower() in _RESERVED:
        kept = f"Document {kept}".strip()
    return kept


def _document_name(at: int, width: int, entry: BookEntry) -> str:
    tab = "" if entry.tab.isdecimal() else f"{entry.tab} "
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
    numbered = [(number, entry) for number, entry in enumerate(spec.entries) if entry.path is not None]
    width = max(2, len(str(len(numbered))))
    files = []
    for at, (number, entry) in enumerate(numbered, start=1):
        path = entry.path or Path()
        sha256 = checked_digest(path, entry.title, entry.sha256)
        with opened(path, entry.title) as pdf:
            pages = len(pdf.pages)
        name = _unique(_document_name(at, width, entry), taken)
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


def _manifest(spec: BookSpec, files: list[FolderFile], index: bytes) -> bytes:
    rows: list[dict[str, object]] = []
    for file in files:
        row: dict[str, object] = {"name": file.name, "sha256": file.sha256, "size": file.size}
        if file.entry is not None:
            entry = spec.entries[file.entry]
            row |= {"tab": entry.tab, "title": entry.title, "pages": file.pages}
        rows.append(row)
    rows.append({"name": INDEX, "sha256": hashlib.sha256(index).hexdigest(), "size": len(index)})
    folder = {
        "format": 1,
        "title": spec.title,
        "deal": spec.deal_name,
        "recipient": spec.recipient,
        "made_on": spec.made_on,
        "files": rows,
    }
    return json.dumps({**spec.manifest, "folder": folder}, sort_keys=True, ensure_ascii=False, indent=1).encode()


def _info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.external_attr, info.file_size, info.create_system = 0o644 << 16, size, 3
    return info


def _store(packed: zipfile.ZipFile, file: FolderFile) -> None:
    with file.path.open("rb") as source, packed.open(_info(file.name, file.size), "w") as kept:
        while block := source.read(_BLOCK):
            kept.write(block)


def make_folder(
    spec: BookSpec,
    out: Path,
    extra: Mapping[str, Path] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> BookFile:
    """Make the zip file at `out`, which is there whole or not at all: index, documents, manifest, and `extra`.

    `extra` are further files by the name that they get, such as {"book.pdf": path}; the index links to that one.
    Progress is (files stored, files). Raises as `make_book` does, and BookCannotBeMade for an extra file's name.
    """
    check_spec(spec)
    taken = {INDEX, MANIFEST}
    extras = _extras(extra or {}, taken)
    files = [*_documents(spec, taken), *extras]
    index = index_page(spec, {file.entry: file for file in files if file.entry is not None}, extras).encode()
    partial = out.with_name(out.name + ".part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
            packed.writestr(_info(INDEX, len(index)), index)
            for done, file in enumerate(files):
                if on_progress is not None:
                    on_progress(done, len(files))
                _store(packed, file)
            manifest = _manifest(spec, files, index)
            packed.writestr(_info(MANIFEST, len(manifest)), manifest)
        digest = file_digest(partial)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    if on_progress is not None:
        on_progress(len(files), len(files))
    return BookFile(sum(file.pages for file in files), out.stat().st_size, digest)


def verify_folder(path: Path) -> list[str]:
    """Compare the files of a zipped folder with its own manifest, offline: the problems, in plain words."""
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = json.loads(packed.read(MANIFEST))
            listed = {row["name"]: row["sha256"] for row in manifest["folder"]["files"]}
            return _problems(packed, listed)
    except KeyError:
        return ["The folder carries no record of a closing book: it is none, or its manifest was changed."]
    except (zipfile.BadZipFile, OSError, ValueError, TypeError, pikepdf.PdfError) as broken:
        return [f"The file cannot be read as a zipped folder: {broken}"]


def _problems(packed: zipfile.ZipFile, listed: Mapping[str, str]) -> list[str]:
    problems = []
    present = [name for name in packed.namelist() if name != MANIFEST]
    for name in listed:
        if name not in present:
            problems.append(f"{name}: it is missing.")
        elif _digest(packed, name) != listed[name]:
            problems.append(f"{name}: it is not the file that was put in.")
    strangers = [name for name in present if name not in listed or present.count(name) > 1]
    return problems + [f"{name}: it was put in later." for name in dict.fromkeys(strangers)]


def _digest(packed: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with packed.open(name) as source:
            while block := source.read(_BLOCK):
                digest.update(block)
    except zipfile.BadZipFile:
        return ""
    return digest.hexdigest()
