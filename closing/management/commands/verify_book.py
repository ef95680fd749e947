"""Check a closing book, offline: its seal, its pages or files, and its list of contents."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from closing.management.verifying import add_options, answer
from closing.pdf.verification_report import report_book


class Command(BaseCommand):
    help = (
        "Check a closing book, from the file alone: no database, no network. "
        "Exits 0 when nothing is wrong, 1 when something is, and says what could not be checked."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the book: a PDF, a zip, or an unpacked folder")
        add_options(parser)

    def handle(self, *args: object, **options: Any) -> None:
        answer(self, report_book, options["file"], options["certificate"])
