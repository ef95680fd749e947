"""`manage.py load_deal FILE`: load a deal file, or the changes in one loaded before."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from closing.actions.base import ActionRefused
from closing.actions.deals import Loaded, load_deal_file
from closing.rules.deal_file import DealFileRefused, read_deal

TOLD = {
    Loaded.LOADED: "loaded",
    Loaded.CHANGED: "changed to what the file says",
    Loaded.UNCHANGED: "is as the file says already; nothing changed",
}


class Command(BaseCommand):
    """Load a deal file; twice is the same as once."""

    help = "Load a deal file (TOML). A wrong one is refused whole, with table and row."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was done. Exits 1, with the reasons, for a file that is refused."""
        path: Path = options["file"]
        try:
            deal = read_deal(read_text(path), path.name)
            row, loaded = load_deal_file(deal)
        except (DealFileRefused, ActionRefused) as refused:
            raise CommandError(f"{path.name} is refused; nothing was loaded.\n{refused}") from refused
        self.stdout.write(
            f"{row.code}: {TOLD[loaded]}. {len(deal.investors)} investors, {deal.shares:,} shares, "
            f"{len(deal.conditions)} conditions, {len(deal.deliverables)} deliverables."
        )


def read_text(path: Path) -> str:
    """The text of a file that a command was given. Raises CommandError in plain words."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no text in UTF-8; save it as UTF-8.") from error
