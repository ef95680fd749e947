"""A real browser on the live server."""

import os
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import browser_executable, browser_flags

# The driver waits for what it acts on to be enabled, and a new page is not until its own scripts run:
# on a busy machine it is faster than they are, as no person is.
AFTER_ITS_SCRIPTS = """
new MutationObserver((_, seen) => {
  if (!document.documentElement) return;
  seen.disconnect();
  document.documentElement.ariaDisabled = "true";
}).observe(document, {childList: true});
document.addEventListener("DOMContentLoaded", () =>
  setTimeout(() => document.documentElement.removeAttribute("aria-disabled")));
"""

# A busy machine is slow, not wrong: the longest wait before an expectation has failed, in milliseconds.
expect.set_options(timeout=20_000)


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


@pytest.fixture
def page(page: Page) -> Page:
    """A page on which a test acts once the scripts of what it opened run."""
    page.add_init_script(AFTER_ITS_SCRIPTS)
    return page
