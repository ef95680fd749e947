"""Tables out of files and text: read as they are, refused in plain words, and never more than a limit."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest

from closing.papers import tables
from closing.papers.excel import excel_file
from closing.papers.tables import TableRefused, decoded, excel_tables, text_table, word_tables
from closing.papers.word import word_file
from tests.papers.samples import sheet_of
from tests.rules.any_facts import CERPLEX

WORD = word_file(sheet_of(CERPLEX))
EXCEL = excel_file(sheet_of(CERPLEX))


def word(*rows: list[str], heading: str = "") -> bytes:
    document = docx.Document()
    if heading:
        document.add_heading(heading)
    table = document.add_table(rows=0, cols=max(map(len, rows)))
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=False):
            cell.text = text
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def excel(*rows: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    page: Any = book.active
    for row in rows:
        page.append(row)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(content: bytes, name: str, data: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, data if each == name else old.read(each))
    return target.getvalue()


def test_a_heading_before_a_table_is_a_row_of_its_own() -> None:
    assert word_tables(word(["Item"], ["Bylaws"], heading="Corporate")) == [["Corporate"], ["Item"], ["Bylaws"]]


def test_changes_that_are_tracked_read_as_accepted() -> None:
    plain = word(["Item"], ["Bylaws"])
    xml = zipfile.ZipFile(BytesIO(plain)).read("word/document.xml").decode()
    run = "<w:r><w:t>Bylaws</w:t></w:r>"
    assert run in xml
    tracked = xml.replace(
        run,
        '<w:ins w:id="1" w:author="x"><w:r><w:t>By-</w:t></w:r></w:ins><w:r><w:t>laws</w:t></w:r>'
        '<w:del w:id="2" w:author="x"><w:r><w:delText> as amended</w:delText></w:r></w:del>',
    )
    assert word_tables(repacked(plain, "word/document.xml", tracked.encode())) == [["Item"], ["By-laws"]]


def test_excel_cells_read_as_text() -> None:
    from datetime import date

    rows = excel_tables(excel(["No.", "Item"], [1.0, "Bylaws"], [2.5, date(1996, 6, 10)], [True, None]))
    assert rows == [["No.", "Item"], ["1", "Bylaws"], ["2.5", "June 10, 1996"], ["yes"]]


def test_hidden_sheets_are_not_read() -> None:
    book = openpyxl.load_workbook(BytesIO(excel(["Item"], ["Bylaws"])))
    hidden = book.create_sheet("hidden")
    hidden.append(["Secret"])
    hidden.sheet_state = "hidden"
    target = BytesIO()
    book.save(target)
    assert excel_tables(target.getvalue()) == [["Item"], ["Bylaws"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("No.\tItem\n1\tBylaws\n", [["No.", "Item"], ["1", "Bylaws"]]),
        ("| No. | Item |\n|---|:--:|\n| 1 | Bylaws |", [["No.", "Item"], ["1", "Bylaws"]]),
        ('No.,Item\n1,"Bylaws, as amended"\n', [["No.", "Item"], ["1", "Bylaws, as amended"]]),
        ("No.;Item\n1;Bylaws", [["No.", "Item"], ["1", "Bylaws"]]),
        ("Bylaws\nCharter, restated\n\nOpinion", [["Bylaws"], ["Charter, restated"], ["Opinion"]]),
        ('No.\tItem\n1\t"Two\nlines"\n', [["No.", "Item"], ["1", "Two\nlines"]]),
    ],
)
def test_text_is_cut_where_its_columns_are(text: str, rows: list[list[str]]) -> None:
    assert text_table(text) == rows


def test_text_in_the_usual_encodings() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert decoded("Größe “x”".encode(encoding)) == "Größe “x”"
    with pytest.raises(TableRefused, match="not what its name says"):
        decoded(b"PK\x03\x04\x00\x00")


@pytest.mark.parametrize("read", [word_tables, excel_tables])
@pytest.mark.parametrize("content", [b"PK\x03\x04 and nothing", WORD[: len(WORD) // 2], EXCEL[:-200], b""])
def test_what_is_broken_is_refused(read: object, content: bytes) -> None:
    with pytest.raises(TableRefused, match="cannot be read as a table"):
        read(content)  # type: ignore[operator]


def test_the_wrong_kind_of_package_is_refused() -> None:
    with pytest.raises(TableRefused):
        excel_tables(WORD)
    with pytest.raises(TableRefused):
        word_tables(EXCEL)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_anything_is_made_of_them(encoding: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'.encode(encoding)
    for read, content, name in (
        (word_tables, WORD, "word/document.xml"),
        (excel_tables, EXCEL, "xl/worksheets/sheet1.xml"),
    ):
        with pytest.raises(TableRefused):
            read(repacked(content, name, bomb))


def test_what_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(TableRefused, match="unpacks to more"):
        word_tables(repacked(WORD, "word/document.xml", b"0" * (tables.MOST_UNPACKED + 1)))


def test_too_many_rows_are_refused_and_a_far_row_costs_nothing() -> None:
    with pytest.raises(TableRefused, match="more than 800 rows"):
        text_table("\n".join(f"Item {at}" for at in range(801)))
    content = excel(["Item"], ["Bylaws"])
    sheet = zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    far = sheet.replace('<row r="2"', '<row r="1048576"').replace('r="A2"', 'r="A1048576"')
    assert excel_tables(repacked(content, "xl/worksheets/sheet1.xml", far.encode())) == [["Item"]]


def test_a_document_without_a_table_says_so() -> None:
    target = BytesIO()
    docx.Document().save(target)
    with pytest.raises(TableRefused, match="no table"):
        word_tables(target.getvalue())
