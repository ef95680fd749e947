"""The doorbell of the packets: a message only says that a row may be waiting."""

from collections.abc import Iterable

from django.db import transaction

from closing.actions import packet_making
from closing.celery import app
from closing.models import Packet
from closing.tasks.doorbell import ring_now


@app.task(name="closing.tasks.packets.make_packets", soft_time_limit=45, time_limit=50)
def make_packets(packet_ids: list[int]) -> None:
    """Make these packets, those that are still waiting."""
    packet_making.make_all(packet_ids)


@app.task(name="closing.tasks.packets.sweep_packets", soft_time_limit=45, time_limit=50)
def sweep_packets() -> None:
    """Ring for the packets that nobody came for: alone for each that a worker died of, or of its neighbour, before."""
    waiting = Packet.objects.filter(pk__in=packet_making.QUEUE.waiting()).order_by("id")
    fresh = waiting.filter(attempts=0).values_list("pk", "pages_total")
    again = waiting.filter(attempts__gt=0).values_list("pk", flat=True)
    for batch in (*packet_making.batches(fresh), *([packet_id] for packet_id in again)):
        make_packets.delay(batch)


def ring(packets: Iterable[Packet]) -> None:
    """Ring for queued packets once this transaction commits."""
    waiting = [(packet.pk, packet.pages_total) for packet in packets if packet.state == Packet.State.QUEUED]
    batches = list(packet_making.batches(waiting))
    transaction.on_commit(lambda: ring_now(make_packets, batches))
