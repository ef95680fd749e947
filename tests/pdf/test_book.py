"""The closing book: everything in its order, every link on its page, and nothing of one document in another."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings, strategies as st
from pypdf import PdfReader

from closing.pdf.book import BookCannotBeMade, BookEntry, BookSpec, RecordLine, make_book, verify_pages
from tests.pdf.documents import HOWS, Link, all_links, link_targets, make_document
from tests.pdf.reading import page_text
from tests.pdf.samples import DOCUMENTS

DEAL = "The Cerplex Group, Inc.: Series B Preferred Stock"


def book_of(*entries: BookEntry) -> BookSpec:
    return BookSpec(
        title="Closing book",
        deal_name=DEAL,
        entries=entries,
        subtitle=("Newport Beach, California", "June 10, 1996, 11:00 a.m."),
        recipient="Andrea Martin",
        made_on="June 12, 1996",
        parties=(("The & Trust", "Investor"), ("The Cerplex Group, Inc.", "Company")),
        record=(RecordLine("June 10, 1996, 11:00 a.m.", "Brobeck, Phleger & Harrison", "effected the closing"),),
        manifest={"deal": "cerplex"},
    )


def three(folder: Path) -> BookSpec:
    """Three documents of 3, 5 and 1 pages in two parts, and one that is not in the book."""
    roman = pikepdf.Dictionary(
        Nums=pikepdf.Array(
            [0, pikepdf.Dictionary(S=pikepdf.Name.r), 2, pikepdf.Dictionary(S=pikepdf.Name.D, P=pikepdf.String("A-"))]
        )
    )
    first = make_document(folder / "a.pdf", "Alpha", 3, all_links(3), outline=True, labels=roman)
    second = make_document(folder / "b.pdf", "Beta", 5, all_links(5), outline=True)
    third = make_document(folder / "c.pdf", "Gamma", 1)
    return book_of(
        BookEntry("1", DOCUMENTS[0], "Principal agreements", "executed June 10, 1996; 17 signature pages", first),
        BookEntry("2(a)(v)-1", "Opinion of company counsel", "Section 2(a)", "waived by each investor"),
        BookEntry("2(a)(iv)-1", DOCUMENTS[3], "Section 2(a)", "", second),
        BookEntry("12", DOCUMENTS[6], "Section 2(a)", "", third),
    )


@pytest.fixture
def bound(tmp_path: Path) -> Path:
    make_book(three(tmp_path), tmp_path / "book.pdf")
    return tmp_path / "book.pdf"


# Cover, index, parties, then a tab before each of the three documents, then the record.
STARTS = (4, 8, 14)
SHEETS = 16


def test_the_text_stands_in_order_in_two_other_readers(bound: Path) -> None:
    data = bound.read_bytes()
    by_pdfium = [page_text(data, at) for at in range(SHEETS)]
    by_pypdf = [" ".join(page.extract_text().split()) for page in PdfReader(bound).pages]
    for pages in (by_pdfium, by_pypdf):
        assert len(pages) == SHEETS
        assert "Andrea Martin" in pages[0]
        assert "Index" in pages[1]
        assert "The & Trust" in pages[2]
        assert [pages[at - 1].find(f"{title}") >= 0 for at, title in zip(STARTS, DOCUMENTS[0::3], strict=True)]
        assert [pages[at] for at in range(4, 7)] == [f"Alpha page {at}" for at in (1, 2, 3)]
        assert [pages[at] for at in range(8, 13)] == [f"Beta page {at}" for at in (1, 2, 3, 4, 5)]
        assert pages[14] == "Gamma page 1"
        assert "effected the closing" in pages[15]


@pytest.mark.parametrize("tool", ["qpdf", "pdftotext"])
def test_two_command_line_tools_find_nothing_wrong(bound: Path, tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    command = [tool, "--check", str(bound)] if tool == "qpdf" else [tool, str(bound), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "No syntax or stream encoding errors" in done.stdout or "Gamma page 1" in done.stdout


def test_every_link_leads_to_the_page_that_it_led_to(bound: Path) -> None:
    with pikepdf.open(bound) as pdf:
        for start, pages in ((4, 3), (8, 5)):
            wanted = sorted((link.page, link.target) for link in all_links(pages))
            assert sorted(link_targets(pdf, start, start + pages)) == wanted
        assert "/Names" not in pdf.Root
        assert "/Dests" not in pdf.Root


def test_the_index_leads_to_the_tabs_and_says_their_pages(bound: Path) -> None:
    text = page_text(bound.read_bytes(), 1)
    with pikepdf.open(bound) as pdf:
        targets = {target for _, target in link_targets(pdf, 1, 2)}
    assert {target + 1 for target in targets if target is not None} == {at - 1 for at in STARTS}
    assert "1 Stock Purchase Agreement executed June 10, 1996; 17 signature pages 3 4" in text
    assert "2(a)(iv)-1 Compliance Certificate 5 8" in text
    assert "Opinion of company counsel waived by each investor not in this book" in text
    assert text.index("Principal agreements") < text.index("Section 2(a)")


def test_labels_join_the_tab_to_the_number_printed_on_the_page(bound: Path) -> None:
    with pypdfium2.PdfDocument(bound) as pdf:
        labels = [pdf.get_page_label(at) for at in range(len(pdf))]
    assert labels == [
        *["i", "ii", "iii", "Tab 1", "1-i", "1-ii", "1-A-1", "Tab 2(a)(iv)-1"],
        *[f"2(a)(iv)-1.{at}" for at in (1, 2, 3, 4, 5)],
        *["Tab 12", "12-1", "Record-1"],
    ]
    assert PdfReader(bound).page_labels == labels


def test_the_outline_has_every_document_with_its_own_under_it(bound: Path) -> None:
    with pypdfium2.PdfDocument(bound) as pdf:
        lines = []
        for line in pdf.get_toc():
            target = line.get_dest()
            lines.append((line.level, line.get_title(), target.get_index() if target else None))
    assert lines == [
        (0, "Closing book", 0),
        (0, "Index", 1),
        (0, "Parties", 2),
        (0, "Principal agreements", 3),
        (1, "1  Stock Purchase Agreement", 3),
        (2, "Alpha & more (§ 1)", 4),
        (3, "Alpha end", 6),
        (0, "Section 2(a)", 7),
        (1, "2(a)(iv)-1  Compliance Certificate", 7),
        (2, "Beta & more (§ 1)", 8),
        (3, "Beta end", 12),
        (1, "12  Cross-Receipt", 13),
        (0, "The record of the closing", 15),
    ]


def test_a_late_document_moves_the_rest_by_itself(tmp_path: Path) -> None:
    spec = three(tmp_path)
    late = make_document(tmp_path / "late.pdf", "Opinion", 2)
    entries = tuple(replace(entry, path=late, note="") if entry.path is None else entry for entry in spec.entries)
    make_book(replace(spec, entries=entries), tmp_path / "late-book.pdf")
    text = page_text((tmp_path / "late-book.pdf").read_bytes(), 1)
    assert "2(a)(v)-1 Opinion of company counsel 2 8" in text
    assert "2(a)(iv)-1 Compliance Certificate 5 11" in text
    assert "not in this book" not in text
    assert verify_pages(tmp_path / "late-book.pdf") == []


def test_the_same_spec_gives_the_same_bytes_and_says_their_digest(tmp_path: Path, bound: Path) -> None:
    seen: list[tuple[int, int]] = []
    again = make_book(three(tmp_path), tmp_path / "again.pdf", lambda done, of: seen.append((done, of)))
    assert (tmp_path / "again.pdf").read_bytes() == bound.read_bytes()
    assert (again.pages, again.size) == (SHEETS, bound.stat().st_size)
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert not list(tmp_path.glob("*.part"))


def test_the_file_can_be_sealed(bound: Path) -> None:
    with pikepdf.open(bound) as pdf:
        assert (pdf.pdf_version, pdf.is_encrypted) == ("1.7", False)
        assert pdf.check_pdf_syntax() == []


def test_a_title_is_never_markup(tmp_path: Path) -> None:
    name = '#strong[x] $y$ <b> "z" \\ (a'
    path = make_document(tmp_path / "a.pdf", "Alpha")
    spec = replace(book_of(BookEntry("1", name, "*p*", "_n_", path)), deal_name=name)
    make_book(spec, tmp_path / "book.pdf")
    data = (tmp_path / "book.pdf").read_bytes()
    assert name in page_text(data, 0)
    assert name in page_text(data, 3)
    with pypdfium2.PdfDocument(data) as pdf:
        assert f"1  {name}" in [line.get_title() for line in pdf.get_toc()]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"entries": ()}, "entries"),
        ({"title": " "}, "title"),
        ({"deal_name": "a\nb"}, "deal_name"),
        ({"recipient": "漢 Ltd"}, "recipient"),
        ({"parties": (("漢", "Investor"),)}, "parties[0][0]"),
    ],
)
def test_what_cannot_be_printed_is_named(tmp_path: Path, change: dict[str, object], field: str) -> None:
    spec = replace(three(tmp_path), **change)  # type: ignore[arg-type]
    with pytest.raises(BookCannotBeMade) as refused:
        make_book(spec, tmp_path / "book.pdf")
    assert refused.value.field == field
    assert not (tmp_path / "book.pdf").exists()
    assert not list(tmp_path.glob("*.part"))


def test_two_documents_never_share_a_tab_and_a_title_fits_its_sheet(tmp_path: Path) -> None:
    path = make_document(tmp_path / "a.pdf", "Alpha")
    with pytest.raises(BookCannotBeMade, match="two tabs 1"):
        make_book(book_of(BookEntry("1", "A", path=path), BookEntry("1", "B", path=path)), tmp_path / "book.pdf")
    long = "WWWW " * 199
    with pytest.raises(BookCannotBeMade) as refused:
        make_book(book_of(BookEntry("1", long, note="WWWW " * 199, path=path)), tmp_path / "book.pdf")
    assert refused.value.field == "entries[0].title"


@st.composite
def documents(draw: st.DrawFn) -> list[tuple[int, tuple[Link, ...]]]:
    """Some documents: how many pages each, and its links."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        pages = draw(st.integers(1, 6))
        at = st.integers(0, pages - 1)
        link = st.builds(Link, at, st.sampled_from(HOWS), st.one_of(at, st.none()))
        links = draw(st.lists(link, max_size=8, unique_by=lambda one: (one.page, one.how)))
        made.append((pages, tuple(links)))
    return made


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(documents())
def test_any_documents_keep_their_links(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[int, tuple[Link, ...]]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    entries = []
    for at, (pages, links) in enumerate(made):
        path = make_document(folder / f"{at}.pdf", f"Doc {at}", pages, links, outline=at % 2 == 0)
        entries.append(BookEntry(str(at + 1), f"Document {at}", path=path))
    make_book(book_of(*entries), folder / "book.pdf")
    assert verify_pages(folder / "book.pdf") == []
    with pikepdf.open(folder / "book.pdf") as pdf:
        start = 4
        for pages, links in made:
            wanted = sorted(((link.page, link.target) for link in links), key=repr)
            assert sorted(link_targets(pdf, start, start + pages), key=repr) == wanted
            start += pages + 1
