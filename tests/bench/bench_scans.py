"""Signed pages come back as a PDF of scans: read, set upright, looked at for a signature, kept and written down.

The floor takes each embedded image out, decodes it at half size and reads both codes. It does not
know which way up a page is, makes nothing to see or to file, and asks nobody whether it is signed.
"""

from collections.abc import Iterator
from functools import cache
from io import BytesIO

import cv2
import numpy as np
import pikepdf
import zxingcpp
from pikepdf import Name

from tests.bench.framework import Measured, benchmark, interleaved
from tests.bench.returned_room import returned_room
from tests.pdf.scan_corpus import Scan, make_scan

PAGES = 120
ROUNDS = 5
_BOTH = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix])


def _scans() -> Iterator[Scan]:
    """An office's scanner, mostly: grey at 200 dpi, every fourth page a fax, every sixteenth not signed."""
    for at in range(PAGES):
        channel = "fax" if at % 4 == 3 else "grey"
        yield make_scan(at, is_signed=at % 16 != 0, damage="none", channel=channel, dpi=200, wrap="pdf")


@cache
def returned() -> tuple[bytes, dict[str, bytes]]:
    """One file of all the scans, and the pages as they were sent out, by their codes."""
    scans = list(_scans())
    with pikepdf.new() as joined:
        for scan in scans:
            with pikepdf.open(BytesIO(scan.data)) as one:
                joined.pages.extend(one.pages)
        kept = BytesIO()
        joined.save(kept)
    return kept.getvalue(), {scan.blank.token: scan.blank.pdf for scan in scans}


def plain_decoder() -> int:
    """Decode every image at half size and read its codes."""
    read = 0
    with pikepdf.open(BytesIO(returned()[0])) as pdf:
        for page in pdf.pages:
            (image,) = page.get_images().values()
            assert isinstance(image, pikepdf.Stream)
            if image.Filter == Name.DCTDecode:
                packed = np.frombuffer(image.read_raw_bytes(), np.uint8)
                half = cv2.imdecode(packed, cv2.IMREAD_REDUCED_GRAYSCALE_2)
            else:
                whole = np.asarray(pikepdf.PdfImage(image).as_pil_image().convert("L"))
                half = cv2.resize(whole, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            read += bool(zxingcpp.read_barcodes(half, formats=_BOTH))
    return read


@benchmark(name="scans", unit="s", goal=1.25)
def scans() -> Measured:
    """120 pages in one file, by the worker's own way: read, compared, kept, written down, under the lease of the file.

    The goal of 0.8 of the floor's rate is 1.25 of its time.
    """
    data, blanks = returned()
    with returned_room(data, blanks, ROUNDS + 1) as room:
        return interleaved(room.read_and_file, plain_decoder, rounds=ROUNDS, warmups=1)
