"""A list as it goes out on paper: what stands above it, its columns, its rows in parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# What XML cannot hold, and so neither Word nor Excel; line ends and tabs become spaces where a cell is one line.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `width` is its share of the page's width, in whole parts."""

    heading: str
    width: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class SheetPart:
    """The rows under one heading; each row has a text for every column."""

    heading: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A list to send out. `facts` are the lines of its title block, `parties` say who is meant by which name.

    `as_of` is aware.
    """

    title: str
    deal: str
    facts: tuple[str, ...]
    notice: str
    parties: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    parts: tuple[SheetPart, ...]
    as_of: datetime


def writable(text: str) -> str:
    """The text without what no Word or Excel file can hold."""
    return _UNWRITABLE.sub("", text)


def shares_of(columns: Sequence[Column], whole: int) -> list[int]:
    """The columns' widths, as parts of `whole`."""
    total = sum(each.width for each in columns)
    return [whole * each.width // total for each in columns]
