"""Writing the frozen records of `terms` and `facts` as TOML, the same text for the same records.

What equals a field's default is left out. Lists of small records are written one to a line; a record that has lists
of its own gets a table to itself.
"""

import json
import types
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from closing.rules.toml_form import NONE

WIDTH = 100
CENT = Decimal("0.01")


def section(name: str, heading: str, value: Any, zone: tzinfo | None) -> Iterator[str]:
    """A record, or all the rows of one kind, under a heading; nothing where there are no rows."""
    if value == ():
        return
    yield from ("", "", f"# {heading}")
    yield from rows(name, value, zone) if isinstance(value, tuple) else table(name, value, zone)


def rows(name: str, records: tuple[Any, ...], zone: tzinfo | None) -> Iterator[str]:
    """Records as rows `[[name]]`."""
    for record in records:
        yield from table(name, record, zone, array=True)


def table(name: str, record: Any, zone: tzinfo | None, *, array: bool = False) -> Iterator[str]:
    """The lines of a record as a table `[name]` or, for `array`, a row `[[name]]`, and of the tables below it.

    Times are written in `zone` where one is given, else with the offset that they have.
    """
    yield ""
    yield f"[[{name}]]" if array else f"[{name}]"
    below: list[tuple[str, Any]] = []
    for each in fields(record):
        value = getattr(record, each.name)
        if is_default(each, value):
            continue
        if needs_table(value):
            below.append((each.name, value))
        else:
            yield from assignment(each.name, value, zone)
    for key, value in below:
        rows = value if isinstance(value, tuple) else (value,)
        for row in rows:
            yield from table(f"{name}.{key}", row, zone, array=isinstance(value, tuple))


def assignment(key: str, value: Any, zone: tzinfo | None) -> Iterator[str]:
    """`key = value`; a long list has a line for each of its items."""
    line = f"{key} = {literal(value, zone)}"
    small_tables = isinstance(value, tuple) and value and is_dataclass(value[0])
    if not isinstance(value, tuple) or (len(line) <= WIDTH and not small_tables):
        yield line
        return
    yield f"{key} = ["
    for item in value:
        yield f"  {literal(item, zone)},"
    yield "]"


def literal(value: Any, zone: tzinfo | None) -> str:
    """A value as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(literal(item, zone) for item in value)}]"
    if is_dataclass(value):
        stated = [each for each in fields(value) if not is_default(each, getattr(value, each.name))]
        pairs = (f"{each.name} = {literal(getattr(value, each.name), zone)}" for each in stated)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, date):
        return value.isoformat()
    return scalar(value)


def scalar(value: Any) -> str:
    """Text, a number or an amount as TOML writes it; None as `"none"`."""
    if value is None:
        return f'"{NONE}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f'"{amount(value)}"'
    if isinstance(value, Fraction):
        return f'"{value.numerator}/{value.denominator}"'
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def amount(value: Decimal) -> str:
    """An amount with at least two decimals and no more than it needs."""
    if value == value.quantize(CENT):
        return f"{value.quantize(CENT):f}"
    return f"{value.normalize():f}"


def moment(value: datetime, zone: tzinfo | None) -> str:
    """A time with its offset; an offset that TOML cannot write (with seconds) becomes UTC."""
    local = value.astimezone(zone) if zone else value
    offset = local.utcoffset()
    if offset is None or offset.seconds % 60:
        local = local.astimezone(UTC)
    return local.isoformat()


def is_default(field: Field[Any], value: Any) -> bool:
    """Whether a field may be left out: it has the value that leaving it out means.

    The kind of evidence has a default in code, and no file may leave it out.
    """
    return field.name != "kind" and field.default is not MISSING and bool(field.default == value)


def needs_table(value: Any) -> bool:
    """Whether a value is a record, or a list of records that have lists of records of their own."""
    if isinstance(value, tuple):
        cls: Any = type(value[0]) if value else None
        return cls is not None and has_lists(cls)
    return is_dataclass(value)


@cache
def has_lists(cls: Any) -> bool:
    """Whether a record type has a list of records among its fields."""
    return any(has_records(hint) for hint in get_type_hints(cls).values())


def has_records(hint: Any) -> bool:
    """Whether a type is a list of records."""
    if get_origin(hint) in (Union, types.UnionType):
        return any(has_records(each) for each in get_args(hint))
    return get_origin(hint) is tuple and is_dataclass(get_args(hint)[0])
