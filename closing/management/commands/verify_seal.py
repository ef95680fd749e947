"""Check the seal of a PDF, offline."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from closing.management.verifying import add_options, answer
from closing.pdf.verification_report import report_sealed


class Command(BaseCommand):
    help = (
        "Check the seal of a PDF, from the file alone: no database, no network. "
        "Exits 0 when nothing is wrong, 1 when something is, and says what could not be checked."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the sealed PDF")
        add_options(parser)

    def handle(self, *args: object, **options: Any) -> None:
        answer(self, report_sealed, options["file"], options["certificate"])
