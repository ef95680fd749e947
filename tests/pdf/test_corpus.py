"""Broken, odd and hostile PDFs, as uploads: each is taken or refused in plain words, and breaks nothing later.

The files are those that the source packages of pypdf and pikepdf carry. They are not kept here: `.ci/run` fetches the
packages and names their folder in CLOSING_PDF_CORPUS. `python -m tests.pdf.test_corpus` prints what became of each.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import pikepdf
import pytest

from closing.models import DocumentVersion
from closing.pdf.book import BookEntry, BookSpec, DocumentCannotBeBound, make_book
from closing.pdf.comparison import NotComparable, compare, extract_pages, paper_of_pages
from closing.pdf.executed import CounterpartPage, make_executed
from closing.pdf.page_drawing import draw_page
from closing.pdf.recognition import ScanNotRead, read_scans
from closing.pdf.signature_places import find_blank_pages
from closing.pdf.uploads import CheckedFile, UploadRefused, check_upload
from tests.web.papers import BASE, open_room, pdf, text_of, upload

FOLDER = os.environ.get("CLOSING_PDF_CORPUS", "")
FEWEST = 100
"""Fewer files than this, and the packages no longer carry them."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="CLOSING_PDF_CORPUS names no folder with the packages of .ci/run"),
]


MOST_PAGES = 4
"""A file of scans with more pages than this takes longer than a test may."""

ALONE = Lock()
"""Held by what opens the file in this process: neither pdfium nor the typesetter is for several threads."""


def extract_text(data: bytes, checked: CheckedFile) -> None:
    """A text page for every page that the check counted, or a refusal; and a paper that compares with itself."""
    try:
        pages = extract_pages(data)
    except NotComparable:
        return
    assert len(pages) == checked.pages
    paper = paper_of_pages(pages)
    assert compare(paper, paper).changes == 0


def draw_first_page(data: bytes, checked: CheckedFile) -> None:
    """As a picture in a browser."""
    with suppress(UploadRefused):
        assert draw_page(data, 1).startswith(b"\x89PNG")


def read_as_scans(data: bytes, checked: CheckedFile) -> None:
    """As a file of signed pages that came back: every page is found, and no code in any."""
    if (checked.pages or 0) > MOST_PAGES:
        return
    with suppress(ScanNotRead):
        pages = list(read_scans("returned.pdf", data))
        assert len(pages) == checked.pages
        assert not any(page.token for page in pages)


def look_for_signature_pages(data: bytes, checked: CheckedFile) -> None:
    """As an execution version."""
    with TemporaryDirectory() as folder, suppress(DocumentCannotBeBound), ALONE:
        execution = Path(folder) / "execution.pdf"
        execution.write_bytes(data)
        assert all(1 <= number <= (checked.pages or 0) for number in find_blank_pages(execution))


def bind_into_a_book(data: bytes, checked: CheckedFile) -> None:
    """As a document of the closing book, which must open and have all of its pages."""
    with TemporaryDirectory() as folder, suppress(DocumentCannotBeBound), ALONE:
        document, book = Path(folder) / "document.pdf", Path(folder) / "book.pdf"
        document.write_bytes(data)
        entry = BookEntry("1", "Stock Purchase Agreement", path=document, sha256=checked.sha256)
        made = make_book(BookSpec("Closing book", "Cerplex Series B", (entry,)), book)
        with pikepdf.open(book) as opened:
            assert len(opened.pages) == made.pages > (checked.pages or 0)


def put_signed_pages_in(data: bytes, checked: CheckedFile) -> None:
    """As an execution version whose last page is the blank one that was signed."""
    with TemporaryDirectory() as folder, suppress(DocumentCannotBeBound), ALONE:
        execution, signed, out = (Path(folder) / name for name in ("execution.pdf", "signed.pdf", "executed.pdf"))
        execution.write_bytes(data)
        signed.write_bytes(pdf())
        made = make_executed(execution, [CounterpartPage("Andrea Martin", signed)], [checked.pages or 1], out)
        assert made.pages == checked.pages


