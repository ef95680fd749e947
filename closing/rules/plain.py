"""Frozen records as plain JSON and back, by their types: how a deal's long tail is stored.

Money and fractions become text, dates and times ISO 8601, lists JSON arrays. Reading gives a value
equal to what was written.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_TEXT: dict[type, Any] = {
    Decimal: Decimal,
    Fraction: Fraction,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def to_plain(value: Any) -> Any:
    """`value` as JSON has it: records become objects, tuples arrays."""
    if is_dataclass(value):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return [to_plain(each) for each in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | Fraction | StrEnum):
        return str(value)
    return value


def from_plain(hint: Any, plain: Any) -> Any:
    """The value of the type `hint` that `plain` was written from. Raises KeyError or ValueError for others."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(hint), plain)
    if origin is tuple:
        item = get_args(hint)[0]
        return tuple(from_plain(item, each) for each in plain)
    if origin is Literal:
        return plain
    if isinstance(hint, type) and is_dataclass(hint):
        return hint(**{name: from_plain(kind, plain[name]) for name, kind in _hints(hint).items() if name in plain})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(plain)
    return _TEXT[hint](plain) if hint in _TEXT else plain


def _one_of(hints: tuple[Any, ...], plain: Any) -> Any:
    """An optional value, or one of several records told apart by their `kind`."""
    some = [hint for hint in hints if hint is not types.NoneType]
    if plain is None:
        return None
    if len(some) == 1:
        return from_plain(some[0], plain)
    kinds = {get_args(_hints(hint)["kind"])[0]: hint for hint in some}
    return from_plain(kinds[plain["kind"]], plain)


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    hints = get_type_hints(cls)
    return {each.name: hints[each.name] for each in fields(cls)}
