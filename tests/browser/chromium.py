"""The browser of this machine, and how it is started. Imports no Django: pictures are taken without it."""

import os
import shutil

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def browser_executable() -> str | None:
    """The browser that the browser tests drive, if there is one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def browser_flags() -> list[str]:
    """What it is started with; as root it has no sandbox."""
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
