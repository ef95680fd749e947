"""Single values of a deal or facts file: text, whole numbers, money, dates, times and fractions."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
FRACTION = re.compile(r"(\d{1,9})\s*/\s*([1-9]\d{0,8})")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
MOST = 10**15


class Misread(ValueError):
    """A value that is not what its field takes; the message tells what to write."""


class FloatFound:
    """A TOML float, kept as it was written, so that the refusal can quote it."""

    def __init__(self, text: str) -> None:
        self.text = text


def read_scalar(hint: Any, raw: object) -> Any:
    """`raw`, as TOML gives it, as a value of the type `hint`. Raises Misread."""
    return READERS[hint](raw)


def read_bool(raw: object) -> bool:
    """`true` or `false`. Raises Misread."""
    if isinstance(raw, bool):
        return raw
    raise Misread(f"{shown(raw)} should be true or false, without quotes")


def read_text(raw: object) -> str:
    """Text without control characters, not only of spaces, none at its ends. Raises Misread."""
    if not isinstance(raw, str):
        raise Misread(f"{shown(raw)} should be text, in quotes")
    if CONTROL.search(raw):
        raise Misread("has a character that does not print; write it again without it")
    if raw != raw.strip():
        raise Misread(f"{shown(raw)} begins or ends with a space; take it away")
    return raw


def read_whole(raw: object) -> int:
    """A whole number, not negative. Raises Misread."""
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise Misread(f"{shown(raw)} should be a whole number, without quotes")
    if raw < 0:
        raise Misread(f"{raw} is negative")
    if raw > MOST:
        raise Misread(f"{raw} is too large")
    return raw


def read_money(raw: object) -> Decimal:
    """An amount, quoted or whole, not negative. Raises Misread, also for a float."""
    if isinstance(raw, FloatFound):
        raise Misread(f'{raw.text} is a binary float; write it in quotes: "{raw.text}"')
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise Misread(f'{shown(raw)} should be an amount in quotes, for example "1000.00"')
    text = str(raw)
    if not DECIMAL.fullmatch(text):
        plain = re.sub(r"[,_ $]", "", text)
        hint = plain if DECIMAL.fullmatch(plain) else "1000.00"
        raise Misread(f'{shown(raw)} is not an amount; write it as "{hint}"')
    amount = Decimal(text)
    if amount < 0:
        raise Misread(f"{text} is negative")
    return amount


def read_day(raw: object) -> date:
    """A date without quotes and without a time. Raises Misread."""
    if isinstance(raw, datetime) or not isinstance(raw, date):
        raise Misread(f"{shown(raw)} should be a date without quotes, for example 1996-06-10")
    return raw


def read_moment(raw: object) -> datetime:
    """A date and time with its offset. Raises Misread."""
    wanted = "write date, time and offset without quotes, for example 1996-06-10T11:00:00-07:00"
    if isinstance(raw, datetime):
        if raw.tzinfo is None:
            raise Misread(f"{raw.isoformat()} is a date without a zone; {wanted}")
        return raw
    if isinstance(raw, date):
        raise Misread(f"{raw.isoformat()} is a date without a time and a zone; {wanted}")
    raise Misread(f"{shown(raw)} is not a moment; {wanted}")


def read_fraction(raw: object) -> Fraction:
    """A fraction in quotes: `"1/2"`. Raises Misread."""
    found = FRACTION.fullmatch(raw) if isinstance(raw, str) else None
    if not found:
        raise Misread(f'{shown(raw)} should be a fraction in quotes, for example "1/2"')
    return Fraction(int(found[1]), int(found[2]))


def shown(raw: object) -> str:
    """A value as the file has it, shortened, for a message."""
    if isinstance(raw, FloatFound):
        return raw.text
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, str):
        return f'"{raw}"' if len(raw) <= 60 else f'"{raw[:57]}..."'
    if isinstance(raw, dict):
        return "a table"
    return "a list" if isinstance(raw, list) else str(raw)


READERS: dict[Any, Callable[[object], object]] = {
    str: read_text,
    bool: read_bool,
    int: read_whole,
    Decimal: read_money,
    date: read_day,
    datetime: read_moment,
    Fraction: read_fraction,
}
