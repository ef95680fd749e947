"""Read the pages of a file of scans, in this very process: see `recognition` for the door to use.

A page that cannot be shown, or takes more memory than there is, becomes a page without a code and
with a note for a picture: the others are read all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import pikepdf

from closing.pdf.code_reading import Point, read_codes, tokens_of
from closing.pdf.page_pictures import CannotBeShown, picture_of
from closing.pdf.scan_pictures import ScanNotRead
from closing.pdf.scans import Scans, open_scans
from closing.pdf.straightening import Lie, as_png, lie_of, preview_of, write_upright
from closing.pdf.unsigned import is_plainly_signed


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page of a file of scans.

    `token` is the page's code, checked; None where no code could be read, or codes that differ.
    `tokens` are all that were seen. `turned` and `skew` say how the page lay, in degrees clockwise,
    the turn in quarters; `upright` is a PDF of the page put straight, with the scanner's own bytes
    in it; `picture` is a PNG of that, 900 points high. `corners` are those of the codes in the
    picture (is it the QR code; top left, then clockwise). `is_plainly_signed` where a drawn line is
    seen without comparing. These two are for `looks_unsigned`.
    """

    number: int
    token: str | None
    tokens: tuple[str, ...]
    turned: int
    skew: float
    upright: bytes
    picture: bytes
    corners: tuple[tuple[bool, tuple[Point, ...]], ...] = ()
    is_plainly_signed: bool = False


def read_pages(data: bytes, *, start: int = 1, step: int = 1, unshown: int = 0) -> Iterator[ReadPage]:
    """Read every `step`th page from `start` on, the first being 1; the one called `unshown` is not decoded.

    Raises ScanNotRead for a file that cannot be opened or holds a picture of absurd size.
    """
    with open_scans(data) as scans:
        for number in range(start, scans.count + 1, step):
            yield _read_page(scans, number, is_shown=number != unshown)


def unshown_page(number: int, upright: bytes | None = None) -> ReadPage:
    """What stands for a page that cannot be shown: no code, and a note that says so."""
    return ReadPage(number, None, (), 0, 0.0, _empty_sheet() if upright is None else upright, _note(number))


def _read_page(scans: Scans, number: int, *, is_shown: bool) -> ReadPage:
    try:
        with scans.alone(number) as one:
            if is_shown:
                try:
                    return _shown_page(number, one)
                except (CannotBeShown, MemoryError):
                    pass
            return unshown_page(number, write_upright(one, Lie(0, 0.0)))
    except ScanNotRead:
        raise
    except (pikepdf.PdfError, ValueError, TypeError, RecursionError):
        return unshown_page(number)


def _shown_page(number: int, one: pikepdf.Pdf) -> ReadPage:
    picture = picture_of(one)
    seen = read_codes(picture)
    tokens = tokens_of(seen)
    lie = lie_of(picture.grey, seen)
    preview = preview_of(picture.grey, lie)
    corners = tuple((code.is_qr, tuple(preview.place(point) for point in code.corners)) for code in seen)
    return ReadPage(
        number=number,
        token=tokens[0] if len(tokens) == 1 else None,
        tokens=tokens,
        turned=lie.turned,
        skew=lie.skew,
        upright=write_upright(one, lie),
        picture=as_png(preview.grey),
        corners=corners,
        is_plainly_signed=is_plainly_signed(preview.grey, corners, lie.skew),
    )


def _empty_sheet() -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(612, 792))
        kept = BytesIO()
        pdf.save(kept, deterministic_id=True)
    return kept.getvalue()


def _note(number: int) -> bytes:
    paper = np.full((900, 695), 255, np.uint8)
    for row, words in enumerate((f"Page {number} of the file", "cannot be shown.", "Ask for it to be scanned again.")):
        cv2.putText(paper, words, (60, 380 + 44 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (60,), 2, cv2.LINE_AA)
    return as_png(paper)
