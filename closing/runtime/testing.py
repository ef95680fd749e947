"""Runs the tests on servers of their own, which begin empty and end with them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from closing.runtime import servers
from closing.runtime.paths import PROJECT


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments; its exit status. The plugin starts the servers."""
    environment = dict(os.environ)
    environment.pop("CLOSING_STATE", None)
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue  # pytest got it too, and ends in its own time


@contextmanager
def temporary_state() -> Iterator[Path]:
    """An empty state folder for this process and its children, gone at the end."""
    state = Path(tempfile.mkdtemp(prefix="closing-test-"))
    try:
        os.environ["CLOSING_STATE"] = str(state)
        os.environ["CLOSING_TESTING"] = "1"
        yield state
    finally:
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def temporary_servers() -> Iterator[None]:
    """Empty embedded servers, named in the environment and gone at the end: fast, not durable."""
    with temporary_state() as state, servers.own(state, "test", durable=False) as started:
        os.environ["DATABASE_URL"] = started.running.database_url
        os.environ["REDIS_URL"] = started.running.redis_url
        yield
