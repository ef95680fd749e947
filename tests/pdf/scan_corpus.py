"""Signature pages as they come back: signed, scanned, faxed, photographed, turned and damaged.

Seeded: the same number makes the same scan. By hand, for thousands of pages:
`SCANS=5000 python3 manage.py test tests/pdf/test_recognition_corpus.py -s`.
"""

import zlib
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO

import cv2
import numpy as np
import pikepdf
from cv2.typing import MatLike
from numpy.random import default_rng
from pikepdf import Dictionary, Name
from PIL import Image

from closing.pdf.signatures import make_packet
from tests.pdf.reading import render
from tests.pdf.samples import ANDREA, DOCUMENTS, ISSUER, MALCOLM, SPROUT, THE_TRUST, packet, page
from tests.pdf.scan_effects import cut, fax, lay, noise, photograph, sign, spoil

CHANNELS = ("grey", "grey", "jpeg40", "colour", "fax", "fax", "coarse fax", "photo", "png")
DAMAGES = ("none", "qr blot", "qr pen", "matrix blot", "matrix pen", "cropped", "margin")
HOPELESS = "both blot"
WRAPS = ("pdf", "pdf", "pdf", "rotated pdf", "strips", "bare")
_DPI = (150, 200, 200, 300)
_DPI_OF = {"fax": 200, "coarse fax": 200, "photo": 250}


@dataclass(frozen=True, slots=True)
class Blank:
    """A page as it was sent out: its code, and a PDF of that page alone."""

    token: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Scan:
    """A page that came back, and what was done to it."""

    blank: Blank
    filename: str
    data: bytes
    is_signed: bool
    turned: int
    skew: float
    recipe: str


@cache
def blanks() -> tuple[Blank, ...]:
    """Real pages of four packets, on both papers."""
    specs = [
        packet(*(page(SPROUT, document) for document in DOCUMENTS)),
        replace(packet(*(page(ISSUER, document, capacity="Company") for document in DOCUMENTS)), paper="a4"),
        packet(*(page(block) for block in (ANDREA, MALCOLM, THE_TRUST)), signatory="Andrea Martin"),
        replace(packet(*(page(THE_TRUST, document) for document in DOCUMENTS[1:5])), paper="a4"),
    ]
    found = []
    for spec in specs:
        with pikepdf.open(BytesIO(make_packet(spec))) as made:
            for at, sent in enumerate(spec.pages, len(made.pages) - len(spec.pages)):
                with pikepdf.new() as one:
                    one.pages.append(made.pages[at])
                    kept = BytesIO()
                    one.save(kept)
                found.append(Blank(sent.token, kept.getvalue()))
    return tuple(found)


@cache
def _printed(at: int, dpi: int) -> MatLike:
    return np.asarray(render(blanks()[at].pdf, 0, dpi))


# ----------------------------------------------------------------------- as files


def _group4(picture: MatLike) -> tuple[bytes, Dictionary]:
    kept = BytesIO()
    Image.fromarray(picture).convert("1", dither=Image.Dither.NONE).save(
        kept, "TIFF", compression="group4", tiffinfo={278: picture.shape[0]}
    )
    with Image.open(BytesIO(kept.getvalue())) as tiff:
        at, length = tiff.tag_v2[273][0], tiff.tag_v2[279][0]  # type: ignore[attr-defined]
    return kept.getvalue()[at : at + length], Dictionary(
        K=-1, Columns=picture.shape[1], Rows=picture.shape[0], BlackIs1=True
    )


def _as_image(pdf: pikepdf.Pdf, picture: MatLike, channel: str, quality: int) -> pikepdf.Stream:
    common = {"Type": Name.XObject, "Subtype": Name.Image, "Width": picture.shape[1], "Height": picture.shape[0]}
    if "fax" in channel:
        packed, parameters = _group4(picture)
        return pdf.make_stream(
            packed, **common, ColorSpace=Name.DeviceGray, BitsPerComponent=1, Filter=Name.CCITTFaxDecode,
            DecodeParms=parameters,
        )  # fmt: skip
    if channel == "png":
        packed = zlib.compress(picture.tobytes(), 1)
        return pdf.make_stream(
            packed, **common, ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=Name.FlateDecode
        )
    colours = Name.DeviceRGB if picture.ndim == 3 else Name.DeviceGray
    return pdf.make_stream(
        _jpeg(picture, quality), **common, ColorSpace=colours, BitsPerComponent=8, Filter=Name.DCTDecode
    )


