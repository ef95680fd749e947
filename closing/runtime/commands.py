"""Runs a management command with the servers that it needs."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from closing.runtime import paths, servers
from closing.runtime.paths import RuntimeProblem

# These answer from files alone; a database would only slow them down.
WITHOUT_DATABASE = frozenset({"gate", "help", "check", "collectstatic", "version", "diffsettings"})


def run(argv: Sequence[str]) -> int:
    """Run one command line; what it returns is the exit status of the program."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "closing.settings")
    os.environ.setdefault("CLOSING_STATE", str(paths.state_folder()))
    name = argv[1] if len(argv) > 1 else "help"
    try:
        if name == "test" and not _asks_for_help(argv):
            from closing.runtime.testing import run_tests

            return run_tests(argv[2:])
        with ExitStack() as stack:
            if needs_servers(argv):
                use(stack, name)
            return _django(argv)
    except RuntimeProblem as problem:
        print(problem, file=sys.stderr)
        return 1


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


def _asks_for_help(argv: Sequence[str]) -> bool:
    return any(word in {"-h", "--help"} for word in argv[2:])


def _django(argv: Sequence[str]) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(list(argv))
    return 0
