"""How a test asks the database for what it must refuse, and takes one of its walls away for a control."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction


def run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Foreign keys still to be checked would keep TRUNCATE from coming as far as its trigger.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, values)


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """A constraint or trigger of this name refuses what is done within."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert cause.diag.constraint_name == constraint


def trigger_of(name: str, table: str) -> tuple[str, str]:
    """A trigger by its name in the models, with its table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname LIKE %s AND tgrelid = %s::regclass",
            [f"pgtrigger_{name}_%", table],
        )
        (found,) = cursor.fetchall()
    return table, str(found[0])


def switch(trigger: tuple[str, str], to: str) -> None:
    """DISABLE or ENABLE a trigger, for everybody."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {trigger[0]} {to} TRIGGER {trigger[1]}")
