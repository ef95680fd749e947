"""Packets of signature pages: a cover that lists them, and one page for each document to sign.

Pure: a spec in, a PDF out, and the same spec gives the same bytes. The file is PDF/A-2a and
PDF/UA-1, so it can be archived and read aloud, and no character is ever printed as an empty box.
A packet of many pages is set part by part and joined (`packet_joining`), so that memory stays flat.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from io import BytesIO

import pikepdf
import pypdfium2
import typst

from closing.pdf.codes import draw_data_matrix, draw_qr
from closing.pdf.packet_joining import join_parts
from closing.pdf.signature_specs import (
    ChainLink,
    PacketOf,
    PacketSpec,
    PageCannotBeMade,
    PageSpec,
    SignatureBlockSpec,
    check_packet,
    printed_strings,
)
from closing.pdf.tokens import TokenMisread, check_token, human_token, new_token
from closing.pdf.typesetting import TEMPLATES, set_type

__all__ = [
    "ChainLink",
    "PacketSpec",
    "PageCannotBeMade",
    "PageSpec",
    "SignatureBlockSpec",
    "TokenMisread",
    "check_token",
    "human_token",
    "make_packet",
    "new_token",
    "packet_key",
]

_PACKET = TEMPLATES / "packet.typ"
_PAGE = TEMPLATES / "signature_page.typ"
_PROBE = TEMPLATES / "probe.typ"
_LONGEST_WORD = 24
_BREAK_HERE = "\u200b"
_SHEETS = re.compile(rb"<</Type/Pages/Count (\d+)/")
_HEAD = 200
PAGES_IN_A_PART = 40
_NOT_ONE_SHEET = "its text does not fit on one sheet. Shorten the names in it."
_HEADINGS: Mapping[PacketOf, str] = {
    "person": "Signature packet",
    "firm": "Signature packet of a firm",
    "document": "Signature packet of a document",
}


@cache
def template_version() -> str:
    """Changes whenever a template does, so that no packet of an older look is taken for new."""
    return hashlib.sha256(_PACKET.read_bytes() + _PAGE.read_bytes()).hexdigest()[:12]


def packet_key(packet: PacketSpec) -> str:
    """SHA-256 of the spec and the template: equal keys are equal packets. Compiles nothing."""
    return hashlib.sha256(f"{template_version()} {packet!r}".encode()).hexdigest()


def breakable(text: str) -> str:
    """Let a word too long for its line break in the middle rather than run off the paper."""
    if len(text) <= _LONGEST_WORD or all(len(word) <= _LONGEST_WORD for word in text.split(" ")):
        return text
    run, parts = 0, []
    for letter in text:
        if run >= _LONGEST_WORD and unicodedata.category(letter)[0] != "M":
            parts.append(_BREAK_HERE)
            run = 0
        run = 0 if letter == " " else run + 1
        parts.append(letter)
    return "".join(parts)


def _witness(page: PageSpec) -> str:
    if page.witness:
        return page.witness
    if page.block.is_individual:
        act = f"has executed this {page.document_title}"
    else:
        act = f"has caused this {page.document_title} to be executed by its representative thereunto duly authorized"
    when = ", as of the date first above written" if page.dated_line else ""
    return f"IN WITNESS WHEREOF, the undersigned {act}{when}."


def _signing_as(page: PageSpec) -> list[str]:
    """The cover's words for how the signatory signs: as whom, and through whom."""
    how = [text for text in (page.capacity, page.block.title) if text]
    rows = [", ".join(how)] if how else []
    for link in page.block.chain:
        rows.append(f"by {link.entity}, its {link.role}" if link.role else f"by {link.entity}")
    if page.person:
        rows.append(f"to be signed by {page.person}")
    return [breakable(row) for row in rows]


def block_data(block: SignatureBlockSpec) -> dict[str, object]:
    """A block as the template sets it."""
    signer = block.signer or (block.party if block.is_individual else "")
    return {
        "party": breakable(block.party),
        "chain": [
            {
                "entity": breakable(link.entity),
                "capacity": breakable(f"Its: {link.role}") if link.role else "",
            }
            for link in block.chain
        ],
        "signer": breakable(signer),
        "title": breakable(block.title),
        "is_individual": block.is_individual,
        "has_title_line": block.has_title_line,
    }


def page_data(at: int, page: PageSpec) -> dict[str, object]:
    """What the template `signature_page.typ` prints for the page at that place of its packet (from 0)."""
    token = check_token(page.token)
    return {
        "document_title": breakable(page.document_title),
        "agreement": breakable(page.agreement),
        "dated_line": breakable(page.dated_line),
        "capacity": breakable(page.capacity),
        "witness": breakable(_witness(page)),
        "counterpart_note": breakable(page.counterpart_note),
        "version": breakable(page.version),
        "code_text": human_token(token),
        "bookmark": f"{at + 1}. {page.document_title}: {page.block.party}",
        "qr": draw_qr(token),
        "matrix": draw_data_matrix(token),
        "block": block_data(page.block),
    }


def _listed(page: PageSpec) -> dict[str, object]:
    """A row of the cover's list."""
    return {
        "document_title": breakable(page.document_title),
        "agreement": breakable(page.agreement),
        "version": breakable(page.version.partition(",")[0]),
        "party": breakable(page.block.party),
        "signing_as": _signing_as(page),
    }


