"""The codes of a signature page, read from a grey picture of it.

Only what carries a whole token of ours, in the very form in which it is printed, counts as one of
our codes. Nothing is ever guessed: codes that name two pages name none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from cv2.typing import MatLike

from closing.pdf.page_pictures import PagePicture
from closing.pdf.tokens import TokenMisread, check_token

_BOTH = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix])
_TILTS = (-6.0, 6.0)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SeenCode:
    """A code of ours. Its corners (top left, then clockwise, as printed) are in points of the grey picture."""

    is_qr: bool
    token: str
    corners: tuple[Point, Point, Point, Point]

    @property
    def centre(self) -> Point:
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4


def _token_in(text: str) -> str | None:
    try:
        token = check_token(text)
    except TokenMisread:
        return None
    return token if token == text else None


def read_as_sent(grey: MatLike) -> tuple[SeenCode, ...]:
    """The codes of a page as we set it: where they should be, else with one look at the whole of it."""
    seen = _in_corners(grey)
    return _without_repeats(seen if {code.is_qr for code in seen} == {True, False} else _read(grey))


def _read(grey: MatLike, *, quick: bool = False) -> list[SeenCode]:
    found = zxingcpp.read_barcodes(grey, formats=_BOTH, try_invert=not quick, try_downscale=not quick)
    seen = []
    for code in found:
        token = _token_in(code.text)
        if token is not None:
            at = code.position
            points = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
            corners = tuple((float(point.x), float(point.y)) for point in points)
            is_qr = code.format == zxingcpp.BarcodeFormat.QRCode
            seen.append(SeenCode(is_qr, token, corners))  # type: ignore[arg-type]
    return seen


def _moved(code: SeenCode, left: float, top: float, scale: float = 1.0) -> SeenCode:
    corners = tuple((x * scale + left, y * scale + top) for x, y in code.corners)
    return SeenCode(code.is_qr, code.token, corners)  # type: ignore[arg-type]


def _corners_of(grey: MatLike, share: float) -> Iterator[tuple[MatLike, int, int]]:
    """The four corners with their places, in the order in which our pages mostly have codes."""
    height, width = grey.shape[:2]
    down, across = round(height * share), round(width * share * 1.1)
    for left, top in ((width - across, 0), (0, height - down), (0, 0), (width - across, height - down)):
        yield np.ascontiguousarray(grey[top : top + down, left : left + across]), left, top


def _in_corners(grey: MatLike) -> list[SeenCode]:
    """A quick look where the codes should be, over once a page's two codes are read."""
    seen: list[SeenCode] = []
    for part, left, top in _corners_of(grey, 0.28):
        seen += [_moved(code, left, top) for code in _read(part, quick=True)]
        if {code.is_qr for code in seen} == {True, False}:
            break
    return seen


def _versions(grey: MatLike) -> Iterator[tuple[MatLike, float]]:
    """The same picture made easier to read in one way and another, each with its scale."""
    soft = cv2.GaussianBlur(grey, (0, 0), 0.8)
    large = 2.0 if max(grey.shape[:2]) < 1800 else 1.0
    yield (cv2.resize(soft, None, fx=large, fy=large, interpolation=cv2.INTER_CUBIC) if large > 1 else soft), large
    even = cv2.createCLAHE(2.0, (8, 8)).apply(grey)
    yield cv2.GaussianBlur(even, (0, 0), 1.2), 1.0
    yield cv2.medianBlur(grey, 3), 1.0
    wide = max(round(max(grey.shape[:2]) / 40) | 1, 11)
    yield cv2.adaptiveThreshold(soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, wide, 10), 1.0


def _tilted(grey: MatLike, degrees: float) -> tuple[MatLike, MatLike]:
    height, width = grey.shape[:2]
    there = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(grey, there, (width, height), borderValue=255), cv2.invertAffineTransform(there)


def _tilted_back(code: SeenCode, back: MatLike) -> SeenCode:
    corners = tuple(
        (float(back[0][0] * x + back[0][1] * y + back[0][2]), float(back[1][0] * x + back[1][1] * y + back[1][2]))
        for x, y in code.corners
    )
    return SeenCode(code.is_qr, code.token, corners)  # type: ignore[arg-type]


def _looking_harder(grey: MatLike) -> list[SeenCode]:
    for version, scale in _versions(grey):
        seen = [_moved(code, 0, 0, 1 / scale) for code in _read(version)]
        if seen:
            return seen
    for degrees in _TILTS:
        turned, back = _tilted(grey, degrees)
        seen = [_tilted_back(code, back) for code in _read(turned)]
        if seen:
            return seen
    return []


def read_codes(picture: PagePicture) -> tuple[SeenCode, ...]:
    """Every code of ours that can be read on a page; harder and harder looks, until there is one."""
    grey = picture.grey
    seen = _in_corners(grey)
    if {code.is_qr for code in seen} != {True, False}:
        seen += _read(grey)
    if not seen:
        seen = _looking_harder(grey)
    if not seen:
        fine = picture.finer()
        scale = grey.shape[1] / fine.shape[1]
        if scale < 0.9:
            found = _read(fine) or _looking_harder(fine)
            seen = [_moved(code, 0, 0, scale) for code in found]
    return _without_repeats(seen)


def _without_repeats(seen: list[SeenCode]) -> tuple[SeenCode, ...]:
    kept: dict[tuple[bool, str], SeenCode] = {}
    for code in seen:
        kept.setdefault((code.is_qr, code.token), code)
    return tuple(kept.values())


def tokens_of(seen: tuple[SeenCode, ...]) -> tuple[str, ...]:
    """The tokens read, each once, in a fixed order."""
    return tuple(sorted({code.token for code in seen}))
