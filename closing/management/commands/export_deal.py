"""`manage.py export_deal CODE [--facts]`: a deal, or its facts on file, as the file that would load it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from closing.management.commands.load_facts import deal_of
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules.deal_file import write_deal
from closing.rules.facts_file import write_facts


class Command(BaseCommand):
    """Write a deal file, or a facts file, of a live deal to standard output, and nothing else."""

    help = "Write a deal (or, with --facts, its facts on file) as TOML to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        """The deal's code, and which of the two files."""
        parser.add_argument("code")
        parser.add_argument("--facts", action="store_true", help="the facts on file instead of the terms")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        row = deal_of(options["code"])
        deal = deal_terms(row)
        self.stdout.write(write_facts(facts_of(row), deal) if options["facts"] else write_deal(deal), ending="")
