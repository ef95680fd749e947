"""The signature pages of one signatory, and the packets."""

from dataclasses import dataclass, replace
from datetime import datetime

from closing.models import Deal, Signature
from closing.queries.electronic import SignedFile, signed_files
from closing.queries.gates import gate_of
from closing.queries.packets import PacketList, PacketRow, packet_list
from closing.queries.page_states import page_states
from closing.queries.parts import percent
from closing.rules import terms
from closing.rules.gate import Gate
from closing.rules.signatures import PageStanding, PageState
from closing.rules.signing_order import why_not_yet
from closing.rules.terms import ISSUER
from closing.rules.words import number
from investors.clock import now
from investors.models import User

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets on the page: what is current, and the rest. `percent` of the pages asked for.

    `shown` are as many of the current ones as a page takes, those that failed or are under way first.
    """

    current: tuple[PacketRow, ...]
    earlier: tuple[PacketRow, ...]
    is_under_way: bool
    made: int
    pages: int
    pages_made: int
    percent: int

    @property
    def shown(self) -> tuple[PacketRow, ...]:
        """Those listed: all of them, or the first that somebody may have to do something about."""
        if len(self.current) <= MOST_SHOWN:
            return self.current
        return tuple(sorted(self.current, key=lambda each: not each.needs_a_look)[:MOST_SHOWN])

    @property
    def hidden(self) -> int:
        """How many more there are."""
        return len(self.current) - len(self.shown)


@dataclass(frozen=True, slots=True)
class BlockPage:
    """One page of a signatory, with the fact on file, its files, and those withdrawn before it.

    `why_not` says why it cannot be recorded yet, by the document's signing order; blank where it can.
    """

    document: str
    title: str
    standing: PageStanding
    row_id: int | None
    signer: str
    title_of_signer: str
    at: datetime | None
    withdrawn: tuple[tuple[datetime, str], ...]
    files: SignedFile | None = None
    why_not: str = ""

    @property
    def may_decline(self) -> bool:
        """Whether counsel may put on record that it is declined, or take that back."""
        return not self.standing.state.is_signed

    @property
    def may_record(self) -> bool:
        """Whether the page may still come back."""
        return not self.standing.state.is_signed

    @property
    def may_withdraw(self) -> bool:
        """Whether the page may be taken back: what is released may not."""
        return self.standing.state is PageState.IN_ESCROW


@dataclass(frozen=True, slots=True)
class SignatoryPage:
    """One signatory: the block as it signs, and its pages. `investor` is for whom, blank for the issuer."""

    block: str
    party: str
    lines: tuple[str, ...]
    signer: str
    signer_title: str
    person: str
    investor: str
    pages: tuple[BlockPage, ...]

    @property
    def to_record(self) -> tuple[BlockPage, ...]:
        """The pages that have not come back."""
        return tuple(each for each in self.pages if each.may_record)

    @property
    def held(self) -> int:
        """How many of the pages are in escrow."""
        return sum(1 for each in self.pages if each.may_withdraw)


def packets_part(deal: Deal, user: User) -> Packets:
    """The packets alone, for the part of the page that looks again while they are made."""
    return packets_of(packet_list(deal, user, now()))


def packets_of(found: PacketList) -> Packets:
    """The packets in two groups: those that still ask for what is missing or are not finished, and the others."""
    current = tuple(each for each in found.rows if each.is_under_way or each.is_current)
    total, pages_made = sum(each.pages_total for each in current), sum(each.pages_made for each in current)
    return Packets(
        current=current,
        earlier=tuple(each for each in found.rows if each not in current),
        is_under_way=found.is_under_way,
        made=sum(1 for each in current if each.may_download),
        pages=total,
        pages_made=pages_made,
        percent=percent(pages_made, total),
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
    party = gate.deal.party_of_block[block.key]
    documents = [each for each in gate.deal.deliverables if block in gate.deal.blocks_for(each)]
    states = page_states(deal, gate)
    rows = Signature.objects.filter(deal=deal, block__key=block_key, at__lte=gate.moment).select_related("deliverable")
    counting = {(each.document, each.version) for each in gate.facts.signatures if each.block == block_key}
    on_file = {each.deliverable.key: each for each in rows if (each.deliverable.key, each.version) in counting}
    files = signed_files(deal, block_key)
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
        investor="" if party == ISSUER else party,
        pages=tuple(
            replace(
                _block_page(each, states.of(each.key, block.key), on_file.get(each.key), gone.get(each.key, [])),
                files=files.get((each.key, on_file[each.key].version)) if each.key in on_file else None,
                why_not=why_not_yet(gate.deal, gate.facts, each.key, block.key),
            )
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
    document: terms.Deliverable, standing: PageStanding, row: Signature | None, gone: list[tuple[datetime, str]]
) -> BlockPage:
    return BlockPage(
        document=document.key,
        title=document.title,
        standing=standing,
        row_id=row.pk if row else None,
        signer=row.signer if row else "",
        title_of_signer=row.title if row else "",
        at=row.at if row else None,
        withdrawn=tuple(sorted(gone, reverse=True)),
    )
