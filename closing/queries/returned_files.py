"""Where the files of pages that came back lie in the store, and the pages as they were sent out."""

from collections import OrderedDict
from collections.abc import Collection
from io import BytesIO
from typing import IO

import pikepdf
import pypdfium2
from django.core.files.storage import default_storage

from closing.models import Packet, PacketPage, ReturnedFile, ReturnedPage
from closing.pdf.tokens import human_token
from closing.queries.counterparts import counterpart_name
from closing.queries.packets import open_packet

FOLDER = "returns"
PICTURES = "pictures"
PICTURE_SUFFIX = ".png"
KEPT_PACKETS = 4
_PLAIN = {1: pikepdf.Name.DeviceGray, 3: pikepdf.Name.DeviceRGB}


def open_returned(row: ReturnedFile) -> IO[bytes]:
    """The file as it was handed in. Raises OSError where the store does not give it."""
    return default_storage.open(f"{FOLDER}/{row.sha256[:2]}/{row.sha256}")


def open_picture(page: ReturnedPage) -> IO[bytes]:
    """The picture of a page, a PNG. Raises OSError where the store does not give it."""
    digest = page.picture_sha256
    return default_storage.open(f"{PICTURES}/{digest[:2]}/{digest}{PICTURE_SUFFIX}")


def open_upright(page: ReturnedPage) -> IO[bytes]:
    """The page set straight, a PDF. Raises OSError where the store does not give it."""
    return default_storage.open(counterpart_name(page.upright_sha256))


class BlankPages:
    """The pages as they were sent out, taken from the packets that hold them. A few packets are kept open at a time."""

    def __init__(self) -> None:
        self._packets: OrderedDict[str, pikepdf.Pdf | None] = OrderedDict()

    def find(self, pages: Collection[int]) -> dict[int, tuple[Packet, int]]:
        """The packet that holds each of these signature pages, and its place from its end. One query."""
        rows = PacketPage.objects.filter(page__in=pages, packet__state=Packet.State.MADE, packet__sha256__isnull=False)
        found: dict[int, tuple[Packet, int]] = {}
        # A person's packet where there is one: it is small, and its pages lie one after the other behind the cover.
        for row in rows.select_related("packet").order_by("packet__kind", "-packet__pages_total", "packet"):
            found[row.page_id] = row.packet, row.packet.pages_total - row.position
        return found

    def page(self, packet: Packet, from_end: int, token: str) -> bytes | None:
        """The page of that code as a PDF of its own; None where the packet cannot be had, or does not have it."""
        pdf = self._packet(packet)
        if pdf is None:
            return None
        at = len(pdf.pages) - 1 - from_end
        if packet.kind == Packet.Kind.PERSON and at > 0:
            return _alone(pdf, at)
        for number in (at, *(other for other in range(len(pdf.pages)) if other != at)):
            if 0 <= number < len(pdf.pages):
                alone = _alone(pdf, number)
                if _carries(alone, token):
                    return alone
        return None

    def close(self) -> None:
        """Close what is open."""
        while self._packets:
            self._drop()

    def _packet(self, packet: Packet) -> pikepdf.Pdf | None:
        key = packet.sha256 or ""
        if key not in self._packets:
            try:
                with open_packet(packet) as file:
                    self._packets[key] = pikepdf.open(BytesIO(file.read()))
            except (OSError, pikepdf.PdfError):
                self._packets[key] = None
            if len(self._packets) > KEPT_PACKETS:
                self._drop()
        self._packets.move_to_end(key)
        return self._packets[key]

    def _drop(self) -> None:
        _, pdf = self._packets.popitem(last=False)
        if pdf is not None:
            pdf.close()


def _alone(pdf: pikepdf.Pdf, number: int) -> bytes:
    with pikepdf.new() as one:
        one.pages.append(pdf.pages[number])
        _without_profiles(one.pages[0])
        kept = BytesIO()
        one.save(kept, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return kept.getvalue()


def _without_profiles(page: pikepdf.Page) -> None:
    """Take colours as they are: the page is compared in grey, and to set up a profile takes longer than to draw it."""
    spaces = page.resources.get("/ColorSpace")
    if not isinstance(spaces, pikepdf.Dictionary):
        return
    for name, space in spaces.items():
        if isinstance(space, pikepdf.Array) and len(space) == 2 and space[0] == "/ICCBased":
            plain = _PLAIN.get(int(space[1].get("/N", 0)))
            if plain is not None:
                spaces[name] = plain


def _carries(page: bytes, token: str) -> bool:
    """Whether the page is the one of that code, which every page has in letters at its foot."""
    try:
        with pypdfium2.PdfDocument(page) as document:
            return human_token(token) in document[0].get_textpage().get_text_range()
    except pypdfium2.PdfiumError:
        return False
