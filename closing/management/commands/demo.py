"""The main job on one command, from an empty folder to the status of the deal."""

import os
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser

from closing.runtime import demo
from investors import clock

DEAL = "cerplex-1996"
# The Monday before the Monday of the closing.
OPENS_AT = datetime(1996, 6, 3, 9, 0, tzinfo=ZoneInfo("America/Los_Angeles"))

# Seconds that the worker may take for the packets; a second or two is usual.
PACKETS_PATIENCE = 90.0


class Command(BaseCommand):
    help = "Run the closing room with the Cerplex deal: servers, web, worker, beat, and sign-ins."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        demo.add_arguments(parser)

    def handle(self, *args: object, **options: Any) -> None:
        room = demo.room
        if room is None:
            raise CommandError("Start the demo from the command line: python3 manage.py demo")
        try:
            self._open(room)
            if room.options.once:
                return
            demo.say("\nServing until Ctrl-C.")
            room.serve(every=lambda: demo.keep_clock(room.state, clock.now().isoformat()))
        finally:
            if clock.is_simulated():
                demo.keep_clock(room.state, clock.now().isoformat())
            room.supervisor.stop()

    def _open(self, room: demo.Room) -> None:
        _set_clock(room)
        room.start_web_and_worker()
        demo.say("Bringing the database up to date ...")
        call_command("migrate", interactive=False, verbosity=0)
        demo.say("Loading the Cerplex deal ...")
        if "seed_demo" in get_commands():
            call_command("seed_demo", wait=PACKETS_PATIENCE)
        room.start_beat()
        room.wait_for_web()
        room.announce()
        demo.say("")
        if "deal_status" in get_commands():
            call_command("deal_status", DEAL)
        demo.say(f"\nOpen {room.address}")


def _set_clock(room: demo.Room) -> None:
    """Start the demo's clock on its Monday, and later where it stood when the demo ended."""
    if clock.is_simulated():
        return  # the environment has set it
    kept = demo.kept_clock(room.state)
    known = [datetime.fromisoformat(kept)] if kept else []
    os.environ["CLOSING_CLOCK_OFFSET"] = clock.offset_to(max([OPENS_AT, *known]))
