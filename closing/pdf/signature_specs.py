"""What a packet of signature pages consists of, and what may be printed on one.

Every string is printed as it is given. `check_packet` refuses what could not be read on paper as
it stands in the file; that every character has a glyph is found out when the packet is made.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal

from closing.pdf.tokens import TokenMisread, check_token

Paper = Literal["us-letter", "a4"]
PacketOf = Literal["person", "firm", "document"]

MAX_TEXT = 300
MAX_CHAIN = 6
# Letters and marks by category, but nothing to see; the control characters are found by category.
_WITHOUT_INK = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)

ESCROW = (
    "Your signed pages are held in escrow. They bind nobody until counsel releases them at the "
    "closing, and if there is no closing they are of no effect."
)
INSTRUCTIONS = (
    "Sign every page listed below on the line for your signature, in black ink.",
    "Where a name or a title is left blank, print it by hand.",
    "Do not date any page. The pages are dated at the closing.",
    "Keep clear of the two square codes in the corners: they tell us which page it is.",
    "Return every page to the address above, scanned or on paper.",
)
FIRM_INSTRUCTIONS = (
    "This packet holds the pages of everybody who signs through the firm. The list below says who signs which page.",
    "Each page is signed by the person named for it, on the line for the signature, in black ink.",
    *INSTRUCTIONS[1:],
)
DOCUMENT_INSTRUCTIONS = (
    "This packet holds the pages of everybody who has still to sign the document. The list below says who signs which.",
    "Each page is signed by the person named for it, on the line for the signature, in black ink.",
    *INSTRUCTIONS[1:],
)
INSTRUCTIONS_OF: Mapping[PacketOf, tuple[str, ...]] = MappingProxyType(
    {"person": INSTRUCTIONS, "firm": FIRM_INSTRUCTIONS, "document": DOCUMENT_INSTRUCTIONS}
)


class PageCannotBeMade(ValueError):
    """A packet cannot be printed as asked. `field` is the path of the string at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"The packet cannot be made. {_named(field)}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One "By:" line: an entity that acts for the one above it, and its capacity there.

    The capacity may come with or without its "Its:"; the page prints it once.
    """

    entity: str
    capacity: str = ""

    @property
    def role(self) -> str:
        bare = self.capacity.strip()
        return bare[4:].strip() if bare[:4].lower() == "its:" else bare


@dataclass(frozen=True, slots=True)
class SignatureBlockSpec:
    """Who signs for a party, and how.

    An individual signs on a bare line with the name beneath. For anybody else the chain is set
    out link by link, then the signer's line; an unknown signer or title leaves a blank to fill;
    without `has_title_line` no blank is left for a title.
    """

    party: str
    chain: tuple[ChainLink, ...] = ()
    signer: str = ""
    title: str = ""
    is_individual: bool = False
    has_title_line: bool = True


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page to sign: one block, one document.

    `capacity` is what the party is in the document ("Investor"). `agreement` is printed under
    the title where a document belongs to another. `witness` replaces the clause above the block. `version` says in the
    footer which text the page is signed for; `person` says on the cover of a shared packet who signs it.
    """

    token: str
    document_title: str
    block: SignatureBlockSpec
    capacity: str = ""
    agreement: str = ""
    dated_line: str = ""
    counterpart_note: str = ""
    witness: str = ""
    version: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class PacketSpec:
    """Pages to sign, in one file. Dates are text, as they are to be printed.

    `of` is whose they are: all of one person, of everybody who signs through a firm, or of one document; `signatory`
    is then the person, the firm or the document.
    """

    deal_name: str
    signatory: str
    pages: tuple[PageSpec, ...]
    return_to: tuple[str, ...]
    prepared_on: str
    address_lines: tuple[str, ...] = ()
    instructions: tuple[str, ...] = INSTRUCTIONS
    escrow: str = ESCROW
    paper: Paper = "us-letter"
    of: PacketOf = "person"


def _strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _strings(item, f"{path}[{at}]")
    elif isinstance(value, (ChainLink, SignatureBlockSpec, PageSpec)):
        for field in fields(value):
            yield from _strings(getattr(value, field.name), f"{path}.{field.name}")


def printed_strings(packet: PacketSpec) -> Iterator[tuple[str, str]]:
    """Every string of the packet with its path, such as ("pages[2].block.party", "The & Trust")."""
    for field in fields(packet):
        yield from _strings(getattr(packet, field.name), field.name)


def _named(field: str) -> str:
    """`pages[2].block.chain[0].entity` as a person says it: "Page 3, chain 1, entity"."""
    parts = []
    for part in field.split("."):
        name, _, at = part.partition("[")
        number = f" {int(at.rstrip(']')) + 1}" if at else ""
        parts.append(({"pages": "page"}.get(name, name) + number).replace("_", " "))
    said = ", ".join(part for part in parts if part != "block")
    return said[:1].upper() + said[1:]


def _check_text(field: str, text: str) -> None:
    plain = text.isascii() and text.isprintable()
    for letter in "" if plain else text:
        kind = unicodedata.category(letter)
        if kind[0] == "C" or kind in ("Zl", "Zp") or ord(letter) in _WITHOUT_INK:
            raise PageCannotBeMade(
                field,
                f"it contains an invisible character (U+{ord(letter):04X}), which a reader of the "
                "page would not see. Type the text again, on one line.",
            )
    if len(text) > MAX_TEXT:
        raise PageCannotBeMade(field, f"it has {len(text)} characters, and at most {MAX_TEXT} fit. Shorten it.")


def _check_page(at: int, page: PageSpec) -> None:
    path = f"pages[{at}]"
    for name, text in (
        ("document_title", page.document_title),
        ("block.party", page.block.party),
        *((f"block.chain[{n}].entity", link.entity) for n, link in enumerate(page.block.chain)),
    ):
        if not text.strip():
            raise PageCannotBeMade(f"{path}.{name}", "it is empty. Fill it in.")
    if page.block.is_individual and page.block.chain:
        raise PageCannotBeMade(f"{path}.block.chain", "an individual signs alone. Remove the chain, or the mark.")
    if len(page.block.chain) > MAX_CHAIN:
        raise PageCannotBeMade(f"{path}.block.chain", f"at most {MAX_CHAIN} links fit on a page.")
    try:
        check_token(page.token)
    except TokenMisread as misread:
        raise PageCannotBeMade(f"{path}.token", str(misread)) from misread


def check_packet(packet: PacketSpec) -> None:
    """Raise PageCannotBeMade for the first thing that could not be printed or read as given."""
    if not packet.pages:
        raise PageCannotBeMade("pages", "there is no page to sign. Choose a document first.")
    for name, text in (("deal_name", packet.deal_name), ("signatory", packet.signatory)):
        if not text.strip():
            raise PageCannotBeMade(name, "it is empty. Fill it in.")
    for field, text in printed_strings(packet):
        _check_text(field, text)
    seen: set[str] = set()
    for at, page in enumerate(packet.pages):
        _check_page(at, page)
        token = check_token(page.token)
        if token in seen:
            raise PageCannotBeMade(f"pages[{at}].token", "another page has the same code.")
        seen.add(token)
