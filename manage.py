#!/usr/bin/env python3
"""The one command of the closing room: `python3 manage.py demo`, `python3 manage.py test`, ...

Needs Python 3.11 and pip, nothing else: the first run makes `.venv` beside this file from
requirements.lock and continues inside it.
"""

import sys

# Before any import of ours, and in words that older Pythons can read.
if sys.version_info < (3, 11):
    sys.exit(
        "The closing room needs Python 3.11 or newer; this is Python %d.%d (%s).\n"
        "Run the same command with a newer one, for example: python3.11 manage.py demo"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )


def main() -> int:
    from closing.runtime.bootstrap import ensure_environment

    ensure_environment()
    from closing.runtime.commands import run

    return run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
