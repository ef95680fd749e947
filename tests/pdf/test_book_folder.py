"""The folder: the filed bytes under names that every system takes, and an index that needs nothing else."""

import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st

from closing.pdf.book import BookCannotBeMade, BookEntry, DocumentCannotBeBound
from closing.pdf.book_folder import make_folder, safe_name
from closing.pdf.sealed_folders import verify_folder
from closing.pdf.seals import seal_data
from tests.pdf.documents import make_document
from tests.pdf.sealing import AT, room_key
from tests.pdf.test_book import book_of, three


def sealed(listing: bytes) -> bytes:
    return seal_data(listing, room_key(), at=AT)


def unsealed(_: bytes) -> bytes:
    return b"sealed"


class Page(HTMLParser):
    """The links and the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [unquote(value or "") for key, value in attrs if key in ("href", "src")]


def test_the_documents_are_the_filed_bytes_and_every_link_finds_its_file(tmp_path: Path) -> None:
    spec = three(tmp_path)
    book = make_document(tmp_path / "book.pdf", "Book")
    made = make_folder(spec, tmp_path / "f.zip", sealed, {"book.pdf": book})
    assert (made.pages, made.sha256) == (9, sha256((tmp_path / "f.zip").read_bytes()).hexdigest())
    with zipfile.ZipFile(tmp_path / "f.zip") as packed:
        assert packed.namelist() == [
            "index.html",
            "01 Stock Purchase Agreement.pdf",
            "03 2(a)(iv)-1 Compliance Certificate.pdf",
            "04 12 Cross-Receipt.pdf",
            "book.pdf",
            "manifest.json",
            "manifest.json.p7s",
        ]
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_STORED}
        assert packed.read("04 12 Cross-Receipt.pdf") == (tmp_path / "c.pdf").read_bytes()
        page = Page(packed.read("index.html").decode())
        assert sorted(page.links) == sorted(packed.namelist()[1:-1])
        assert not {"script", "link", "img", "iframe"} & page.tags
        manifest = json.loads(packed.read("manifest.json"))
        assert manifest["deal"] == "cerplex"
        assert [row["tab"] for row in manifest["folder"]["documents"]] == [
            each.tab for each in spec.entries if each.path
        ]
    found = verify_folder(tmp_path / "f.zip")
    assert found.problems == ()
    assert found.seal is not None
    assert found.seal.holds


def test_the_index_says_what_is_not_there_and_takes_no_name_for_markup(tmp_path: Path) -> None:
    name = "<script>\"&'</script>"
    path = make_document(tmp_path / "a.pdf", "Alpha")
    entries = (BookEntry("1", name, "Part <b>", name, path), BookEntry("2", "Opinion", "", "waived & gone"))
    make_folder(replace(book_of(*entries), deal_name=name), tmp_path / "f.zip", unsealed)
    with zipfile.ZipFile(tmp_path / "f.zip") as packed:
        text = packed.read("index.html").decode()
        assert packed.namelist()[1] == "01 script &' script.pdf"
    assert "script" not in Page(text).tags
    assert "b" not in Page(text).tags
    assert "waived &amp; gone" in text
    assert "not in this folder" in text


def test_the_same_title_twice_gets_a_number_and_the_same_spec_the_same_bytes(tmp_path: Path) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    spec = book_of(BookEntry("1", "Proxy", path=path), BookEntry("2", "Proxy", path=path))
    make_folder(spec, tmp_path / "a.zip", unsealed)
    make_folder(spec, tmp_path / "b.zip", unsealed)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert packed.namelist()[1:3] == ["01 Proxy.pdf", "02 Proxy.pdf"]


def test_a_file_has_the_number_of_its_tab_also_where_others_are_missing(tmp_path: Path) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    missing = [BookEntry(str(tab), f"Paper {tab}") for tab in range(1, 11)]
    make_folder(book_of(*missing, BookEntry("11", "Opinion", path=path)), tmp_path / "f.zip", unsealed)
    with zipfile.ZipFile(tmp_path / "f.zip") as packed:
        assert packed.namelist()[1] == "11 Opinion.pdf"


@pytest.mark.parametrize("name", ["../book.pdf", "INDEX.html", "con.pdf", "a/b", "", "manifest.json"])
def test_a_further_file_cannot_leave_the_folder_or_take_a_name(tmp_path: Path, name: str) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    with pytest.raises(BookCannotBeMade):
        make_folder(book_of(BookEntry("1", "A", path=path)), tmp_path / "f.zip", unsealed, {name: path})


def test_a_file_that_changed_since_it_was_filed_is_refused(tmp_path: Path) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    with pytest.raises(DocumentCannotBeBound, match="SHA-256"):
        make_folder(book_of(BookEntry("1", "A", path=path, sha256="0" * 64)), tmp_path / "f.zip", unsealed)
    assert not list(tmp_path.glob("f.zip*"))


def test_what_was_changed_taken_out_or_put_in_is_found(tmp_path: Path) -> None:
    make_folder(three(tmp_path), tmp_path / "f.zip", sealed)
    with zipfile.ZipFile(tmp_path / "f.zip") as packed, zipfile.ZipFile(tmp_path / "g.zip", "w") as changed:
        for name in packed.namelist():
            if name.startswith("01"):
                changed.writestr(name, b"another")
            elif not name.startswith("04"):
                changed.writestr(name, packed.read(name))
        changed.writestr("05 More.pdf", b"more")
    problems = verify_folder(tmp_path / "g.zip").problems
    for name in ("01 Stock Purchase Agreement.pdf", "04 12 Cross-Receipt.pdf", "05 More.pdf"):
        assert any(name in each for each in problems), (name, problems)


@given(st.text(max_size=150))
def test_any_title_is_a_name_that_windows_takes(title: str) -> None:
    name = safe_name(title)
    assert 0 < len(name) <= 110
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert not name.endswith((" ", "."))
    assert name.split(".")[0].lower() not in ("con", "prn", "aux", "nul", "com1", "lpt9")
    assert safe_name(name) == name
