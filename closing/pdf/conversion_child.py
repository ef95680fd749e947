"""Between a worker and the office suite: `python -m closing.pdf.conversion_child SECONDS BYTES PROGRAM ARGUMENT...`.

Gives up time, memory and the network, starts the program, and ends with it. Whoever started this may be killed at any
moment: then the kernel sends SIGTERM here, and this process ends everything in its group, itself last.
"""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_NEW_USERS, _NEW_NETWORK = 0x10000000, 0x40000000
_MOST_WRITTEN = 512 * 1024 * 1024


def _end_all(number: int, frame: object) -> None:
    os.killpg(0, signal.SIGKILL)


def _limit(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))


def leave_network() -> bool:
    """Move this process where there is no network, not even its own machine's. False where the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    users, groups = os.geteuid(), os.getegid()
    if libc.unshare(_NEW_NETWORK) == 0:
        return True
    if libc.unshare(_NEW_USERS | _NEW_NETWORK) != 0:
        return False
    with contextlib.suppress(OSError):  # without a map the files are still its own, under another name
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{users} {users} 1")
        Path("/proc/self/gid_map").write_text(f"{groups} {groups} 1")
    return True


def main() -> int:
    """Run the program; its exit code."""
    parent = os.getppid()
    signal.signal(signal.SIGTERM, _end_all)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the kernel was asked
        return 1
    leave_network()
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    return subprocess.call(sys.argv[3:], stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
