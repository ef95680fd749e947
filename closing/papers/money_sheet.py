"""Tables of money as an Excel workbook: amounts are numbers, totals are formulas, and every word is plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from closing.papers.excel import BOX, FACE, HEAD, TOP, write_text
from closing.papers.sheet import writable

Cell = str | int | Decimal | None
COUNT = "#,##0"
TOTAL = Border(top=Side(style="thin", color="000000"), bottom=Side(style="double", color="000000"))
RIGHT = Alignment(vertical="top", horizontal="right")
BOLD = Font(name=FACE, size=10, bold=True)
PLAIN = Font(name=FACE, size=10)
FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys(r"[]:*?/\ ", " "))


@dataclass(frozen=True, slots=True)
class MoneyColumn:
    """A column; `width` in characters."""

    heading: str
    width: int
    kind: Literal["text", "money", "count"] = "text"


@dataclass(frozen=True, slots=True)
class MoneyTable:
    """A table under its heading, each row with a cell for every column; with `total` in words, a row of sums."""

    heading: str
    columns: tuple[MoneyColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: str = ""


@dataclass(frozen=True, slots=True)
class MoneyPage:
    """A sheet of the workbook. `difference` names a last row: the total of the first table less that of the second."""

    name: str
    tables: tuple[MoneyTable, ...]
    difference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBook:
    """A workbook. `sign` stands before every amount; `lines` under the title; `as_of` is aware."""

    title: str
    deal: str
    lines: tuple[str, ...]
    pages: tuple[MoneyPage, ...]
    sign: str
    as_of: datetime


def money_file(book: MoneyBook) -> bytes:
    """The workbook as an .xlsx file. The sums are its only formulas."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for page in book.pages:
        _write_page(workbook.create_sheet(page.name.translate(FORBIDDEN_IN_NAMES)[:31]), page, book)
    properties = workbook.properties
    properties.creator = ""
    properties.title = writable(f"{book.deal}: {book.title}")
    properties.created = properties.modified = book.as_of.replace(tzinfo=None)
    workbook.calculation.fullCalcOnLoad = True
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def _write_page(sheet: Worksheet, page: MoneyPage, book: MoneyBook) -> None:
    row = 0
    for text, size, bold in (
        (book.deal, 14, True),
        (book.title, 12, True),
        *((line, 10, False) for line in book.lines),
    ):
        row += 1
        cell = sheet.cell(row, 1)
        write_text(cell, text)
        cell.font = Font(name=FACE, size=size, bold=bold)
    totals: list[str] = []
    money_format = f'"{book.sign}"#,##0.00;[Red]-"{book.sign}"#,##0.00'
    for table in page.tables:
        row, total = _write_table(sheet, table, row + 2, money_format)
        if total:
            totals.append(total)
    if page.difference:
        row += 2
        write_text(sheet.cell(row, 1), page.difference)
        column = len(page.tables[-1].columns)
        cell = sheet.cell(row, column, f"={totals[0]}-{totals[1]}")
        cell.number_format = money_format
        for each in (sheet.cell(row, 1), cell):
            each.font = BOLD
    _set_print(sheet, page, book)


def _write_table(sheet: Worksheet, table: MoneyTable, row: int, money_format: str) -> tuple[int, str]:
    """Its last row, and the address of the total in its last column, blank where it has none."""
    heading = sheet.cell(row, 1)
    write_text(heading, table.heading)
    heading.font = Font(name=FACE, size=11, bold=True)
    row += 1
    for at, column in enumerate(table.columns, start=1):
        cell = sheet.cell(row, at)
        write_text(cell, column.heading)
        cell.font, cell.fill, cell.border, cell.alignment = BOLD, HEAD, BOX, TOP
    first = row + 1
    for values in table.rows:
        row += 1
        for at, (value, column) in enumerate(zip(values, table.columns, strict=True), start=1):
            _write_value(sheet.cell(row, at), value, column, money_format)
    if not table.total:
        return row, ""
    return _write_total(sheet, table, first, row + 1, money_format)


def _write_total(sheet: Worksheet, table: MoneyTable, first: int, row: int, money_format: str) -> tuple[int, str]:
    write_text(sheet.cell(row, 1), table.total)
    for at, column in enumerate(table.columns, start=1):
        cell = sheet.cell(row, at)
        cell.font, cell.border = BOLD, TOTAL
        if column.kind != "text":
            letter = get_column_letter(at)
            cell.value = f"=SUM({letter}{first}:{letter}{row - 1})" if row > first else 0
            cell.number_format = money_format if column.kind == "money" else COUNT
            cell.alignment = RIGHT
    return row, f"{get_column_letter(len(table.columns))}{row}"


def _write_value(cell: Any, value: Cell, column: MoneyColumn, money_format: str) -> None:
    cell.font, cell.border, cell.alignment = PLAIN, BOX, TOP
    if isinstance(value, str):
        write_text(cell, value)
    elif value is not None:
        cell.value = value
        cell.number_format = money_format if column.kind == "money" else COUNT
        cell.alignment = RIGHT


def _set_print(sheet: Worksheet, page: MoneyPage, book: MoneyBook) -> None:
    for at, width in enumerate(_widths(page.tables), start=1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 1  # US Letter
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    footer: Any = sheet.oddFooter
    footer.left.text = writable(f"{book.deal}: {book.title}").replace("&", "&&")
    footer.right.text = "Page &P of &N"


def _widths(tables: Sequence[MoneyTable]) -> list[int]:
    """For each column of the sheet the widest that a table asks for."""
    most = max((len(table.columns) for table in tables), default=0)
    return [max(table.columns[at].width for table in tables if at < len(table.columns)) for at in range(most)]
