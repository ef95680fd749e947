"""Facts as rows: what the registry of `closing.queries.fact_kinds` says, in the writing direction."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from closing import models
from closing.models import Deal, FactRow
from closing.queries.fact_kinds import COMMON, LATCHES, Below, Column, Kind
from closing.rules import facts
from investors.models import User

Name = str | tuple[str, str]
# How a row of each foreign key is called in facts: its model, and the path to its name, or to the two that name it.
NAMED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "allotment": (models.Allotment, ("investor__name",)),
    "deliverable": (models.Deliverable, ("key",)),
    "block": (models.SignatureBlock, ("key",)),
    "condition": (models.Condition, ("section",)),
    "counsel": (models.Counsel, ("key",)),
    "waiver": (models.Waiver, ("key",)),
    "proposal": (models.Proposal, ("key",)),
    "bill": (models.Bill, ("number", "counsel__key")),
    "netted_from": (models.Allotment, ("investor__name",)),
}


class References:
    """The ids of a deal's rows by what facts call them; each table is read when first asked."""

    def __init__(self, deal: Deal) -> None:
        self._deal = deal
        self._ids: dict[str, dict[Name, int]] = {}

    def id_of(self, key: str, name: Name | None) -> int | None:
        """The id of the row of the foreign key `key` that is called `name`. KeyError for no such row."""
        if name is None:
            return None
        if name not in self._ids.get(key, {}):
            model, paths = NAMED[key]
            rows = model.objects.filter(deal=self._deal).values_list("id", *paths)
            self._ids[key] = {names[0] if len(paths) == 1 else tuple(names): pk for pk, *names in rows}
        return self._ids[key][name]


def insert(
    deal: Deal, kind: Kind, said: Sequence[facts.Fact], references: References, by: User | None
) -> list[FactRow]:
    """Write facts of one kind, in one statement. Raises IntegrityError where the database refuses."""
    rows = [kind.model(deal=deal, recorded_by=by, **dict(_values(kind, fact, references))) for fact in said]
    written: list[FactRow] = kind.model._default_manager.bulk_create(rows)
    if kind.below:
        _insert_below(kind.below, written, said, references)
    return written


def without_ends(fact: facts.Fact) -> Any:
    """The fact as it first came on file: neither withdrawn nor released, satisfied or agreed."""
    ends: dict[str, Any] = {name: None for name in LATCHES if hasattr(fact, name)}
    return replace(fact, withdrawn_at=None, withdrawn_reason="", **ends)


def _values(kind: Kind, fact: facts.Fact, references: References) -> list[tuple[str, Any]]:
    return [
        _value(column, _said(column, fact), references) for column in (*COMMON, *kind.columns) if not column.only_reads
    ]


def _said(column: Column, fact: facts.Fact) -> Any:
    """What the fact says in a column: where two fields name a row together, both."""
    value = getattr(fact, column.field)
    return (value, getattr(fact, column.beside)) if column.beside else value


def _value(column: Column, value: Any, references: References) -> tuple[str, Any]:
    if column.refers:
        return f"{column.refers}_id", references.id_of(column.refers, value or None)
    return column.path, list(value) if isinstance(value, tuple) else value


def _insert_below(below: Below, written: Sequence[FactRow], said: Sequence[facts.Fact], references: References) -> None:
    below.model._default_manager.bulk_create(
        below.model(
            **{below.parent: row, "position": position},
            **dict(_value(column, getattr(record, column.field), references) for column in below.columns),
        )
        for row, fact in zip(written, said, strict=True)
        for position, record in enumerate(getattr(fact, below.field))
    )
