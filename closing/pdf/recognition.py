"""Signed pages that came back: which page each is, upright, with a picture for the screen."""

from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from closing.pdf.code_reading import Point, SeenCode, read_codes, tokens_of
from closing.pdf.page_pictures import PagePicture, picture_of
from closing.pdf.scans import ScanNotRead, count_pages, open_scans
from closing.pdf.straightening import as_png, lie_of, preview_of, write_upright
from closing.pdf.unsigned import was_left_blank

__all__ = ["ReadPage", "ScanNotRead", "count_pages", "looks_unsigned", "read_scans"]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page of a file of scans.

    `token` is the page's code, checked; None where no code could be read, or codes that differ.
    `tokens` are all that were seen. `turned` and `skew` say how the page lay, in degrees clockwise;
    `upright` is a PDF of the page put straight, with the scanner's own bytes in it; `picture` is a
    PNG of that, 900 points high. `corners` are those of the codes in the picture (a QR code first
    or not as `is_qr` says), for whoever compares it with the page sent out.
    """

    number: int
    token: str | None
    tokens: tuple[str, ...]
    turned: int
    skew: float
    upright: bytes
    picture: bytes
    corners: tuple[tuple[bool, tuple[Point, ...]], ...] = ()


def read_scans(filename: str, data: bytes, *, start: int = 1) -> Iterator[ReadPage]:
    """Read the pages of a PDF, PNG or JPEG one by one, from page `start` on (the first is 1).

    Raises ScanNotRead for a file that cannot be opened.
    """
    with open_scans(data) as pdf:
        for number in range(start, len(pdf.pages) + 1):
            yield _read_page(pdf, number)


def _alone(pdf: pikepdf.Pdf, number: int) -> pikepdf.Pdf:
    one = pikepdf.new()
    one.pages.append(pdf.pages[number - 1])
    one.remove_unreferenced_resources()
    return one


def _read_page(pdf: pikepdf.Pdf, number: int) -> ReadPage:
    with _alone(pdf, number) as one:
        picture = picture_of(one)
        seen = read_codes(picture)
        return _made(number, one, picture, seen)


def _made(number: int, one: pikepdf.Pdf, picture: PagePicture, seen: tuple[SeenCode, ...]) -> ReadPage:
    tokens = tokens_of(seen)
    lie = lie_of(picture.grey, seen)
    preview = preview_of(picture.grey, lie)
    return ReadPage(
        number=number,
        token=tokens[0] if len(tokens) == 1 else None,
        tokens=tokens,
        turned=lie.turned,
        skew=lie.skew,
        upright=write_upright(one, lie),
        picture=as_png(preview.grey),
        corners=tuple((code.is_qr, tuple(preview.place(point) for point in code.corners)) for code in seen),
    )


def looks_unsigned(page: ReadPage, blank: bytes) -> bool:
    """Whether nobody signed the page: `blank` is the page as it was sent out, a PDF of that page alone.

    Specks, a fax machine's noise, a copier's dark edges and blots are no signature; a typed name is one.
    Raises ValueError where `blank` cannot be read.
    """
    return was_left_blank(page.picture, page.corners, blank)
