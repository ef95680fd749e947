"""Reminders by a real worker over SMTP: each once, however often the worker dies."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from closing.actions.deals import load_deal
from closing.actions.facts import load_facts
from closing.actions.reminders import LEASE
from closing.models import Reminder
from closing.rules.facts_file import read_facts
from closing.tasks.reminders import send_due_reminders
from investors import clock
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX, SAMPLES
from tests.tasks.doorbell import empty, own_broker, ring_at
from tests.tasks.smtp import MailServer, mail_server
from tests.tasks.worker import running_worker

State = Reminder.State
OWING = 9
BROKER = own_broker(2)


def load() -> None:
    path = SAMPLES / "cerplex-1996.opening.toml"
    load_facts(load_deal(CERPLEX), read_facts(path.read_text(), CERPLEX, path.name))


def beat() -> None:
    ring_at(BROKER, send_due_reminders.name)


def wait_until(holds: Callable[[], bool], patience: float = 30.0) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, list(Reminder.objects.values("person", "state", "error"))
        time.sleep(0.01)


def environment(server: MailServer, minutes: float = 0) -> dict[str, str]:
    """A worker whose clock stands so many minutes after nine on the Monday before the closing."""
    return {
        "REDIS_URL": BROKER,
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "CLOSING_CLOCK_OFFSET": clock.offset_to(MONDAY + timedelta(minutes=minutes)),
    }


@pytest.fixture
def folder(transactional_db: None, tmp_path: Path) -> Path:
    empty(BROKER)
    load()
    return tmp_path


def is_over() -> bool:
    return Reminder.objects.exists() and not Reminder.objects.filter(state__in=[State.QUEUED, State.SENDING]).exists()


def test_each_goes_out_once_over_smtp(folder: Path) -> None:
    with mail_server() as server, running_worker(folder, environment(server)):
        beat()
        beat()
        wait_until(is_over)
        beat()
        time.sleep(0.5)
        assert Reminder.objects.filter(state=State.SENT).count() == OWING
        assert sorted(server.ids) == sorted(Reminder.objects.values_list("message_id", flat=True))
        (to_andrea,) = [each for each in server.messages if each["To"] == "andrea.martin@willowbrook.example"]
        assert to_andrea.get_content_type() == "multipart/alternative"


@pytest.mark.slow
def test_never_twice_where_the_worker_is_killed_and_started_again(folder: Path) -> None:
    """Killed while a message was handed over: it is unknown, and stays unsent; the rest goes out."""
    with mail_server(delay=0.15) as server:
        for at, enough in enumerate((2, 4, 6)):
            with running_worker(folder, environment(server, minutes=at * 3)) as worker:
                beat()
                wait_until(lambda enough=enough: len(server.messages) >= enough)  # type: ignore[misc]
                worker.kill()
        with running_worker(folder, environment(server, minutes=3 * 3 + LEASE.total_seconds() / 60)):
            beat()
            wait_until(is_over)
        ids = server.ids
    assert len(ids) == len(set(ids))
    rows = {row.message_id: row.state for row in Reminder.objects.all()}
    assert len(rows) == OWING
    assert set(rows.values()) <= {State.SENT, State.UNKNOWN}
    assert {message_id for message_id, state in rows.items() if state == State.SENT} <= set(ids)
    assert 1 <= list(rows.values()).count(State.UNKNOWN) <= 3
