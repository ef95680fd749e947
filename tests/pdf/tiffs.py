"""TIFF files as fax servers and scanners send them, and as somebody may make them who means harm."""

import struct
from io import BytesIO

import numpy as np
from cv2.typing import MatLike
from PIL import Image

_ORIENTATION = 274


def as_tiff(
    *pictures: MatLike,
    compression: str = "group4",
    mode: str = "1",
    dpi: tuple[int, int] = (200, 200),
    orientation: int = 1,
) -> bytes:
    """The pictures, grey, as the pages of a TIFF in this mode and packing."""
    pages = [Image.fromarray(np.ascontiguousarray(picture)) for picture in pictures]
    first, *others = [page.convert(mode, dither=Image.Dither.NONE) for page in pages]
    kept = BytesIO()
    how = {"compression": compression, "dpi": dpi, "tiffinfo": {_ORIENTATION: orientation}}
    first.save(kept, "TIFF", save_all=True, append_images=others, **how)
    return kept.getvalue()


def by_hand(*kinds: int, width: int = 8, height: int = 8, last: int = 0) -> bytes:
    """A TIFF of a tiny picture of each kind (0 a page, 1 a small copy); after the last a reader is sent to `last`."""
    strip = bytes(8)
    made = [b"II*\0", struct.pack("<I", 8 + len(strip)), strip]
    place = 8 + len(strip)
    tags = [(256, width), (257, height), (258, 1), (259, 1), (262, 1), (273, 8), (278, height), (279, 8)]
    size = 2 + 12 * (1 + len(tags)) + 4
    for at, kind in enumerate(kinds, start=1):
        place += size
        rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in [(254, kind), *tags])
        made.append(struct.pack("<H", 1 + len(tags)) + rows + struct.pack("<I", place if at < len(kinds) else last))
    return b"".join(made)
