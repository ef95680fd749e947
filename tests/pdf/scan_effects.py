"""What happens to a page between the printer and the inbox: signed, blotted, cut, tilted, faxed, photographed.

Every effect draws its chances from the generator that it is given, and nothing else.
"""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.random import Generator

MM = 1 / 25.4


def _line_of(picture: MatLike, dpi: int) -> tuple[int, int]:
    """Where the first line for a signature begins: the first long dark row in the lower right half."""
    top = int(picture.shape[0] * 0.35)
    half: MatLike = (picture[top : int(picture.shape[0] * 0.85) : 2, ::2] < 140).astype(np.uint8)
    runs = cv2.erode(cv2.dilate(half, np.ones((2, 1), np.uint8)), np.ones((1, round(20 * dpi * MM)), np.uint8))
    rows = np.nonzero(runs.any(axis=1))[0]
    if not len(rows):
        return picture.shape[1] // 2, int(picture.shape[0] * 0.6)
    columns = np.nonzero(runs[rows[0]])[0]
    return int(2 * columns[0] - 20 * dpi * MM), int(2 * rows[0]) + top


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
    mm = dpi * MM
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


def spoil(rng: Generator, picture: MatLike, dpi: int, kind: str) -> None:
    """Spoil one code or both: ink over it. The margins are cut off later."""
    mm = dpi * MM
    name, _, how = kind.partition(" ")
    height, width = picture.shape[:2]
    places = {"qr": (width - 21.5 * mm, 21.5 * mm), "matrix": (21.5 * mm, height - 21.5 * mm)}
    for x, y in places.values() if name == "both" else [places[name]] if name in places else []:
        if how == "blot":
            middle = int(x + rng.uniform(-4, 4) * mm), int(y + rng.uniform(-4, 4) * mm)
            radii = int(rng.uniform(3, 7) * mm), int(rng.uniform(3, 7) * mm)
            cv2.ellipse(picture, middle, radii, 30, 0, 360, (20,), -1)
            continue
        for _ in range(int(rng.integers(1, 4))):
            points = _curve(rng, x - 12 * mm, y, 24 * mm, rng.uniform(6, 14) * mm)
            _draw(picture, points, int(rng.integers(0, 70)), max(round(rng.uniform(0.4, 1.1) * mm), 1))


def cut(rng: Generator, picture: MatLike, dpi: int, kind: str) -> MatLike:
    """Cut margins off: a few millimetres, or as much as takes one code away."""
    mm = dpi * MM
    height, width = picture.shape[:2]
    most = {"cropped": 24.0, "margin": 11.0}.get(kind, 2.0)
    amount = int(rng.uniform(most / 2, most) * mm)
    side = int(rng.integers(4))
    if side == 0:
        return picture[amount:]
    if side == 1:
        return picture[: height - amount]
    return picture[:, amount:] if side == 2 else picture[:, : width - amount]


def lay(rng: Generator, picture: MatLike, skew: float) -> MatLike:
    """On the glass: tilted, a little too small or large, out of place, with a copier's dark edge at times."""
    height, width = picture.shape[:2]
    there = cv2.getRotationMatrix2D((width / 2, height / 2), -skew, rng.uniform(0.92, 1.02))
    there[:, 2] += rng.uniform(-0.008, 0.008, 2) * width
    edge = int(rng.choice([255, 250, 235, 40], p=[0.4, 0.3, 0.2, 0.1]))
    return cv2.warpAffine(picture, there, (width, height), borderValue=(edge,))


def photograph(rng: Generator, picture: MatLike) -> MatLike:
    """By a phone: from a slant, on a table, in uneven light, a little out of focus."""
    height, width = picture.shape[:2]
    frame = int(width * 1.12), int(height * 1.1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + [width * 0.06, height * 0.05] + rng.uniform(-0.035, 0.035, (4, 2)) * width
    there = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    shot = cv2.warpPerspective(picture, there, frame, borderValue=(int(rng.integers(60, 140)),))
    across = np.linspace(rng.uniform(0.55, 1), rng.uniform(0.55, 1), frame[0])
    down = np.linspace(rng.uniform(0.7, 1), rng.uniform(0.7, 1), frame[1])
    light = np.outer(down, across).astype(np.float32)
    lit = cv2.multiply(shot, light, dtype=cv2.CV_8U)
    return cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.4, 1.1))


def noise(rng: Generator, picture: MatLike, spread: float) -> MatLike:
    grain = np.empty(picture.shape, np.int16)
    cv2.setRNGSeed(int(rng.integers(1 << 30)))
    cv2.randn(grain, np.zeros(1), np.full(1, spread))
    return cv2.add(picture, grain, dtype=cv2.CV_8U)


def fax(rng: Generator, picture: MatLike, dpi: int, *, is_coarse: bool) -> MatLike:
    """204 x 196 points an inch, or 204 x 98, black or white, with specks and at times a line down the page."""
    height, width = picture.shape[:2]
    size = round(width * 204 / dpi), round(height * (98 if is_coarse else 196) / dpi)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    bits = np.where(noise(rng, small, 10) > rng.integers(120, 180), 255, 0).astype(np.uint8)
    specks = int(rng.uniform(0, 0.004) * bits.size)
    for level in (0, 255):
        bits.flat[rng.integers(bits.size, size=specks)] = level
    if rng.uniform() < 0.2:
        column = int(rng.integers(size[0] // 8, size[0] * 7 // 8))
        bits[:, column : column + 2] = 0
    if rng.uniform() < 0.6:
        text = "06/07/1996 14:22  FROM 7145551996  P.03"
        cv2.putText(
            bits, text, (100, 22 if is_coarse else 40), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0,), 1 if is_coarse else 2
        )
    return bits
