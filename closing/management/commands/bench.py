"""`manage.py bench`: our times against the floor of the same machine in the same run."""

import json
import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from closing.management.tables import bring_up_to_date
from closing.runtime.paths import PROJECT

_COLUMNS = ("name", "ours", "floor", "unit", "ratio", "goal", "holds")


class Command(BaseCommand):
    help = "Run the benchmarks of tests/bench, all or by name; not 0 where one misses its goal."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="*", help="benchmarks to run (all)")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: object, **options: Any) -> None:
        known: list[str] = _bench()
        for name in options["name"]:
            if name not in known:
                raise CommandError(f"No benchmark is called {name}. There are: {', '.join(known)}")
        bring_up_to_date()
        rows: list[dict[str, Any]] = [_bench(name) for name in options["name"] or known]
        if options["format"] == "json":
            self.stdout.write(json.dumps(rows, indent=1))
        else:
            self.stdout.write(_table(rows))
        if not all(row["holds"] for row in rows):
            sys.exit(1)


def _bench(*arguments: str) -> Any:
    """Run in a process of its own, so that no benchmark warms or breaks the next."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"The benchmark {' '.join(arguments)} failed; it says why above.")
    return json.loads(done.stdout.splitlines()[-1])


def _table(rows: list[dict[str, Any]]) -> str:
    cells = [list(_COLUMNS)]
    cells += [_line(row) for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def _line(row: dict[str, Any]) -> list[str]:
    if row.get("skipped"):
        return [row["name"], *[""] * (len(_COLUMNS) - 2), f"skipped: {row['skipped']}"]
    return [_shown(row[column]) for column in _COLUMNS]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
