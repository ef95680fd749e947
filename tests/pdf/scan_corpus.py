"""Signature pages as they come back: signed, scanned, faxed, photographed, turned and damaged.

Seeded: the same number makes the same scan. By hand, for thousands of pages:
`SCANS=5000 python -m pytest tests/pdf/test_recognition_corpus.py -s`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO

import cv2
import numpy as np
import pikepdf
from cv2.typing import MatLike
from numpy.random import Generator, default_rng
from pikepdf import Dictionary, Name
from PIL import Image

from closing.pdf.signatures import make_packet
from tests.pdf.reading import render
from tests.pdf.samples import ANDREA, DOCUMENTS, ISSUER, MALCOLM, SPROUT, THE_TRUST, packet, page

CHANNELS = ("grey", "grey", "jpeg40", "colour", "fax", "fax", "coarse fax", "photo", "png")
DAMAGES = ("none", "qr blot", "qr pen", "matrix blot", "matrix pen", "cropped", "margin")
WRAPS = ("pdf", "pdf", "pdf", "rotated pdf", "strips", "bare")
_MM = 1 / 25.4


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


def _line_of(picture: MatLike, dpi: int) -> tuple[int, int]:
    """Where the first line for a signature begins: the longest dark row in the lower right half."""
    half = picture[int(picture.shape[0] * 0.35) : int(picture.shape[0] * 0.85)]
    dark = (half < 140).astype(np.uint8)
    runs = cv2.erode(dark, np.ones((1, round(40 * dpi * _MM)), np.uint8))
    rows, columns = np.nonzero(runs)
    if not len(rows):
        return picture.shape[1] // 2, int(picture.shape[0] * 0.6)
    return int(columns[0] - 20 * dpi * _MM), int(rows[0] + picture.shape[0] * 0.35)


def _curve(rng: Generator, x: float, y: float, wide: float, high: float) -> MatLike:
    """A hand's scrawl as points: loops that move on to the right."""
    turns = rng.integers(3, 8)
    along = np.linspace(0, 1, 240)
    waves = sum(
        rng.uniform(0.3, 1) * np.sin(2 * np.pi * (turns * factor * along + rng.uniform())) for factor in (0.5, 1, 1.7)
    )
    loops = 0.25 * wide / turns * np.cos(2 * np.pi * turns * along)
    points = np.stack([x + wide * along + loops, y + high / 2 * waves / np.abs(waves).max()], axis=1)
    return np.asarray(points)


def _draw(picture: MatLike, points: MatLike, ink: int, thick: int) -> None:
    cv2.polylines(picture, [(points * 16).round().astype(np.int32)], False, (ink,), thick, cv2.LINE_AA, 4)


def sign(rng: Generator, picture: MatLike, dpi: int) -> str:
    """A signature on the line, small or sprawling, by a thin pen or a thick one; or a typed name."""
    mm = dpi * _MM
    x, y = _line_of(picture, dpi)
    ink = int(rng.integers(0, 90))
    if rng.uniform() < 0.15:
        cv2.putText(
            picture, "/s/ Robert Finzi", (int(x + 3 * mm), int(y - 1.5 * mm)), cv2.FONT_HERSHEY_SIMPLEX,
            3.0 * mm / 22, (ink,), max(round(0.3 * mm), 1), cv2.LINE_AA,
        )  # fmt: skip
        return "typed"
    wide, high = rng.uniform(18, 65) * mm, rng.uniform(6, 22) * mm
    points = _curve(rng, x + rng.uniform(0, 15) * mm, y - rng.uniform(1, 7) * mm, wide, high)
    _draw(picture, points, ink, max(round(rng.uniform(0.3, 0.9) * mm), 1))
    return "signed"


def _damage(rng: Generator, picture: MatLike, dpi: int, kind: str) -> None:
    """Spoil one code: ink over it. The margins are cut off later."""
    mm = dpi * _MM
    name, _, how = kind.partition(" ")
    if name not in ("qr", "matrix"):
        return
    height, width = picture.shape[:2]
    x, y = (width - 21.5 * mm, 21.5 * mm) if name == "qr" else (21.5 * mm, height - 21.5 * mm)
    if how == "blot":
        middle = int(x + rng.uniform(-4, 4) * mm), int(y + rng.uniform(-4, 4) * mm)
        cv2.ellipse(picture, middle, (int(rng.uniform(3, 7) * mm), int(rng.uniform(3, 7) * mm)), 30, 0, 360, (20,), -1)
    else:
        for _ in range(int(rng.integers(1, 4))):
            points = _curve(rng, x - 12 * mm, y, 24 * mm, rng.uniform(6, 14) * mm)
            _draw(picture, points, int(rng.integers(0, 70)), max(round(rng.uniform(0.4, 1.1) * mm), 1))


def _cut(rng: Generator, picture: MatLike, dpi: int, kind: str) -> MatLike:
    """Cut margins off: a few millimetres, or as much as takes one code away."""
    mm = dpi * _MM
    height, width = picture.shape[:2]
    most = {"cropped": 24.0, "margin": 11.0}.get(kind, 2.0)
    amount = int(rng.uniform(most / 2, most) * mm)
    side = int(rng.integers(4))
    if side == 0:
        return picture[amount:]
    if side == 1:
        return picture[: height - amount]
    return picture[:, amount:] if side == 2 else picture[:, : width - amount]


