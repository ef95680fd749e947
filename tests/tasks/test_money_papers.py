"""Money papers by a real worker: each made once, also where it is killed in the middle or its message is lost."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from django.core.files.storage import default_storage

from closing.actions.deals import load_deal
from closing.actions.money_papers import request_money_paper
from closing.actions.stored_files import name_of
from closing.models import Deal, Event, MoneyPaper
from closing.queries.money_papers import FOLDER, SUFFIX
from closing.tasks.money_papers import ring, sweep_money_papers
from tests.pdf.test_money_papers import paper_of
from tests.rules.any_facts import CERPLEX
from tests.tasks.doorbell import empty, own_broker, ring_at
from tests.tasks.worker import Worker, running_worker

BROKER = own_broker(3)
# Enough that setting it takes a second or two, in which the worker is killed.
LONG = paper_of(*((f"Investor {at}", f"${at:,}.00") for at in range(1500)))


def wait_until(holds: Callable[[], bool], meanwhile: Callable[[], None] | None = None) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, list(MoneyPaper.objects.values_list("state", "attempts", "error"))
        if meanwhile:
            meanwhile()
        time.sleep(0.1)


def all_made() -> bool:
    return not MoneyPaper.objects.exclude(state="made").exists()


def check_all() -> None:
    """Each made once, with its file and one event."""
    for row in MoneyPaper.objects.all():
        with default_storage.open(name_of(FOLDER, str(row.sha256), SUFFIX)) as kept:
            assert len(pypdfium2.PdfDocument(kept.read())) >= 1
        assert Event.objects.filter(verb="money-paper-made", subject_id=row.pk).count() == 1


@pytest.fixture
def cerplex(transactional_db: None) -> Deal:
    return load_deal(CERPLEX)


def test_a_ring_makes_it(cerplex: Deal, worker: Worker) -> None:
    ring([request_money_paper(cerplex, None, "funds-flow", paper_of())])
    wait_until(all_made)
    check_all()


def test_a_lost_message_costs_a_sweep(cerplex: Deal, worker: Worker) -> None:
    request_money_paper(cerplex, None, "closing-statement", paper_of())
    sweep_money_papers.delay()
    wait_until(all_made)
    check_all()


class TestKilled:
    """Workers of their own, on a message queue of their own: the run's worker must not help."""

    @pytest.fixture(autouse=True)
    def _quiet(self, cerplex: Deal) -> Iterator[None]:
        request_money_paper(cerplex, None, "funds-flow", LONG)
        request_money_paper(cerplex, None, "closing-statement", LONG)
        yield
        empty(BROKER)

    def test_kill_9_in_the_middle(self, tmp_path: Path) -> None:
        environment = {"REDIS_URL": BROKER, "CLOSING_MONEY_PAPER_LEASE": "2"}
        with running_worker(tmp_path, environment, concurrency=2) as worker:
            sweep()
            wait_until(MoneyPaper.objects.filter(state="making").exists)
            worker.kill()
        assert not all_made()
        with running_worker(tmp_path, environment, concurrency=2) as worker:
            wait_until(MoneyPaper.objects.filter(state="making", attempts=2).exists, meanwhile=sweep)
            for child in worker.children():
                os.kill(child, signal.SIGKILL)
            wait_until(all_made, meanwhile=sweep)
        check_all()


def sweep() -> None:
    ring_at(BROKER, sweep_money_papers.name)
    time.sleep(0.3)
