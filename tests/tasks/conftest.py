"""A real worker. Tests that use it commit; its files and mail lie where this process's do.

It ends with these tests: a later one that looks at what waits for a worker would find it made.
"""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.tasks.worker import Worker, running_worker


@pytest.fixture(scope="package")
def _worker_of_these(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worker]:
    with (
        django_db_blocker.unblock(),
        running_worker(tmp_path_factory.mktemp("worker")) as worker,
    ):
        yield worker


@pytest.fixture
def worker(transactional_db: None, _worker_of_these: Worker) -> Worker:
    """The worker of these tests. A test that kills one starts its own with `running_worker`."""
    return _worker_of_these
