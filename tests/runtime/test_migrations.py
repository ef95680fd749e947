"""The tests make their tables off the models; the migrations must make the same ones."""

import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from closing.runtime.paths import PROJECT
from tests.runtime.project import clean_environment
from tests.tasks.worker import database_url

_SCHEMA = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name,
               character_maximum_length, numeric_precision, numeric_scale, is_identity
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(pg_trigger.oid), prosrc
        FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal""",
}


# How the demo makes tables in an empty database, and what it then says of the migrations.
_AT_ONCE = """
import django; django.setup()
from closing.management.tables import bring_up_to_date
bring_up_to_date()
from django.core.management import call_command
call_command("migrate", check_unapplied=True)
"""


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("way", [("manage.py", "migrate", "-v", "0"), ("-c", _AT_ONCE)], ids=["migrated", "at once"])
def test_both_ways_make_the_schema_of_the_models(way: tuple[str, ...]) -> None:
    test_url = database_url()
    made_url = test_url.rsplit("/", 1)[0] + "/made"
    with psycopg.connect(test_url, autocommit=True) as server:
        server.execute("CREATE DATABASE made")
    named = {"DATABASE_URL": made_url, "REDIS_URL": "redis://127.0.0.1:1/0"}
    try:
        subprocess.run(
            [sys.executable, *way],
            cwd=PROJECT,
            env=clean_environment(DJANGO_SETTINGS_MODULE="closing.settings", **named),
            check=True,
        )
        with psycopg.connect(made_url) as made:
            for part in _SCHEMA:
                of_models = _rows(connection.connection, part)
                of_the_made = _rows(made, part)
                assert len(of_models) > 20
                assert of_the_made - of_models == set(), f"only the models lack these {part}"
                assert of_models - of_the_made == set(), f"only the models have these {part}"
    finally:
        with psycopg.connect(test_url, autocommit=True) as server:
            server.execute("DROP DATABASE IF EXISTS made WITH (FORCE)")


def _rows(database: "psycopg.Connection[tuple[object, ...]]", part: str) -> set[tuple[object, ...]]:
    rows = database.execute(_SCHEMA[part]).fetchall()
    return {row for row in rows if str(row[0]).startswith(("closing_", "investors_"))}
