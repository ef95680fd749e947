"""What signature pages and packets print, read from the rows of just those pages.

Nothing is read that is not printed: a packet of eight pages costs a worker two queries, whether the deal has ten
investors or a thousand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from closing.models import Counsel, Deal, DocumentVersion, ExecutionVersion, Packet, PacketPage, SignaturePage
from closing.pdf import signature_specs as specs
from closing.rules.terms import Side
from closing.rules.words import number, on_day

_HASH_SHOWN = 16
TO_EACH_SIDE = "Each page to the counsel of its side:"

_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "id": "pk",
        "token": "token",
        "document": "deliverable__key",
        "title": "deliverable__title",
        "withdrawn_at": "deliverable__withdrawn_at",
        "version": "version__sha256",
        "version_number": "version__number",
        "block": "block__key",
        "party": "block__party",
        "person": "block__person",
        "chain": "block__chain",
        "signer": "block__signer",
        "signer_title": "block__title",
        "has_title_line": "block__title_line",
        "is_individual": "block__individual",
        "allotment": "block__allotment_id",
        "care_of": "block__allotment__care_of",
        "address": "block__allotment__address__lines",
    }
)


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A signature page with all that is printed of its document, its version and its block."""

    id: int
    token: str
    document: str
    title: str
    withdrawn_at: datetime | None
    version: str | None
    version_number: int | None
    block: str
    party: str
    person: str
    chain: Sequence[Mapping[str, str]]
    signer: str
    signer_title: str
    has_title_line: bool
    is_individual: bool
    allotment: int | None
    care_of: str | None
    address: Sequence[str] | None

    @property
    def side(self) -> Side:
        """Whose counsel holds the page."""
        return Side.ISSUER if self.allotment is None else Side.INVESTORS


@dataclass(frozen=True, slots=True)
class Frame:
    """What all packets of a deal have in common."""

    deal_name: str
    agreement_title: str
    agreement_dated: date
    time_zone: str
    issuer: tuple[str, ...]
    issuer_address: tuple[str, ...]
    counsel: Mapping[Side, tuple[str, ...]]


def frame_of(deal: Deal) -> Frame:
    """The frame of a deal whose issuer is loaded with it: one query."""
    firms: dict[Side, tuple[str, ...]] = {}
    for row in Counsel.objects.filter(deal=deal).order_by("position"):
        firms.setdefault(Side(row.side), (row.name, *row.address_lines))
    return Frame(
        deal_name=f"{deal.issuer.name}: {deal.security_name}",
        agreement_title=deal.agreement_title,
        agreement_dated=deal.agreement_dated,
        time_zone=deal.time_zone,
        issuer=(deal.issuer.name, *deal.issuer.address_lines),
        issuer_address=tuple(deal.issuer.address_lines),
        counsel=firms,
    )


def printed_pages(pages: "QuerySet[SignaturePage]") -> list[PrintedPage]:
    """These pages in the queryset's order, with what they print: one query."""
    return [PrintedPage(*row) for row in pages.values_list(*_FIELDS.values())]


def pages_of_each(packets: Iterable[Packet]) -> dict[int, list[PrintedPage]]:
    """The pages of each packet by its id, in their order: one query for all."""
    found: dict[int, list[PrintedPage]] = {packet.pk: [] for packet in packets}
    rows = PacketPage.objects.filter(packet__in=list(found)).order_by("packet_id", "position")
    for packet, *row in rows.values_list("packet_id", *(f"page__{path}" for path in _FIELDS.values())):
        found[packet].append(PrintedPage(*row))
    return found


def versions_to_sign(deal: Deal) -> dict[str, str | None]:
    """The digest of the version to be signed, by the document's key; None where its file is not in the room."""
    file = DocumentVersion.objects.filter(deliverable=OuterRef("deliverable"), sha256=OuterRef("version"))
    rows = ExecutionVersion.objects.filter(deal=deal, withdrawn_at=None).order_by("at", "id")
    return {
        document: version if is_here else None
        for document, version, is_here in rows.values_list("deliverable__key", "version", Exists(file))
    }


def are_current(pages: Iterable[PrintedPage], to_sign: Mapping[str, str | None]) -> bool:
    """Whether every page is of a document still on the list and bound to the version that is to be signed now."""
    return all(page.withdrawn_at is None and page.version == to_sign.get(page.document) for page in pages)


def page_spec(frame: Frame, page: PrintedPage, *, is_shared: bool = False) -> specs.PageSpec:
    """One page; with `is_shared` the cover says who signs it."""
    is_agreement = page.title == frame.agreement_title
    return specs.PageSpec(
        token=page.token,
        document_title=page.title,
        block=specs.SignatureBlockSpec(
            party=page.party,
            chain=tuple(specs.ChainLink(link["entity"], link.get("capacity", "")) for link in page.chain),
            signer=page.signer,
            title=page.signer_title,
            is_individual=page.is_individual,
            has_title_line=page.has_title_line,
        ),
        capacity="Company" if page.allotment is None else "Investor",
        dated_line=f"Dated as of {on_day(frame.agreement_dated)}" if is_agreement else "",
        version=_version(page),
        person=page.person if is_shared else "",
    )


def packet_spec(frame: Frame, kind: str, name: str, pages: Sequence[PrintedPage], prepared_on: str) -> specs.PacketSpec:
    """What a packet consists of: `kind` is a `Packet.Kind`, `name` the person, the firm or the document."""
    of = _KINDS[Packet.Kind(kind)]
    return specs.PacketSpec(
        deal_name=frame.deal_name,
        signatory=name,
        pages=tuple(page_spec(frame, page, is_shared=of != "person") for page in pages),
        return_to=_return_to(frame, pages),
        prepared_on=prepared_on,
        address_lines=_address(frame, of, pages[0]),
        instructions=specs.INSTRUCTIONS_OF[of],
        of=of,
    )


def prepared_on(requested_at: datetime, time_zone: str) -> str:
    """The date on a packet's cover: the day on which it was asked for, in the deal's time zone."""
    return on_day(requested_at.astimezone(ZoneInfo(time_zone)).date())


_KINDS: Mapping[Any, specs.PacketOf] = MappingProxyType(
    {Packet.Kind.PERSON: "person", Packet.Kind.FIRM: "firm", Packet.Kind.DOCUMENT: "document"}
)


def _version(page: PrintedPage) -> str:
    if page.version is None or page.version_number is None:
        return ""
    shown = page.version[:_HASH_SHOWN]
    groups = " ".join(shown[at : at + 4] for at in range(0, _HASH_SHOWN, 4))
    return f"Execution version {number(page.version_number)}, SHA-256 beginning {groups}"


def _return_to(frame: Frame, pages: Iterable[PrintedPage]) -> tuple[str, ...]:
    """The law firm of the pages' side, which holds them in escrow; both where both sides sign."""
    sides = sorted({page.side for page in pages}, key=lambda side: side is not Side.ISSUER)
    firms = [frame.counsel.get(side, frame.issuer) for side in sides]
    if len(firms) == 1:
        return firms[0]
    return (TO_EACH_SIDE, *chain.from_iterable(dict.fromkeys(firms)))


def _address(frame: Frame, of: specs.PacketOf, first: PrintedPage) -> tuple[str, ...]:
    if of == "document":
        return ()
    if first.allotment is None:
        return frame.issuer_address
    care_of = (first.care_of,) if first.care_of and of == "person" else ()
    return (*care_of, *(first.address or ()))
