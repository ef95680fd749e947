"""Packets by a real worker: made once, with what was asked for, also where it is killed in the middle."""

import hashlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.db import connection

from closing.actions.deals import load_deal
from closing.actions.packets import request_packets
from closing.models import Deal, Event, Packet
from closing.pdf.signatures import make_packet as typeset
from closing.queries.packet_specs import frame_of, packet_spec, pages_of_each, prepared_on
from closing.queries.packets import open_packet
from closing.tasks.packets import ring, sweep_packets
from tests.bench.packet_rooms import room_of
from tests.pdf.samples import DOCUMENTS
from tests.rules.any_facts import CERPLEX
from tests.tasks.doorbell import empty, own_broker, ring_at
from tests.tasks.worker import Worker, running_worker

LEASE = 2
BROKER = own_broker(1)
State = Packet.State
END_THE_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def wait_until(holds: Callable[[], bool], patience: float = 30.0) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, f"not in {patience} seconds: {list(Packet.objects.values('person', 'state'))}"
        time.sleep(0.02)


def all_made() -> bool:
    return not Packet.objects.exclude(state=State.MADE).exists()


def expected_digest(packet: Packet) -> str:
    """What the packet must be, typeset here from the same rows."""
    on = prepared_on(packet.requested_at, packet.deal.time_zone)
    spec = packet_spec(frame_of(packet.deal), packet.kind, packet.person, pages_of_each([packet])[packet.pk], on)
    return hashlib.sha256(typeset(spec)).hexdigest()


def check_all() -> None:
    """Every packet made once, whole, and what was asked for."""
    for packet in Packet.objects.select_related("deal"):
        assert packet.state == State.MADE
        with open_packet(packet) as file:
            content = file.read()
        assert hashlib.sha256(content).hexdigest() == packet.sha256 == expected_digest(packet)
        with pikepdf.open(BytesIO(content)) as pdf, pdf.open_outline() as outline:
            assert len(outline.root) == packet.pages_total + 1  # the cover, then a bookmark for each page
        assert packet.pages_made == packet.pages_total
        assert Event.objects.filter(verb="packet-made", subject_id=packet.pk).count() == 1


def test_asked_for_twice_and_made_once(worker: Worker) -> None:
    deal = load_deal(CERPLEX)
    ring(request_packets(deal, None))
    ring(request_packets(deal, None))
    wait_until(all_made)
    assert Packet.objects.count() == 9
    check_all()
    made = list(Packet.objects.order_by("id"))
    assert request_packets(deal, None) == made


def test_a_lost_message_costs_a_sweep(worker: Worker) -> None:
    deal = load_deal(CERPLEX)
    request_packets(deal, None, "Andrea Martin")
    sweep_packets.delay()
    wait_until(all_made)


def test_a_packet_that_cannot_be_printed_fails_with_the_reason(worker: Worker) -> None:
    deal = load_deal(CERPLEX)
    Deal.objects.filter(pk=deal.pk).update(security_name="Series \u65e5 Preferred")
    (packet,) = request_packets(deal, None, "Andrea Martin")
    ring([packet])
    wait_until(lambda: Packet.objects.get().state == State.FAILED)
    assert "cannot print" in Packet.objects.get().error


def test_a_worker_keeps_its_connection_and_does_without_one_that_the_database_ended(worker: Worker) -> None:
    deal = load_deal(CERPLEX)
    ring(request_packets(deal, None, "Andrea Martin"))
    wait_until(all_made)
    with connection.cursor() as cursor:
        cursor.execute(END_THE_OTHERS)
        assert cursor.fetchall()
    ring(request_packets(deal, None, "Emily Fairbairn"))
    wait_until(all_made)
    assert set(Packet.objects.values_list("attempts", flat=True)) == {1}


class TestKilled:
    """Workers of their own, on a message queue of their own: the run's worker must not help."""

    @pytest.fixture
    def folder(self, transactional_db: None, tmp_path: Path) -> Iterator[Path]:
        yield tmp_path
        empty(BROKER)

    def test_kill_9_of_the_worker_in_the_middle(self, folder: Path) -> None:
        request_packets(load_deal(CERPLEX), None)
        with started(folder) as worker:
            sweep()
            wait_until(Packet.objects.filter(state=State.MAKING).exists)
            worker.kill()
        assert Packet.objects.exclude(state=State.MADE).exists()
        with started(folder):
            sweep_until_made()
        check_all()

    @pytest.mark.slow
    def test_kill_9_of_pool_children_at_random(self, folder: Path) -> None:
        chance = random.Random(1996)
        request_packets(load_deal(CERPLEX), None)
        with started(folder) as worker:
            sweep()
            for _ in range(6):
                time.sleep(chance.uniform(0.05, 0.6))
                for child in worker.children():
                    os.kill(child, signal.SIGKILL)
                sweep()
            sweep_until_made()
        check_all()

    @pytest.mark.slow
    def test_kill_9_at_random_over_200_packets(self, folder: Path) -> None:
        """All made, none twice, each with the bytes of an undisturbed making: `check_all` sets it anew."""
        chance = random.Random(2026)
        assert len(request_packets(room_of(200, "killed", DOCUMENTS[:1]), None)) == 200
        for _ in range(2):
            with started(folder) as worker:
                for _ in range(5):
                    sweep()
                    time.sleep(chance.uniform(0.05, 0.7))
                    wait_until(lambda: bool(worker.children()))
                    os.kill(chance.choice(worker.children()), signal.SIGKILL)
                worker.kill()
        assert Packet.objects.filter(attempts__gt=0).exists()
        assert Packet.objects.exclude(state=State.MADE).exists()
        with started(folder):
            sweep_until_made(every=LEASE)
        check_all()


def started(folder: Path) -> AbstractContextManager[Worker]:
    return running_worker(folder, {"REDIS_URL": BROKER, "CLOSING_PACKET_LEASE": str(LEASE)}, concurrency=2)


def sweep() -> None:
    ring_at(BROKER, sweep_packets.name)


def sweep_until_made(every: float = 0.5) -> None:
    """As the beat does each minute, only sooner."""
    until = time.monotonic() + 40
    while not all_made():
        assert time.monotonic() < until, list(Packet.objects.values("person", "state", "attempts", "error"))
        sweep()
        time.sleep(every)
