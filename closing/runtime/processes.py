"""Child processes that never outlive us, not even when we are killed without notice."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _dies_with(parent: int, signal_number: int) -> Callable[[], None]:
    """What a new child does first: ask the kernel for a signal when its parent ends."""

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal_number)
            if os.getppid() != parent:  # it ended before the kernel was asked
                os._exit(1)

    return ask


def _appended(log: Path) -> IO[bytes]:
    """The log, made for its owner alone where it is new."""
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def start(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    environment: Mapping[str, str],
    folder: Path,
    on_parent_death: signal.Signals = signal.SIGTERM,
    user: pwd.struct_passwd | None = None,
    standard_input: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, which ends when this process does.

    Call it from the main thread: the kernel watches the thread that started the child.
    """
    output = _appended(log) if log is not None else None
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=standard_input,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            cwd=folder,
            env=dict(environment),
            process_group=0,
            # Dropping rights clears the request to the kernel, so Python does that first.
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            preexec_fn=_dies_with(os.getpid(), on_parent_death),
        )
    finally:
        if output is not None:
            output.close()


def stop(child: subprocess.Popen[bytes], *signals: signal.Signals, patience: float = 10.0) -> int | None:
    """Ask the child to end, more firmly each time, and at last kill its whole group."""
    for number in signals or (signal.SIGTERM,):
        if child.poll() is not None:
            break
        child.send_signal(number)
        try:
            child.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue
    kill_group(child.pid)
    try:
        return child.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        return None


def kill_group(group: int) -> None:
    """Kill what is left of a process group; nothing left is fine."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return _answers_signal(pid)
    return state != "Z"


def _answers_signal(pid: int) -> bool:
    if Path("/proc/self").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def program_of(pid: int) -> str:
    """The file name of the program that the process runs; empty where that cannot be told."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return ""
    return Path(command.decode(errors="replace").split(":")[0].strip()).name


def end_orphan(pid: int, program: str, *signals: signal.Signals, patience: float = 20.0) -> bool:
    """End a process that an earlier run left behind; only if it is that program. True if gone."""
    if not is_alive(pid) or program_of(pid) != program:
        return True
    for number in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not is_alive(pid):
                return True
            time.sleep(0.05)
    return False
