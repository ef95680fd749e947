"""A picture that came back as a page of a PDF around it: a PNG, a JPEG, or one of the pictures of a TIFF.

What is decoded later is measured here first: pictures of absurd size are refused unopened. Call
it where a crash or a hang does no harm: see `scan_child`.
"""

import struct
import zlib
from io import BytesIO
from itertools import count

import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

MAX_PIXELS = 80_000_000
MAX_PAGES = 5_000
_LONG_SIDE = 792.0
_SIDES = (3 * 72.0, 20 * 72.0)
_TURNED = {1: 0, 3: 180, 6: 90, 8: 270}
_ON_ITS_SIDE = (5, 6, 7, 8)
_ORIENTATION = 0x0112
_PNG_COLOURS = {0: ("/DeviceGray", 1), 2: ("/DeviceRGB", 3)}
# A picture that was packed with loss already: packed without, it would be ten times the size.
_JPEG_QUALITY = 90
_KIND_OF_PICTURE, _IS_SMALL_COPY = 254, 1
_STRIP_AT, _STRIP_LENGTH, _ROWS_OF_A_STRIP = 273, 279, 278

TOO_LARGE = (
    "A picture in the file is larger than any scanner makes one (more than 80 million points). "
    "Scan the page again at 200 or 300 dpi, and hand in that file."
)
TOO_MANY = f"The file has more than {MAX_PAGES} pages. Split it, and hand in the parts."
_NO_PICTURE = "The picture is broken and cannot be shown. Scan or photograph the page again."
_NO_TIFF = (
    "The TIFF file is broken and cannot be read. Send it from the scanner or fax server again, or save it as a PDF."
)


class ScanNotRead(ValueError):
    """A file of scans cannot be read. The message says why, and what to do next."""


def check_pixels(width: int, height: int) -> None:
    """Raise ScanNotRead for a picture that would take absurd memory to unpack."""
    if width * height > MAX_PIXELS:
        raise ScanNotRead(TOO_LARGE)


def page_of_picture(data: bytes) -> pikepdf.Pdf:
    """A PNG or JPEG as the one page of a PDF; the caller closes it. Raises ScanNotRead."""
    try:
        with Image.open(BytesIO(data), formats=["PNG", "JPEG"]) as picture:
            check_pixels(*picture.size)
            turned = _TURNED.get(picture.getexif().get(_ORIENTATION, 1), 0)
            size = _paper_size(picture, picture.info.get("dpi", (0, 0)))
            pdf = pikepdf.new()
            stream = _embedded(pdf, picture, data)
    except ScanNotRead:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ScanNotRead(TOO_LARGE) from error
    except Exception as error:
        # A picture made to break its reader breaks it in ways that no library lists.
        raise ScanNotRead(_NO_PICTURE) from error
    return _page_around(pdf, stream, size, turned)


def _page_around(pdf: pikepdf.Pdf, stream: pikepdf.Stream, size: tuple[float, float], turned: int) -> pikepdf.Pdf:
    page = pdf.add_blank_page(page_size=size)
    page.obj.Resources = Dictionary(XObject=Dictionary(Scan=stream))
    page.obj.Contents = pdf.make_stream(f"q {size[0]:.2f} 0 0 {size[1]:.2f} 0 0 cm /Scan Do Q".encode())
    if turned:
        page.obj.Rotate = turned
    return pdf


class TiffPages:
    """The pictures of a TIFF, each measured, and none unpacked before its page is asked for."""

    def __init__(self, data: bytes) -> None:
        """Raises ScanNotRead for what is no whole TIFF, has too many pictures, or one of absurd size."""
        try:
            self._file = TiffImageFile(BytesIO(data))
            self._places = self._measured()
        except ScanNotRead:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ScanNotRead(TOO_LARGE) from error
        except Exception as error:
            raise ScanNotRead(_NO_TIFF) from error

        self.count = len(self._places)

    def _measured(self) -> list[int]:
        """The places of the pictures that are pages: some scanners put a small one beside each."""
        pages: list[int] = []
        small: list[int] = []
        for at in count():
            try:
                self._file.seek(at)
            except EOFError:
                break
            if at == MAX_PAGES:
                raise ScanNotRead(TOO_MANY)
            check_pixels(*self._file.size)
            is_small = self._file.tag_v2.get(_KIND_OF_PICTURE, 0) & _IS_SMALL_COPY
            (small if is_small else pages).append(at)
        return pages or small

    def alone(self, number: int) -> pikepdf.Pdf:
        """The page of that number, from 1, as a PDF of its own, which the caller closes. Raises ValueError."""
        try:
            self._file.seek(self._places[number - 1])
            across, down = self._file.info.get("dpi", (0, 0))
            if self._file.getexif().get(_ORIENTATION) in _ON_ITS_SIDE:
                across, down = down, across
            # The library turns the picture as it unpacks it.
            self._file.load()
            pdf = pikepdf.new()
            return _page_around(pdf, _repacked(pdf, self._file), _paper_size(self._file, (across, down)), 0)
        except MemoryError:
            raise
        except Exception as error:
            raise ValueError(_NO_PICTURE) from error

    def close(self) -> None:
        self._file.close()


def _paper_size(picture: Image.Image, dpi: tuple[float, float]) -> tuple[float, float]:
    """In points: by the file's own resolution where that gives a sheet of paper, else a sheet's length."""
    width, height = picture.size
    across, down = dpi
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
    return _without_loss(pdf, picture)


def _repacked(pdf: pikepdf.Pdf, picture: Image.Image) -> pikepdf.Stream:
    """A picture of a TIFF as a PDF can hold it: black and white as faxes are packed, a JPEG as one, or without loss."""
    if picture.mode == "1":
        parameters = Dictionary(K=-1, Columns=picture.width, Rows=picture.height, BlackIs1=True)
        packed, space = _as_fax(picture), Name.DeviceGray
        return _image(pdf, packed, picture.size, space, 1, Filter=Name.CCITTFaxDecode, DecodeParms=parameters)
    if picture.info.get("compression") == "jpeg":
        kept = BytesIO()
        plain = picture if picture.mode == "L" else picture.convert("RGB")
        plain.save(kept, "JPEG", quality=_JPEG_QUALITY)
        colours = Name.DeviceGray if plain.mode == "L" else Name.DeviceRGB
        return _image(pdf, kept.getvalue(), plain.size, colours, 8, Filter=Name.DCTDecode)
    return _without_loss(pdf, picture)


def _as_fax(picture: Image.Image) -> bytes:
    """The rows of a black and white picture in the fax machines' packing (Group 4), which loses nothing."""
    kept = BytesIO()
    # A copy has none of the file's own tags, which would tell how these rows are packed, and wrongly.
    picture.copy().save(kept, "TIFF", compression="group4", tiffinfo={_ROWS_OF_A_STRIP: picture.height})
    data = kept.getvalue()
    with TiffImageFile(BytesIO(data)) as packed:
        (at,), (length,) = packed.tag_v2[_STRIP_AT], packed.tag_v2[_STRIP_LENGTH]
    return data[at : at + length]


def _without_loss(pdf: pikepdf.Pdf, picture: Image.Image) -> pikepdf.Stream:
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
