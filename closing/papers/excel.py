"""A list as an Excel workbook: one sheet, its head frozen and repeated in print, every cell of words plain text."""

from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from closing.papers.sheet import Sheet, shares_of, writable

WIDTH = 130
FACE = "Times New Roman"
HEAD = PatternFill("solid", fgColor="D9D9D9")
PART = PatternFill("solid", fgColor="F2F2F2")
THIN = Side(style="thin", color="808080")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
TOP = Alignment(wrap_text=True, vertical="top", horizontal="left")
LINE = 12.5
CHARACTERS = 1.35  # of this face at 9 points that fit into one unit of width


def excel_file(sheet: Sheet) -> bytes:
    """The list as an .xlsx file. Nothing in it is a formula, whatever its first character."""
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = "Checklist"
    top = _write_head(page, sheet)
    _write_rows(page, sheet, top)
    _set_print(page, sheet, top)
    properties = book.properties
    properties.creator = ""
    properties.title = writable(f"{sheet.deal}: {sheet.title}")
    properties.created = properties.modified = sheet.as_of.replace(tzinfo=None)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def write_text(cell: Any, text: str) -> None:
    """Words as words: also those that begin with what Excel takes for a formula, now and when the cell is edited."""
    cell.value = writable(text)
    if cell.value is not None:
        cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@", "\t", "\r")


def _write_head(page: Worksheet, sheet: Sheet) -> int:
    """The title block; the row of the table's head."""
    lines = [(sheet.deal, 14, True), (sheet.title, 12, True), *((fact, 10, False) for fact in sheet.facts)]
    lines.append((sheet.notice, 10, False))
    for row, (text, size, bold) in enumerate(lines, start=1):
        cell = page.cell(row, 1)
        write_text(cell, text)
        cell.font = Font(name=FACE, size=size, bold=bold, italic=row == len(lines))
    top = len(lines) + 2
    for column, each in enumerate(sheet.columns, start=1):
        cell = page.cell(top, column)
        write_text(cell, each.heading)
        cell.font = Font(name=FACE, size=9, bold=True)
        cell.fill, cell.border, cell.alignment = HEAD, BOX, TOP
    return top


def _write_rows(page: Worksheet, sheet: Sheet, top: int) -> None:
    widths = shares_of(sheet.columns, WIDTH)
    row = top
    for part in sheet.parts:
        row += 1
        write_text(page.cell(row, 1), part.heading)
        for column in range(1, len(sheet.columns) + 1):
            cell = page.cell(row, column)
            cell.fill, cell.border = PART, BOX
            cell.font = Font(name=FACE, size=9, bold=True)
        page.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(sheet.columns))
        for texts in part.rows:
            row += 1
            for column, text in enumerate(texts, start=1):
                _write_cell(page.cell(row, column), text, is_number=sheet.columns[column - 1].is_number)
            page.row_dimensions[row].height = LINE * max(map(_lines, texts, widths)) + 3
    row += 1
    for name, meant in sheet.parties:
        row += 1
        cell = page.cell(row, 1)
        write_text(cell, f"{name}: {meant}")
        cell.font, cell.alignment = Font(name=FACE, size=9), TOP
        page.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(sheet.columns))
        page.row_dimensions[row].height = LINE * _lines(f"{name}: {meant}", WIDTH) + 3


def _write_cell(cell: Any, text: str, *, is_number: bool) -> None:
    if is_number and text.isascii() and text.isdecimal():
        cell.value = int(text)
    else:
        write_text(cell, text)
    cell.font = Font(name=FACE, size=9)
    cell.border, cell.alignment = BOX, TOP


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column of that width: Excel fits no row by itself where nobody opens it."""
    fit = max(1, int(width * CHARACTERS))
    return sum(max(1, -(-len(line) // fit)) for line in text.split("\n"))


def _set_print(page: Worksheet, sheet: Sheet, top: int) -> None:
    for column, width in enumerate(shares_of(sheet.columns, WIDTH), start=1):
        page.column_dimensions[get_column_letter(column)].width = width
    page.freeze_panes = page.cell(top + 1, 1).coordinate
    page.print_area = f"A1:{get_column_letter(len(sheet.columns))}{page.max_row}"
    page.print_title_rows = f"{top}:{top}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 1  # US Letter
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    footer: Any = page.oddFooter
    footer.left.text = writable(f"{sheet.deal}: {sheet.title}").replace("&", "&&")
    footer.right.text = "Page &P of &N"
