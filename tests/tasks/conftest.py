"""A real worker. Tests that use it commit; its files and mail lie where this process's do."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.tasks.worker import Worker, running_worker


@pytest.fixture(scope="session")
def _worker_of_the_run(
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
def worker(transactional_db: None, _worker_of_the_run: Worker) -> Worker:
    """The run's worker. A test that kills one starts its own with `running_worker`."""
    return _worker_of_the_run
