"""The demo: servers that keep their data, and the three processes of the closing room."""

import argparse
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from closing.runtime import paths, ports, servers
from closing.runtime.paths import RuntimeProblem
from closing.runtime.secret_files import write_private
from closing.runtime.supervisor import Supervisor

DEFAULT_PORT = 8000
_CELERY = ["-m", "celery", "-A", "closing.celery"]


@dataclass(frozen=True)
class Options:
    once: bool
    fresh: bool
    host: str
    port: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `manage.py demo`."""
    parser.add_argument(
        "--once",
        action="store_true",
        help="do everything up to the printed status, then stop: exit 0, or not 0 with the reason",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo kept, and start over")
    parser.add_argument("--host", default=ports.LOOPBACK, help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port",
        type=int,
        default=None,
        help=f"port to listen on ({DEFAULT_PORT}, or another where that is taken)",
    )


def read_options(arguments: Sequence[str]) -> Options:
    """Read the command line, before Django is there. Ends the program on a wrong one."""
    parser = argparse.ArgumentParser(prog="manage.py demo")
    add_arguments(parser)
    found, _ = parser.parse_known_args(arguments)  # Django's own options are read by Django
    return Options(found.once, found.fresh, found.host, found.port)


@contextmanager
def demo_servers(options: Options) -> Iterator["Room"]:
    """The demo's servers, named in the environment; the caller serves until it has had enough."""
    state = paths.state_folder()
    named = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
    if named:
        if options.fresh:
            raise RuntimeProblem(
                "--fresh clears only the demo's own servers, and DATABASE_URL names another. "
                "Empty that database yourself, or unset DATABASE_URL and REDIS_URL."
            )
        paths.make_state_folder(state)
        yield Room(state, None, options)
        return
    say("Starting PostgreSQL and a Redis-protocol server ...")
    with servers.own(state, "demo", durable=True, fresh=options.fresh) as owned:
        os.environ.setdefault("DATABASE_URL", owned.running.database_url)
        os.environ.setdefault("REDIS_URL", owned.running.redis_url)
        yield Room(state, owned, options)


def say(text: str) -> None:
    print(text, flush=True)


class Room:
    """The demo while it runs: where it listens, its clock, and its processes."""

    def __init__(self, state: Path, owned: servers.Servers | None, options: Options) -> None:
        self.state = state
        self.options = options
        self._owned = owned
        self.supervisor = Supervisor(state)
        self.port = _choose_port(options)
        shown = f"[{options.host}]" if ":" in options.host else options.host
        self._bound = f"{shown}:{self.port}"
        everywhere = options.host in {"0.0.0.0", "::"}
        self.address = f"http://{'127.0.0.1' if everywhere else shown}:{self.port}/"
        os.environ.setdefault("CLOSING_URL", self.address)
        if options.host != ports.LOOPBACK:
            hosts = "*" if everywhere else f"localhost,127.0.0.1,[::1],{shown}"
            os.environ.setdefault("CLOSING_HOSTS", hosts)

    def start_web_and_worker(self) -> None:
        """Start both with the environment as it is now."""
        web = ["--worker-class", "gthread", "--workers", "1", "--threads", "8"]
        quick = ["--no-control-socket", "--graceful-timeout", "3", "--access-logfile", "-"]
        self.supervisor.start("web", ["-m", "gunicorn", "closing.wsgi:application", "-b", self._bound, *web, *quick])
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.supervisor.start(
            "worker",
            [*_CELERY, "worker", "--pool", "prefork", "-c", "1", "-l", "INFO", *alone],
            # A warm end would wait for a broker that ends with us; a message comes again.
            on_parent_death=signal.SIGQUIT,
        )

    def start_beat(self) -> None:
        """Start the clockwork: only once the data is there, since it may ring at once."""
        (self.state / "beat").mkdir(exist_ok=True)
        schedule = str(self.state / "beat" / "schedule")
        options = ["-l", "INFO", "-s", schedule, "--pidfile="]
        self.supervisor.start("beat", [*_CELERY, "beat", *options])

    def announce(self) -> None:
        """Let other commands of this machine find the servers, the address and the clock."""
        if self._owned is not None:
            shared = {name: os.environ[name] for name in _SHARED if name in os.environ}
            self._owned.announce(address=self.address, environment=shared)

    def wait_for_web(self, patience: float = 60.0) -> None:
        """Wait for the first answer of the web server."""
        self.supervisor.wait_until(self._answers, "the web server", patience)

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.address + "healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def serve(self, every: Callable[[], None]) -> None:
        """Serve until a signal ends it."""
        self.supervisor.watch(every)


_SHARED = ("CLOSING_CLOCK_OFFSET", "CLOSING_CLOCK")

# The demo that this process runs, set before the management command begins.
room: Room | None = None


def _choose_port(options: Options) -> int:
    if options.port is not None:
        if not ports.is_free(options.port, options.host):
            raise RuntimeProblem(
                f"Port {options.port} of {options.host} is taken (or not ours to open). "
                "Choose another with --port, or leave --port out."
            )
        return options.port
    if ports.is_free(DEFAULT_PORT, options.host):
        return DEFAULT_PORT
    return ports.free_port()


def kept_clock(state: Path) -> str | None:
    """The instant (ISO 8601) that the demo's clock showed last, if a demo ever ran here."""
    try:
        return (state / "clock").read_text(encoding="ascii").strip() or None
    except OSError:
        return None


def keep_clock(state: Path, instant: str) -> None:
    write_private(state / "clock", instant)
