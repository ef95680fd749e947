"""pytest plugin: embedded servers for the run, started before Django's settings are read."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from closing.runtime import servers

_stack = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers, unless DATABASE_URL and REDIS_URL name some, and say so to Django."""
    options = early_config.known_args_namespace
    if options.help or options.version:
        return
    os.environ["CLOSING_TESTING"] = "1"
    state = Path(tempfile.mkdtemp(prefix="closing-test-"))
    _stack.callback(shutil.rmtree, state, ignore_errors=True)
    os.environ["CLOSING_STATE"] = str(state)
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    started = _stack.enter_context(servers.own(state, "test", durable=False))
    os.environ.setdefault("DATABASE_URL", started.running.database_url)
    os.environ.setdefault("REDIS_URL", started.running.redis_url)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stack.close()
