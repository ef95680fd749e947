"""The worker itself: it answers, and a killed child does not lose it."""

import os
import signal
import time

from closing.celery import app
from tests.tasks.worker import Worker


def test_the_worker_answers_on_the_real_broker(worker: Worker) -> None:
    answers = app.control.ping(timeout=5) or []
    assert [list(answer.values()) for answer in answers] == [[{"ok": "pong"}]]


def test_a_killed_pool_child_is_replaced(worker: Worker) -> None:
    (child,) = worker.children()
    os.kill(child, signal.SIGKILL)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        now = worker.children()
        if now and now != [child]:
            return
        time.sleep(0.05)
    raise AssertionError("no child took the place of the killed one")
