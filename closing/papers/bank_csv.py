"""A bank's statement as CSV: its columns are known by their headings, whatever their order.

Every cell is text: what looks like a formula is a name that begins with an equals sign.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

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

# What banks call their columns, in small letters, the surest first.
HEADINGS: dict[str, tuple[str, ...]] = {
    "date": ("booking date", "posting date", "posted date", "transaction date", "value date", "date", "posted"),
    "credit": ("credit", "credits", "credit amount", "deposit", "deposits", "paid in", "money in", "received"),
    "debit": ("debit", "debits", "debit amount", "withdrawal", "withdrawals", "paid out", "money out", "payments"),
    "amount": ("amount", "transaction amount", "net amount"),
    "sign": ("cr/dr", "dr/cr", "credit/debit", "debit/credit", "direction", "cdi", "sign"),
    "party": (
        "payer",
        "originator",
        "ordering customer",
        "counterparty",
        "remitter",
        "sender",
        "debtor",
        "paid by",
        "from",
        "payer name",
        "payee",
        "name",
    ),
    "reference": (
        "remittance information",
        "remittance",
        "payment details",
        "payment reference",
        "reference",
        "details",
        "description",
        "memo",
        "narrative",
        "purpose",
    ),
    "bank_reference": (
        "bank reference",
        "bank ref",
        "transaction reference",
        "transaction id",
        "fed reference",
        "imad",
        "confirmation number",
        "trace number",
        "reference number",
        "id",
    ),
    "currency": ("currency", "ccy", "cur"),
}
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
_MIXED = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")


def read_csv(content: bytes) -> Statement:
    """The lines of a statement. Raises StatementRefused with every row that is wrong, and what to do."""
    check_size(content)
    rows = list(_rows(_text(content)))
    at, columns = _headings(rows)
    day_of = _days([_cell(row, columns, "date") for _, row in rows[at + 1 :]])
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


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that have something in them, with their numbers in the file, from 1."""
    sample = "\n".join(text.splitlines()[:LOOKED_AT])
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
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


def _headings(rows: list[tuple[int, list[str]]]) -> tuple[int, dict[str, int]]:
    """Where the row of headings is, and the column of each. Raises StatementRefused where there is none."""
    for at, (_, row) in enumerate(rows[:LOOKED_AT]):
        found = _columns(row)
        if "date" in found and ("amount" in found or "credit" in found):
            return at, found
    raise StatementRefused(NO_HEADINGS)


def _columns(row: list[str]) -> dict[str, int]:
    said = [" ".join(re.sub(r"[^a-z/ ]", " ", cell.lower()).split()) for cell in row]
    found: dict[str, int] = {}
    for field, names in HEADINGS.items():
        at = next((said.index(name) for name in names if name in said and said.index(name) not in found.values()), None)
        if at is not None:
            found[field] = at
    return found


def _cell(row: list[str], columns: dict[str, int], field: str) -> str:
    at = columns.get(field)
    return row[at].strip() if at is not None and at < len(row) else ""


def _line(number: int, row: list[str], columns: dict[str, int], formats: tuple[str, ...]) -> StatementLine | None:
    """A line, or None for a row without an amount, such as a balance. Raises ValueError, in words, for a wrong one."""
    signed = _signed(row, columns)
    if signed is None:
        return None
    if not signed:
        return None
    currency = _cell(row, columns, "currency").upper()
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError(f"“{currency[:20]}” is no currency of three letters")
    return StatementLine(
        row=number,
        booked_on=_day(_cell(row, columns, "date"), formats),
        amount=abs(signed),
        currency=currency,
        is_credit=signed > 0,
        party=words(_cell(row, columns, "party")),
        reference=words(_cell(row, columns, "reference")),
        bank_reference=words(_cell(row, columns, "bank_reference")),
    )


def _signed(row: list[str], columns: dict[str, int]) -> Decimal | None:
    """What came, or went as an amount below nothing; None for no amount."""
    credit, debit = _cell(row, columns, "credit"), _cell(row, columns, "debit")
    if credit or debit:
        came = amount_of(credit) if credit else Decimal(0)
        went = abs(amount_of(debit)) if debit else Decimal(0)
        if came and went:
            raise ValueError("it has a credit and a debit; a line has one of them")
        return came if came else -went
    text = _cell(row, columns, "amount")
    if not text:
        return None
    amount = amount_of(text)
    sign = _cell(row, columns, "sign").lower().rstrip(".")
    if sign in ("dr", "d", "debit", "dbit", "-"):
        return -abs(amount)
    if sign in ("cr", "c", "credit", "crdt", "+", ""):
        return amount
    raise ValueError(f"“{sign[:20]}” says neither credit nor debit")


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
