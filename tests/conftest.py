"""Fixtures for every layer: the clock, the broker, a database that can be emptied, a browser."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import is_hypothesis_test
from pytest_django import DjangoDbBlocker

from investors import clock
from tests.browser.chromium import browser_executable

BROWSER_FOLDER = Path(__file__).parent / "browser"


def pytest_configure() -> None:
    DatabaseOperations.sql_flush = _sql_to_empty  # type: ignore[method-assign, assignment]
    DatabaseOperations.execute_sql_flush = _empty_tables  # type: ignore[method-assign, assignment]


def _sql_to_empty(self: DatabaseOperations, style: object, tables: Sequence[str], **how: bool) -> list[str]:
    """DELETE, where Django writes TRUNCATE: of a few rows in many tables it takes a tenth of the time."""
    return [f"DELETE FROM {self.quote_name(table)}" for table in tables]


def _empty_tables(self: DatabaseOperations, sql_list: Sequence[str]) -> None:
    """Empty the tables after a test that committed.

    Events refuse to be deleted, as they should; as a replica the session skips triggers, those of foreign keys
    too, and only until this transaction ends.
    """
    alias = self.connection.alias
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("; ".join(sql_list))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Drive the browser last, and skip what needs one where there is none; under CI that is an error."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.function):
            # Half of their time would be the tracing; and a line that only chance reaches is not a tested one.
            item.add_marker(pytest.mark.no_cover)
    in_browser = [item for item in items if BROWSER_FOLDER in item.path.parents]
    # The browser's event loop runs on in this thread, and a signing library that begins one of its own would find it.
    items.sort(key=lambda item: BROWSER_FOLDER in item.path.parents)
    if not in_browser or browser_executable():
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("CI needs a browser for tests/browser: apt-get install chromium")
    for item in in_browser:
        item.add_marker(pytest.mark.skip(reason="no chromium or google-chrome on this machine"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Before the test database is dropped, end the sessions that a thread or a server left in it."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def at() -> Iterator[Callable[[str], datetime]]:
    """Stop the clock: `at("1996-06-10T11:00-07:00")`; it runs again after the test."""
    with ExitStack() as stack:

        def stop(instant: str) -> datetime:
            stack.enter_context(clock.fixed(datetime.fromisoformat(instant)))
            return clock.now()

        yield stop


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """A client of the broker; its database is empty before the test."""
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    client.flushdb()
    yield client
    client.close()
