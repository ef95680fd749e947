"""The child process that opens a PDF: `python -m closing.pdf.check_child SECONDS BYTES`.

Reads the file from standard input and answers in JSON: {"pages", "was_repaired"} or {"refused"}.
It must start quickly, so it imports nothing of the web; and before it opens anything it gives up
the right to more time, more memory, and to write files.
"""

import json
import resource
import sys

from closing.pdf.inspection import inspect_pdf
from closing.pdf.uploads import TOO_HARD, UploadRefused


def _limit(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _answer(data: bytes) -> dict[str, object]:
    try:
        inspected = inspect_pdf(data)
    except UploadRefused as refused:
        return {"refused": refused.reason}
    except MemoryError:
        return {"refused": TOO_HARD}
    return {"pages": inspected.pages, "was_repaired": inspected.was_repaired}


def main() -> None:
    """Check one file."""
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    json.dump(_answer(sys.stdin.buffer.read()), sys.stdout)


if __name__ == "__main__":
    main()
