"""Files of scanned pages, opened: a PDF as it is, pictures as pages of a PDF around them.

What is decoded later is measured here first: pictures of absurd size are refused unopened. Call
it where a crash or a hang does no harm: see `scan_child`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Protocol

import pikepdf

from closing.pdf.scan_pictures import (
    MAX_PAGES,
    TOO_MANY,
    ScanNotRead,
    TiffPages,
    check_pixels,
    page_of_picture,
)
from closing.pdf.uploads import TIFF_STARTS

_BROKEN = "The file of scans is broken and cannot be read. Scan the pages again, or print the file to a new PDF."
_PROTECTED = "The PDF is protected by a password. Save a copy without one, and hand in that."
_WRONG_KIND = "Signed pages are taken as PDF, TIFF, PNG or JPEG files. Scan or save them as one of these."


class Scans(Protocol):
    """An open file of scans: how many pages, and each of them, from 1, as a PDF that the caller closes."""

    count: int

    def alone(self, number: int) -> pikepdf.Pdf:
        """Raises ValueError and pikepdf.PdfError for a page that cannot be had."""
        ...

    def close(self) -> None: ...


class _PdfPages:
    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self.count = len(pdf.pages)

    def alone(self, number: int) -> pikepdf.Pdf:
        one = pikepdf.new()
        one.pages.append(self._pdf.pages[number - 1])
        one.remove_unreferenced_resources()
        return one

    def close(self) -> None:
        self._pdf.close()


@contextmanager
def open_scans(data: bytes) -> Iterator[Scans]:
    """Open a PDF, a TIFF, or a PNG or JPEG as a file of one page.

    Filled-in fields and drawn notes become part of their pages, so that nothing written on a page
    is lost when it stands alone. Raises ScanNotRead.
    """
    scans: Scans = TiffPages(data) if data.startswith(TIFF_STARTS) else _PdfPages(_opened(data))
    try:
        yield scans
    finally:
        scans.close()


def _opened(data: bytes) -> pikepdf.Pdf:
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return page_of_picture(data)
    if b"%PDF-" not in data[:1024]:
        raise ScanNotRead(_WRONG_KIND)
    try:
        pdf = pikepdf.open(BytesIO(data), suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise ScanNotRead(_PROTECTED) from error
    except (pikepdf.PdfError, ValueError, RecursionError) as error:
        raise ScanNotRead(_BROKEN) from error
    try:
        return _prepared(pdf)
    except BaseException:
        pdf.close()
        raise


def _prepared(pdf: pikepdf.Pdf) -> pikepdf.Pdf:
    try:
        count = len(pdf.pages)
        if count == 0:
            raise ScanNotRead("The PDF has no pages. Scan the pages again.")
        if count > MAX_PAGES:
            raise ScanNotRead(TOO_MANY)
        has_notes = False
        for page in pdf.pages:
            has_notes = has_notes or "/Annots" in page
            for picture in page.get_images().values():
                check_pixels(int(picture.get("/Width", 0)), int(picture.get("/Height", 0)))
    except (pikepdf.PdfError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, ScanNotRead):
            raise
        raise ScanNotRead(_BROKEN) from error
    if has_notes:
        _flatten(pdf)
    return pdf


def _flatten(pdf: pikepdf.Pdf) -> None:
    try:
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("screen")
    except (pikepdf.PdfError, ValueError, TypeError):
        # Broken notes: the pages are read without them.
        return
