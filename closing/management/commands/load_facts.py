"""`manage.py load_facts CODE FILE`: put the facts of a facts file on file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from closing.actions.base import ActionRefused
from closing.actions.facts import load_facts
from closing.management.commands.load_deal import read_text
from closing.models import Deal
from closing.queries.deals import deal_terms
from closing.rules.facts_file import FactsFileRefused, read_facts


class Command(BaseCommand):
    """Load a facts file; what is on file already is not written again."""

    help = "Load the facts of a facts file (TOML) into a deal. A wrong one is refused whole, with table and row."

    def add_arguments(self, parser: CommandParser) -> None:
        """The deal's code and the file."""
        parser.add_argument("code")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was done. Exits 1, with the reasons, for a file that is refused."""
        path: Path = options["file"]
        deal = deal_of(options["code"])
        try:
            done = load_facts(deal, read_facts(read_text(path), deal_terms(deal), path.name))
        except (FactsFileRefused, ActionRefused) as refused:
            raise CommandError(f"{path.name} is refused; nothing was loaded.\n{refused}") from refused
        if not done:
            self.stdout.write(f"{deal.code}: every fact of {path.name} is on file already; nothing changed.")
            return
        listed = ", ".join(f"{count} {table.replace('_', ' ')}" for table, count in done.items())
        self.stdout.write(f"{deal.code}: {done.total()} facts of {path.name} put on file ({listed}).")


def deal_of(code: str) -> Deal:
    """The deal of this code. Raises CommandError that lists the codes there are."""
    deal = Deal.objects.select_related("issuer").filter(code=code).first()
    if deal is None:
        known = ", ".join(Deal.objects.values_list("code", flat=True)) or "none; load one with load_deal"
        raise CommandError(f"There is no deal {code}. The deals here: {known}.")
    return deal
