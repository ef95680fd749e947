"""`manage.py test`: pytest, on servers of its own."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from closing.runtime.testing import run_tests


class Command(BaseCommand):
    help = "Run the tests with pytest, on embedded servers that begin empty and end with them."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pytest_arguments", nargs="*", help="passed to pytest as they are")

    def handle(self, *args: object, **options: Any) -> None:
        """Reached only by call_command: manage.py runs the tests before Django is loaded."""
        sys.exit(run_tests(options["pytest_arguments"]))
