"""A real Celery worker for the tests, on the test database and the run's own broker."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from closing.runtime import processes
from closing.runtime.paths import PROJECT

_PATIENCE = 60.0


@dataclass
class Worker:
    """A running worker; its pool children do the work."""

    process: subprocess.Popen[bytes]
    log: Path

    def children(self) -> list[int]:
        """The process ids of its pool children."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in tasks for pid in file.read_text().split()]

    def stop(self) -> None:
        processes.stop(self.process, patience=20.0)

    def kill(self) -> None:
        """kill -9 of the worker and all of its children."""
        processes.kill_group(self.process.pid)
        self.process.wait()


def database_url() -> str:
    """The test database's address, for another process."""
    found = connection.settings_dict
    user, password = quote(found["USER"]), quote(found["PASSWORD"])
    return f"postgresql://{user}:{password}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@contextmanager
def running_worker(
    folder: Path, environment: Mapping[str, str] | None = None, concurrency: int = 1
) -> Iterator[Worker]:
    """A worker that is ready to work, with these variables added to our environment."""
    log = folder / "worker.log"
    log.unlink(missing_ok=True)
    options = ["--pool", "prefork", "--concurrency", str(concurrency), "--loglevel", "INFO"]
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = Worker(
        processes.start(
            [sys.executable, "-m", "celery", "-A", "closing.celery", "worker", *options, *quick],
            log=log,
            environment={**os.environ, "DATABASE_URL": database_url(), **(environment or {})},
            folder=PROJECT,
        ),
        log,
    )
    try:
        _wait_until_ready(worker)
        yield worker
    finally:
        worker.stop()


def _wait_until_ready(worker: Worker) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        said = worker.log.read_text(errors="replace") if worker.log.exists() else ""
        if " ready." in said:
            return
        if worker.process.poll() is not None:
            raise AssertionError(f"The worker ended at once:\n{said}")
        time.sleep(0.05)
    raise AssertionError(f"The worker is not ready after {_PATIENCE:.0f} s:\n{said}")
