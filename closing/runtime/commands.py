"""Runs a management command with the servers that it needs."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from closing.runtime import demo, paths, servers, supervisor, testing
from closing.runtime.paths import RuntimeProblem

# These answer from files alone; a database would only slow them down.
WITHOUT_DATABASE = frozenset(
    {"gate", "verify_book", "verify_seal", "help", "check", "collectstatic", "version", "diffsettings"}
)


def run(argv: Sequence[str]) -> int:
    """Run one command line; what it returns is the exit status of the program."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "closing.settings")
    name = argv[1] if len(argv) > 1 else "help"
    try:
        os.environ.setdefault("CLOSING_STATE", str(paths.state_folder()))
        if name == "test" and not _asks_for_help(argv):
            return testing.run_tests(argv[2:])
        if name == "demo" and not _asks_for_help(argv):
            return _demo(argv)
        with ExitStack() as stack:
            if name == "bench" and not _asks_for_help(argv):
                # Never on a database that somebody uses.
                stack.enter_context(testing.temporary_servers())
            elif needs_servers(argv):
                signal.signal(signal.SIGTERM, _end)
                use(stack, name)
            return _django(argv)
    except RuntimeProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output has had enough (`| head`); Python must not try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _end(number: int, frame: object) -> None:
    """SIGTERM unwinds the program, so that servers it started end in order."""
    sys.exit(128 + number)


def _demo(argv: Sequence[str]) -> int:
    options = demo.read_options(argv[2:])
    supervisor.stop_on_signals()
    try:
        with demo.demo_servers(options) as demo.room:
            return _django(argv)
    except supervisor.Stopped:
        demo.say("Stopped." if not options.once else "Stopped before it was done.")
        return 130 if options.once else 0


def needs_servers(argv: Sequence[str]) -> bool:
    """Whether this command line needs a database that nobody has named yet."""
    name = argv[1] if len(argv) > 1 else "help"
    if name.startswith("-") or name in WITHOUT_DATABASE or _asks_for_help(argv):
        return False
    return not (_is_named("DATABASE_URL") and _is_named("REDIS_URL"))


def _is_named(variable: str) -> bool:
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


def use(stack: ExitStack, name: str) -> None:
    """Name the embedded servers in the environment, for Django's settings and for children."""
    state = paths.state_folder()
    running = stack.enter_context(servers.own_or_join(state, name))
    if not _is_named("DATABASE_URL"):
        os.environ["DATABASE_URL"] = running.database_url
    if not _is_named("REDIS_URL"):
        os.environ["REDIS_URL"] = running.redis_url
    for variable, value in running.environment.items():
        os.environ.setdefault(variable, value)
    clock = demo.kept_clock(state)
    if clock and not running.environment and "CLOSING_CLOCK_OFFSET" not in os.environ:
        # The demo's data lives in the demo's time, whoever reads it.
        os.environ.setdefault("CLOSING_CLOCK", clock)


def _asks_for_help(argv: Sequence[str]) -> bool:
    return any(word in {"-h", "--help"} for word in argv[2:])


def _django(argv: Sequence[str]) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(list(argv))
    return 0
