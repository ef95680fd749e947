"""A page of scans as a grey picture to read: its own embedded image, decoded at half size.

Where a page is more than one plain image, it is drawn instead, which takes six times as long.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import pikepdf
from cv2.typing import MatLike
from pikepdf import Name
from PIL import Image

from closing.pdf.scan_pictures import TOO_LARGE, ScanNotRead, check_pixels

# A code is 13 mm on a page of some 280: below this height its modules are under two points wide.
_LEAST_LONG_SIDE = 950
_DRAWN_LONG_SIDE = 2200
_MOST_CONTENT = 300_000
_HARMLESS = frozenset(
    [
        "q",
        "Q",
        "cm",
        "re",
        "W",
        "W*",
        "n",
        "BT",
        "ET",
        "Tf",
        "Td",
        "TD",
        "Tm",
        "T*",
        "Tc",
        "Tw",
        "Tz",
        "TL",
        "Ts",
        "Tr",
        "BMC",
        "BDC",
        "EMC",
        "MP",
        "DP",
    ]
)
_SHOWING = frozenset({"Tj", "TJ", "'", '"'})
_INVISIBLE = 3
Matrix = tuple[float, float, float, float, float, float]


class CannotBeShown(Exception):
    """No decoder and no reader makes a picture of the page."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as a reader shows it, in grey with square points.

    `finer` decodes the same page at its full size. Both are 8 bits, 255 being white.
    """

    grey: MatLike
    finer: Callable[[], MatLike]


@dataclass(frozen=True, slots=True)
class _Placed:
    """The one image that is the page; `aspect` is height by width as it stands on the page."""

    image: pikepdf.Stream
    aspect: float
    rotate: int


def picture_of(one: pikepdf.Pdf) -> PagePicture:
    """The picture of a PDF of one page.

    Raises CannotBeShown, MemoryError, and ScanNotRead for an image of absurd size.
    """
    page = one.pages[0]
    try:
        placed = _sole_image(page)
        if placed is not None:
            grey = _decoded(placed, small=True)
            return PagePicture(grey, lambda: _decoded(placed, small=False))
    except (ScanNotRead, MemoryError):
        raise
    except Exception:  # noqa: S110
        # Whatever a broken image breaks in its decoder, the page may still be drawn.
        pass
    drawn = _draw(one)
    small = cv2.resize(drawn, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return PagePicture(small, lambda: drawn)


# ------------------------------------------------------------------------- drawing


def _draw(one: pikepdf.Pdf) -> MatLike:
    # Most files need no drawing, and each has a child that would wait for the library.
    import pypdfium2

    kept = BytesIO()
    try:
        one.save(kept, compress_streams=False)
        with pypdfium2.PdfDocument(kept.getvalue()) as document:
            page = document[0]
            scale = _DRAWN_LONG_SIDE / max(*page.get_size(), 1.0)
            drawn: MatLike = page.render(scale=scale, grayscale=True).to_numpy().copy()
    except (pypdfium2.PdfiumError, pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise CannotBeShown from error
    return drawn[:, :, 0] if drawn.ndim == 3 else drawn


# ------------------------------------------------------------------ the embedded image


def _box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(side) for side in page.cropbox)
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _sole_image(page: pikepdf.Page) -> _Placed | None:
    """The image that fills the page, if nothing else can be seen on it; invisible text does not count."""
    images = page.get_images(recursive=False)
    if not images or _content_length(page) > _MOST_CONTENT:
        return None
    shown = _only_shown(page)
    if shown is None or shown[0] not in images:
        return None
    name, (a, b, c, d, e, f) = shown
    left, bottom, right, top = _box(page)
    width, height = right - left, top - bottom
    if a <= 0 or d <= 0 or abs(b) > 0.01 * a or abs(c) > 0.01 * d:
        return None
    gaps = (abs(e - left) / width, abs(f - bottom) / height, abs(e + a - right) / width, abs(f + d - top) / height)
    if max(gaps) > 0.03:
        return None
    image = images[name]
    if not isinstance(image, pikepdf.Stream):
        return None
    return _Placed(image, d / a, int(page.obj.get("/Rotate", 0)) % 360)


def _content_length(page: pikepdf.Page) -> int:
    contents = page.obj.get("/Contents")
    if isinstance(contents, pikepdf.Array):
        return sum(len(part.read_raw_bytes()) for part in contents)
    return len(contents.read_raw_bytes()) if isinstance(contents, pikepdf.Stream) else 0


def _only_shown(page: pikepdf.Page) -> tuple[str, Matrix] | None:
    """The name of the only thing that the page paints, and its matrix; None for anything more."""
    now: Matrix = (1, 0, 0, 1, 0, 0)
    kept: list[Matrix] = []
    found: tuple[str, Matrix] | None = None
    mode = 0
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator == "q":
            kept.append(now)
        elif operator == "Q" and kept:
            now = kept.pop()
        elif operator == "cm":
            a, b, c, d, e, f = (float(number) for number in instruction.operands)
            now = _times((a, b, c, d, e, f), now)
        elif operator == "Tr":
            mode = int(instruction.operands[0])
        elif operator == "Do" and found is None:
            found = str(instruction.operands[0]), now
        elif not (operator in _HARMLESS or (operator in _SHOWING and mode == _INVISIBLE)):
            return None
    return found


def _decoded(placed: _Placed, *, small: bool) -> MatLike:
    image = placed.image
    check_pixels(int(image.Width), int(image.Height))
    if any(key in image for key in ("/SMask", "/Mask", "/ImageMask", "/Decode")):
        raise ValueError("drawn by the reader, which knows masks")
    single = image.get("/Filter")
    if isinstance(single, pikepdf.Array) and len(single) == 1:
        single = single[0]
    grey = _jpeg(image.read_raw_bytes(), small=small) if single == Name.DCTDecode else _other(image)
    return _shown(grey, placed, small=small)


def _halves(width: float, height: float) -> bool:
    return max(width, height) >= 2 * _LEAST_LONG_SIDE


def _jpeg(data: bytes, *, small: bool) -> MatLike:
    with Image.open(BytesIO(data), formats=["JPEG"]) as header:
        check_pixels(*header.size)
        if header.mode not in ("L", "RGB"):
            raise ValueError("drawn by the reader, which knows these colours")
        halved = small and _halves(*header.size)
    how = cv2.IMREAD_REDUCED_GRAYSCALE_2 if halved else cv2.IMREAD_GRAYSCALE
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), how | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise ValueError("not decoded")
    return decoded


def _other(image: pikepdf.Stream) -> MatLike:
    try:
        picture = pikepdf.PdfImage(image).as_pil_image()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ScanNotRead(TOO_LARGE) from error
    return np.asarray(picture.convert("L"))


def _shown(grey: MatLike, placed: _Placed, *, small: bool) -> MatLike:
    """Give the image the size to read it at, and the proportions and the turn that it has on the page."""
    across, down = float(placed.image.Width), float(placed.image.Height)
    if abs(down / across / placed.aspect - 1) > 0.02:
        # Coarse faxes have points twice as high as wide: the finer side decides.
        across, down = max(across, down / placed.aspect), max(down, across * placed.aspect)
    if small and _halves(across, down):
        across, down = across / 2, down / 2
    height, width = grey.shape[:2]
    if abs(across - width) > 1 or abs(down - height) > 1:
        how = cv2.INTER_AREA if across <= width and down <= height else cv2.INTER_LINEAR
        grey = cv2.resize(grey, (max(round(across), 1), max(round(down), 1)), interpolation=how)
    turns = placed.rotate // 90
    return np.ascontiguousarray(np.rot90(grey, -turns)) if turns else grey
