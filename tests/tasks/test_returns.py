"""Scans read by a real worker: every page once, also where the worker is killed in the middle."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from closing.actions.deals import load_deal
from closing.actions.returns import hand_in
from closing.models import Deal, Event, ReturnedFile, ReturnedPage
from closing.tasks.returns import ring, sweep_returned_files
from tests.returned import Sheet, come_back, scanned, send_packets, sent_out
from tests.rules.any_facts import CERPLEX
from tests.tasks.doorbell import empty, own_broker, ring_at
from tests.tasks.worker import Worker, running_worker

BROKER = own_broker(5)
PEOPLE = ("Andrea Martin", "Nitin T. Mehta")
State = ReturnedFile.State


def wait_until(holds: Callable[[], bool], patience: float = 60.0) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, list(ReturnedFile.objects.values("filename", "state", "pages_made", "error"))
        time.sleep(0.02)


def is_over() -> bool:
    return not ReturnedFile.objects.filter(state__in=[State.QUEUED, State.MAKING]).exists()


def sheets(deal: Deal, copies: int = 1) -> list[Sheet]:
    send_packets(deal, *PEOPLE)
    pages = [page for person in PEOPLE for page in sent_out(deal, person).values()]
    return [Sheet(page, seed=copy) for copy in range(copies) for page in pages]


def test_a_scan_is_read_by_the_worker_that_is_rung_for(worker: Worker) -> None:
    deal = load_deal(CERPLEX)
    row = come_back(deal, *sheets(deal))
    ring([row])
    wait_until(is_over)
    row.refresh_from_db()
    assert (row.state, row.pages_made) == (State.MADE, row.pages_total)
    assert set(ReturnedPage.objects.values_list("finding", flat=True)) == {"recognised"}


def test_a_picture_that_no_decoder_opens_fails_with_the_reason(worker: Worker) -> None:
    deal = load_deal(CERPLEX)
    broken = ContentFile(b"\x89PNG\r\n\x1a\n" + b"nothing" * 50, name="photo.png")
    ring(hand_in(deal, [broken], None).taken)
    wait_until(is_over)
    row = ReturnedFile.objects.get()
    assert (row.state, "broken" in row.error) == (State.FAILED, True)


class TestKilled:
    """Workers of their own, on a message queue of their own: the run's worker must not help."""

    @pytest.fixture
    def folder(self, transactional_db: None, tmp_path: Path) -> Iterator[Path]:
        empty(BROKER)
        yield tmp_path
        empty(BROKER)

    @pytest.mark.slow
    def test_kill_9_in_the_middle_of_a_file_repeats_no_page_and_loses_none(self, folder: Path) -> None:
        deal = load_deal(CERPLEX)
        content = scanned(sheets(deal, copies=24))
        (row,) = hand_in(deal, [ContentFile(content, name="scan.pdf")], None).taken
        kills = 0
        for _ in range(3):
            with started(folder) as worker:
                before = row.pages_made
                sweep_until(lambda before=before: is_over() or made() > before)  # type: ignore[misc]
                if is_over():
                    break
                worker.kill()
                kills += 1
            row.refresh_from_db()
        with started(folder):
            sweep_until(is_over)
        row.refresh_from_db()
        assert kills, "the worker was too quick to be killed in the middle"
        assert (row.state, row.pages_made) == (State.MADE, row.pages_total)
        numbers = list(ReturnedPage.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, row.pages_total + 1))
        assert Event.objects.filter(verb="returned-file-read").count() == 1
        recognised = ReturnedPage.objects.filter(finding="recognised").values_list("token", flat=True)
        assert len(recognised) == len(set(recognised)), "a page that came twice is recognised once"


def made() -> int:
    return ReturnedFile.objects.get().pages_made


def started(folder: Path) -> AbstractContextManager[Worker]:
    return running_worker(folder, {"REDIS_URL": BROKER, "CLOSING_RETURN_LEASE": "3"})


def sweep_until(holds: Callable[[], bool]) -> None:
    """As the beat does each minute, only sooner."""
    until = time.monotonic() + 60
    rung = 0.0
    while not holds():
        assert time.monotonic() < until, list(ReturnedFile.objects.values("state", "pages_made", "attempts", "error"))
        if time.monotonic() - rung > 0.7:
            ring_at(BROKER, sweep_returned_files.name)
            rung = time.monotonic()
        time.sleep(0.02)
