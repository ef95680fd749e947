"""The demo's data: the Cerplex deal, its facts, accounts for everybody, and the packets asked for."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from closing.actions.deals import load_deal
from closing.actions.facts import load_facts
from closing.actions.packets import request_packets
from closing.management.demo_papers import hand_in_papers
from closing.management.demo_people import ADMIN_EMAIL, demo_sign_ins, open_demo_accounts
from closing.models import Closing, Deal, Packet
from closing.queries.deals import deal_terms
from closing.queries.reminders import where_mail_goes
from closing.rules.deal_file import read_deal
from closing.rules.facts_file import read_facts
from closing.tasks.packets import ring
from investors.models import User

CODE = "cerplex-1996"
SAMPLES = Path(settings.BASE_DIR) / "closing" / "samples"
UNDER_WAY = (Packet.State.QUEUED, Packet.State.MAKING)


class Command(BaseCommand):
    help = (
        "Load the Cerplex deal with its opening facts, open an account for each role, hand in the papers that are "
        "signed, and ask for the signature packets. What a demo has changed since is kept; twice is the same as once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--closing-day", action="store_true", help="put the facts of the closing day on file too")
        parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="wait for the worker's packets")
        parser.add_argument("--no-sign-ins", action="store_true", help="leave out the list of sign-ins")
        parser.add_argument("--yes", action="store_true", help="also where other deals are in the database")

    def handle(self, *args: object, **options: Any) -> None:
        if not options["yes"]:
            _check_no_real_data()
        deal = _load(closing_day=options["closing_day"])
        open_demo_accounts(deal)
        hand_in_papers(deal)
        if not Closing.objects.filter(deal=deal).exists():
            packets = request_packets(deal, None)
            ring(packets)
            if packets:
                self._report(packets, options["wait"])
        mail = where_mail_goes()
        if mail:
            self.stdout.write(mail)
        if options["no_sign_ins"]:
            return
        self.stdout.write("Sign in as:")
        for each in demo_sign_ins(deal):
            self.stdout.write(f"  {each.email:<42} {each.password}   {each.name}, {each.role}")

    def _report(self, packets: list[Packet], patience: float) -> None:
        ids = [packet.pk for packet in packets]
        until = time.monotonic() + patience
        while Packet.objects.filter(pk__in=ids, state__in=UNDER_WAY).exists() and time.monotonic() < until:
            time.sleep(0.1)
        rows = Packet.objects.filter(pk__in=ids)
        failed = rows.filter(state=Packet.State.FAILED).first()
        if failed is not None:
            raise CommandError(f"The packet for {failed.person} failed: {failed.error}")
        made = rows.filter(state=Packet.State.MADE).count()
        if patience and made < len(ids):
            raise CommandError(
                f"After {patience:.0f} seconds the worker had made {made} of {len(ids)} packets. Its log says why."
            )
        self.stdout.write(f"Signature packets: {made} of {len(ids)} made by the worker.")


def _check_no_real_data() -> None:
    """Raise CommandError where other deals are and no demo ever was."""
    others = Deal.objects.exclude(code=CODE).values_list("code", flat=True)
    if others and not User.objects.filter(email=ADMIN_EMAIL).exists():
        raise CommandError(
            f"This database holds other deals ({', '.join(others[:5])}), and the demo's accounts have one password in "
            "common. Point DATABASE_URL at an empty database, or say --yes."
        )


def _load(*, closing_day: bool) -> Deal:
    """The deal with its facts, all or nothing. A deal that is there keeps what was done to it."""
    with transaction.atomic():
        row = Deal.objects.filter(code=CODE).first()
        is_new = row is None
        if row is None:
            path = SAMPLES / f"{CODE}.toml"
            row = load_deal(read_deal(path.read_text("utf-8"), path.name))
        if is_new or closing_day:
            path = SAMPLES / f"{CODE}.{'closing-day' if closing_day else 'opening'}.toml"
            load_facts(row, read_facts(path.read_text("utf-8"), deal_terms(row), path.name))
    return row
