"""pytest plugin: embedded servers for the run, started before Django's settings are read."""

import os
from contextlib import ExitStack

import pytest

from closing.runtime.testing import temporary_servers, temporary_state

_stack = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers, unless DATABASE_URL and REDIS_URL name some, and say so to Django."""
    options = early_config.known_args_namespace
    if options.help or options.version:
        return
    named = os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")
    # With `-n` each worker process of pytest-xdist has servers of its own, and this one has no tests.
    only_leads = getattr(options, "numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ
    _stack.enter_context(temporary_state() if named or only_leads else temporary_servers())


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stack.close()
