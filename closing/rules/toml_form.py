"""Reading TOML into the frozen records of `terms` and `facts`, every problem told by table, row and field.

The record types are the form: a field without a default must be stated, an unknown field is refused, and a field of
money takes a quoted decimal (`"1000.00"`) or a whole number, never a TOML float, which is binary. A field that must
be stated and may be nothing (a fee cap) says `"none"`.
"""

import difflib
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from closing.rules.toml_scalars import FloatFound, Misread, read_scalar

NONE = "none"
LABELS = (
    "name", "key", "section", "investor", "stockholder", "block", "number", "waiver", "proposal",
    "jurisdiction", "ref", "representation", "document", "bill", "heading", "title", "matter",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file, where: `row` counts the rows of a table from 1, `label` is what the row is about.

    `table` is blank for the fields above the first table, `row` None for a table of which there is one.
    """

    text: str
    table: str = ""
    row: int | None = None
    label: str = ""
    field: str = ""
    file: str = ""

    def __str__(self) -> str:
        """One line: `cerplex.toml: [[investors]] row 4 (The & Trust), purchase_price: ...`."""
        place = ""
        if self.table:
            place = f"[[{self.table}]] row {self.row}" if self.row is not None else f"[{self.table}]"
        if self.label:
            place += f" ({self.label})"
        place = ", ".join(part for part in (place, self.field) if part)
        return ": ".join(part for part in (self.file, place, self.text) if part)

    def inside(self, name: str) -> "Problem":
        """The same place, one field further in."""
        return replace(self, field=", ".join(part for part in (self.field, name) if part))

    def saying(self, text: str) -> "Problem":
        """The same place with something said about it."""
        return replace(self, text=text)


class FileRefused(ValueError):
    """A file with problems, refused whole. `problems` has all of them; `str()` is a line for each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Unread:
    """Stands for a value that could not be read; its problem is on the list already."""


UNREAD = Unread()


@dataclass
class Reading:
    """One pass over a file: the problems met so far, and the tables that could not be read whole."""

    problems: list[Problem] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)

    def refuse(self, place: Problem, text: str) -> Unread:
        """Note a problem that keeps a value from being read."""
        self.problems.append(replace(place, text=text))
        self.spoilt.add(place.table or place.field)
        return UNREAD

    def value(self, hint: Any, raw: object, place: Problem) -> Any:
        """`raw` as a value of the type `hint`, or UNREAD."""
        origin = get_origin(hint)
        if origin is tuple:
            return self._list(get_args(hint)[0], raw, place)
        if origin in (Union, types.UnionType):
            return self._one_of(get_args(hint), raw, place)
        if origin is Literal or (isinstance(hint, type) and issubclass(hint, StrEnum)):
            return self._choice(hint, raw, place)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.record(hint, raw, place)
        try:
            return read_scalar(hint, raw)
        except Misread as misread:
            return self.refuse(place, str(misread))

    def record(self, cls: type, raw: object, place: Problem) -> Any:
        """A table as a record of the type `cls`, or UNREAD where one of its fields is."""
        if not isinstance(raw, Mapping):
            return self.refuse(place, f"should be a table with {', '.join(form_of(cls))}")
        form = form_of(cls)
        for name in raw:
            if name not in form:
                self.problems.append(replace(place.inside(name), text=no_such_field(name, form)))
        values = {}
        for name, (hint, required) in form.items():
            if name in raw:
                values[name] = self.value(hint, raw[name], place.inside(name))
            elif required:
                values[name] = self.refuse(place.inside(name), "is missing")
        if any(value is UNREAD for value in values.values()):
            return UNREAD
        return cls(**values)

    def rows(self, cls: type, raw: object, table: str) -> Any:
        """An array of tables at the top of a file, for example `[[investors]]`."""
        if not isinstance(raw, list):
            return self.refuse(Problem("", table=table), f"should be written [[{table}]], once a row")
        places = [Problem("", table, n, label_of(row)) for n, row in enumerate(raw, start=1)]
        read = [self.record(cls, row, place) for row, place in zip(raw, places, strict=True)]
        return UNREAD if UNREAD in read else tuple(read)

    def _list(self, hint: Any, raw: object, place: Problem) -> Any:
        if not isinstance(raw, list):
            return self.refuse(place, "should be a list, in square brackets")
        read = []
        for number, each in enumerate(raw, start=1):
            label = label_of(each)
            name = f"row {number} ({label})" if label else f"row {number}"
            read.append(self.value(hint, each, replace(place, field=f"{place.field} {name}".strip())))
        return UNREAD if UNREAD in read else tuple(read)

    def _one_of(self, hints: tuple[Any, ...], raw: object, place: Problem) -> Any:
        some = [hint for hint in hints if hint is not types.NoneType]
        if len(some) < len(hints) and raw == NONE and str not in some:
            return None
        if len(some) == 1:
            return self.value(some[0], raw, place)
        return self._of_kind({kind_of(hint): hint for hint in some}, raw, place)

    def _of_kind(self, kinds: Mapping[str, type], raw: object, place: Problem) -> Any:
        known = ", ".join(f'"{kind}"' for kind in kinds)
        if not isinstance(raw, Mapping):
            return self.refuse(place, f"should be a table with a kind, one of {known}")
        kind = raw.get("kind")
        if not isinstance(kind, str) or kind not in kinds:
            said = f'"{kind}" is no kind of evidence' if kind is not None else "is missing"
            return self.refuse(place.inside("kind"), f"{said}; the kinds are {known}")
        return self.record(kinds[kind], raw, place)

    def _choice(self, hint: Any, raw: object, place: Problem) -> Any:
        words = get_origin(hint) is Literal
        values = [str(each) for each in (get_args(hint) if words else hint)]
        if isinstance(raw, str) and raw in values:
            return raw if words else hint(raw)
        known = ", ".join(f'"{value}"' for value in values)
        said = f'"{raw}"' if isinstance(raw, str) else str(raw)
        return self.refuse(place, f"{said} is not one of {known}")


