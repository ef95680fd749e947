"""TIFF files: every page is read as one of a PDF is, and what is broken or absurd is refused with what to do."""

from io import BytesIO

import cv2
import numpy as np
import pikepdf
import pytest
from cv2.typing import MatLike
from numpy.random import default_rng

from closing.pdf.page_reading import read_pages
from closing.pdf.recognition import ScanNotRead, count_pages, looks_unsigned, read_scans
from closing.pdf.scan_pictures import TiffPages
from closing.pdf.uploads import UploadLimits, UploadRefused, check_scans, check_upload
from tests.pdf.scan_corpus import blanks
from tests.pdf.scan_effects import sign
from tests.pdf.test_recognition import lies_straight, one, plain, upright_picture
from tests.pdf.tiffs import as_tiff, by_hand

FAX = 200


def signed(at: int) -> MatLike:
    picture = plain(at, FAX).copy()
    sign(default_rng(1996), picture, FAX)
    return picture


def paper_of(pdf: bytes) -> tuple[int, int]:
    """Width and height in points, as a reader shows it."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        page = opened.pages[0]
        _, _, width, height = (round(float(side)) for side in page.mediabox)
        return (height, width) if int(page.obj.get("/Rotate", 0)) % 180 else (width, height)


def test_the_pages_of_a_fax_are_read_by_their_codes_in_the_child() -> None:
    data = as_tiff(signed(0), np.rot90(signed(1), 2), plain(2, FAX))
    assert check_scans("fax.TIF", data).pages == count_pages("fax.tif", data) == 3
    pages = list(read_scans("fax.tif", data))
    assert [page.token for page in pages] == [blank.token for blank in blanks()[:3]]
    assert [page.turned for page in pages] == [0, 180, 0]
    assert [looks_unsigned(page, blank.pdf) for page, blank in zip(pages, blanks(), strict=False)] == [
        False,
        False,
        True,
    ]
    assert all(lies_straight(page.upright, blank.token) for page, blank in zip(pages, blanks(), strict=False))
    assert list(read_scans("fax.tif", data, start=3)) == pages[2:]


def test_a_black_and_white_page_stays_one_without_a_point_lost() -> None:
    picture = signed(0)
    page = one(as_tiff(picture))
    with pikepdf.open(BytesIO(page.upright)) as pdf:
        (stream,) = pdf.pages[0].get_images().values()
        assert isinstance(stream, pikepdf.Stream)
        kept = np.asarray(pikepdf.PdfImage(stream).as_pil_image().convert("L"))
        assert stream.Filter == "/CCITTFaxDecode"
    assert (kept == np.where(picture > 127, 255, 0)).all()


@pytest.mark.parametrize(
    ("mode", "compression"),
    [
        *[("1", "group3"), ("1", "raw"), ("1", "packbits"), ("L", "tiff_lzw"), ("L", "jpeg")],
        *[("RGB", "jpeg"), ("RGB", "tiff_adobe_deflate"), ("P", "raw"), ("CMYK", "tiff_lzw"), ("RGBA", "raw")],
    ],
)
def test_a_page_is_read_however_the_scanner_packs_it(mode: str, compression: str) -> None:
    page = one(as_tiff(signed(0), mode=mode, compression=compression))
    assert page.token == blanks()[0].token
    assert paper_of(page.upright) == (612, 792)
    assert page.is_plainly_signed


@pytest.mark.parametrize(("orientation", "turn"), [(3, 2), (6, 1), (8, 3)])
def test_a_page_stored_turned_with_a_note_to_turn_it_back_lies_straight(orientation: int, turn: int) -> None:
    page = one(as_tiff(np.rot90(signed(0), turn), orientation=orientation))
    assert (page.token, page.turned) == (blanks()[0].token, 0)
    assert paper_of(page.upright) == (612, 792)


@pytest.mark.parametrize("is_on_its_side", [False, True])
def test_a_coarse_fax_has_the_proportions_of_its_paper(is_on_its_side: bool) -> None:
    picture = signed(0)
    coarse = cv2.resize(picture, (picture.shape[1], picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if is_on_its_side:
        page = one(as_tiff(np.rot90(coarse), dpi=(100, 200), orientation=6))
    else:
        page = one(as_tiff(coarse, dpi=(200, 100)))
    assert page.token == blanks()[0].token
    assert paper_of(page.upright) == (612, 792)


def test_small_copies_that_a_scanner_puts_beside_its_pages_are_no_pages() -> None:
    assert check_scans("fax.tif", by_hand(2, 1, 2, 1)).pages == 2
    assert check_scans("fax.tif", by_hand(1, 1)).pages == 2, "nothing is lost where there is nothing else"


def test_a_page_that_breaks_off_is_set_aside_and_the_others_are_read() -> None:
    data = bytearray(as_tiff(plain(0), plain(1), plain(2), mode="L", compression="tiff_adobe_deflate"))
    file = TiffPages(bytes(data))
    file._file.seek(1)
    at = file._file.tag_v2[273][0]
    data[at : at + 400] = b"\0" * 400
    pages = list(read_scans("fax.tif", bytes(data)))
    assert [page.number for page in pages] == [1, 2, 3]
    assert [page.token for page in pages] == [blanks()[0].token, None, blanks()[2].token]
    assert upright_picture(pages[1]).shape[0] == 900


def test_a_file_that_goes_round_in_a_circle_ends() -> None:
    assert check_scans("fax.tif", by_hand(0, 0, 0, last=16)).pages == 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (by_hand(0, width=100_000, height=100_000), "80 million"),
        (by_hand(0, 0, 0, width=10_000, height=8_001), "80 million"),
        (by_hand(*[0] * 5_001), "more than 5000 pages"),
        (by_hand(0, 0, last=1 << 20), "broken"),
        (b"II*\0" + bytes(60), "broken"),
        (b"II*\0\x08\0\0\0\xff\xff", "broken"),
        (as_tiff(np.zeros((40, 40), np.uint8))[:60], "broken"),
    ],
)
def test_what_is_broken_or_absurd_is_refused_before_anything_is_unpacked(data: bytes, words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        check_scans("fax.tif", data)
    with pytest.raises(ScanNotRead, match=words):
        list(read_pages(data))


def test_what_takes_too_long_to_look_through_is_refused() -> None:
    with pytest.raises(UploadRefused, match="Split it"):
        check_scans("fax.tif", as_tiff(plain(0)), UploadLimits(seconds=0))


def test_a_name_must_say_what_the_file_is_and_a_document_is_no_tiff() -> None:
    with pytest.raises(UploadRefused, match="says a TIFF picture, but it is a PDF file"):
        check_scans("fax.tiff", blanks()[0].pdf)
    with pytest.raises(UploadRefused, match="not what its name says: a TIFF picture"):
        check_scans("fax.tif", b"\0\1\2\3")
    with pytest.raises(UploadRefused, match="This kind of file is not taken"):
        check_upload("agreement.tif", as_tiff(plain(0)))
    assert check_scans("signed.pdf", blanks()[0].pdf).kind == "pdf"
