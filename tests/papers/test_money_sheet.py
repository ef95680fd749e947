"""Tables of money as Excel, read back: numbers are numbers, sums are formulas, and nothing else is one."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from closing.papers.money_sheet import MoneyBook, MoneyColumn, MoneyPage, MoneyTable, money_file
from tests.papers.samples import MONDAY
from tests.papers.test_lists import DANGEROUS

COLUMNS = (MoneyColumn("From", 30), MoneyColumn("Shares", 10, "count"), MoneyColumn("Amount", 18, "money"))


def table(*rows: tuple[str, int, Decimal], heading: str = "Sources") -> MoneyTable:
    return MoneyTable(heading, COLUMNS, rows, "In all")


def read(*tables: MoneyTable, difference: str = "", title: str = "Funds flow", sign: str = "$") -> Any:
    pages = (MoneyPage(title, tables, difference),)
    book = MoneyBook(title=title, deal="The Company", lines=("One line",), pages=pages, sign=sign, as_of=MONDAY)
    return openpyxl.load_workbook(BytesIO(money_file(book))).worksheets[0]


def test_amounts_are_numbers_in_the_deals_currency_and_totals_sum_them() -> None:
    sheet = read(table(("Alpha", 3, Decimal("1234.56")), ("Beta", 4, Decimal("0.01"))), sign="CHF ")
    assert [[cell.value for cell in row] for row in sheet["A5:C9"]] == [
        ["Sources", None, None],
        ["From", "Shares", "Amount"],
        ["Alpha", 3, 1234.56],
        ["Beta", 4, 0.01],
        ["In all", "=SUM(B7:B8)", "=SUM(C7:C8)"],
    ]
    assert sheet["C7"].number_format == '"CHF "#,##0.00;[Red]-"CHF "#,##0.00'
    assert sheet["B7"].number_format == "#,##0"


def test_the_difference_is_that_of_the_two_totals() -> None:
    sheet = read(table(("Alpha", 3, Decimal(5))), table(("Beta", 3, Decimal(5)), heading="Uses"), difference="Less")
    assert (sheet["A15"].value, sheet["C15"].value) == ("Less", "=C8-C13")


def test_a_table_of_nothing_sums_to_nothing() -> None:
    assert read(table())["C7"].value == 0


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_ever_a_formula(text: str) -> None:
    sheet = read(table((text, 1, Decimal(1)), heading=text), title=text)
    cells = [cell for row in sheet.iter_rows() for cell in row]
    formulas = [cell.value for cell in cells if cell.data_type == "f"]
    assert all(str(each).startswith("=SUM(") for each in formulas)
    assert len(formulas) == 2
    quoted = [cell for cell in cells if cell.value == text]
    assert len(quoted) >= 2
    assert all(cell.data_type == "s" for cell in quoted)
