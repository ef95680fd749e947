"""Files of scanned pages, opened: a PDF as it is, a picture as a PDF of one page around it.

What is decoded later is measured here first: pictures of absurd size are refused unopened. Call
it where a crash or a hang does no harm: see `scan_child`.
"""

import struct
import zlib
from io import BytesIO

import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image

MAX_PIXELS = 80_000_000
MAX_PAGES = 5_000
_LONG_SIDE = 792.0
_SIDES = (3 * 72.0, 20 * 72.0)
_TURNED = {1: 0, 3: 180, 6: 90, 8: 270}
_PNG_COLOURS = {0: ("/DeviceGray", 1), 2: ("/DeviceRGB", 3)}

TOO_LARGE = (
    "A picture in the file is larger than any scanner makes one (more than 80 million points). "
    "Scan the page again at 200 or 300 dpi, and hand in that file."
)
_BROKEN = "The file of scans is broken and cannot be read. Scan the pages again, or print the file to a new PDF."
_PROTECTED = "The PDF is protected by a password. Save a copy without one, and hand in that."
_NO_PICTURE = "The picture is broken and cannot be shown. Scan or photograph the page again."
_WRONG_KIND = "Signed pages are taken as PDF, PNG or JPEG files. Scan or save them as one of these."
_TOO_MANY = f"The file has more than {MAX_PAGES} pages. Split it, and hand in the parts."


class ScanNotRead(ValueError):
    """A file of scans cannot be read. The message says why, and what to do next."""


def check_pixels(width: int, height: int) -> None:
    """Raise ScanNotRead for a picture that would take absurd memory to unpack."""
    if width * height > MAX_PIXELS:
        raise ScanNotRead(TOO_LARGE)


def open_scans(data: bytes) -> pikepdf.Pdf:
    """Open a PDF, or a PNG or JPEG as the one page of a PDF; the caller closes it.

    Filled-in fields and drawn notes become part of their pages, so that nothing written on a page
    is lost when it stands alone. Raises ScanNotRead.
    """
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _around_picture(data)
    if b"%PDF-" not in data[:1024]:
        raise ScanNotRead(_WRONG_KIND)
    try:
        pdf = pikepdf.open(BytesIO(data), suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise ScanNotRead(_PROTECTED) from error
    except (pikepdf.PdfError, ValueError, RecursionError) as error:
        raise ScanNotRead(_BROKEN) from error
    try:
        return _prepared(pdf)
    except BaseException:
        pdf.close()
        raise


def _prepared(pdf: pikepdf.Pdf) -> pikepdf.Pdf:
    try:
        count = len(pdf.pages)
        if count == 0:
            raise ScanNotRead("The PDF has no pages. Scan the pages again.")
        if count > MAX_PAGES:
            raise ScanNotRead(_TOO_MANY)
        has_notes = False
        for page in pdf.pages:
            has_notes = has_notes or "/Annots" in page
            for picture in page.get_images().values():
                check_pixels(int(picture.get("/Width", 0)), int(picture.get("/Height", 0)))
    except (pikepdf.PdfError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, ScanNotRead):
            raise
        raise ScanNotRead(_BROKEN) from error
    if has_notes:
        _flatten(pdf)
    return pdf


def _flatten(pdf: pikepdf.Pdf) -> None:
    try:
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("screen")
    except (pikepdf.PdfError, ValueError, TypeError):
        # Broken notes: the pages are read without them.
        return


# ------------------------------------------------------------------ pictures as PDFs


def _around_picture(data: bytes) -> pikepdf.Pdf:
    try:
        with Image.open(BytesIO(data), formats=["PNG", "JPEG"]) as picture:
            check_pixels(*picture.size)
            turned = _TURNED.get(picture.getexif().get(0x0112, 1), 0)
            size = _paper_size(picture)
            pdf = pikepdf.new()
            stream = _embedded(pdf, picture, data)
    except ScanNotRead:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ScanNotRead(TOO_LARGE) from error
    except Exception as error:
        # A picture made to break its reader breaks it in ways that no library lists.
        raise ScanNotRead(_NO_PICTURE) from error
    page = pdf.add_blank_page(page_size=size)
    page.obj.Resources = Dictionary(XObject=Dictionary(Scan=stream))
    page.obj.Contents = pdf.make_stream(f"q {size[0]:.2f} 0 0 {size[1]:.2f} 0 0 cm /Scan Do Q".encode())
    if turned:
        page.obj.Rotate = turned
    return pdf


def _paper_size(picture: Image.Image) -> tuple[float, float]:
    """In points: by the file's own resolution where that gives a sheet of paper, else a sheet's length."""
    width, height = picture.size
    across, down = picture.info.get("dpi", (0, 0))
    if across > 0 and down > 0:
        sides = width / float(across) * 72, height / float(down) * 72
        if _SIDES[0] <= min(sides) and max(sides) <= _SIDES[1]:
            return sides
    scale = _LONG_SIDE / max(width, height)
    return width * scale, height * scale


def _embedded(pdf: pikepdf.Pdf, picture: Image.Image, data: bytes) -> pikepdf.Stream:
    """The picture in the very bytes it came in, where a PDF can hold them; else packed anew without loss."""
    if picture.format == "JPEG" and picture.mode in ("L", "RGB"):
        colours = Name.DeviceGray if picture.mode == "L" else Name.DeviceRGB
        return _image(pdf, data, picture.size, colours, 8, Filter=Name.DCTDecode)
    header, packed = _png_parts(data) if picture.format == "PNG" else (b"", b"")
    if header and "transparency" not in picture.info:
        bits, kind, interlaced = header[8], header[9], header[12]
        if kind in _PNG_COLOURS and not interlaced and bits <= 8:
            space, channels = _PNG_COLOURS[kind]
            parameters = Dictionary(Predictor=15, Colors=channels, BitsPerComponent=bits, Columns=picture.width)
            return _image(pdf, packed, picture.size, Name(space), bits, Filter=Name.FlateDecode, DecodeParms=parameters)
    plain = picture
    if plain.mode in ("RGBA", "LA", "PA") or "transparency" in plain.info:
        plain = Image.alpha_composite(Image.new("RGBA", plain.size, "white"), plain.convert("RGBA"))
    plain = plain.convert("L" if plain.mode in ("1", "L", "I;16", "I") else "RGB")
    colours = Name.DeviceGray if plain.mode == "L" else Name.DeviceRGB
    return _image(pdf, zlib.compress(plain.tobytes(), 6), plain.size, colours, 8, Filter=Name.FlateDecode)


def _image(
    pdf: pikepdf.Pdf, packed: bytes, size: tuple[int, int], colours: Name, bits: int, **more: Name | Dictionary
) -> pikepdf.Stream:
    return pdf.make_stream(
        packed,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size[0],
        Height=size[1],
        ColorSpace=colours,
        BitsPerComponent=bits,
        **more,
    )


def _png_parts(data: bytes) -> tuple[bytes, bytes]:
    """The header of a PNG and its packed rows, which a PDF holds unchanged."""
    at, header, rows = 8, b"", []
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            header = data[at + 8 : at + 8 + length]
        elif kind == b"IDAT":
            rows.append(data[at + 8 : at + 8 + length])
        at += 12 + length
    return header, b"".join(rows)
