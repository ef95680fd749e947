"""Turning a page that came back by a quarter, where no code says which way up it is."""

from io import BytesIO

import pikepdf
from PIL import Image


def turn_quarter(upright: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """A PDF of one page and its PNG, both turned a quarter clockwise. The same in gives the same out."""
    with pikepdf.open(BytesIO(upright)) as pdf:
        pdf.pages[0].rotate(90, relative=True)
        kept = BytesIO()
        pdf.save(kept, deterministic_id=True)
    with Image.open(BytesIO(picture), formats=["PNG"]) as shown:
        turned = BytesIO()
        shown.transpose(Image.Transpose.ROTATE_270).save(turned, "PNG")
    return kept.getvalue(), turned.getvalue()
