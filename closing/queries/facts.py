"""The facts on file of a deal, read into the frozen records that the rules take.

The number of queries is the same for one investor and a thousand: one for each kind of fact, one more for a kind with
rows below it (the lines of bills), one or two for the closings, and two for the voting stock.
"""

from collections import defaultdict
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from closing import models
from closing.models import Closing, Condition, Deal, Reimbursement
from closing.queries.fact_kinds import COMMON, KIND_OF_ROW, KINDS, Below, Kind
from closing.queries.money import money
from closing.rules import facts
from investors.queries import cap_table

FactRows = list[tuple[int, facts.Fact]]


def facts_of(deal: Deal) -> facts.Facts:
    """All facts on file of the deal, in the order in which they were written."""
    tables: dict[str, Any] = {kind.table: tuple(map(itemgetter(1), rows_of(kind, deal))) for kind in KINDS}
    return facts.Facts(deal=deal.code, voting_stock=voting_stock_of(deal), closings=closings_of(deal), **tables)


def rows_of(kind: Kind, deal: Deal, **only: Any) -> FactRows:
    """The facts of one kind with the ids of their rows, `only` some of them. One query; two with rows below them."""
    columns = (*COMMON, *kind.columns)
    names = [column.field for column in columns]
    readers = [(place, column.read) for place, column in enumerate(columns) if column.read]
    below = _below(kind.below, deal) if kind.below else {}
    found: FactRows = []
    for pk, *values in _query(kind, deal.pk, **only) if only else _all_rows(kind, deal.pk):
        for place, read in readers:
            values[place] = read(values[place])
        said = dict(zip(names, values, strict=True))
        if kind.below:
            said[kind.below.field] = tuple(below.get(pk, ()))
        found.append((pk, kind.fact(**said)))
    return found


def _query(kind: Kind, deal: int, **only: Any) -> QuerySet[Any, Any]:
    paths = (column.path for column in (*COMMON, *kind.columns))
    return kind.model._default_manager.filter(deal=deal, **only).order_by("id").values_list("id", *paths)


def _all_rows(kind: Kind, deal: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(kind.table), [deal])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@cache
def _statement(table: str) -> str:
    """The query of one kind as SQL: to put it together takes longer than to run it, so it is done once."""
    kind = next(kind for kind in KINDS if kind.table == table)
    statement, _ = _query(kind, 0).query.sql_with_params()
    return statement


def fact_of(row: models.FactRow) -> facts.Fact:
    """The fact that one row keeps."""
    return rows_of(KIND_OF_ROW[type(row)], row.deal, pk=row.pk)[0][1]


def voting_stock_of(deal: Deal) -> facts.VotingStock | None:
    """The issuer's voting stock on the record date of the deal's tally; None without either."""
    on = record_date_of(deal)
    if on is None:
        return None
    holders = cap_table.voting_stock(deal.issuer, on)
    if not holders:
        return None
    return facts.VotingStock(
        record_date=on, holders=tuple(facts.Holder(name=name, shares=votes) for name, votes in holders)
    )


def record_date_of(deal: Deal) -> date | None:
    """The record date of the deal's tally of voting stock, if it has one (2(a)(ix))."""
    said = Condition.objects.filter(deal=deal, kind="tally").order_by("position")
    day = said.values_list("evidence__record_date", flat=True).first()
    return date.fromisoformat(day) if day else None


def _below(below: Below, deal: Deal) -> dict[int, list[Any]]:
    """The records below the facts of a kind, by the id of the fact's row."""
    found: dict[int, list[Any]] = defaultdict(list)
    rows = below.model._default_manager.filter(**{f"{below.parent}__deal": deal}).order_by(below.parent, "position")
    paths = (column.path for column in below.columns)
    for parent, *values in rows.values_list(below.parent, *paths):
        said = {
            column.field: column.read(value) if column.read else value
            for column, value in zip(below.columns, values, strict=True)
        }
        found[parent].append(below.record(**said))
    return found


def closings_of(deal: Deal) -> tuple[facts.Closed, ...]:
    """The closings of the deal, in their order. One query before the first, and two afterwards."""
    rows = Closing.objects.filter(deal=deal).order_by("number", "allotments__allotment__position")
    closed: dict[tuple[int, datetime], list[str]] = defaultdict(list)
    for pk, at, name in rows.values_list("pk", "at", "allotments__allotment__investor__name"):
        closed[pk, at].append(name)
    fixed = _reimbursed(deal) if closed else {}
    return tuple(
        facts.Closed(at=at, investors=tuple(filter(None, names)), reimbursed=tuple(fixed.get(pk, ())))
        for (pk, at), names in closed.items()
    )


def _reimbursed(deal: Deal) -> dict[int, list[facts.Reimbursed]]:
    found: dict[int, list[facts.Reimbursed]] = defaultdict(list)
    rows = Reimbursement.objects.filter(closing__deal=deal).order_by("id")
    for pk, counsel, *amounts in rows.values_list("closing", "counsel__key", "fees", "expenses", "netted"):
        fees, expenses, netted = map(money, amounts)
        found[pk].append(facts.Reimbursed(counsel=counsel, fees=fees, expenses=expenses, netted=netted))
    return found
