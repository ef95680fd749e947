"""A real browser on the live server."""

import os
from typing import Any

import pytest

from tests.browser.chromium import browser_executable, browser_flags


@pytest.fixture(scope="session", autouse=True)
def _allow_the_browser_loop() -> None:
    # Playwright's event loop runs in the test's own thread, where Django would see it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": browser_executable(), "args": browser_flags()}


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: addresses are written whole. pytest-playwright's own is a method, of which pytest warns."""
