"""The child process that decodes scans: `python -m closing.pdf.scan_child read|count BYTES START STEP UNSHOWN`.

Reads the file from standard input. Answers in frames: four bytes that say how long a JSON object
is, the object, and for a page its upright PDF and its picture, whose lengths the object gives.
It gives up the right to more memory and to write files before it decodes anything.
"""

import json
import os
import resource
import struct
import sys
from typing import BinaryIO

import cv2

from closing.pdf.page_reading import ReadPage, read_pages
from closing.pdf.scan_pictures import ScanNotRead
from closing.pdf.scans import open_scans

_SECONDS = 3600


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _send(to: BinaryIO, head: dict[str, object], *bodies: bytes) -> None:
    said = json.dumps(head).encode()
    to.write(struct.pack(">I", len(said)) + said)
    for body in bodies:
        to.write(body)
    to.flush()


def _send_page(to: BinaryIO, page: ReadPage) -> None:
    head: dict[str, object] = {
        "number": page.number,
        "tokens": page.tokens,
        "turned": page.turned,
        "skew": page.skew,
        "corners": page.corners,
        "is_plainly_signed": page.is_plainly_signed,
        "lengths": [len(page.upright), len(page.picture)],
    }
    _send(to, head, page.upright, page.picture)


def _answer(to: BinaryIO, what: str, data: bytes, start: int, step: int, unshown: int) -> None:
    try:
        if what == "count":
            with open_scans(data) as scans:
                _send(to, {"pages": scans.count})
            return
        for page in read_pages(data, start=start, step=step, unshown=unshown):
            _send_page(to, page)
        _send(to, {"done": True})
    except ScanNotRead as refused:
        _send(to, {"refused": str(refused)})


def main() -> None:
    """Read or count the pages of one file."""
    what = sys.argv[1]
    memory, start, step, unshown = (int(number) for number in sys.argv[2:6])
    _limit(memory)
    cv2.setNumThreads(1)
    # What a library prints must not get into the answer.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    given = sys.stdin.fileno()
    # From its beginning: another child may read the same file.
    _answer(answers, what, os.pread(given, os.fstat(given).st_size, 0), start, step, unshown)


if __name__ == "__main__":
    main()
