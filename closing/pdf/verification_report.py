"""What checking a sealed file or a closing book showed, line by line and in plain words."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from closing.pdf.book_manifest import read_manifest, verify_pages
from closing.pdf.sealed_folders import BROKEN_ZIP, SIGNATURE, Folder, FolderFinding, open_folder, verify_folder
from closing.pdf.sealing_keys import day_of
from closing.pdf.verification import CannotVerify, SealFinding, verify_seals

_CHUNK = 1 << 20


class Mark(Enum):
    """What came of one check."""

    RIGHT = "right"
    WRONG = "WRONG"
    OPEN = "not checked"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report."""

    mark: Mark
    text: str

    def __str__(self) -> str:
        return f"{self.mark.value:<12}{self.text}"


def is_in_order(lines: Sequence[Line]) -> bool:
    """Whether nothing is wrong; what could not be checked is not wrong."""
    return all(line.mark is not Mark.WRONG for line in lines)


def report_sealed(path: Path, certificates: Sequence[bytes]) -> list[Line]:
    """Check the seals of a PDF. Raises CannotVerify for what is no PDF, OSError for what is not there."""
    findings = verify_seals(path, certificates)
    lines = [_digest_line(path)]
    if not findings:
        return [*lines, Line(Mark.WRONG, "There is no seal in the file.")]
    for finding in findings:
        lines += _seal_lines(finding, has_certificates=bool(certificates))
    if any(finding.covers_all for finding in findings):
        lines.append(Line(Mark.RIGHT, "The seal covers the whole file, and nothing follows it."))
    return lines


def report_book(path: Path, certificates: Sequence[bytes]) -> list[Line]:
    """Check a closing book: one PDF, or a folder, zipped or not. Raises CannotVerify for what is neither."""
    if path.is_dir() or not _is_pdf(path):
        return list(_folder_lines(path, certificates))
    return [*report_sealed(path, certificates), *_page_lines(path)]


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(1024)
    # A zip may well begin with a PDF inside it.
    return b"%PDF-" in start and not start.startswith(b"PK")


def _digest_line(path: Path) -> Line:
    running = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            running.update(chunk)
    return Line(Mark.NOTE, f"{path.name}: {path.stat().st_size:,} bytes, SHA-256 {running.hexdigest()}.")


def _seal_lines(finding: SealFinding, *, has_certificates: bool) -> Iterator[Line]:
    yield from (Line(Mark.WRONG, problem) for problem in finding.problems)
    if not finding.fingerprint:
        return
    what = f" ({finding.reason})" if finding.reason else ""
    if finding.is_whole:
        yield Line(Mark.RIGHT, f"The seal of {finding.signer}{what} is whole: what it covers was not changed since.")
    if finding.is_own:
        yield Line(Mark.RIGHT, f"The certificate is the known one: {finding.fingerprint}.")
    elif has_certificates:
        yield Line(Mark.WRONG, f"The certificate is another than the known one: {finding.fingerprint}.")
    else:
        yield Line(
            Mark.OPEN,
            "Whose seal it is. Compare the certificate's fingerprint by telephone with whoever sealed: "
            f"{finding.fingerprint}.",
        )
    yield from _time_lines(finding)


def _time_lines(finding: SealFinding) -> Iterator[Line]:
    if finding.at is None:
        return
    when = f"{day_of(finding.at)}, {finding.at:%H:%M} UTC"
    if finding.is_time_stamped:
        yield Line(Mark.RIGHT, f"Time-stamped on {when} by {finding.time_stamped_by}.")
        yield Line(Mark.OPEN, "Whether to trust that time stamp server: compare its certificate with the server's own.")
    else:
        yield Line(
            Mark.NOTE, f"Sealed on {when} by the clock of whoever sealed. There is no time stamp: nobody else says so."
        )


def _page_lines(path: Path) -> Iterator[Line]:
    problems = verify_pages(path)
    yield from (Line(Mark.WRONG, problem) for problem in problems)
    book = (read_manifest(path) or {}).get("book")
    if not isinstance(book, dict):
        return
    entries = [entry for entry in book.get("entries", []) if isinstance(entry, dict)]
    bound = [entry for entry in entries if "pages" in entry]
    if not problems:
        are = "document is the one that was" if len(bound) == 1 else f"{len(bound)} documents are those that were"
        yield Line(Mark.RIGHT, f"All {book.get('pages')} sheets are there, and the {are} bound.")
    yield Line(Mark.NOTE, _about(book))
    if len(bound) < len(entries):
        yield Line(Mark.NOTE, f"Listed, but not in this book: {len(entries) - len(bound)}.")


def _about(book: dict[str, object]) -> str:
    made = f", made on {book['made_on']}" if book.get("made_on") else ""
    whose = f", for {book['recipient']}" if book.get("recipient") else ""
    return f"{book.get('title')}: {book.get('deal')}{whose}{made}."


def _folder_lines(path: Path, certificates: Sequence[bytes]) -> Iterator[Line]:
    if path.is_file():
        yield _digest_line(path)
    finding = verify_folder(path, certificates)
    yield from _list_lines(finding, has_certificates=bool(certificates))
    yield from (Line(Mark.WRONG, problem) for problem in finding.problems)
    if not finding.problems:
        yield Line(Mark.RIGHT, f"All {len(finding.files)} files of the list are there, unchanged, and no others.")
    yield from _inner_lines(path, finding, certificates)


def _list_lines(finding: FolderFinding, *, has_certificates: bool) -> Iterator[Line]:
    if finding.seal is None:
        yield Line(Mark.WRONG, f"The list of files has no seal: {SIGNATURE} is missing.")
        return
    yield from _seal_lines(finding.seal, has_certificates=has_certificates)
    book = finding.manifest.get("book")
    if isinstance(book, dict):
        yield Line(Mark.NOTE, _about(book))


def _inner_lines(path: Path, finding: FolderFinding, certificates: Sequence[bytes]) -> Iterator[Line]:
    """The signatures inside the documents: the list vouches for the bytes, and these are what was filed."""
    holding = 0
    with open_folder(path) as folder, TemporaryDirectory() as place:
        copy = Path(place) / "document.pdf"
        for file in finding.files:
            if not file.path.lower().endswith(".pdf") or file.path not in folder.opened:
                continue
            found = _seals_inside(folder, file.path, copy, certificates)
            if found is None:
                continue
            holding += sum(seal.holds for seal in found)
            for seal in found:
                if not seal.holds:
                    yield Line(Mark.OPEN, f"A signature in {file.path}: {seal.problems[0]}")
    if holding:
        yield Line(Mark.RIGHT, f"Seals inside the documents that hold: {holding}.")


def _seals_inside(
    folder: Folder, name: str, copy: Path, certificates: Sequence[bytes]
) -> tuple[SealFinding, ...] | None:
    """None for a file that cannot be read, which the list has told of already."""
    try:
        with folder.opened[name]() as inside, copy.open("wb") as outside:
            shutil.copyfileobj(inside, outside)
        return verify_seals(copy, certificates)
    except (CannotVerify, *BROKEN_ZIP):
        return None
