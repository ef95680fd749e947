"""What stands between a deal and its closing, computed from files alone."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from closing.management.moments import HELP, moment_in, read_moment
from closing.rules.deal_file import read_deal
from closing.rules.facts import Facts
from closing.rules.facts_file import read_facts
from closing.rules.gate import evaluate
from closing.rules.status import as_json, as_text
from closing.rules.terms import Deal
from closing.rules.toml_form import FileRefused

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Evaluate the gate of a deal file and a facts file, without a database. Exits 0 when it could be evaluated, "
        "whatever the answer, and 2 when a file is refused."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("deal", metavar="DEAL.toml", help="the deal file")
        parser.add_argument("--facts", metavar="FACTS.toml", help="the facts file; without it nothing is on file")
        parser.add_argument(
            "--on",
            type=read_moment,
            metavar="DATE",
            help=f"{HELP}; left out, the moment of the latest fact, or of the closing where there are no facts",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            deal = read_deal(_text_of(options["deal"]), options["deal"])
            facts = Facts(deal=deal.code)
            if options["facts"]:
                facts = read_facts(_text_of(options["facts"]), deal, options["facts"])
        except FileRefused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        asked = options["on"]
        moment = _latest(deal, facts) if asked is None else moment_in(asked, deal.closing.time_zone)
        gate = evaluate(deal, facts, moment)
        if options["format"] == "json":
            self.stdout.write(json.dumps(as_json(gate), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(gate))


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=REFUSED) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no text file in UTF-8. Save it as such.", returncode=REFUSED) from error


def _latest(deal: Deal, facts: Facts) -> datetime:
    """When the last thing happened to the facts: the latest came on file, was taken back, released or satisfied."""
    moments = [
        moment
        for _, rows in facts.tables()
        for fact in rows
        for moment in (getattr(fact, name, None) for name in _MOMENTS)
        if moment is not None
    ]
    return max(moments, default=deal.closing.at)


_MOMENTS = ("at", "withdrawn_at", "released_at", "satisfied_at", "issuer_agreed_at")