def _jpeg(picture: MatLike, quality: int) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def as_pdf(picture: MatLike, size: tuple[float, float], channel: str, *, quality: int = 75, wrap: str = "pdf") -> bytes:
    """A scanner's PDF of one picture: whole, in strips, or stored turned with a note to turn it back."""
    rotated = wrap == "rotated pdf"
    if rotated:
        picture, size = np.ascontiguousarray(np.rot90(picture)), size[::-1]
    parts = np.array_split(picture, 3) if wrap == "strips" else [picture]
    with pikepdf.new() as pdf:
        sheet = pdf.add_blank_page(page_size=size)
        images, drawn, done = {}, [], 0
        for at, part in enumerate(parts):
            images[f"/Im{at}"] = _as_image(pdf, np.ascontiguousarray(part), channel, quality)
            done += part.shape[0]
            high = size[1] * part.shape[0] / picture.shape[0]
            low = size[1] * (1 - done / picture.shape[0])
            drawn.append(f"q {size[0]:.3f} 0 0 {high:.3f} 0 {low:.3f} cm /Im{at} Do Q")
        sheet.obj.Resources = Dictionary(XObject=Dictionary(images))
        sheet.obj.Contents = pdf.make_stream("\n".join(drawn).encode())
        if rotated:
            sheet.obj.Rotate = 90
        kept = BytesIO()
        pdf.save(kept, compress_streams=False)
    return kept.getvalue()


def make_scan(
    seed: int,
    *,
    is_signed: bool = True,
    damage: str | None = None,
    channel: str | None = None,
    dpi: int | None = None,
    wrap: str | None = None,
) -> Scan:
    """One page, sent out, perhaps signed, damaged, and brought back somehow; what isn't given is left to chance."""
    rng = default_rng(seed)
    at = int(rng.integers(len(blanks())))
    chances = str(rng.choice(CHANNELS)), str(rng.choice(DAMAGES)), str(rng.choice(WRAPS)), int(rng.choice(_DPI))
    channel, damage, wrap = channel or chances[0], damage or chances[1], wrap or chances[2]
    dpi = dpi or (_DPI_OF[channel] if channel in _DPI_OF else chances[3])
    picture = _printed(at, dpi).copy()
    how = sign(rng, picture, dpi) if is_signed else "blank"
    spoil(rng, picture, dpi, damage)
    picture = cv2.convertScaleAbs(picture, alpha=rng.uniform(0.75, 0.95), beta=rng.uniform(0, 12))
    picture = cut(rng, picture, dpi, damage)
    turned = int(rng.choice([0, 0, 90, 180, 270]))
    skew = float(rng.uniform(-4, 4)) if channel != "photo" and rng.uniform() < 0.6 else 0.0
    picture = photograph(rng, picture) if channel == "photo" else lay(rng, picture, skew)
    picture = np.ascontiguousarray(np.rot90(picture, -turned // 90))
    size = picture.shape[1] / dpi * 72, picture.shape[0] / dpi * 72
    if "fax" in channel:
        picture = fax(rng, picture, dpi, is_coarse=channel == "coarse fax")
    else:
        picture = noise(rng, picture, rng.uniform(1, 9))
    if channel in ("colour", "photo"):
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    filename, data = _file(picture, size, channel, wrap)
    recipe = f"{seed}: page {at}, {how}, {channel}, {dpi} dpi, {damage}, turned {turned}, skew {skew:.1f}, {wrap}"
    return Scan(blanks()[at], filename, data, is_signed, turned, skew, recipe)


def _file(picture: MatLike, size: tuple[float, float], channel: str, wrap: str) -> tuple[str, bytes]:
    quality = 40 if channel in ("jpeg40", "photo") else 75
    if wrap == "bare" and "fax" not in channel:
        if channel == "png":
            return "scan.png", cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        return "scan.jpg", _jpeg(picture, quality)
    return "scan.pdf", as_pdf(picture, size, channel, quality=quality, wrap=wrap)
