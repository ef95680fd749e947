"""The one clock."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from investors import clock

OPENING = "1996-06-03T09:00-07:00"


def test_the_clock_is_the_machines_until_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLOSING_CLOCK", "CLOSING_CLOCK_OFFSET"):
        monkeypatch.delenv(name, raising=False)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=2)
    assert clock.now().tzinfo is UTC
    assert not clock.is_simulated()


def test_processes_with_one_offset_read_one_time_and_it_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opening = datetime.fromisoformat(OPENING)
    monkeypatch.setenv("CLOSING_CLOCK_OFFSET", clock.offset_to(opening))
    first = clock.now()
    assert timedelta(0) <= first - opening < timedelta(seconds=2)
    assert clock.now() > first
    assert clock.is_simulated()


def test_a_clock_started_at_an_instant_ticks_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOSING_CLOCK_OFFSET", raising=False)
    monkeypatch.setenv("CLOSING_CLOCK", OPENING)
    first = clock.now()
    assert first >= datetime.fromisoformat(OPENING)
    assert first - datetime.fromisoformat(OPENING) < timedelta(hours=2)
    assert clock.now() > first
    assert clock.is_simulated()


def test_a_stopped_clock_is_seen_by_every_thread(at: Callable[[str], datetime]) -> None:
    stopped = at(OPENING)
    seen: list[datetime] = []
    thread = threading.Thread(target=lambda: seen.append(clock.now()))
    thread.start()
    thread.join()
    assert seen == [stopped]


def test_a_stopped_clock_runs_on_as_before() -> None:
    opening = datetime.fromisoformat(OPENING)
    with clock.fixed(opening):
        with clock.fixed(opening + timedelta(days=7)):
            assert clock.now() == opening + timedelta(days=7)
        assert clock.now() == opening
    assert clock.now() != opening


def test_a_time_without_a_zone_is_refused() -> None:
    with (
        pytest.raises(ValueError, match="names no time zone"),
        clock.fixed(datetime(1996, 6, 3, 9)),  # noqa: DTZ001
    ):
        raise AssertionError("it was taken")
