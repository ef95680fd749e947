"""Work on a stranger's file, done in a child process with little time and memory.

A file may have been made to break, to stop or to exploit the program that reads it; so whatever opens
one does it in `closing.pdf.check_child`, without this process's environment, and answers in JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

_PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH")
_ROOT = Path(__file__).resolve().parents[2]


class ChildGaveUp(Exception):
    """The work took more time or memory than was allowed, or its program crashed on the file."""


def ask_child(job: str, data: bytes, seconds: int, memory_bytes: int) -> dict[str, object]:
    """Do `job`, a name of `check_child.JOBS`, on a file in a child process, and give its answer.

    `seconds` both of processor and of wall time. Raises ChildGaveUp; RuntimeError where the child itself is at fault.
    Starting it takes about 0.1 s.
    """
    command = [sys.executable, "-m", "closing.pdf.check_child", job, str(seconds), str(memory_bytes)]
    try:
        child = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=seconds,
            cwd=_ROOT,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise ChildGaveUp from late
    if child.returncode < 0:
        raise ChildGaveUp
    if child.returncode > 0:
        raise RuntimeError(f"The child could not do its work, {job}: {child.stderr.decode(errors='replace')[-500:]}")
    answer = json.loads(child.stdout)
    if not isinstance(answer, dict):
        raise RuntimeError(f"The child gave no answer to {job}.")
    return answer
