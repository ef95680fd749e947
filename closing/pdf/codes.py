"""The two machine-readable codes of a signature page, as vector drawings.

Both carry the bare token. A stroke of a pen spoils a DataMatrix and a blot spoils a QR code, and
seldom one page has both, which is why there are two, in opposite corners.
"""

import math
from functools import cache
from typing import Any

import zxingcpp

_AT_ONCE = 8
_DARK = 0


def draw_qr(token: str) -> str:
    """SVG of a QR code with a quarter of it to spare; 21 modules a side, no quiet zone."""
    return _drawing(zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.QRCode, ec_level="Q"))


def draw_data_matrix(token: str) -> str:
    """SVG of a DataMatrix; 16 modules a side, or fewer, no quiet zone.

    Square by force: a token of almost only digits would else get a long one, which the page's square would crop.
    """
    return _drawing(zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.DataMatrix, force_square=True))


def _drawing(code: zxingcpp.Barcode) -> str:
    """One path for all of it, so that no hair of white lies between two dark modules."""
    image: Any = code.to_image(scale=1, add_quiet_zones=False)  # a buffer, which its type does not say
    modules = bytes(image)
    side = math.isqrt(len(modules))
    path = "".join([drawn[modules[at:end]] for at, end, drawn in _stretches(side)])
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}"><path d="{path}"/></svg>'


class _Drawn(dict[bytes, str]):
    """A few modules of a row as rectangles, for one place. There are only so many, and a page draws a hundred: kept."""

    def __init__(self, left: int, down: int) -> None:
        super().__init__()
        self._left, self._down = left, down

    def __missing__(self, modules: bytes) -> str:
        drawn, at = [], 0
        while at < len(modules):
            end = at
            while end < len(modules) and modules[end] == _DARK:
                end += 1
            if end > at:
                drawn.append(f"M{self._left + at} {self._down}h{end - at}v1h{at - end}z")
            at = end + 1
        self[modules] = "".join(drawn)
        return self[modules]


@cache
def _stretches(side: int) -> tuple[tuple[int, int, _Drawn], ...]:
    """A code of that many modules a side in stretches of a few: where each begins and ends, and what is drawn of it."""
    return tuple(
        (down * side + left, down * side + min(left + _AT_ONCE, side), _Drawn(left, down))
        for down in range(side)
        for left in range(0, side, _AT_ONCE)
    )
