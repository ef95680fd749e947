"""The two machine-readable codes of a signature page, as vector drawings.

Both carry the bare token. A stroke of a pen spoils a DataMatrix and a blot spoils a QR code, and
seldom one page has both, which is why there are two, in opposite corners.
"""

import zxingcpp


def draw_qr(token: str) -> str:
    """SVG of a QR code with a quarter of it to spare; 21 modules a side, no quiet zone."""
    code = zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    return code.to_svg(scale=1, add_quiet_zones=False)


def draw_data_matrix(token: str) -> str:
    """SVG of a DataMatrix; 16 modules a side, no quiet zone.

    Square by force: a token of almost only digits would else get a long one, which the page's square would crop.
    """
    code = zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    return code.to_svg(scale=1, add_quiet_zones=False)
