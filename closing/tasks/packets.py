"""The doorbell of the packets: a message only says that a row may be waiting."""

import logging
from collections.abc import Iterable

from django.db import transaction
from kombu.exceptions import OperationalError

from closing.actions import packet_making
from closing.celery import app
from closing.models import Packet

log = logging.getLogger(__name__)


@app.task(name="closing.tasks.packets.make_packet", soft_time_limit=45, time_limit=50)
def make_packet(packet_id: int) -> None:
    """Make one packet, if it is still waiting."""
    packet_making.make(packet_id)


@app.task(name="closing.tasks.packets.sweep_packets", soft_time_limit=45, time_limit=50)
def sweep_packets() -> None:
    """Ring for the packets that nobody came for."""
    for packet_id in packet_making.waiting():
        make_packet.delay(packet_id)


def ring(packets: Iterable[Packet]) -> None:
    """Ring for queued packets once this transaction commits."""
    waiting = [packet.pk for packet in packets if packet.state == Packet.State.QUEUED]
    transaction.on_commit(lambda: _ring(waiting))


def _ring(packet_ids: Iterable[int]) -> None:
    """Ring now. A broker that does not answer costs the time until the next sweep, and nothing else."""
    try:
        for packet_id in packet_ids:
            make_packet.delay(packet_id)
    except OperationalError:
        log.warning("The broker does not answer; the packets wait for the next sweep.")
