"""Runs `manage.py` as a person would: in another process, on a state folder of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from closing.runtime.paths import PROJECT
from closing.runtime.processes import is_alive

T = TypeVar("T")
OWNER = """
import sys, time
from pathlib import Path
from closing.runtime import servers
with servers.own(Path(sys.argv[1]), "owner", durable=True) as owned:
    print("up", flush=True)
    time.sleep(600)
"""
_OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "PYTEST_CURRENT_TEST")


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what the test run itself has set."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _OURS and not name.startswith(("CLOSING_", "COV_"))
    }
    if "CLOSING_VENV" in os.environ:
        kept["CLOSING_VENV"] = os.environ["CLOSING_VENV"]
    return {**kept, **more}


def manage(*arguments: str, state: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), *arguments],
        env=clean_environment(CLOSING_STATE=str(state), **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def wait_for(look: Callable[[], T], what: str, patience: float = 60.0) -> T:
    """What the look finds, as soon as it finds something."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {patience:.0f} seconds")


def announced(state: Path) -> Mapping[str, object]:
    """What the running servers have told other commands; empty when there are none."""
    try:
        told: dict[str, object] = json.loads((state / "servers.json").read_text())
    except (OSError, ValueError):
        return {}
    return told


def processes_of(state: Path) -> list[str]:
    """The command lines of every process that was started with this state folder."""
    found = []
    wanted = f"CLOSING_STATE={state}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            ours = wanted in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if (ours or str(state).encode() in line) and is_alive(int(folder.name)):
            found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found


def start_owner(state: Path) -> subprocess.Popen[str]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(state)],
        env=clean_environment(CLOSING_STATE=str(state)),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline() == "up\n"
    return owner