def packet_data(packet: PacketSpec, first: int = 0, count: int | None = None) -> dict[str, object]:
    """What the template `packet.typ` prints: `count` pages from that place on (from 0), the cover with the first."""
    last = None if count is None else first + count
    return {**_cover_data(packet, has_cover=first == 0), **_pages_data(packet, slice(first, last))}


def _pages_data(packet: PacketSpec, part: slice) -> dict[str, object]:
    pages = packet.pages[part]
    return {
        "first": part.start,
        "count": len(packet.pages),
        "pages": [page_data(at, page) for at, page in enumerate(pages, start=part.start)],
    }


def _cover_data(packet: PacketSpec, *, has_cover: bool) -> dict[str, object]:
    count = len(packet.pages)
    return {
        "has_cover": has_cover,
        "paper": packet.paper,
        "heading": _HEADINGS[packet.of],
        "title": f"Signature packet: {packet.signatory}",
        "cover_bookmark": f"Signature packet for {packet.signatory}",
        "list_heading": "The page to sign" if count == 1 else f"The {count} pages to sign",
        "deal_name": breakable(packet.deal_name),
        "signatory": breakable(packet.signatory),
        "address_lines": [breakable(row) for row in packet.address_lines],
        "prepared_on": breakable(packet.prepared_on),
        "instructions": [breakable(row) for row in packet.instructions],
        "escrow": breakable(packet.escrow),
        "return_to": [breakable(row) for row in packet.return_to],
        "listed": [_listed(page) for page in packet.pages] if has_cover else [],
    }


def _is_printable(text: str) -> bool:
    try:
        set_type(_PROBE, {"text": text}, ["ua-1"])
    except typst.TypstError:
        return False
    return True


def missing_glyph(strings: Iterable[tuple[str, str]]) -> PageCannotBeMade | None:
    """The first of these (path, string) that cannot be set, by setting each alone: slow, so only after a refusal."""
    for field, text in strings:
        if text.strip() and not text.isascii() and not _is_printable(text):
            letters = [f'"{c}" (U+{ord(c):04X})' for c in text if not _is_printable(c)]
            what = f"the character {letters[0]}" if letters else "a combination of characters"
            return PageCannotBeMade(
                field,
                f'"{text}" has {what} that the fonts of the page cannot print. '
                "Write it in Latin, Greek or Cyrillic letters, as the agreement does.",
            )
    return None


def _first_of(entry: pikepdf.OutlineItem) -> tuple[int, int]:
    """The number of the page that a bookmark leads to."""
    destination = entry.destination
    if not isinstance(destination, pikepdf.Array):
        raise TypeError("A bookmark of the packet leads to no page.")
    page: tuple[int, int] = destination[0].objgen
    return page


def _page_count(made: bytes) -> int:
    """How many sheets the typesetter says that it made; counted where it says it in other words than now."""
    said = _SHEETS.search(made, 0, _HEAD)
    if said:
        return int(said[1])
    document = pypdfium2.PdfDocument(made)
    try:
        return len(document)
    finally:
        document.close()


def _check_one_page_each(made: bytes, first: int, count: int) -> None:
    """Each signature page must be one sheet: a block that runs over is signed on the wrong one."""
    if _page_count(made) == count + (first == 0):  # at least one sheet each, so exactly one each
        return
    with pikepdf.open(BytesIO(made)) as pdf, pdf.open_outline() as outline:
        place = {page.obj.objgen: at for at, page in enumerate(pdf.pages)}
        starts = [place[_first_of(entry)] for entry in outline.root[-count:]]
        ends = [*starts[1:], len(pdf.pages)]
    for at, (start, end) in enumerate(zip(starts, ends, strict=True), start=first):
        if end - start != 1:
            raise PageCannotBeMade(f"pages[{at}]", _NOT_ONE_SHEET)


def is_one_part(pages: int) -> bool:
    """Whether a packet of so many pages is set in one go, with no progress to tell."""
    return pages <= PAGES_IN_A_PART


def _make_part(packet: PacketSpec, first: int) -> bytes:
    """The pages from that place on, as many as a part holds; the first part with the cover."""
    count = min(PAGES_IN_A_PART, len(packet.pages) - first)
    data = json.dumps(packet_data(packet, first, count))
    try:
        made = set_type(_PACKET, {"packet": data}, ["a-2a", "ua-1"])
    except typst.TypstError as error:
        refused = missing_glyph(printed_strings(packet))
        if refused is None:
            raise
        raise refused from error
    _check_one_page_each(made, first, count)
    return made


def make_packet(packet: PacketSpec, on_progress: Callable[[int], None] | None = None) -> bytes:
    """Make a packet: the cover, then the pages in the given order.

    `on_progress` is told between two parts how many pages are set; what it raises ends the making. Raises
    PageCannotBeMade, which names the field, when something cannot be printed as given. Call it in a worker process
    only, never before that process forks.
    """
    check_packet(packet)
    parts = [_make_part(packet, 0)]
    for first in range(PAGES_IN_A_PART, len(packet.pages), PAGES_IN_A_PART):
        if on_progress is not None:
            on_progress(first)
        parts.append(_make_part(packet, first))
    return parts[0] if len(parts) == 1 else join_parts(parts)