READERS: list[Callable[[bytes, CheckedFile], None]] = [
    extract_text,
    draw_first_page,
    read_as_scans,
    look_for_signature_pages,
    bind_into_a_book,
    put_signed_pages_in,
]
"""Whatever opens a PDF after it was taken: each is called with a file that is, and must not raise."""

BINDERS = READERS[-2:]
"""Those that work in the worker itself, without a child's walls: they are called with every file."""

EVERY = int(os.environ.get("CLOSING_PDF_CORPUS_EVERY", "3"))
"""Children take half a second a reader, so CI takes every third file through all; 1 takes each."""


@dataclass(frozen=True)
class Fate:
    """What became of a file: taken, or the reason; `broke` names what went wrong, blank where nothing did."""

    path: Path
    reason: str
    broke: str = ""


def pdf_files(folder: Path) -> list[Path]:
    """Every file that is a PDF by its name or by how it begins."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if path.suffix.lower() == ".pdf" or b"%PDF-" in path.read_bytes()[:1024]]


def fate_of(path: Path, readers: list[Callable[[bytes, CheckedFile], None]]) -> Fate:
    """Check a file as an upload, and read it with these readers, as everything later does."""
    data = path.read_bytes()
    try:
        checked = check_upload(f"{path.stem}.pdf", data)
    except UploadRefused as refused:
        return Fate(path, refused.reason)
    except Exception as error:
        return Fate(path, "error", f"check_upload: {error!r}")
    for reader in readers:
        try:
            reader(data, checked)
        except Exception as error:
            return Fate(path, "taken", f"{reader.__name__}: {error!r}")
    return Fate(path, "taken, repaired" if checked.was_repaired else "taken")


def fates(folder: Path) -> Iterator[Fate]:
    """Of every file, several at once: the work is done in child processes. Every EVERY-th goes through all readers."""
    files = pdf_files(folder)
    readers = [READERS if at % EVERY == 0 else BINDERS for at in range(len(files))]
    with ThreadPoolExecutor(os.cpu_count() or 2) as several:
        yield from several.map(fate_of, files, readers)


@pytest.fixture(scope="module")
def found() -> list[Fate]:
    return list(fates(Path(FOLDER)))


def test_the_packages_still_carry_their_files(found: list[Fate]) -> None:
    assert len(found) >= FEWEST
    assert {path.parts[len(Path(FOLDER).parts)].split("-")[0] for path in (each.path for each in found)} == {
        "pikepdf",
        "pypdf",
    }


def test_each_is_taken_or_refused_in_plain_words_and_breaks_no_reader(found: list[Fate]) -> None:
    assert [f"{each.path.name}: {each.broke}" for each in found if each.broke] == []
    for each in found:
        assert each.reason.startswith("taken") or each.reason.endswith("."), each
    assert sum(each.reason.startswith("taken") for each in found) > len(found) // 2


def test_handed_in_on_the_web_none_is_a_server_error(db: None) -> None:
    address = f"{BASE}/documents/stock-purchase-agreement/"
    with open_room() as room:
        for path in pdf_files(Path(FOLDER)):
            before = DocumentVersion.objects.count()
            answer = room.company.post(address, {"file": upload(f"{path.stem}.pdf", path.read_bytes()), "note": ""})
            kept = DocumentVersion.objects.count() - before
            assert (answer.status_code, kept) in ((302, 1), (422, 0)), path.name
            if not kept:
                assert "invalid-feedback" in answer.content.decode(), path.name
        assert DocumentVersion.objects.count() > 0
        assert "Hand in the next version" in text_of(room.company.get(address))


def main() -> None:
    """Print the fate of each file, and how many there are of each."""
    counted: Counter[str] = Counter()
    for each in fates(Path(sys.argv[1])):
        counted[each.broke or each.reason] += 1
        print(f"{each.path.name}: {each.reason} {each.broke}")
    for reason, count in counted.most_common():
        print(f"{count:5} {reason}")


if __name__ == "__main__":
    main()
