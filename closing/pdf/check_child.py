"""The child process that opens a file: `python -m closing.pdf.check_child JOB SECONDS BYTES`.

Reads the file from standard input and answers in JSON, {"refused": reason} where it will not do. It must start
quickly, so it imports nothing of the web, and of the libraries only what its job needs; and before it opens anything
it gives up the right to more time, more memory, and to write files.
"""

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict

from closing.pdf.uploads import TOO_HARD, UploadRefused


def _check(data: bytes) -> dict[str, object]:
    from closing.pdf.inspection import inspect_pdf

    inspected = inspect_pdf(data)
    return {"pages": inspected.pages, "was_repaired": inspected.was_repaired}


def _tiff(data: bytes) -> dict[str, object]:
    from closing.pdf.scan_pictures import ScanNotRead, TiffPages

    try:
        return {"pages": TiffPages(data).count}
    except ScanNotRead as refused:
        return {"refused": str(refused)}


def _text(data: bytes) -> dict[str, object]:
    from closing.pdf.reading import read_pages

    return {"pages": read_pages(data)}


def _paragraphs(data: bytes) -> dict[str, object]:
    from closing.pdf.reading import read_paragraphs

    return asdict(read_paragraphs(data))


def _picture(data: bytes, page: str) -> dict[str, object]:
    from closing.pdf.page_drawing import draw_in_child

    return draw_in_child(data, page)


def _sealed(data: bytes) -> dict[str, object]:
    import pikepdf

    from closing.pdf.seals import is_sealed

    try:
        return {"sealed": is_sealed(data)}
    except pikepdf.PdfError:
        return {"sealed": False}


JOBS: dict[str, Callable[[bytes], dict[str, object]]] = {
    "check": _check,
    "tiff": _tiff,
    "text": _text,
    "paragraphs": _paragraphs,
    "sealed": _sealed,
}


def _limit(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _answer(job: str, data: bytes) -> dict[str, object]:
    name, _, argument = job.partition(":")
    try:
        return _picture(data, argument) if name == "picture" else JOBS[name](data)
    except UploadRefused as refused:
        return {"refused": refused.reason}
    except MemoryError:
        return {"refused": TOO_HARD}


def main() -> None:
    """Do one job on one file."""
    _limit(int(sys.argv[2]), int(sys.argv[3]))
    json.dump(_answer(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)


if __name__ == "__main__":
    main()
