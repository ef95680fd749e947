"""Signature pages and the packets in which they go out: what is to be signed, and what the page shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from django.core.files.storage import default_storage

from closing.models import Deal, Packet, PacketPage, Signature
from closing.pdf import signature_specs as specs
from closing.rules import terms
from closing.rules.packets import PacketState, may_become
from closing.rules.terms import ISSUER
from closing.rules.words import on_day
from investors.models import Viewer

FOLDER = "packets"
SUFFIX = ".pdf"


@dataclass(frozen=True, slots=True)
class PageToSign:
    """One page: which document, which block, and the token that its codes carry."""

    token: str
    document: str
    block: str


def unsigned_pages(deal: Deal, of: terms.Deal, moment: datetime) -> tuple[tuple[str, str], ...]:
    """The pages that still lack a signature at `moment`, as (deliverable key, block key), in the checklist's order."""
    on_file = Signature.objects.filter(deal=deal, withdrawn_at=None, at__lte=moment)
    signed = set(on_file.values_list("deliverable__key", "block__key"))
    return tuple(
        (deliverable.key, block.key)
        for deliverable in of.deliverables
        for block in of.blocks_for(deliverable)
        if (deliverable.key, block.key) not in signed
    )


def packet_spec(of: terms.Deal, person: str, pages: Sequence[PageToSign], prepared_on: str) -> specs.PacketSpec:
    """What a person's packet consists of. Pages of blocks that the deal no longer has raise KeyError."""
    first = of.party_of_block[pages[0].block]
    counsel = _return_to(of, first)
    return specs.PacketSpec(
        deal_name=f"{of.issuer.name}: {of.security.name}",
        signatory=person,
        pages=tuple(_page(of, page) for page in pages),
        return_to=(counsel.name, *counsel.address.lines) if counsel else (of.issuer.name, *of.issuer.address.lines),
        prepared_on=prepared_on,
        address_lines=_address(of, first),
    )


def prepared_on(requested_at: datetime, time_zone: str) -> str:
    """The date on a packet's cover: the day on which it was asked for, in the deal's time zone."""
    return on_day(requested_at.astimezone(ZoneInfo(time_zone)).date())


def pages_of(packet: Packet) -> tuple[PageToSign, ...]:
    """The pages of a packet in their order."""
    rows = PacketPage.objects.filter(packet=packet).order_by("position")
    fields = ("page__token", "page__deliverable__key", "page__block__key")
    return tuple(PageToSign(*row) for row in rows.values_list(*fields))


def _return_to(of: terms.Deal, party: str) -> terms.Counsel | None:
    """The law firm of the signatory's side, which holds the pages in escrow."""
    side = terms.Side.ISSUER if party == ISSUER else terms.Side.INVESTORS
    return next((each for each in of.counsel if each.side is side), None)


def _address(of: terms.Deal, party: str) -> tuple[str, ...]:
    if party == ISSUER:
        return of.issuer.address.lines
    investor = of.investor_by_name[party]
    return ((investor.care_of,) if investor.care_of else ()) + investor.address.lines


def _page(of: terms.Deal, page: PageToSign) -> specs.PageSpec:
    deliverable, block = of.deliverable_by_key[page.document], of.block_by_key[page.block]
    is_agreement = deliverable.title == of.agreement.title
    return specs.PageSpec(
        token=page.token,
        document_title=deliverable.title,
        block=specs.SignatureBlockSpec(
            party=block.party,
            chain=tuple(specs.ChainLink(link.entity, link.capacity) for link in block.chain),
            signer=block.signer,
            title=block.title,
            is_individual=block.individual,
            has_title_line=block.title_line,
        ),
        capacity="Company" if of.party_of_block[page.block] == ISSUER else "Investor",
        dated_line=f"Dated as of {on_day(of.agreement.dated)}" if is_agreement else "",
    )


# --- What the page shows


@dataclass(frozen=True, slots=True)
class PacketRow:
    """One packet on the page. `is_current` is False once a page in it has been signed or its block has changed.

    `pages` are (document title, party). `pages_made` counts whole packets: it is nothing, and then all.
    """

    id: int
    person: str
    state: PacketState
    label: str
    pages_total: int
    pages_made: int
    pages: tuple[tuple[str, str], ...]
    requested_at: datetime
    made_at: datetime | None
    size: int | None
    sha256: str | None
    error: str
    is_current: bool

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has still to finish it, so that the page asks again."""
        return self.state in (PacketState.QUEUED, PacketState.MAKING)

    @property
    def may_cancel(self) -> bool:
        """Whether it can still be cancelled."""
        return may_become(self.state, PacketState.CANCELLED)

    @property
    def may_retry(self) -> bool:
        """Whether it can be asked for again."""
        return may_become(self.state, PacketState.QUEUED) and self.state is not PacketState.MAKING

    @property
    def may_download(self) -> bool:
        """Whether there is a file."""
        return self.state is PacketState.MADE


@dataclass(frozen=True, slots=True)
class PacketList:
    """The packets of a deal that a user may see, the newest of each person first."""

    rows: tuple[PacketRow, ...]

    @property
    def is_under_way(self) -> bool:
        """Whether any packet is still being made."""
        return any(row.is_under_way for row in self.rows)

    @property
    def made(self) -> int:
        """How many are made."""
        return sum(1 for row in self.rows if row.may_download)


def packet_list(deal: Deal, user: Viewer, moment: datetime) -> PacketList:
    """The packets of `deal` that `user` may see, in three queries."""
    packets = list(Packet.objects.visible_to(user).filter(deal=deal).order_by("person", "-id"))
    shown = PacketPage.objects.filter(packet__in=packets).order_by("position")
    fields = ("packet_id", "page__deliverable__title", "page__block__party", "page__deliverable_id", "page__block_id")
    pages: dict[int, list[tuple[str, str]]] = {}
    places: dict[int, set[tuple[int, int]]] = {}
    for packet_id, title, party, deliverable_id, block_id in shown.values_list(*fields):
        pages.setdefault(packet_id, []).append((title, party))
        places.setdefault(packet_id, set()).add((deliverable_id, block_id))
    on_file = Signature.objects.filter(deal=deal, withdrawn_at=None, at__lte=moment)
    signed = set(on_file.values_list("deliverable_id", "block_id"))
    newest = {each.person: each.pk for each in reversed(packets)}
    return PacketList(
        tuple(
            _row(
                each, pages.get(each.pk, ()), newest[each.person] == each.pk and not places.get(each.pk, set()) & signed
            )
            for each in packets
        )
    )


def _row(packet: Packet, pages: Iterable[tuple[str, str]], is_current: bool) -> PacketRow:
    return PacketRow(
        id=packet.pk,
        person=packet.person,
        state=PacketState(packet.state),
        label=packet.get_state_display(),
        pages_total=packet.pages_total,
        pages_made=packet.pages_made,
        pages=tuple(pages),
        requested_at=packet.requested_at,
        made_at=packet.made_at,
        size=packet.size,
        sha256=packet.sha256,
        error=packet.error,
        is_current=is_current,
    )


def open_packet(packet: Packet) -> IO[bytes]:
    """The file of a made packet, for reading. Raises FileNotFoundError where there is none."""
    if packet.state != Packet.State.MADE or packet.sha256 is None:
        raise FileNotFoundError(f"The packet of {packet.person} is not made yet.")
    name = f"{FOLDER}/{packet.sha256[:2]}/{packet.sha256}{SUFFIX}"
    return default_storage.open(name)
