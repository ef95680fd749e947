"""Tables out of Word, Excel, CSV or pasted text, cell by cell as text: what a firm's own list says, and no more.

A Word or Excel file must have passed `closing.pdf.uploads.check_upload` before it is read here.
"""

import csv
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

import docx
import openpyxl
from docx.oxml.ns import qn
from docx.oxml.table import CT_Tbl

Rows = list[list[str]]

MOST_ROWS = 800
MOST_COLUMNS = 40
MOST_LETTERS = 4000
MOST_UNPACKED = 40 * 1024 * 1024

TOO_LONG = f"The list has more than {MOST_ROWS:,} rows. Split it, or leave out what is not part of the checklist."
TOO_BIG = "The file unpacks to more than a checklist needs. Copy the table into a new file, and choose that."
NO_TABLE = "There is no table in the file. Put the checklist in a table, or paste its rows as text."
UNREADABLE = "The file cannot be read as a table. Open it, save it again as .docx, .xlsx or .csv, and choose that copy."
_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


class TableRefused(ValueError):
    """There is no table to be had. The message says why, and what to do instead."""


def word_tables(content: bytes) -> Rows:
    """The rows of all tables of a Word document, one after the other; a heading between two of them is a row."""
    _check_package(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            body = docx.Document(BytesIO(content)).element.body
            rows = list(_limited(_word_rows(body)))
        except TableRefused:
            raise
        except Exception as broken:  # whatever a damaged package makes the reader say
            raise TableRefused(UNREADABLE) from broken
    return _checked(rows)


def excel_tables(content: bytes) -> Rows:
    """The rows of the sheets of a workbook, one sheet after the other; a formula gives what it last came to."""
    _check_package(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
            try:
                rows = list(_limited(_excel_rows(book)))
            finally:
                book.close()
        except TableRefused:
            raise
        except Exception as broken:
            raise TableRefused(UNREADABLE) from broken
    return _checked(rows)


def text_table(text: str) -> Rows:
    """The rows of text: columns between tabs, pipes, semicolons or commas, whichever it has; else one item a line."""
    text = text.removeprefix("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()]
    if any("\t" in line for line in lines):
        return _checked(list(_limited(_separated(text, "\t"))))
    if lines and sum("|" in line for line in lines) * 2 > len(lines):
        return _checked(list(_limited(_piped(lines))))
    separator = _separator(lines)
    if separator:
        return _checked(list(_limited(_separated(text, separator))))
    return _checked(list(_limited([line] for line in lines)))


def decoded(content: bytes) -> str:
    """The words of a text or CSV file, in whichever of the usual encodings it is. Raises TableRefused for no text."""
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1f]", text):
            return text
    raise TableRefused("The file is not what its name says: text. Save it again as CSV, and choose that copy.")


def _check_package(content: bytes) -> None:
    """Nothing unpacks to very much, and no part declares entities, which can unpack to more than any memory."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            parts = packed.infolist()
            if sum(each.file_size for each in parts) > MOST_UNPACKED:
                raise TableRefused(TOO_BIG)
            for each in parts:
                if each.filename.lower().endswith((".xml", ".rels")) and _declares(packed.read(each)):
                    raise TableRefused(UNREADABLE)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as broken:
        if isinstance(broken, TableRefused):
            raise
        raise TableRefused(UNREADABLE) from broken


def _declares(part: bytes) -> bool:
    plain = part.replace(b"\x00", b"") if part[:4].count(0) or part.startswith((b"\xff\xfe", b"\xfe\xff")) else part
    return bool(_DECLARATION.search(plain))


def _limited(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """Rows with something in them, no more than the limit, no cell longer than it may be."""
    count = 0
    for row in rows:
        cells = [each[:MOST_LETTERS] for each in row[:MOST_COLUMNS]]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > MOST_ROWS:
            raise TableRefused(TOO_LONG)
        yield cells


def _checked(rows: Rows) -> Rows:
    if not rows:
        raise TableRefused(NO_TABLE)
    return rows


def _word_rows(body: Any) -> Iterator[list[str]]:
    heading = ""
    for element in body.iterchildren():
        if isinstance(element, CT_Tbl):
            if heading:
                yield [heading]
            heading = ""
            for row in element.tr_lst:
                yield _word_cells(row)
        elif element.tag == qn("w:p"):
            said = _words(element).strip()
            if said:
                heading = said if _is_heading(element) else ""


def _word_cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row.tc_lst:
        spans = min(cell.grid_span, MOST_COLUMNS)
        cells += [_words(cell).strip(), *[""] * (spans - 1)]
    return cells


def _words(element: Any) -> str:
    """The text of a cell or paragraph as it reads with all changes accepted: insertions in, deletions out."""
    said: list[str] = []
    for each in element.iter():
        if each.tag == qn("w:t"):
            said.append(each.text or "")
        elif each.tag == qn("w:tab"):
            said.append("\t")
        elif each.tag in (qn("w:br"), qn("w:cr")) or (each.tag == qn("w:p") and said):
            said.append("\n")
    return "".join(said)


def _is_heading(paragraph: Any) -> bool:
    style = paragraph.style or ""
    return style.lower().replace(" ", "").startswith("heading")


def _excel_rows(book: Any) -> Iterator[list[str]]:
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        # The sheet's own word on its size may be wrong; without it rows come as they are.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(max_row=MOST_ROWS * 3, max_col=MOST_COLUMNS, values_only=True):
            yield [_cell(value) for value in row]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f"{value:%B} {value.day}, {value.year}"
    return str(value)


def _separator(lines: list[str]) -> str:
    """The comma or semicolon that cuts nearly all lines in as many cells; blank where neither does."""
    if len(lines) < 2:
        return ""
    for each in (";", ","):
        try:
            counts = [len(row) for row in csv.reader(StringIO("\n".join(lines)), delimiter=each)]
        except csv.Error:
            continue
        if counts and counts[0] > 1 and counts.count(counts[0]) * 10 >= len(counts) * 8:
            return each
    return ""


def _separated(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(1 << 24)
    try:
        yield from csv.reader(StringIO(text, newline=""), delimiter=separator)
    except csv.Error as broken:
        raise TableRefused(UNREADABLE) from broken


def _piped(lines: list[str]) -> Iterator[list[str]]:
    for line in lines:
        bare = line.strip().removeprefix("|").removesuffix("|")
        cells = [each.strip() for each in bare.split("|")]
        if not all(re.fullmatch(r":?-{2,}:?|", each) for each in cells):
            yield cells