def parse(text: str, form: str, refused: type[FileRefused], file: str) -> dict[str, Any]:
    """The tables of a file whose first field is `format = "<form>"`. Raises `refused` where it is no such file."""
    try:
        tables = tomllib.loads(text.removeprefix("\ufeff"), parse_float=FloatFound)
    except (ValueError, RecursionError) as error:
        told = "tables nested too deep" if isinstance(error, RecursionError) else str(error)
        raise refused((Problem(f"cannot be read as TOML: {told}", file=file),)) from error
    said = tables.pop("format", None)
    if said != form:
        told = f'should be "{form}"' + (f', not "{said}"' if said is not None else "; it is missing")
        raise refused((Problem(told, field="format", file=file),))
    return tables


def finish(problems: list[Problem], refused: type[FileRefused], file: str) -> None:
    """Raises `refused` with every problem, each naming `file`, where there is one."""
    if problems:
        raise refused(tuple(replace(problem, file=file) for problem in problems))


@cache
def form_of(cls: type) -> Mapping[str, tuple[Any, bool]]:
    """The fields of a record type: name to its type and whether the file must state it."""
    hints = get_type_hints(cls)
    return {
        each.name: (hints[each.name], each.default is MISSING and each.default_factory is MISSING)
        for each in fields(cls)
    }


def kind_of(cls: Any) -> str:
    """What the `kind` of a record type is."""
    return str(get_args(get_type_hints(cls)["kind"])[0])


def label_of(row: object) -> str:
    """What a row is about, in its own words: the first of its naming fields."""
    if isinstance(row, Mapping) or is_dataclass(row):
        for name in LABELS:
            said = row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
            if isinstance(said, str) and said.strip():
                return said if len(said) <= 60 else said[:57] + "..."
    return ""


def no_such_field(name: str, form: Mapping[str, object]) -> str:
    """What to say of an unknown field: the nearest known one, else all of them."""
    near = difflib.get_close_matches(name, form, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the fields here are {', '.join(form)}"
    return f"is not a field of this table; {hint}"
