"""Signature packets as a Python application makes them with pypdf.

One blank page of each document lies ready. Each is stamped with an overlay that has the party, the block, the codes
and the code in print, and the stamped pages are put together with bookmarks; the cover is stamped on an empty page.
The overlay is written by hand, which is quicker than any library that draws, in a standard font that is not embedded.
There are no tags and no archive form.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from closing.pdf.signatures import make_packet
from tests.pdf.samples import DOCUMENTS, SPROUT as BLANK, packet, page

MM = 72 / 25.4
WIDTH, HEIGHT = 612, 792


@cache
def blank_pages() -> Mapping[str, PageObject]:
    """The page of each document, set once."""
    made = PdfReader(BytesIO(make_packet(packet(*(page(BLANK, document) for document in DOCUMENTS)))))
    return dict(zip(DOCUMENTS, made.pages[-len(DOCUMENTS) :], strict=True))


def make(plain: Mapping[str, Any]) -> bytes:
    """One packet."""
    writer = PdfWriter()
    cover = writer.add_blank_page(WIDTH, HEIGHT)
    cover.merge_page(_stamp(_text(_cover(plain), 77, 720)))
    writer.add_outline_item(title="Cover", page_number=0)
    for at, each in enumerate(plain["pages"], start=1):
        stamped = writer.add_page(blank_pages()[each["title"]])
        stamped.merge_page(_stamp(_codes(each) + _text(_block(each), 270, 500)))
        stamped.compress_content_streams()
        writer.add_outline_item(title=f"{at}. {each['title']}: {each['party']}", page_number=at)
    writer.add_metadata({"/Title": plain["title"]})
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def _cover(plain: Mapping[str, Any]) -> list[str]:
    rows = [plain["deal_name"], plain["signatory"], *plain["address_lines"], *plain["return_to"], plain["prepared_on"]]
    rows += [*plain["instructions"], plain["escrow"]]
    for at, each in enumerate(plain["pages"], start=1):
        rows += [f"{at}   {each['title']}   {each['party']}", *each["signing_as"]]
    return rows


def _block(each: Mapping[str, Any]) -> list[str]:
    links = [line for link in each["chain"] for line in (f"By: {link['entity']}", link["capacity"])]
    return [each["party"], *links, "By:", each["signer"], each["code"]]


def _text(rows: Sequence[str], left: float, top: float) -> str:
    drawn = [f"1 0 0 1 {left} {top - 16 * at} Tm {_literal(row)} Tj" for at, row in enumerate(rows)]
    return "\n".join(["BT /T 11 Tf", *drawn, "ET"])


def _literal(text: str) -> str:
    for mark in "\\()":
        text = text.replace(mark, f"\\{mark}")
    return f"({text})"


def _codes(each: Mapping[str, Any]) -> str:
    drawn = []
    for rows, left, top in (
        (each["qr"], WIDTH - 28 * MM, HEIGHT - 15 * MM),
        (each["matrix"], 15 * MM, 28 * MM),
    ):
        side = 13 * MM / len(rows)
        for down, row in enumerate(rows, start=1):
            for at, count in row:
                box = (left + at * side, top - down * side, count * side, side)
                drawn.append(" ".join(f"{each:.3f}" for each in box) + " re")
    return "\n".join([*drawn, "f\n"])


def _stamp(drawn: str) -> PageObject:
    stamp = PageObject.create_blank_page(width=WIDTH, height=HEIGHT)
    stream = DecodedStreamObject()
    stream.set_data(drawn.encode("latin-1"))
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Times-Roman"),
        }
    )
    stamp[NameObject("/Contents")] = stream
    fonts = DictionaryObject({NameObject("/T"): font})
    stamp[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    return stamp
