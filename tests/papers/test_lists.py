"""Lists as Word and Excel, read back by the same libraries: what is there, and that none of it is a formula."""

from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from closing.papers.excel import excel_file
from closing.papers.sheet import Column, Sheet, SheetPart
from closing.papers.word import word_file
from tests.papers.samples import MONDAY, sheet_of
from tests.rules.any_facts import CERPLEX

SHEET = sheet_of(CERPLEX)
DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://example.com")',
    "'=1",
    "=cmd|' /C calc'!A0",
]


def sheet(*texts: str) -> Sheet:
    rows = tuple((str(at), text) for at, text in enumerate(texts, start=1))
    return Sheet(
        title=texts[0],
        deal=texts[0],
        facts=(texts[0],),
        notice=texts[0],
        parties=((texts[0], texts[0]),),
        columns=(Column("No.", 1, is_number=True), Column("Item", 9)),
        parts=(SheetPart(texts[0], rows),),
        as_of=MONDAY,
    )


def cells(content: bytes) -> list[Any]:
    return [cell for row in openpyxl.load_workbook(BytesIO(content)).active.iter_rows() for cell in row]  # type: ignore[union-attr]


def test_a_word_list_is_landscape_with_a_head_on_every_page_and_numbered_pages() -> None:
    document = docx.Document(BytesIO(word_file(SHEET)))
    section = document.sections[0]
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert section.page_width > section.page_height  # type: ignore[operator]
    table: Any = document.tables[0]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    footer = section.footer._element.xml
    assert " PAGE " in footer
    assert " NUMPAGES " in footer
    assert [line.text for line in document.paragraphs[:4]] == [
        "Cerplex Series B",
        "Closing Checklist",
        "The agreement",
        "As of June 3, 1996",
    ]
    assert (document.core_properties.author, document.core_properties.created.year) == ("", 1996)


def test_a_word_list_has_every_item_under_its_part() -> None:
    rows = [[cell.text for cell in row.cells] for row in docx.Document(BytesIO(word_file(SHEET))).tables[0].rows]
    assert rows[0] == [each.heading for each in SHEET.columns]
    assert rows[1] == ["Principal documents"] * 7
    assert rows[2][:2] == ["1", "Stock Purchase Agreement"]
    assert sum(1 for row in rows[1:] if row[0].isdecimal()) == 24


def test_an_excel_list_is_frozen_and_repeats_its_head_in_print() -> None:
    page: Any = openpyxl.load_workbook(BytesIO(excel_file(SHEET))).active
    head = next(row[0].row for row in page.iter_rows() if row[0].value == "No.")
    assert page.freeze_panes == f"A{head + 1}"
    assert page.print_title_rows == f"${head}:${head}"
    assert (page.page_setup.orientation, page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage) == (
        "landscape",
        0,
        True,
    )
    assert page.oddFooter.right.text == "Page &P of &N"
    assert [cell.value for cell in page[head + 2]][:2] == [1, "Stock Purchase Agreement"]
    assert f"A{head + 1}:G{head + 1}" in {str(each) for each in page.merged_cells.ranges}


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_is_a_formula(text: str) -> None:
    found = cells(excel_file(sheet(text)))
    assert {cell.data_type for cell in found} <= {"s", "n"}
    written = [cell for cell in found if isinstance(cell.value, str) and cell.value.strip() == text.strip()]
    assert len(written) == 6
    assert all(bool(cell.quotePrefix) == (text[0] in "=+-@\t\r") for cell in written)


def test_a_number_column_holds_numbers_and_nothing_else_becomes_one() -> None:
    odd = Sheet(
        title="t", deal="d", facts=(), notice="n", parties=(), columns=(Column("No.", 1, is_number=True),),
        parts=(SheetPart("p", (("7",), ("=7",), ("7a",), ("٧",))),), as_of=MONDAY,
    )  # fmt: skip
    values = [cell.value for cell in cells(excel_file(odd)) if cell.value is not None]
    assert values[-4:] == [7, "=7", "7a", "٧"]


@pytest.mark.parametrize(
    "name", ["The & Trust", "<b>Bold & Co.</b>", "Ünïcode ﬁrm 株式会社", "a\x00\x0b\x1fb", "line\nbreak"]
)
def test_names_survive_as_they_are(name: str) -> None:
    kept = name.replace("\x00", "").replace("\x0b", "").replace("\x1f", "")
    table = docx.Document(BytesIO(word_file(sheet(name)))).tables[0]
    assert table.rows[2].cells[1].text == kept
    assert kept in [cell.value for cell in cells(excel_file(sheet(name)))]
