"""Rows that many tests begin with: made once in a run, and put back from a copy in a tenth of the time."""

from collections.abc import Callable

from django.apps import apps
from django.db import connection, transaction

Rows = list[tuple[str, bytes]]

_KEPT: dict[str, Rows] = {}


def begin_with(name: str, make: Callable[[], object]) -> None:
    """Fill empty tables as `make` does: by it the first time that something of this name is asked for.

    Put back they are the same rows with the same ids, of another transaction: what is kept in memory by the
    transactions of rows does not take them for those of an earlier test. Files are not put back.
    """
    with transaction.atomic():
        if name in _KEPT:
            _put_back(_KEPT[name])
        else:
            make()
            _KEPT[name] = _copied()


def _copied() -> Rows:
    models = [model for app in ("closing", "investors") for model in apps.get_app_config(app).get_models(True)]
    tables = sorted({model._meta.db_table for model in models})
    copied = []
    with connection.cursor() as cursor:
        for table in tables:
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                rows = b"".join(bytes(part) for part in copy)
            if rows:
                copied.append((table, rows))
    return copied


def _put_back(kept: Rows) -> None:
    with connection.cursor() as cursor:
        # As a replica the session takes rows in any order and fires no trigger: these were checked when they were made.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, rows in kept:
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(rows)
        cursor.execute("SET LOCAL session_replication_role = origin")
