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


@pytest.mark.slow
@pytest.mark.django_db
def test_the_migrations_make_the_schema_of_the_models() -> None:
    test_url = database_url()
    migrated_url = test_url.rsplit("/", 1)[0] + "/migrated"
    with psycopg.connect(test_url, autocommit=True) as server:
        server.execute("CREATE DATABASE migrated")
    try:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"],
            cwd=PROJECT,
            env=clean_environment(DATABASE_URL=migrated_url, REDIS_URL="redis://127.0.0.1:1/0"),
            check=True,
        )
        with psycopg.connect(migrated_url) as migrated:
            for part in _SCHEMA:
                of_models = _rows(connection.connection, part)
                of_migrations = _rows(migrated, part)
                assert len(of_models) > 20
                assert of_migrations - of_models == set(), f"only the migrations make these {part}"
                assert of_models - of_migrations == set(), f"only the models have these {part}"
    finally:
        with psycopg.connect(test_url, autocommit=True) as server:
            server.execute("DROP DATABASE IF EXISTS migrated WITH (FORCE)")


def _rows(database: "psycopg.Connection[tuple[object, ...]]", part: str) -> set[tuple[object, ...]]:
    rows = database.execute(_SCHEMA[part]).fetchall()
    return {row for row in rows if str(row[0]).startswith(("closing_", "investors_"))}
