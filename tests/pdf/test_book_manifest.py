"""A book can be checked with nothing else at hand: what was changed, taken out or put in is found."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest

from closing.pdf.book import BookEntry, make_book, read_manifest, verify_pages
from tests.pdf.documents import make_document, say
from tests.pdf.test_book import SHEETS, book_of, three


@pytest.fixture
def bound(tmp_path: Path) -> Path:
    make_book(three(tmp_path), tmp_path / "book.pdf")
    return tmp_path / "book.pdf"


def test_the_manifest_says_what_is_where(bound: Path) -> None:
    manifest = read_manifest(bound)
    assert manifest is not None
    assert manifest["deal"] == "cerplex"
    book = manifest["book"]
    assert isinstance(book, dict)
    assert (book["pages"], book["recipient"]) == (SHEETS, "Andrea Martin")
    assert [entry.get("pages") for entry in book["entries"]] == [[5, 7], None, [9, 13], [15, 15]]
    first = book["entries"][0]
    assert first["sha256"] == sha256((bound.parent / "a.pdf").read_bytes()).hexdigest()
    assert len(first["content"]) == 64


def test_a_book_as_it_was_made_has_no_problems_however_it_is_saved(bound: Path) -> None:
    assert verify_pages(bound) == []
    with pikepdf.open(bound) as pdf:
        pdf.save(bound.with_name("saved.pdf"), recompress_flate=True)
    assert verify_pages(bound.with_name("saved.pdf")) == []


def change_a_word(pdf: pikepdf.Pdf) -> None:
    say(pdf, 5, "Alpha page 20")


def swap_two_pages(pdf: pikepdf.Pdf) -> None:
    kids = pdf.pages[9].obj.Parent.Kids
    kids[1], kids[2] = kids[2], kids[1]


def take_one_out(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[14]


def put_one_in(pdf: pikepdf.Pdf) -> None:
    pdf.add_blank_page()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_a_word, ["Tab 1, Stock Purchase Agreement: the pages 5 to 7"]),
        (swap_two_pages, ["Tab 2(a)(iv)-1, Compliance Certificate: the pages 9 to 13"]),
        (take_one_out, ["The book has 15 sheets, and was made with 16", "Tab 12, Cross-Receipt: the pages 15 to 15"]),
        (put_one_in, ["The book has 17 sheets"]),
    ],
)
def test_what_was_changed_is_named(bound: Path, change: Callable[[pikepdf.Pdf], None], words: list[str]) -> None:
    with pikepdf.open(bound) as pdf:
        change(pdf)
        pdf.save(bound.with_name("changed.pdf"))
    problems = verify_pages(bound.with_name("changed.pdf"))
    assert len(problems) == len(words)
    assert all(problem.startswith(word) for problem, word in zip(problems, words, strict=True))


def test_a_picture_that_was_exchanged_is_found(tmp_path: Path) -> None:
    path = make_document(tmp_path / "scan.pdf", "Scan", 1)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        picture = pdf.make_stream(b"\x00" * 64)
        for key, value in {"Type": "/XObject", "Subtype": "/Image", "ColorSpace": "/DeviceGray"}.items():
            picture[f"/{key}"] = pikepdf.Name(value)
        picture.Width = picture.Height = picture.BitsPerComponent = 8
        pdf.pages[0].obj.Resources.XObject = pikepdf.Dictionary(Im0=picture)
        pdf.pages[0].obj.Contents = pdf.make_stream(b"612 0 0 792 0 0 cm /Im0 Do")
        pdf.save(path)
    make_book(book_of(BookEntry("1", "Signature page", path=path)), tmp_path / "book.pdf")
    with pikepdf.open(tmp_path / "book.pdf") as pdf:
        pdf.pages[4].obj.Resources.XObject.Im0.write(b"\xff" * 64)
        pdf.save(tmp_path / "changed.pdf")
    assert verify_pages(tmp_path / "book.pdf") == []
    assert verify_pages(tmp_path / "changed.pdf") == [
        "Tab 1, Signature page: the pages 5 to 5 are not those that were bound."
    ]


def test_a_file_that_is_no_book_says_so(tmp_path: Path) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    assert read_manifest(path) is None
    assert verify_pages(path)[0].startswith("The file carries no record of a closing book")
    path.write_bytes(b"no PDF")
    assert verify_pages(path)[0].startswith("The file cannot be read as a PDF")
    assert verify_pages(tmp_path / "missing.pdf")[0].startswith("The file cannot be read as a PDF")


@pytest.mark.parametrize("entries", [None, ["x"], [{"pages": "1"}], [{"pages": [1, 9000]}], [{"pages": [0, 1]}]])
def test_a_manifest_that_was_tampered_with_raises_nothing(bound: Path, entries: object) -> None:
    with pikepdf.open(bound) as pdf:
        manifest = {"book": {"pages": SHEETS, "entries": entries}}
        pdf.Root.ClosingRecord.write(json.dumps(manifest).encode())
        pdf.save(bound.with_name("changed.pdf"))
    assert len(verify_pages(bound.with_name("changed.pdf"))) == 1
