"""Keeps the processes of the demo running, and ends them all together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from closing.runtime import processes
from closing.runtime.paths import PROJECT, RuntimeProblem

_RESTARTS = 3
_WINDOW = 60.0


class Stopped(BaseException):
    """Somebody asked the program to stop: Ctrl-C, SIGTERM, or the terminal went away."""


def stop_on_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP unwind the program, so that everything is put away."""

    def stop(number: int, frame: object) -> None:
        ignore_signals()  # once is enough: what follows is the putting away
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@dataclass
class Member:
    """One supervised process. `arguments` follow the interpreter's name."""

    name: str
    arguments: list[str]
    log: Path
    on_parent_death: signal.Signals
    started: list[float] = field(default_factory=list)
    child: subprocess.Popen[bytes] | None = None


class Supervisor:
    """Starts members, starts them again when they fall over, stops them all."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._members: list[Member] = []

    def start(self, name: str, arguments: list[str], on_parent_death: signal.Signals = signal.SIGTERM) -> None:
        """Start `python ARGUMENTS` with our environment; its output goes to NAME.log."""
        member = Member(name, arguments, self._logs / f"{name}.log", on_parent_death)
        self._members.append(member)
        _launch(member)

    def check(self) -> None:
        """Start again whatever ended. Raises RuntimeProblem where that happens too often."""
        for member in self._members:
            if member.child is None or member.child.poll() is None:
                continue
            recent = [at for at in member.started if time.monotonic() - at < _WINDOW]
            if len(recent) > _RESTARTS:
                raise RuntimeProblem(
                    f"The {member.name} process keeps ending (status {member.child.returncode}). "
                    f"The end of {member.log}:\n{_tail(member.log)}"
                )
            processes.kill_group(member.child.pid)
            _launch(member)

    def watch(self, every: Callable[[], None], interval: float = 30.0) -> None:
        """Watch for ever, calling `every` each interval (seconds); a signal ends it."""
        due = time.monotonic()
        while True:
            self.check()
            if time.monotonic() >= due:
                every()
                due = time.monotonic() + interval
            time.sleep(0.5)

    def wait_until(self, ready: Callable[[], bool], what: str, patience: float) -> None:
        """Wait for a condition while the members run. Raises RuntimeProblem when it never comes."""
        until = time.monotonic() + patience
        while not ready():
            self.check()
            if time.monotonic() > until:
                raise RuntimeProblem(
                    f"Gave up after {patience:.0f} seconds of waiting for {what}.\nThe logs are in {self._logs}."
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask every member to end, all at once; kill what has not ended within ten seconds."""
        running = [(m, m.child) for m in reversed(self._members) if m.child is not None]
        for _, child in running:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        until = time.monotonic() + 10.0
        for member, child in running:
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, until - time.monotonic()))
            processes.stop(child, signal.SIGQUIT, patience=2.0)
            member.child = None


def _launch(member: Member) -> None:
    member.started.append(time.monotonic())
    member.child = processes.start(
        [sys.executable, *member.arguments],
        log=member.log,
        environment=os.environ,
        folder=PROJECT,
        on_parent_death=member.on_parent_death,
    )


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(nothing was written)"
