"""The most memory that a command had, measured by a small process of its own.

The system counts what a process had before it became another program, so the one that measures must be small:
`python -S tests/bench/peak.py COMMAND...` prints the kilobytes.
"""

import os
import sys


def main() -> None:
    """Run the command and print its peak resident memory."""
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"{sys.argv[1]} failed: {status}")
    print(used.ru_maxrss)


if __name__ == "__main__":
    main()
