"""Was a page signed at all? Its picture is laid over the page as it was sent out, and what is more is looked at.

A signature is a drawn or typed line of some millimetres, anywhere in the body of the page. Specks,
a fax machine's line, the dark edge of a copier, a blot, a punched hole and the margins are none.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from closing.pdf.code_reading import Point, read_as_sent

PER_MM = 3.2
_POINTS = PER_MM * 25.4 / 72
_INK = 150
_FAINT = 192
_INK_IN_FOUR = 195  # the mean of four points of which one is dark, or two are half dark
_MARGINS = (17.0, 17.0, 11.0, 19.0)  # mm: left, top, right, bottom
_AROUND_CODE = 10.0
_EDGE = 9.0  # mm of the scan's own edge, where fax machines and copiers leave their marks
_BODY = 17.0
_LONGEST = 110.0
_MOST_PATCHES = 18
_FAR = 50  # how far off print may be, in points, where only one code says where the page lies
_PATCH = (64, 36)
Corners = tuple[tuple[bool, tuple[Point, ...]], ...]
Box = tuple[int, int, int, int]  # left, top, right, bottom

# The other cores have scans to decode meanwhile, and a thread that waits for one of them waits longer than it saves.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class _Sent:
    """The page as it was sent out, drawn at 3.2 points a millimetre, and where its codes are."""

    grey: MatLike
    corners: Corners


def was_left_blank(picture: bytes, corners: Corners, blank: bytes) -> bool:
    """Whether nothing like a signature was added to the page that `blank`, a PDF of one page, shows.

    `corners` are the places of the codes in `picture`. Raises ValueError where either cannot be read.
    """
    grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("The picture of the page cannot be read.")
    sent = _sent(blank)
    laid = _laid_over(grey, corners, sent)
    return not any(_is_written(group, dark) for group, dark in _groups(_added(laid, sent), laid))


# -------------------------------------------------------------- the quick answer


def is_plainly_signed(grey: MatLike, corners: Corners, skew: float) -> bool:
    """Whether an upright page shows a drawn line larger than any print of ours, away from edges and codes.

    `skew` is what was taken out, in degrees. False says nothing: a small signature, or a page with a
    line right across, needs `was_left_blank`.
    """
    scale = _scale_of(grey, corners) / 2
    edge = round(_BODY * 2 * scale)
    high, wide = (max(side - 2 * edge, 0) & ~1 for side in grey.shape[:2])
    if min(high, wide) < 40 * scale:
        return False
    body = grey[edge : edge + high, edge : edge + wide]
    half = cv2.resize(body, (wide // 2, high // 2), interpolation=cv2.INTER_AREA)
    ink: MatLike = (half < _INK_IN_FOUR).astype(np.uint8)
    if _has_fax_line(ink, skew):
        return False
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    widths, heights = boxes[1:, cv2.CC_STAT_WIDTH] / scale, boxes[1:, cv2.CC_STAT_HEIGHT] / scale
    if np.any(widths > _LONGEST) or np.any(heights > _LONGEST):
        return False
    for at in np.nonzero((widths > 12) & (heights > 7) & (heights < 60))[0] + 1:
        x, y, across, down, area = (int(number) for number in boxes[at])
        middle = (x + across / 2) / scale, (y + down / 2) / scale
        if area < 0.5 * across * down and _is_off_corners(middle, (ink.shape[1] / scale, ink.shape[0] / scale)):
            alone: MatLike = (labels[y : y + down, x : x + across] == at).astype(np.uint8)
            if _is_drawn(alone, scale):
                return True
    return False


def _has_fax_line(ink: MatLike, skew: float) -> bool:
    """Whether a line runs down the page as the scanner moved; it ties words together into what looks drawn."""
    height, width = ink.shape[:2]
    shear = np.array([[1, -math.tan(math.radians(skew)), 0], [0, 1, 0]])
    upright = cv2.warpAffine(ink, shear, (width, height), flags=cv2.INTER_NEAREST) if skew else ink
    share = cv2.dilate(upright, np.ones((1, 3), np.uint8)).mean(axis=0)
    return bool(share.max() > 0.42)


def _scale_of(grey: MatLike, corners: Corners) -> float:
    """Points a millimetre: by the codes, which are 13 mm, else by a sheet of Letter paper."""
    sides = [np.hypot(a[0] - b[0], a[1] - b[1]) for _, (a, b, c, d) in corners for a, b in ((a, b), (b, c), (c, d))]
    return float(np.median(sides)) / 13 if sides else grey.shape[0] / 279.4


def _is_off_corners(middle: Point, size: Point) -> bool:
    """Whether a place in the body is out of its four corners, where codes are and get scribbled over; in mm."""
    return max(min(middle[at], size[at] - middle[at]) for at in (0, 1)) > 48 - _BODY


def _is_drawn(alone: MatLike, scale: float) -> bool:
    """Whether one patch of ink has a pen's stroke in it, besides blots: wider than a straight scratch."""
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(4 * scale), round(4 * scale)))
    framed = cv2.copyMakeBorder(alone, 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=(0,))
    blots = cv2.dilate(cv2.morphologyEx(framed, cv2.MORPH_OPEN, brush), brush)
    framed[blots > 0] = 0
    points = np.argwhere(framed)[:, ::-1].astype(np.float32)
    if len(points) < 0.4 * int(alone.sum()):
        return False
    return float(min(cv2.minAreaRect(points)[1])) > 5 * scale


