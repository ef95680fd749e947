"""The signature pages: every document and every signatory, the page of one signatory, and the packets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal, Signature
from closing.queries.documents import asked_pages
from closing.queries.gates import gate_of
from closing.queries.packets import PacketList, PacketRow, packet_list
from closing.queries.parts import percent
from closing.rules import facts, terms
from closing.rules.documents import PageState, page_state
from closing.rules.gate import Gate
from closing.rules.terms import ISSUER
from closing.rules.words import number
from investors.clock import now
from investors.models import User

Place = tuple[str, str]
"""A page: deliverable key, block key."""


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A document that is signed: a column of the tracker, with its count of pages on file."""

    key: str
    title: str
    signed: int
    pages: int


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A signatory: a row of the tracker. `pages` in the columns' order, None where the block does not sign."""

    block: str
    party: str
    signer: str
    pages: tuple[PageState | None, ...]
    signed: int

    @property
    def count(self) -> int:
        """How many pages the block signs."""
        return sum(1 for each in self.pages if each is not None)


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets on the page: what is current of each person, and the rest. `percent` of the pages asked for."""

    current: tuple[PacketRow, ...]
    earlier: tuple[PacketRow, ...]
    is_under_way: bool
    made: int
    percent: int


@dataclass(frozen=True, slots=True)
class SignaturesPage:
    """The tracker and the packets, as counsel see them."""

    headline: str
    documents: tuple[SignedDocument, ...]
    rows: tuple[BlockRow, ...]
    pages: int
    signed: int
    unsigned: int
    is_closed: bool
    packets: Packets


@dataclass(frozen=True, slots=True)
class BlockPage:
    """One page of a signatory, with the fact on file and those withdrawn before it."""

    document: str
    title: str
    state: PageState
    row_id: int | None
    signer: str
    title_of_signer: str
    at: datetime | None
    withdrawn: tuple[tuple[datetime, str], ...]

    @property
    def may_record(self) -> bool:
        """Whether the page may still come back."""
        return not self.state.is_signed

    @property
    def may_withdraw(self) -> bool:
        """Whether the page may be taken back: what is released may not."""
        return self.state is PageState.IN_ESCROW


@dataclass(frozen=True, slots=True)
class SignatoryPage:
    """One signatory: the block as it signs, and its pages."""

    block: str
    party: str
    lines: tuple[str, ...]
    signer: str
    signer_title: str
    person: str
    is_issuer: bool
    pages: tuple[BlockPage, ...]

    @property
    def to_record(self) -> tuple[BlockPage, ...]:
        """The pages that have not come back."""
        return tuple(each for each in self.pages if each.may_record)


def signatures_page(deal: Deal, user: User) -> SignaturesPage:
    """The tracker of `deal` for counsel. A fixed number of queries."""
    gate = gate_of(deal)
    signed_documents = [(each, gate.deal.blocks_for(each)) for each in gate.deal.deliverables if each.signed_by]
    states = _states(deal, gate, [(each.key, block.key) for each, blocks in signed_documents for block in blocks])
    count = gate.signatures
    return SignaturesPage(
        headline=headline(gate),
        documents=tuple(
            SignedDocument(
                each.key,
                each.title,
                sum(1 for block in blocks if states[each.key, block.key].is_signed),
                len(blocks),
            )
            for each, blocks in signed_documents
        ),
        rows=tuple(_row(block, [each for each, _ in signed_documents], states) for block in _blocks(gate.deal)),
        pages=count.pages,
        signed=count.signed,
        unsigned=count.pages - count.signed,
        is_closed=bool(gate.facts.closings),
        packets=packets_of(packet_list(deal, user, gate.moment)),
    )


def packets_part(deal: Deal, user: User) -> Packets:
    """The packets alone, for the part of the page that looks again while they are made."""
    return packets_of(packet_list(deal, user, now()))


def packets_of(found: PacketList) -> Packets:
    """The packets in two groups: those that still ask for what is missing or are not finished, and the others."""
    current = tuple(each for each in found.rows if each.is_under_way or each.is_current)
    total = sum(each.pages_total for each in current)
    return Packets(
        current=current,
        earlier=tuple(each for each in found.rows if each not in current),
        is_under_way=found.is_under_way,
        made=sum(1 for each in current if each.may_download),
        percent=percent(sum(each.pages_made for each in current), total),
    )


def headline(gate: Gate) -> str:
    """The answer in a sentence: `55 of 64 signature pages are in escrow`."""
    count = gate.signatures
    if not count.pages:
        return "No document of this deal is signed"
    if count.released:
        kept = f"; {number(count.in_escrow)} stay in escrow" if count.in_escrow else ""
        return f"{number(count.released)} of {number(count.pages)} signature pages are released{kept}"
    if count.signed == count.pages:
        return f"All {number(count.pages)} signature pages are in escrow"
    return f"{number(count.in_escrow)} of {number(count.pages)} signature pages are in escrow"


def signatory_page(deal: Deal, block_key: str) -> SignatoryPage | None:
    """One signatory of `deal`; None where there is no such block. A fixed number of queries."""
    gate = gate_of(deal)
    block = gate.deal.block_by_key.get(block_key)
    if block is None:
        return None
    documents = [each for each in gate.deal.deliverables if block in gate.deal.blocks_for(each)]
    states = _states(deal, gate, [(each.key, block.key) for each in documents])
    rows = Signature.objects.filter(deal=deal, block__key=block_key, at__lte=gate.moment).select_related("deliverable")
    on_file = {each.deliverable.key: each for each in rows if each.withdrawn_at is None}
    gone: dict[str, list[tuple[datetime, str]]] = {}
    for each in rows:
        if each.withdrawn_at is not None:
            gone.setdefault(each.deliverable.key, []).append((each.withdrawn_at, each.withdrawn_reason))
    return SignatoryPage(
        block=block.key,
        party=block.party,
        lines=block_lines(block),
        signer=block.signer or (block.party if block.individual else ""),
        signer_title=block.title,
        person=block.person,
        is_issuer=gate.deal.party_of_block[block.key] == ISSUER,
        pages=tuple(
            _block_page(each, states[each.key, block.key], on_file.get(each.key), gone.get(each.key, []))
            for each in documents
        ),
    )


def block_lines(block: terms.SignatureBlock) -> tuple[str, ...]:
    """How the block signs, line by line as it is printed."""
    links = [f"By: {link.entity}, {link.capacity}" for link in block.chain]
    if block.individual:
        return (block.signer or block.party,)
    last = f"By: {block.signer or 'name to be filled in'}{f', {block.title}' if block.title else ''}"
    return (block.party, *links, last)


def _block_page(
    document: terms.Deliverable, state: PageState, row: Signature | None, gone: list[tuple[datetime, str]]
) -> BlockPage:
    return BlockPage(
        document=document.key,
        title=document.title,
        state=state,
        row_id=row.pk if row else None,
        signer=row.signer if row else "",
        title_of_signer=row.title if row else "",
        at=row.at if row else None,
        withdrawn=tuple(sorted(gone, reverse=True)),
    )


def _blocks(deal: terms.Deal) -> list[terms.SignatureBlock]:
    """Every block that signs something, the issuer's first, then in Schedule A's order."""
    signing = {block.key for each in deal.deliverables for block in deal.blocks_for(each)}
    return [block for block in deal.block_by_key.values() if block.key in signing]


def _row(
    block: terms.SignatureBlock, documents: list[terms.Deliverable], states: Mapping[Place, PageState]
) -> BlockRow:
    pages = tuple(states.get((each.key, block.key)) for each in documents)
    return BlockRow(
        block=block.key,
        party=block.party,
        signer=block.signer,
        pages=pages,
        signed=sum(1 for each in pages if each is not None and each.is_signed),
    )


def _states(deal: Deal, gate: Gate, places: list[Place]) -> dict[Place, PageState]:
    """The state of every page, in two queries."""
    signed: dict[Place, facts.Signature] = {(each.document, each.block): each for each in gate.facts.signatures}
    asked = set(asked_pages(deal).values_list("deliverable__key", "block__key"))
    withdrawn = Signature.objects.filter(deal=deal, withdrawn_at__lte=gate.moment)
    gone = set(withdrawn.values_list("deliverable__key", "block__key"))
    return {place: page_state(signed.get(place), place in asked, place in gone) for place in places}
