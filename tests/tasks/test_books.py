"""Executed versions and closing books by a real worker: each made once, also where it is killed in the middle."""

import hashlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.core.files.storage import default_storage

from closing.actions.base import ActionRefused
from closing.actions.books import cancel_book, request_book
from closing.actions.stored_files import name_of
from closing.models import ClosingBook, Event, ExecutedVersion, MoneyPaper
from closing.queries import books, executed
from closing.tasks.books import ring, sweep_books
from closing.tasks.executed import sweep_executed
from tests.closed_rooms import SIGNED, close_for_all, confirm, freeze_signed
from tests.rules.any_facts import CERPLEX
from tests.tasks.doorbell import empty, own_broker, ring_at
from tests.tasks.worker import Worker, running_worker
from tests.web.papers import BASE, CLOSING, Room, open_room

LEASE = 2
BROKER = own_broker(2)
OWN = "Malcolm and Emily Fairbairn"


def standing() -> list[Any]:
    return [
        list(model.objects.values_list("pk", "state", "attempts", "error")) for model in (ExecutedVersion, ClosingBook)
    ]


def wait_until(holds: Callable[[], bool], patience: float = 60.0, meanwhile: Callable[[], None] | None = None) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, f"not in {patience:.0f} seconds: {standing()}"
        if meanwhile:
            meanwhile()
        time.sleep(0.1)


def all_made() -> bool:
    rows = (ExecutedVersion, ClosingBook)
    return not any(model.objects.exclude(state=model.State.MADE).exists() for model in rows)


def bytes_of(row: ExecutedVersion | ClosingBook) -> bytes:
    """The file, whose digest is the one on the row."""
    is_book = isinstance(row, ClosingBook)
    folder = books.FOLDER if is_book else executed.FOLDER
    suffix = books.SUFFIXES[row.form] if isinstance(row, ClosingBook) else executed.SUFFIX
    with default_storage.open(name_of(folder, str(row.sha256), suffix)) as file:
        content: bytes = file.read()
    assert hashlib.sha256(content).hexdigest() == row.sha256
    return content


def check_all() -> None:
    """Each made once, with its pages and one event."""
    for row in ExecutedVersion.objects.all():
        assert len(pypdfium2.PdfDocument(bytes_of(row))) == row.pages_total == row.pages_made
        assert Event.objects.filter(verb="executed-version-made", subject_id=row.pk).count() == 1
    for book in ClosingBook.objects.all():
        bytes_of(book)
        assert book.pages_made == book.pages_total
        assert Event.objects.filter(verb="closing-book-made", subject_id=book.pk).count() == 1


@pytest.fixture
def room(transactional_db: None) -> Iterator[Room]:
    with open_room("closing-day", CLOSING) as found:
        freeze_signed(found.deal)
        yield found


def test_the_closing_makes_the_executed_versions_by_itself(room: Room, worker: Worker) -> None:
    for who in (room.company, room.counsel):
        assert confirm(who, f"{BASE}/close/").status_code == 302
    assert set(ExecutedVersion.objects.values_list("deliverable__key", flat=True)) == set(SIGNED)
    wait_until(lambda: all_made() and MoneyPaper.objects.get().state == "made")  # the closing statement too
    check_all()
    row = ExecutedVersion.objects.get(deliverable__key="stock-purchase-agreement")
    said = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(bytes_of(row))]
    blocks = CERPLEX.blocks_for(CERPLEX.deliverable_by_key["stock-purchase-agreement"])
    assert said[0].strip() == "Text of stock-purchase-agreement"
    assert len(said) == 1 + len(blocks)  # the blank page made way for the signed ones
    assert "To be signed here" not in "".join(said)


def test_a_book_is_made_with_progress_and_an_investors_with_its_own_copies(room: Room, worker: Worker) -> None:
    close_for_all(room.deal)
    book = request_book(room.deal, None, "pdf")
    own = request_book(room.deal, None, "folder", OWN)
    assert book.pages_total == book.documents == len(SIGNED) + 1  # and the list of certificates
    ring([book, own])  # the executed versions are made on the way
    wait_until(lambda: all(row.state == "made" for row in ClosingBook.objects.all()))
    wait_until(all_made, meanwhile=sweep_executed)
    check_all()
    assert ExecutedVersion.objects.filter(allotment__investor__name=OWN).count() == own.documents - 1
    again = request_book(room.deal, None, "pdf")
    assert again.pk == book.pk


def test_a_book_cancelled_while_it_is_made_is_not_made(room: Room, worker: Worker) -> None:
    close_for_all(room.deal)
    book = request_book(room.deal, None, "pdf")
    ring([book])
    wait_until(ClosingBook.objects.filter(state="making").exists)
    cancel_book(book, None)
    again = request_book(room.deal, None, "pdf")
    ring([again])
    wait_until(ClosingBook.objects.filter(pk=again.pk, state="made").exists)
    book.refresh_from_db()
    assert (book.state, book.sha256) == ("cancelled", None)
    made = Event.objects.filter(verb="closing-book-made")
    assert [each.subject_id for each in made] == [again.pk]


def test_a_lost_message_costs_a_sweep(room: Room, worker: Worker) -> None:
    close_for_all(room.deal)
    request_book(room.deal, None, "pdf", OWN)
    sweep_books.delay()
    sweep_executed.delay()
    wait_until(all_made)
    check_all()


def test_a_book_of_nothing_is_refused_before_any_row(transactional_db: None) -> None:
    with open_room("") as blank, pytest.raises(ActionRefused, match="no document to bind"):
        request_book(blank.deal, None, "pdf")
    assert not ClosingBook.objects.exists()


class TestKilled:
    """Workers of their own, on a message queue of their own: the run's worker must not help."""

    @pytest.fixture(autouse=True)
    def _quiet(self, room: Room) -> Iterator[None]:
        close_for_all(room.deal)
        request_book(room.deal, None, "pdf")
        request_book(room.deal, None, "folder", OWN)
        yield
        empty(BROKER)

    def test_kill_9_in_the_middle(self, tmp_path: Path) -> None:
        with started(tmp_path) as worker:
            sweep()
            wait_until(ExecutedVersion.objects.filter(state="making").exists)
            worker.kill()
        assert not all_made()
        with started(tmp_path) as worker:
            sweep()
            wait_until(ClosingBook.objects.filter(state="making").exists)
            worker.kill()
        with started(tmp_path):
            wait_until(all_made, meanwhile=every_half_second(sweep))
        check_all()

    @pytest.mark.slow
    def test_kill_9_of_pool_children_at_random(self, tmp_path: Path) -> None:
        chance = random.Random(1996)
        with started(tmp_path) as worker:
            for _ in range(4):
                sweep()
                time.sleep(chance.uniform(0.2, 1.5))
                for child in worker.children():
                    os.kill(child, signal.SIGKILL)
            wait_until(all_made, meanwhile=every_half_second(sweep))
        check_all()


def started(folder: Path) -> AbstractContextManager[Worker]:
    return running_worker(folder, {"REDIS_URL": BROKER, "CLOSING_BOOK_LEASE": str(LEASE)}, concurrency=2)


def sweep() -> None:
    ring_at(BROKER, sweep_executed.name)
    ring_at(BROKER, sweep_books.name)


def every_half_second(act: Callable[[], None]) -> Callable[[], None]:
    """As the beat does each minute, only sooner."""
    last = time.monotonic()

    def maybe() -> None:
        nonlocal last
        if time.monotonic() - last > 0.5:
            act()
            last = time.monotonic()

    return maybe
