"""Runs the tests on servers of their own, which begin empty and end with them."""

import os
import subprocess
import sys
from collections.abc import Sequence

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