# ---------------------------------------------------------- laid over the page sent out


def _sent(blank: bytes) -> _Sent:
    # Here, because whoever only decodes scans waits for every library that is loaded.
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(blank) as document:
            drawn = document[0].render(scale=_POINTS, grayscale=True).to_numpy().copy()
    except pypdfium2.PdfiumError as error:
        raise ValueError("The page as it was sent out cannot be read.") from error
    grey = drawn[:, :, 0] if drawn.ndim == 3 else drawn
    return _Sent(grey, tuple((code.is_qr, code.corners) for code in read_as_sent(grey)))


def _laid_over(grey: MatLike, corners: Corners, sent: _Sent) -> MatLike:
    """The picture in the place and size of the page sent out: by the codes first, then by the print itself."""
    there = _by_codes(grey, corners, sent)
    patches = _patches(sent)
    for reach in (9, 5) if len(corners) > 1 else (_FAR, 12, 5):
        correction = _refined(grey, there, sent, patches, reach)
        there = correction @ there
        if _is_small(correction, sent):
            break
    edged = grey.copy()
    cv2.rectangle(edged, (0, 0), (grey.shape[1] - 1, grey.shape[0] - 1), (255,), round(2 * _EDGE * PER_MM))
    return _warped(edged, there, sent)


def _is_small(correction: MatLike, sent: _Sent) -> bool:
    """Whether a correction moves no corner of the page by more than two points, so that another adds nothing."""
    height, width = sent.grey.shape[:2]
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    return bool(np.abs(cv2.perspectiveTransform(corners, correction) - corners).max() < 2)


def _warped(grey: MatLike, there: MatLike, sent: _Sent) -> MatLike:
    return _part_warped(grey, there, (0, 0, sent.grey.shape[1], sent.grey.shape[0]))


def _part_warped(grey: MatLike, there: MatLike, part: Box) -> MatLike:
    """What comes to lie in that part of the page sent out, and nothing else of it."""
    left, top, right, bottom = part
    shift = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
    return cv2.warpPerspective(grey, shift @ there, (right - left, bottom - top), borderValue=(255,))


def _by_codes(grey: MatLike, corners: Corners, sent: _Sent) -> MatLike:
    of_sent = dict(sent.corners)
    ours = [point for is_qr, points in corners if is_qr in of_sent for point in points]
    theirs = [point for is_qr, _ in corners if is_qr in of_sent for point in of_sent[is_qr]]
    if len(ours) > 4:
        return _plane(np.array(ours), np.array(theirs))
    if ours:
        return _similar(np.array(ours), np.array(theirs))
    return np.diag([sent.grey.shape[1] / grey.shape[1], sent.grey.shape[0] / grey.shape[0], 1.0])


def _plane(ours: MatLike, theirs: MatLike, stray: float = 2.0) -> MatLike:
    """The projection that leads from our points to theirs, a few strays left out; none where there is none."""
    found = cv2.findHomography(ours, theirs, cv2.RANSAC, stray)[0]
    return np.eye(3) if _is_none(found) else found


def _similar(ours: MatLike, theirs: MatLike, stray: float = 2.0) -> MatLike:
    found = cv2.estimateAffinePartial2D(ours, theirs, ransacReprojThreshold=stray)[0]
    return np.eye(3) if _is_none(found) else np.vstack([found, [0, 0, 1]])


def _is_none(found: MatLike | None) -> bool:
    """OpenCV says that it returns a matrix, and returns None where it finds none."""
    return found is None


