"""A bank's statement as CSV: its columns are known by their headings, whatever their order (`bank_columns`).

Every cell is text: what looks like a formula is a name that begins with an equals sign.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from closing.papers.bank_columns import Columns, columns_of, side_of
from closing.papers.statements import (
    BROKEN,
    MOST_LINES,
    NO_LINES,
    TOO_LONG,
    Statement,
    StatementLine,
    StatementRefused,
    amount_of,
    check_size,
    told,
    words,
)

LOOKED_AT = 30
NO_HEADINGS = (
    "The columns are not known. The first row names them: a date, and either an amount or a credit and a debit; and "
    "where there are such, payer, reference, bank reference, currency."
)
_DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
)
_MONTH_FIRST, _DAY_FIRST = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"), ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y")
_DELIMITERS = ",;\t|"
_SIDE = re.compile(r"(?i)(?<=[0-9.)\s])(CR|DR)\.?$")
_MIXED = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")


def read_csv(content: bytes) -> Statement:
    """The lines of a statement. Raises StatementRefused with every row that is wrong, and what to do."""
    check_size(content)
    rows, at, columns = _table(_text(content))
    day_of = _days([columns.cell(row, "date") for _, row in rows[at + 1 :]])
    problems: list[str] = []
    lines: list[StatementLine] = []
    without: list[int] = []
    for number, row in rows[at + 1 :]:
        try:
            line = _line(number, row, columns, day_of)
        except ValueError as wrong:
            problems.append(f"Row {number}: {wrong}. Correct it in the file, and choose it again.")
            continue
        if line is None:
            without.append(number)
        else:
            lines.append(line)
    if problems:
        raise told(problems)
    if not lines:
        raise StatementRefused(NO_LINES)
    if len(lines) > MOST_LINES:
        raise StatementRefused(TOO_LONG)
    return Statement(kind="csv", account="", lines=tuple(lines), left_out=_without_amount(without))


def _text(content: bytes) -> str:
    """The words of the file. Raises StatementRefused where its letters are broken."""
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Half of it in UTF-8 is a file put together of two, or cut off in a letter.
        is_mixed = encoding == "cp1252" and _MIXED.search(content)
        if not is_mixed and not re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]", text):
            return text
        break
    raise StatementRefused(BROKEN)


def _table(text: str) -> tuple[list[tuple[int, list[str]]], int, Columns]:
    """The rows, where among them the headings are, and the columns. Raises StatementRefused where there are none."""
    for dialect in _dialects(text):
        rows = list(_rows(text, dialect))
        for at, (_, row) in enumerate(rows[:LOOKED_AT]):
            columns = columns_of(row, [each for _, each in rows[at + 1 :]])
            if columns.are_known:
                return rows, at, columns
    raise StatementRefused(NO_HEADINGS)


def _dialects(text: str) -> Iterator[type[csv.Dialect]]:
    """How the cells may be told apart: as it looks, else by each of the usual letters."""
    with suppress(csv.Error):
        yield csv.Sniffer().sniff("\n".join(text.splitlines()[:LOOKED_AT]), delimiters=_DELIMITERS)
    for each in _DELIMITERS:
        yield type("Usual", (csv.excel,), {"delimiter": each})


def _rows(text: str, dialect: type[csv.Dialect]) -> Iterator[tuple[int, list[str]]]:
    """The rows that have something in them, with their numbers in the file, from 1."""
    # What the sniffer does not always tell, and what every bank does: two quotes are one.
    reader = csv.reader(StringIO(text, newline=""), dialect, doublequote=True, skipinitialspace=True)
    try:
        for number, row in enumerate(reader, start=1):
            if number > 2 * MOST_LINES:
                raise StatementRefused(TOO_LONG)
            if any(cell.strip() for cell in row):
                yield number, row
    except csv.Error as broken:
        raise StatementRefused(
            f"The file cannot be read as a table ({broken}). Open it, save it again as CSV, and choose that copy."
        ) from broken


def _line(number: int, row: list[str], columns: Columns, formats: tuple[str, ...]) -> StatementLine | None:
    """A line, or None for a row without an amount, such as a balance. Raises ValueError, in words, for a wrong one."""
    signed = _signed(row, columns)
    if signed is None:
        return None
    if not signed:
        return None
    currency = columns.cell(row, "currency").upper() or columns.currency
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError(f"“{currency[:20]}” is no currency of three letters")
    return StatementLine(
        row=number,
        booked_on=_day(columns.cell(row, "date"), formats),
        amount=abs(signed),
        currency=currency,
        is_credit=signed > 0,
        party=words(columns.cell(row, "party")),
        reference=words(columns.words(row)),
        bank_reference=words(columns.cell(row, "bank_reference")),
    )


def _signed(row: list[str], columns: Columns) -> Decimal | None:
    """What came, or went as an amount below nothing; None for no amount."""
    credit, debit = columns.amount(row, "credit"), columns.amount(row, "debit")
    if credit or debit:
        came = amount_of(credit) if credit else Decimal(0)
        went = abs(amount_of(debit)) if debit else Decimal(0)
        if came and went:
            raise ValueError("it has a credit and a debit; a line has one of them")
        return came if came else -went
    text = columns.amount(row, "amount")
    if not text:
        return None
    said = columns.cell(row, "sign")
    if not said and (ends := _SIDE.search(text)):
        said, text = ends[1], text[: ends.start()]
    amount = amount_of(text)
    if not said:
        return amount
    is_credit = side_of(said)
    if is_credit is None:
        raise ValueError(f"“{said[:20]}” says neither credit nor debit")
    return amount if is_credit else -abs(amount)


def _days(cells: list[str]) -> tuple[str, ...]:
    """The forms in which this file's dates are read: its slashes are day first where one could be nothing else."""
    parts = [re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}", each) for each in cells]
    is_day_first = any(each and int(each[1]) > 12 for each in parts)
    return (*_DATES, *(_DAY_FIRST if is_day_first else _MONTH_FIRST))


def _day(text: str, formats: tuple[str, ...]) -> date:
    plain = re.sub(r"[T ]\d{1,2}:\d{2}.*$", "", text)
    for form in formats:
        try:
            day = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day, without a time
        except ValueError:
            continue
        if day.year >= 1900:
            return day
    raise ValueError(f"“{text[:40]}” is no date" if text else "it has no date")


def _without_amount(rows: list[int]) -> tuple[str, ...]:
    if not rows:
        return ()
    which = ", ".join(map(str, rows[:8])) + (f" and {len(rows) - 8} more" if len(rows) > 8 else "")
    return (f"Rows without an amount were left out: {which}.",)
