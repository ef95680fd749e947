"""Read a made page back as a recipient's machine would: render it, and look at the picture."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO

import pikepdf
import pypdfium2
import zxingcpp
from PIL import Image

MM_PER_INCH = 25.4


@dataclass(frozen=True)
class ReadCode:
    """A code found on a page: its kind, its token, and its box in mm from the top left."""

    kind: str
    token: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class ReadPage:
    """A rendered page, in mm."""

    width: float
    height: float
    codes: tuple[ReadCode, ...]


def render(pdf: bytes, at: int, dpi: int = 200) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        picture: Image.Image = document[at].render(scale=dpi / 72, grayscale=True).to_pil()
        return picture.copy()


def read_codes(picture: Image.Image, dpi: int = 200) -> tuple[ReadCode, ...]:
    mm = MM_PER_INCH / dpi
    found = []
    for code in zxingcpp.read_barcodes(picture):
        corners = code.position
        points = [
            corners.top_left,
            corners.top_right,
            corners.bottom_left,
            corners.bottom_right,
        ]
        across, down = [p.x * mm for p in points], [p.y * mm for p in points]
        kind = "QR" if code.format == zxingcpp.BarcodeFormat.QRCode else "DataMatrix"
        found.append(ReadCode(kind, code.text, min(across), min(down), max(across), max(down)))
    return tuple(sorted(found, key=lambda code: code.kind))


def read_page(pdf: bytes, at: int, dpi: int = 200) -> ReadPage:
    picture = render(pdf, at, dpi)
    mm = MM_PER_INCH / dpi
    return ReadPage(picture.width * mm, picture.height * mm, read_codes(picture, dpi))


def read_tokens(pdf: bytes, dpi: int = 200) -> list[set[str]]:
    """The tokens on every page of a PDF."""
    pages = page_count(pdf)
    return [{code.token for code in read_page(pdf, at, dpi).codes} for at in range(pages)]


def page_count(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


@cache
def page_text(pdf: bytes, at: int) -> str:
    """The text of a page in reading order, blanks and line ends as single blanks."""
    with pypdfium2.PdfDocument(pdf) as document:
        text: str = document[at].get_textpage().get_text_range()
    return " ".join(text.split())


def words_in_order(text: str, *phrases: str) -> bool:
    """Whether the phrases stand in a text one after the other."""
    at = 0
    for phrase in phrases:
        at = text.find(phrase, at)
        if at < 0:
            return False
        at += len(phrase)
    return True


def bookmarks(pdf: bytes) -> list[tuple[str, int]]:
    """The top lines of the outline, and the page, from 0, that each leads to."""
    with pikepdf.open(BytesIO(pdf)) as document, document.open_outline() as outline:
        places = {p.obj.objgen: at for at, p in enumerate(document.pages)}
        found = []
        for item in outline.root:
            assert isinstance(item.destination, pikepdf.Array)
            found.append((str(item.title), places[item.destination[0].objgen]))
        return found
