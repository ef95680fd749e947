"""Files of scans: read by a child in their order, and refused or set aside where they break their reader."""

import struct
import threading
import zlib
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Dictionary, Name

from closing.pdf import recognition
from closing.pdf.page_reading import read_pages
from closing.pdf.recognition import ScanLimits, ScanNotRead, count_pages, read_scans
from tests.pdf.reading import page_count
from tests.pdf.scan_corpus import as_pdf, blanks, make_scan
from tests.pdf.test_recognition import LETTER, one, plain, upright_picture


def joined(*files: bytes) -> bytes:
    with pikepdf.new() as pdf:
        for data in files:
            with pikepdf.open(BytesIO(data)) as part:
                pdf.pages.extend(part.pages)
        kept = BytesIO()
        pdf.save(kept)
    return kept.getvalue()


# ------------------------------------------------------------------ through the child


def test_many_pages_come_in_their_order_and_a_worker_may_resume() -> None:
    scans = [make_scan(seed, channel="grey", wrap="pdf", damage="none") for seed in range(5)]
    data = joined(*(scan.data for scan in scans))
    assert count_pages("scans.pdf", data) == 5
    pages = list(read_scans("scans.pdf", data))
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    assert [page.token for page in pages] == [scan.blank.token for scan in scans]
    assert list(read_scans("scans.pdf", data, start=4)) == pages[3:]
    assert list(read_scans("scans.pdf", data, start=6)) == []
    assert pages == list(read_pages(data))


def test_two_children_read_a_large_file_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "_LARGE", 1)
    scans = [make_scan(seed, channel="fax", wrap="pdf", damage="none") for seed in range(5)]
    data = joined(*(scan.data for scan in scans))
    assert [page.token for page in read_scans("scans.pdf", data)] == [scan.blank.token for scan in scans]
    assert [page.number for page in read_scans("scans.pdf", data, start=4)] == [4, 5]


def test_what_is_read_ahead_has_a_bound_and_ends_with_whoever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "_LARGE", 1)
    scans = [make_scan(seed, channel="grey", wrap="pdf", damage="none") for seed in range(5)]
    data = joined(*(scan.data for scan in scans))
    every = list(read_scans("scans.pdf", data))
    for bound in (1, 100_000):
        monkeypatch.setattr(recognition, "_MOST_AHEAD", bound)
        assert list(read_scans("scans.pdf", data)) == every
    begun = read_scans("scans.pdf", data)
    next(begun)
    begun.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "scans read ahead"]


def test_a_page_that_takes_too_much_is_set_aside_and_the_others_are_read() -> None:
    """A few kilobytes that unpack to gigabytes, in the middle of the file."""
    good = make_scan(1, channel="grey", wrap="pdf", damage="none")
    data = joined(good.data, _bomb(), good.data)
    pages = list(read_scans("scans.pdf", data, limits=ScanLimits(seconds=30, memory_bytes=1 << 30)))
    assert [page.number for page in pages] == [1, 2, 3]
    assert [page.token for page in pages] == [good.blank.token, None, good.blank.token]
    assert page_count(pages[1].upright) == 1
    assert upright_picture(pages[1]).shape[0] == 900


def test_a_child_without_time_ends_and_every_page_is_still_accounted_for() -> None:
    data = joined(make_scan(1, wrap="pdf").data, make_scan(2, wrap="pdf").data)
    with pytest.raises(ScanNotRead, match="too long"):
        list(read_scans("scans.pdf", data, limits=ScanLimits(seconds=0.0)))


def _bomb() -> bytes:
    """A page whose picture says that it is small, and unpacks to two gigabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(128)) + packer.flush()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=LETTER)
        picture = pdf.make_stream(
            packed, Type=Name.XObject, Subtype=Name.Image, Width=1000, Height=1300, ColorSpace=Name.DeviceGray,
            BitsPerComponent=8, Filter=Name.FlateDecode,
        )  # fmt: skip
        page.obj.Resources = Dictionary(XObject=Dictionary(Im0=picture))
        page.obj.Contents = pdf.make_stream(b"q 612 0 0 792 0 0 cm /Im0 Do Q")
        kept = BytesIO()
        pdf.save(kept)
    return kept.getvalue()


# ------------------------------------------------------------------ what is refused


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


def _pdf_of_size(width: int, height: int) -> bytes:
    with pikepdf.open(BytesIO(as_pdf(plain(), LETTER, "grey"))) as pdf:
        (picture,) = pdf.pages[0].get_images().values()
        picture.Width, picture.Height = width, height
        kept = BytesIO()
        pdf.save(kept)
    return kept.getvalue()


def _locked() -> bytes:
    with pikepdf.open(BytesIO(blanks()[0].pdf)) as pdf:
        kept = BytesIO()
        pdf.save(kept, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return kept.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_png_header(100_000, 100_000), "80 million"),
        (_png_header(20_000, 5_000), "80 million"),
        (b"%PDF-1.7\nnothing more", "broken"),
        (b"\xff\xd8\xff\xe0 no picture", "broken"),
        (_png_header(20, 20)[:40], "broken"),
        (b"words", "PDF, TIFF, PNG or JPEG"),
        (b"", "PDF, TIFF, PNG or JPEG"),
    ],
)
def test_files_that_cannot_be_read_are_refused_with_what_to_do(data: bytes, words: str) -> None:
    with pytest.raises(ScanNotRead, match=words):
        list(read_scans("scan", data))


def test_absurd_pictures_and_locked_files_are_refused() -> None:
    with pytest.raises(ScanNotRead, match="80 million"):
        one(_pdf_of_size(50_000, 60_000))
    with pytest.raises(ScanNotRead, match="password"):
        one(_locked())


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_picture_that_breaks_off_is_shown_as_far_as_it_goes(cut: float) -> None:
    with pikepdf.open(BytesIO(as_pdf(plain(), LETTER, "grey"))) as pdf:
        (picture,) = pdf.pages[0].get_images().values()
        assert isinstance(picture, pikepdf.Stream)
        raw = picture.read_raw_bytes()
        picture.write(raw[: int(len(raw) * cut)], filter=Name.DCTDecode)
        kept = BytesIO()
        pdf.save(kept)
    page = one(kept.getvalue())
    assert page.token in (None, blanks()[0].token)
    assert page_count(page.upright) == 1