def _lay(rng: Generator, picture: MatLike, skew: float) -> MatLike:
    """On the glass: tilted, a little too small or large, out of place, with a copier's dark edge at times."""
    height, width = picture.shape[:2]
    there = cv2.getRotationMatrix2D((width / 2, height / 2), -skew, rng.uniform(0.92, 1.02))
    there[:, 2] += rng.uniform(-0.008, 0.008, 2) * width
    edge = int(rng.choice([255, 250, 235, 40], p=[0.4, 0.3, 0.2, 0.1]))
    return cv2.warpAffine(picture, there, (width, height), borderValue=(edge,))


def _photograph(rng: Generator, picture: MatLike) -> MatLike:
    """By a phone: from a slant, on a table, in uneven light, a little out of focus."""
    height, width = picture.shape[:2]
    frame = int(width * 1.12), int(height * 1.1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + [width * 0.06, height * 0.05] + rng.uniform(-0.035, 0.035, (4, 2)) * width
    there = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    shot = cv2.warpPerspective(picture, there, frame, borderValue=(int(rng.integers(60, 140)),))
    across = np.linspace(rng.uniform(0.55, 1), rng.uniform(0.55, 1), frame[0])
    down = np.linspace(rng.uniform(0.7, 1), rng.uniform(0.7, 1), frame[1])
    lit = shot * np.outer(down, across)
    return cv2.GaussianBlur(np.clip(lit, 0, 255).astype(np.uint8), (0, 0), rng.uniform(0.4, 1.1))


def _noise(rng: Generator, picture: MatLike, spread: float) -> MatLike:
    grain = np.empty(picture.shape, np.int16)
    cv2.setRNGSeed(int(rng.integers(1 << 30)))
    cv2.randn(grain, np.zeros(1), np.full(1, spread))
    return cv2.add(picture, grain, dtype=cv2.CV_8U)


def _fax(rng: Generator, picture: MatLike, dpi: int, *, coarse: bool) -> MatLike:
    """204 x 196 points an inch, or 204 x 98, black or white, with specks and at times a line down the page."""
    height, width = picture.shape[:2]
    size = round(width * 204 / dpi), round(height * (98 if coarse else 196) / dpi)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    bits = np.where(_noise(rng, small, 10) > rng.integers(120, 180), 255, 0).astype(np.uint8)
    share = rng.uniform(0, 0.004)
    bits[rng.uniform(size=bits.shape) < share] = 0
    bits[rng.uniform(size=bits.shape) < share] = 255
    if rng.uniform() < 0.2:
        column = int(rng.integers(size[0] // 8, size[0] * 7 // 8))
        bits[:, column : column + 2] = 0
    if rng.uniform() < 0.6:
        text = "06/07/1996 14:22  FROM 7145551996  P.03"
        cv2.putText(bits, text, (100, 22 if coarse else 40), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0,), 1 if coarse else 2)
    return bits


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
        return pdf.make_stream(picture.tobytes(), **common, ColorSpace=Name.DeviceGray, BitsPerComponent=8)
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
        pdf.save(kept)
    return kept.getvalue()


def make_scan(seed: int, *, is_signed: bool = True, damage: str | None = None, channel: str | None = None) -> Scan:
    """One page, sent out, perhaps signed, damaged, and brought back somehow."""
    rng = default_rng(seed)
    at = int(rng.integers(len(blanks())))
    channel = str(rng.choice(CHANNELS)) if channel is None else channel
    damage = str(rng.choice(DAMAGES)) if damage is None else damage
    dpi = int(rng.choice([150, 200, 200, 300])) if channel not in ("photo",) else 250
    if "fax" in channel:
        dpi = 200
    picture = _printed(at, dpi).copy()
    how = sign(rng, picture, dpi) if is_signed else "blank"
    _damage(rng, picture, dpi, damage)
    picture = cv2.convertScaleAbs(picture, alpha=rng.uniform(0.75, 0.95), beta=rng.uniform(0, 12))
    skew, turned = 0.0, int(rng.choice([0, 0, 90, 180, 270]))
    picture = _cut(rng, picture, dpi, damage)
    if channel == "photo":
        picture = _photograph(rng, picture)
    else:
        skew = float(rng.uniform(-4, 4)) if rng.uniform() < 0.6 else 0.0
        picture = _lay(rng, picture, skew)
    picture = np.ascontiguousarray(np.rot90(picture, -turned // 90))
    size = picture.shape[1] / dpi * 72, picture.shape[0] / dpi * 72
    if "fax" in channel:
        picture = _fax(rng, picture, dpi, coarse=channel == "coarse fax")
    else:
        picture = _noise(rng, picture, rng.uniform(1, 9))
    if channel in ("colour", "photo"):
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    wrap = str(rng.choice(WRAPS))
    quality = 40 if channel in ("jpeg40", "photo") else 75
    filename, data = _file(picture, size, channel, quality, wrap)
    recipe = f"{seed}: page {at}, {how}, {channel}, {dpi} dpi, {damage}, turned {turned}, skew {skew:.1f}, {wrap}"
    return Scan(blanks()[at], filename, data, is_signed, turned, skew, recipe)


def _file(picture: MatLike, size: tuple[float, float], channel: str, quality: int, wrap: str) -> tuple[str, bytes]:
    if wrap == "bare" and "fax" not in channel:
        if channel == "png":
            return "scan.png", cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        return "scan.jpg", _jpeg(picture, quality)
    return "scan.pdf", as_pdf(picture, size, channel, quality=quality, wrap=wrap)


def make_scans(count: int, *, first: int = 0) -> Iterator[Scan]:
    """Signed pages, damaged in all the ways, one after the other."""
    return (make_scan(first + at) for at in range(count))
