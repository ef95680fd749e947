"""Deals of many signatories and eight documents, and the packets that a worker is asked to make of them."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace

from closing.actions.deals import load_deal
from closing.actions.packets import request_packets
from closing.models import Deal, Packet
from closing.pdf.signature_specs import PacketSpec
from closing.pdf.signatures import packet_data
from closing.pdf.typesetting import TEMPLATES, set_type
from closing.queries.packet_specs import frame_of, packet_spec, pages_of_each, prepared_on
from closing.rules import terms
from closing.tasks.packets import ring
from tests.pdf.samples import DOCUMENTS, SPROUT
from tests.rules.build import deal, investor

PATIENCE = 300.0
TEMPLATE = TEMPLATES / "packet.typ"


def room_of(signatories: int, code: str, documents: Sequence[str] = DOCUMENTS) -> Deal:
    """A deal in the database in which so many people each sign every document; nobody's name is in another deal."""
    return load_deal(_terms(signatories, code, documents))


def _terms(signatories: int, code: str, documents: Sequence[str]) -> terms.Deal:
    blank = deal(*(_buyer(f"{code} {number}") for number in range(signatories)))
    return replace(
        blank,
        code=code,
        issuer=replace(blank.issuer, code=f"issuer-{code}"),
        people=tuple(
            terms.Person(name=name, email=f"{place}@{code}.example")
            for place, name in enumerate(("Contact", *(f"Robert of {each.name}" for each in blank.investors)))
        ),
        conditions=(),
        thresholds=(),
        deliverables=tuple(
            terms.Deliverable(
                key=f"paper-{place}",
                title=title,
                part="Part",
                owed_by="issuer",
                owed_to="investors",
                signed_by=("investors",),
            )
            for place, title in enumerate(documents)
        ),
    )


def _buyer(name: str) -> terms.Investor:
    plain = investor(name, 10)
    (block,) = plain.blocks
    chain = tuple(terms.ChainLink(entity=link.entity, capacity=link.role) for link in SPROUT.chain)
    signs = replace(
        block,
        party=f"{SPROUT.party} {name}",
        person=f"Robert of {name}",
        chain=chain,
        signer=f"Robert of {name}",
        title=SPROUT.title,
    )
    return replace(plain, blocks=(signs,))


def ask(room: Deal) -> list[Packet]:
    """Ask for everybody's packet, and ring for nobody yet."""
    return request_packets(room, None)


def seconds_by_worker(packets: Sequence[Packet]) -> float:
    """Ring for the packets and wait until a worker has made them all."""
    ids = [each.pk for each in packets]
    open_ones = Packet.objects.filter(pk__range=(min(ids), max(ids))).exclude(state=Packet.State.MADE)
    before = time.perf_counter()
    ring(packets)
    while open_ones.exists():
        taken = time.perf_counter() - before
        if taken > PATIENCE:
            raise AssertionError(f"{open_ones.count()} packets are not made after {taken:.0f} s")
        time.sleep(0.01 if len(ids) < 100 else 0.1)  # to look is work for the database too
    return time.perf_counter() - before


def spec_of(packet: Packet) -> PacketSpec:
    """What the packet prints."""
    of = Deal.objects.select_related("issuer").get(pk=packet.deal_id)
    on = prepared_on(packet.requested_at, of.time_zone)
    return packet_spec(frame_of(of), packet.kind, packet.person, pages_of_each([packet])[packet.pk], on)


def ready_data(packets: Sequence[Packet]) -> list[str]:
    """What the typesetter is given for each packet: codes drawn, words chosen."""
    return [json.dumps(packet_data(spec_of(each))) for each in packets]


def seconds_bare(data: Sequence[str]) -> float:
    """Set the pages and nothing else: the same template, codes and archive form; no row, no claim, no file, no look."""
    before = time.perf_counter()
    for each in data:
        set_type(TEMPLATE, {"packet": each}, ["a-2a", "ua-1"])
    return time.perf_counter() - before
