"""Making a packet in a worker: claim it by a lease, typeset it, keep the file, finish while the lease is one's own.

`closing.actions.leases` has the moves. The typesetter runs in worker children only (`closing.pdf.typesetting`).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from closing.actions import events
from closing.actions.leases import CannotBeMade, Held, Queue
from closing.actions.stored_files import store
from closing.models import Deal, Packet
from closing.pdf.signature_specs import PageCannotBeMade
from closing.pdf.signatures import make_packet, packet_key
from closing.queries.packet_specs import are_in_force, frame_of, packet_spec, pages_of, prepared_on
from closing.queries.packets import FOLDER, SUFFIX
from closing.rules.words import number

CHANGED = (
    "The deal's signature blocks, or the version to sign, changed since this packet was asked for. Ask for the packets "
    "again."
)


def lease() -> timedelta:
    """How long a worker may be silent; longer than the time limit of its task."""
    return timedelta(seconds=settings.PACKET_LEASE_SECONDS)


def make(packet_id: int) -> bool:
    """Make the packet, if nobody else is at it. True if this call made it.

    What cannot be printed fails at once, with the reason; any other error puts the packet back in the queue, and
    fails it after so many attempts.
    """
    return QUEUE.work(packet_id, _make)


def claim(packet_id: int) -> UUID | None:
    """Take the lease of a packet that is queued, or whose lease ran out. None where there is nothing to take."""
    return QUEUE.claim(packet_id)


def waiting() -> list[int]:
    """The packets that somebody should come for: queued, or left by a worker that died. Gives up on the hopeless."""
    return QUEUE.waiting()


def _make(held: Held[Packet]) -> dict[str, Any]:
    packet = held.row
    deal = Deal.objects.select_related("issuer").get(pk=packet.deal_id)
    pages = pages_of(packet)
    if not pages or not are_in_force(deal, pages):
        raise CannotBeMade(CHANGED)
    frame = frame_of(deal)
    spec = packet_spec(frame, packet.kind, packet.person, pages, "")
    if packet_key(spec) != packet.content_key:
        raise CannotBeMade(CHANGED)
    on = prepared_on(packet.requested_at, frame.time_zone)
    try:
        made = make_packet(replace(spec, prepared_on=on), held.progress)
    except PageCannotBeMade as refused:
        raise CannotBeMade(str(refused)) from refused
    kept = store(made, FOLDER, SUFFIX)
    return {"sha256": kept.sha256, "size": kept.size}


def _told(packet: Packet) -> None:
    """Within the transaction that ends the packet: the event."""
    if packet.state != Packet.State.MADE:
        summary = f"The packet for {packet.person} failed"
        events.record(packet.deal, None, "packet-failed", packet, summary, reason=packet.error)
        return
    summary = f"The packet for {packet.person} is made, pages to sign: {number(packet.pages_total)}"
    data = {"sha256": packet.sha256, "attempts": packet.attempts}
    events.record(packet.deal, None, "packet-made", packet, summary, data=data, at=packet.made_at)


QUEUE = Queue(Packet, lease, _told)
