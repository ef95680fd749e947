"""What stands between a deal of the database and its closing."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from closing.management.commands.load_facts import deal_of
from closing.management.moments import HELP, moment_in, read_moment
from closing.queries.gates import gate_of
from closing.rules.status import as_json, as_text
from investors.clock import now


class Command(BaseCommand):
    help = "Print what still stands between a deal and its closing, and who owes it. Exits 0 whatever the answer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="the deal's code, for example cerplex-1996")
        parser.add_argument("--on", type=read_moment, metavar="DATE", help=f"{HELP}; left out, now")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")

    def handle(self, *args: object, **options: Any) -> None:
        deal = deal_of(options["code"])
        asked = options["on"]
        gate = gate_of(deal, now() if asked is None else moment_in(asked, deal.time_zone))
        if options["format"] == "json":
            self.stdout.write(json.dumps(as_json(gate), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(gate))