def _patches(sent: _Sent) -> list[tuple[int, int]]:
    """Where the page sent out has print to hold on to: top left corners of patches, from all over it."""
    wide, high = _PATCH
    height, width = sent.grey.shape[:2]
    down, across = max((height - 41) // high, 0), max((width - 41) // wide, 0)
    dark = sent.grey[20 : 20 + down * high, 20 : 20 + across * wide] < 170
    ink = dark.reshape(down, high, across, wide).sum(axis=(1, 3))
    rows, columns = np.nonzero((ink > 60) & (ink < 0.6 * wide * high))
    found = [(20 + int(x) * wide, 20 + int(y) * high) for y, x in zip(rows, columns, strict=True)]
    return found[:: -(-len(found) // _MOST_PATCHES)] if found else []


def _refined(grey: MatLike, there: MatLike, sent: _Sent, patches: Sequence[tuple[int, int]], reach: int) -> MatLike:
    """The small correction that brings each patch of print onto its own."""
    (wide, high), (height, width) = _PATCH, sent.grey.shape[:2]
    found, meant = [], []
    for x, y in patches:
        top, left = max(y - reach, 0), max(x - reach, 0)
        around = left, top, min(x + wide + reach, width), min(y + high + reach, height)
        window = _part_warped(grey, there, around)
        match: MatLike = cv2.matchTemplate(window, sent.grey[y : y + high, x : x + wide], cv2.TM_CCOEFF_NORMED)
        _, best, _, (dx, dy) = cv2.minMaxLoc(match)
        if best > 0.5:
            found.append((left + dx + wide / 2, top + dy + high / 2))
            meant.append((x + wide / 2, y + high / 2))
    stray = max(2.0, reach / 10)
    if len(found) >= 8:
        return _plane(np.array(found), np.array(meant), stray)
    return _similar(np.array(found), np.array(meant), stray) if len(found) >= 3 else np.eye(3)


# --------------------------------------------------------------------- what is more


def _added(laid: MatLike, sent: _Sent) -> MatLike:
    """The ink in the body of the page that is not print, long straight lines or blots, as 0 and 1."""
    printed = cv2.dilate((sent.grey < 215).astype(np.uint8), np.ones((7, 7), np.uint8))
    ink: MatLike = ((laid < _FAINT) & (printed == 0)).astype(np.uint8)
    _clear_margins(ink, sent)
    shortest = 60 * PER_MM
    lines = cv2.HoughLinesP(ink, 1, np.pi / 360, 60, minLineLength=shortest, maxLineGap=8 * PER_MM)
    for x1, y1, x2, y2 in () if lines is None else lines.reshape(-1, 4):
        cv2.line(ink, (int(x1), int(y1)), (int(x2), int(y2)), (0,), 5)
    round_brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    blots = cv2.morphologyEx(ink, cv2.MORPH_OPEN, round_brush)
    ink[cv2.dilate(blots, round_brush, iterations=2) > 0] = 0
    return ink


def _clear_margins(ink: MatLike, sent: _Sent) -> None:
    left, top, right, bottom = (round(margin * PER_MM) for margin in _MARGINS)
    ink[:top] = 0
    ink[ink.shape[0] - bottom :] = 0
    ink[:, :left] = 0
    ink[:, ink.shape[1] - right :] = 0
    around = _AROUND_CODE * PER_MM
    for _, points in sent.corners:
        (x1, y1), (x2, y2) = np.min(points, axis=0) - around, np.max(points, axis=0) + around
        ink[max(int(y1), 0) : int(y2), max(int(x1), 0) : int(x2)] = 0


def _groups(ink: MatLike, laid: MatLike) -> Iterator[tuple[MatLike, int]]:
    """Patches of ink that lie together: a signature, a word, a speck; and how many points of each are dark."""
    x, y, across, down = cv2.boundingRect(ink)
    whole = (slice(y, y + down), slice(x, x + across))
    ink, is_dark = ink[whole], laid[whole] < _INK
    if not ink.size:
        return
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_kept = boxes[:, cv2.CC_STAT_AREA] >= 4
    is_kept[0] = False
    kept: MatLike = is_kept[labels].astype(np.uint8)
    near = cv2.dilate(kept, np.ones((5, 7), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    for at in range(1, count):
        x, y, across, down, _ = (int(number) for number in boxes[at])
        part = (slice(y, y + down), slice(x, x + across))
        group = (labels[part] == at) & (kept[part] > 0)
        yield group.astype(np.uint8), int((group & is_dark[part]).sum())


def _is_written(group: MatLike, dark: int) -> bool:
    """Whether a patch has the length and the ink of handwriting or type, and is not a straight scratch."""
    points = np.argwhere(group)[:, ::-1].astype(np.float32)
    if len(points) < 14 or dark < 4:
        return False
    narrow, long = sorted(cv2.minAreaRect(points)[1])
    return long > 5 * PER_MM and narrow > max(1.2 * PER_MM, 0.06 * long) and len(points) > 0.9 * long
