"""The embedded servers of one state folder: started once, found and shared by every command."""

import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from closing.runtime import paths, postgres, processes, valkey
from closing.runtime.paths import RuntimeProblem
from closing.runtime.secret_files import write_private

KEPT = (
    "postgres",
    "valkey",
    "files",
    "mail",
    "beat",
    "clock",
    "secret-key",
    "demo-password",
    "database-password",
    "valkey-password",
    "servers.json",
)


@dataclass(frozen=True)
class Running:
    """What a running pair of servers tells other commands (in a file only its owner may read)."""

    pid: int
    command: str
    database_url: str
    redis_url: str
    address: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Servers:
    """Servers that this process started and owns."""

    state: Path
    running: Running
    database: postgres.Postgres
    broker: valkey.Valkey

    def announce(self, *, address: str, environment: dict[str, str]) -> None:
        """Tell other commands where the pages are and which settings they share."""
        told = {**asdict(self.running), "address": address, "environment": environment}
        self.running = Running(**told)
        _write(self.state, self.running)


class StateInUse(RuntimeProblem):
    """Another process owns the servers of the state folder."""

    def __init__(self, running: Running | None, state: Path) -> None:
        self.running = running
        super().__init__(_in_use(running, state))


def _in_use(running: Running | None, state: Path) -> str:
    if running is None:
        return f"Another command is starting or stopping with the data in {state}. Try again soon."
    if running.address:
        return (
            f"The closing room is already running with this data: {running.address}\n"
            f"(process {running.pid}, data in {state}). Stop it there with Ctrl-C, or set "
            "CLOSING_STATE to another folder to run a second one."
        )
    return (
        f"`manage.py {running.command}` (process {running.pid}) is using the data in {state}.\n"
        "Let it end, or set CLOSING_STATE to another folder."
    )


@contextmanager
def own(state: Path, command: str, *, durable: bool, fresh: bool = False, patience: float = 5.0) -> Iterator[Servers]:
    """Start both servers, alone in the state folder, and stop them at the end.

    Fresh: what was kept there before is removed first. Raises StateInUse where another process
    still owns them after the patience (seconds).
    """
    paths.make_state_folder(state)
    already = find(state)
    if already is not None and already.address:
        patience = 0  # it serves, and will not be done soon
    with _locked(state, patience) as held:
        if not held:
            raise StateInUse(find(state), state)
        if fresh:
            _clear(state)
        with _started(state, command, durable=durable) as servers:
            yield servers


def _clear(state: Path) -> None:
    """Remove what we keep in the state folder, and nothing that is not ours."""
    postgres.end_orphan(state)
    valkey.end_orphan(state)
    for name in KEPT:
        place = state / name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


@contextmanager
def own_or_join(state: Path, command: str) -> Iterator[Running]:
    """The servers of the state folder: the running ones, else ones started for this command."""
    paths.make_state_folder(state)
    until = time.monotonic() + 60.0
    while time.monotonic() < until:
        with _locked(state, 0) as held:
            if held:
                with _started(state, command, durable=True) as servers:
                    yield servers.running
                    _wait_for_users(state)
                return
        with _joined(state) as running:
            if running is not None:
                yield running
                return
        time.sleep(0.05)
    raise StateInUse(find(state), state)


@contextmanager
def _started(state: Path, command: str, *, durable: bool) -> Iterator[Servers]:
    note = state / "servers.json"
    note.unlink(missing_ok=True)
    broker: valkey.Valkey | None = None
    database = postgres.start(state, durable=durable)
    try:
        broker = valkey.start(state, durable=durable)
        running = Running(os.getpid(), command, database.url, broker.url)
        _write(state, running)
        yield Servers(state, running, database, broker)
    finally:
        note.unlink(missing_ok=True)
        if broker is not None:
            broker.stop()
        database.stop()


def find(state: Path) -> Running | None:
    """The servers running in the state folder as their owner announced them, if it lives."""
    try:
        told = json.loads((state / "servers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    running = Running(**told)
    return running if processes.is_alive(running.pid) else None


def _write(state: Path, running: Running) -> None:
    write_private(state / "servers.json", json.dumps(asdict(running), indent=1))


@contextmanager
def _locked(state: Path, patience: float) -> Iterator[bool]:
    """Hold the lock on the state folder; the kernel lets go of it however this process ends."""
    descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _flock(descriptor, fcntl.LOCK_EX, patience)
    finally:
        os.close(descriptor)


def _flock(descriptor: int, kind: int, patience: float) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.05)
        else:
            return True


@contextmanager
def _joined(state: Path) -> Iterator[Running | None]:
    """Use servers that another process owns; it waits for us before it stops them."""
    descriptor = os.open(state / "users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        shared = _flock(descriptor, fcntl.LOCK_SH, 0)
        yield find(state) if shared else None
    finally:
        os.close(descriptor)


def _wait_for_users(state: Path) -> None:
    """Wait until no other command uses the servers that this one started for itself."""
    descriptor = os.open(state / "users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _flock(descriptor, fcntl.LOCK_EX, 0):
            print("Waiting for another command that uses this database ...", file=sys.stderr)
            (state / "servers.json").unlink(missing_ok=True)
            _flock(descriptor, fcntl.LOCK_EX, float("inf"))
    finally:
        os.close(descriptor)
