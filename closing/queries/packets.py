"""The pages that lack a signature, and the packets in which they go out: what the page shows of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from shutil import copyfileobj
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO, Self
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.core.files.storage import default_storage

from closing.models import Deal, Packet, PacketPage
from closing.queries.gates import gate_of
from closing.queries.packet_specs import versions_to_sign
from closing.rules import terms
from closing.rules.gate import Gate
from closing.rules.making import MakingState, may_become
from investors.models import Viewer

FOLDER = "packets"
SUFFIX = ".pdf"
FOLDERS: Mapping[str, str] = MappingProxyType(
    {Packet.Kind.PERSON: "People", Packet.Kind.FIRM: "Firms", Packet.Kind.DOCUMENT: "Documents"}
)
_NOT_IN_NAMES = frozenset('\\/:*?"<>|')


def unsigned_pages(gate: Gate) -> tuple[tuple[str, str], ...]:
    """The pages that still lack a signature that counts, as (deliverable key, block key), in the checklist's order."""
    signed = {(each.document, each.block) for each in gate.facts.signatures}
    return tuple(
        (deliverable.key, block.key)
        for deliverable in gate.deal.deliverables
        for block in gate.deal.blocks_for(deliverable)
        if (deliverable.key, block.key) not in signed
    )


def firm_of_party(of: terms.Deal, party: str) -> str:
    """The firm at whose address an investor is, `Standard Pacific Capital LLC`; blank for whoever has its own."""
    investor = of.investor_by_name.get(party)
    return investor.care_of.removeprefix("c/o ").strip() if investor else ""


@dataclass(frozen=True, slots=True)
class PacketRow:
    """One packet on the page. `is_current` is False once a page in it has been signed, or another version is to be.

    `pages` are (document title, party). `pages_made` is how far the worker is, part by part.
    """

    id: int
    kind: str
    person: str
    state: MakingState
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
        return self.state in (MakingState.QUEUED, MakingState.MAKING)

    @property
    def needs_a_look(self) -> bool:
        """Whether it failed or was called off, and nothing else asks for its pages."""
        return self.state in (MakingState.FAILED, MakingState.CANCELLED)

    @property
    def may_cancel(self) -> bool:
        """Whether it can still be cancelled."""
        return may_become(self.state, MakingState.CANCELLED)

    @property
    def may_retry(self) -> bool:
        """Whether it can be asked for again."""
        return may_become(self.state, MakingState.QUEUED) and self.state is not MakingState.MAKING

    @property
    def may_download(self) -> bool:
        """Whether there is a file."""
        return self.state is MakingState.MADE


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
    """The packets of `deal` that `user` may see, in three queries and the gate's."""
    packets = list(Packet.objects.visible_to(user).filter(deal=deal).order_by("kind", "person", "-id"))
    shown = PacketPage.objects.filter(packet__in=packets).order_by("position")
    fields = (
        "page__deliverable__title",
        "page__block__party",
        "page__deliverable__key",
        "page__block__key",
        "page__version__sha256",
    )
    pages: dict[int, list[tuple[str, str]]] = {}
    over: set[int] = set()
    to_sign = _ToSign.of(deal, gate_of(deal, moment)) if packets else None
    for packet_id, title, party, document, block, version in shown.values_list("packet_id", *fields):
        pages.setdefault(packet_id, []).append((title, party))
        if to_sign is not None and not to_sign.still(document, block, version):
            over.add(packet_id)
    newest = {(each.kind, each.person): each.pk for each in reversed(packets)}
    return PacketList(
        tuple(
            _row(each, pages.get(each.pk, ()), newest[each.kind, each.person] == each.pk and each.pk not in over)
            for each in packets
        )
    )


@dataclass(frozen=True, slots=True)
class _ToSign:
    """What is signed, and which version of each document is to be signed: None where its file is not in the room."""

    signed: frozenset[tuple[str, str]]
    versions: Mapping[str, str | None]

    @classmethod
    def of(cls, deal: Deal, gate: Gate) -> Self:
        return cls(
            frozenset((each.document, each.block) for each in gate.facts.signatures),
            versions_to_sign(deal),
        )

    def still(self, document: str, block: str, version: str | None) -> bool:
        """Whether a page in a packet still waits for this signature, on this version."""
        return version == self.versions.get(document) and (document, block) not in self.signed


def _row(packet: Packet, pages: Iterable[tuple[str, str]], is_current: bool) -> PacketRow:
    return PacketRow(
        id=packet.pk,
        kind=packet.kind,
        person=packet.person,
        state=MakingState(packet.state),
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


def zip_packets(packets: Iterable[Packet]) -> IO[bytes]:
    """The files of made packets in one zip, in a folder for each kind; what is packed already is stored as it is.

    On disk, not in memory. Raises OSError where the store does not give a file.
    """
    packed: IO[bytes] = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        with ZipFile(packed, "w", ZIP_STORED) as archive:
            taken: set[str] = set()
            for packet in packets:
                entry = ZipInfo(_entry_name(packet, taken), (packet.made_at or packet.requested_at).timetuple()[:6])
                with open_packet(packet) as file, archive.open(entry, "w") as copy:
                    copyfileobj(file, copy)
    except BaseException:
        packed.close()
        raise
    packed.seek(0)
    return packed


def _entry_name(packet: Packet, taken: set[str]) -> str:
    """`People/Robert Finzi.pdf`, with a number where two would be the same to some file system."""
    plain = "".join(" " if letter in _NOT_IN_NAMES else letter for letter in packet.person).strip(" .")
    name, number = f"{FOLDERS[packet.kind]}/{plain or packet.pk}", 1
    while (full := f"{name} ({number})" if number > 1 else name).lower() in taken:
        number += 1
    taken.add(full.lower())
    return f"{full}{SUFFIX}"
