"""Pages of scans, one by one: whose they are, how they lie, and whether anybody signed them."""

from io import BytesIO

import cv2
import numpy as np
import pikepdf
import pytest
import zxingcpp
from cv2.typing import MatLike
from pikepdf import Dictionary, Name
from PIL import Image

from closing.pdf.page_reading import read_pages
from closing.pdf.recognition import ReadPage, looks_unsigned
from tests.pdf.reading import page_count, render
from tests.pdf.scan_corpus import Scan, as_pdf, blanks, make_scan

LETTER = (612.0, 792.0)


def plain(at: int = 0, dpi: int = 150) -> MatLike:
    return np.asarray(render(blanks()[at].pdf, 0, dpi))


def one(data: bytes) -> ReadPage:
    (page,) = read_pages(data)
    return page


def upright_picture(page: ReadPage) -> MatLike:
    return np.asarray(cv2.imdecode(np.frombuffer(page.picture, np.uint8), cv2.IMREAD_GRAYSCALE))


def lies_straight(pdf: bytes, token: str) -> bool:
    """Whether a page is read where it is, without a turn, and tilted by less than a degree."""
    again = one(pdf)
    return again.token == token and again.turned == 0 and abs(again.skew) < 1


# ------------------------------------------------------------------ whose page it is


def _marked(picture: MatLike, text: str, left: int, top: int) -> MatLike:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    drawn = np.asarray(code.to_image(scale=4))
    marked = picture.copy()
    marked[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return marked


def test_a_code_that_is_not_ours_names_no_page_and_spoils_none() -> None:
    empty = np.full((1650, 1275), 255, np.uint8)
    for text in ("https://example.org/", "0" * 15 + "1", blanks()[0].token.lower(), blanks()[0].token + "X"):
        page = one(as_pdf(_marked(empty, text, 1000, 100), LETTER, "grey"))
        assert (page.token, page.tokens) == (None, ())
    page = one(as_pdf(_marked(plain(), "https://example.org/", 500, 1200), LETTER, "grey"))
    assert page.token == blanks()[0].token


def test_codes_that_disagree_name_nobody() -> None:
    ours, other = blanks()[0], blanks()[1]
    mixed = plain().copy()
    mixed[825:] = plain(1)[825:]
    page = one(as_pdf(mixed, LETTER, "grey"))
    assert page.token is None
    assert page.tokens == tuple(sorted((ours.token, other.token)))


@pytest.mark.parametrize("is_stacked", [True, False])
def test_two_pages_on_one_sheet_name_nobody(is_stacked: bool) -> None:
    both = np.vstack([plain(0), plain(1)]) if is_stacked else np.hstack([plain(0), plain(1)])
    page = one(as_pdf(both, (both.shape[1] * 0.48, both.shape[0] * 0.48), "grey"))
    assert page.token is None
    assert len(page.tokens) == 2


def test_a_sheet_without_a_code_is_nobodys_and_is_shown() -> None:
    page = one(as_pdf(np.full((1650, 1275), 240, np.uint8), LETTER, "fax"))
    assert (page.token, page.tokens, page.turned, page.skew) == (None, (), 0, 0.0)
    assert upright_picture(page).shape == (900, 695)


# ------------------------------------------------------------------ upright


@pytest.mark.parametrize("channel", ["grey", "fax", "colour"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_upright_page_and_its_picture_are_upright(channel: str, seed: int) -> None:
    scan = _askew(seed, channel)
    page = one(scan.data)
    assert page.turned == scan.turned
    assert page_count(page.upright) == 1
    assert lies_straight(page.upright, scan.blank.token)
    corners = dict(page.corners)
    assert set(corners) == {True, False}
    assert corners[True][0][0] > corners[False][0][0]
    assert corners[True][0][1] < corners[False][0][1]
    grey = upright_picture(page)
    for top_left, top_right, bottom_right, bottom_left in corners.values():
        assert abs(top_left[1] - top_right[1]) < 2.5
        assert abs(top_left[0] - bottom_left[0]) < 2.5
        part = grey[round(top_left[1]) : round(bottom_right[1]), round(top_left[0]) : round(bottom_right[0])]
        assert 60 < part.mean() < 190


def _askew(seed: int, channel: str) -> Scan:
    while True:
        scan = make_scan(seed, channel=channel, damage="none", dpi=200, wrap="rotated pdf" if seed % 2 else "pdf")
        if scan.skew and scan.turned:
            return scan
        seed += 2


def test_the_scanners_own_bytes_are_kept() -> None:
    scan = _askew(0, "grey")
    with pikepdf.open(BytesIO(scan.data)) as before, pikepdf.open(BytesIO(one(scan.data).upright)) as after:
        (ours,), (theirs,) = before.pages[0].get_images().values(), after.pages[0].get_images().values()
        assert isinstance(ours, pikepdf.Stream)
        assert isinstance(theirs, pikepdf.Stream)
        assert ours.read_raw_bytes() == theirs.read_raw_bytes()


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_a_photograph_with_a_note_how_it_was_held_is_upright(orientation: int, turned: int) -> None:
    held = np.rot90(plain(dpi=200), turned // 90)
    exif = Image.Exif()
    exif[0x0112] = orientation
    kept = BytesIO()
    Image.fromarray(np.ascontiguousarray(held)).save(kept, "JPEG", exif=exif)
    page = one(kept.getvalue())
    assert (page.token, page.turned) == (blanks()[0].token, 0)
    assert lies_straight(page.upright, blanks()[0].token)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "LA", "I;16"])
def test_pngs_of_every_kind_are_read(mode: str) -> None:
    picture = Image.fromarray(plain())
    kept = BytesIO()
    if mode == "I;16":
        Image.fromarray(plain().astype(np.uint16) * 257).save(kept, "PNG")
    else:
        picture.convert(mode).save(kept, "PNG")
    page = one(kept.getvalue())
    assert page.token == blanks()[0].token
    assert page_count(page.upright) == 1


# ------------------------------------------------------------------ signed on the screen


def test_a_page_signed_on_the_screen_is_read_from_its_drawing() -> None:
    blank = blanks()[0]
    assert one(blank.pdf).token == blank.token
    assert looks_unsigned(one(blank.pdf), blank.pdf)


def test_a_name_typed_as_a_note_on_the_page_counts_and_is_kept() -> None:
    blank = blanks()[0]
    with pikepdf.open(BytesIO(blank.pdf)) as pdf:
        appearance = pdf.make_stream(
            b"BT /F1 14 Tf 4 6 Td (/s/ Robert Finzi) Tj ET",
            Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 160, 24],
            Resources=Dictionary(
                Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
            ),
        )  # fmt: skip
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.FreeText, Rect=[320, 420, 480, 444], AP=Dictionary(N=appearance), F=4
        )
        pdf.pages[0].obj.Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))
        kept = BytesIO()
        pdf.save(kept)
    page = one(kept.getvalue())
    assert page.token == blank.token
    assert not looks_unsigned(page, blank.pdf)
    with pikepdf.open(BytesIO(page.upright)) as after:
        assert "/Annots" not in after.pages[0]
    assert not looks_unsigned(one(page.upright), blank.pdf)


def test_specks_a_blot_holes_and_a_dark_edge_are_no_signature() -> None:
    picture = plain(dpi=200).copy()
    rng = np.random.default_rng(7)
    picture[rng.uniform(size=picture.shape) < 0.003] = 0
    cv2.ellipse(picture, (1100, 1500), (50, 38), 20, 0, 360, (10,), -1)
    for down in (500, 1700):
        cv2.circle(picture, (95, down), 24, (0,), -1)
    picture[:, :40] = 30
    picture[2160:] = 50
    assert looks_unsigned(one(as_pdf(picture, LETTER, "grey")), blanks()[0].pdf)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing"])
def test_a_page_sent_out_that_cannot_be_read_is_an_error(data: bytes) -> None:
    page = one(as_pdf(plain(), LETTER, "grey"))
    with pytest.raises(ValueError, match="sent out"):
        looks_unsigned(page, data)
