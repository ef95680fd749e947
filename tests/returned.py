"""Signed pages as they come back: the pages of real packets, signed, scanned and put together in one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import pikepdf
from cv2.typing import MatLike
from django.core.files.base import ContentFile
from numpy.random import default_rng

from closing.actions.packet_making import make
from closing.actions.packets import request_packets
from closing.actions.return_reading import read
from closing.actions.returns import hand_in
from closing.models import Deal, Packet, PacketPage, ReturnedFile, ReturnedPage, SignaturePage
from closing.queries.packets import open_packet
from investors.models import User
from tests.pdf.reading import render
from tests.pdf.scan_corpus import as_pdf
from tests.pdf.scan_effects import sign

DPI = 150
MM = DPI / 25.4
ANDREA, NITIN = "Andrea Martin", "Nitin T. Mehta"
AGREEMENT, RIGHTS = "stock-purchase-agreement", "registration-rights-agreement"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet on the scanner. `turned` in degrees clockwise; `is_spoiled` blots out both codes."""

    blank: bytes
    turned: int = 0
    is_signed: bool = True
    is_spoiled: bool = False
    seed: int = 1996


def send_packets(deal: Deal, *people: str) -> None:
    """Make the packets of these people here, where a worker would."""
    for person in people:
        for packet in request_packets(deal, None, person):
            make(packet.pk)


def sent_out(deal: Deal, person: str) -> dict[str, bytes]:
    """The pages of the last packet made for a person, by the document's key: each a PDF of that page alone."""
    packet = Packet.objects.filter(deal=deal, person=person, state=Packet.State.MADE).latest("id")
    rows = PacketPage.objects.filter(packet=packet).order_by("position").select_related("page__deliverable")
    with open_packet(packet) as file, pikepdf.open(BytesIO(file.read())) as pdf:
        last = list(pdf.pages)[-len(rows) :]
        return {row.page.deliverable.key: _alone(page) for row, page in zip(rows, last, strict=True)}


def _alone(page: pikepdf.Page) -> bytes:
    with pikepdf.new() as one:
        one.pages.append(page)
        kept = BytesIO()
        one.save(kept)
    return kept.getvalue()


def scanned(sheets: Sequence[Sheet]) -> bytes:
    """The sheets in one PDF, as an office scanner makes it: grey, 150 dpi."""
    with pikepdf.new() as whole:
        for sheet in sheets:
            with pikepdf.open(BytesIO(_scan(sheet))) as one:
                whole.pages.extend(one.pages)
        kept = BytesIO()
        whole.save(kept)
    return kept.getvalue()


def picture_of(sheet: Sheet) -> MatLike:
    """The sheet as a scanner sees it: grey, 150 dpi."""
    rng = default_rng(sheet.seed)
    picture = np.asarray(render(sheet.blank, 0, DPI)).copy()
    if sheet.is_signed:
        sign(rng, picture, DPI)
    height, width = picture.shape[:2]
    if sheet.is_spoiled:
        for x, y in ((width - 21.5 * MM, 21.5 * MM), (21.5 * MM, height - 21.5 * MM)):
            cv2.circle(picture, (int(x), int(y)), int(9 * MM), (20,), -1)
    return np.ascontiguousarray(np.rot90(picture, -sheet.turned // 90))


def _scan(sheet: Sheet) -> bytes:
    picture = picture_of(sheet)
    return as_pdf(picture, (picture.shape[1] / DPI * 72, picture.shape[0] / DPI * 72), "grey")


def come_back(deal: Deal, *sheets: Sheet, name: str = "scan.pdf") -> ReturnedFile:
    """Hand the sheets in as one file, queued."""
    (row,) = hand_in(deal, [ContentFile(scanned(sheets), name=name)], None).taken
    return row


def read_in(deal: Deal, *sheets: Sheet, name: str = "scan.pdf") -> list[ReturnedPage]:
    """Hand the sheets in and read them here, where a worker would; their pages."""
    row = come_back(deal, *sheets, name=name)
    assert read(row.pk)
    return pages_of(row)


def company_counsel(deal: Deal) -> User:
    return User.objects.get(memberships__deal=deal, memberships__role="company-counsel")


def pages_of(row: ReturnedFile) -> list[ReturnedPage]:
    return list(ReturnedPage.objects.filter(file=row).select_related("file__deal", "page").order_by("number"))


def page_of(deal: Deal, document: str, person: str) -> SignaturePage:
    return SignaturePage.objects.get(deal=deal, deliverable__key=document, block__person=person)
