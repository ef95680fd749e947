"""The main job on one command, from an empty folder to the status of the deal."""

import os
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError
from django.db.models import Max

from closing.management.commands.seed_demo import CODE
from closing.management.demo_people import demo_sign_ins
from closing.management.tables import bring_up_to_date
from closing.models import Deal, Event
from closing.runtime import demo
from investors import clock

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
        bring_up_to_date()
        demo.say("Loading the Cerplex deal; the worker makes its signature packets ...")
        call_command("seed_demo", wait=PACKETS_PATIENCE, no_sign_ins=True)
        room.start_beat()
        room.wait_for_web()
        room.announce()
        demo.say("")
        call_command("deal_status", CODE)
        demo.say(f"\nOpen {room.address} and sign in as one of these:")
        for each in demo_sign_ins(Deal.objects.get(code=CODE)):
            demo.say(f"  {each.email:<42} {each.password}   {each.name}, {each.role}")


def _set_clock(room: demo.Room) -> None:
    """Start the demo's clock on its Monday, and later where it stood when the demo ended."""
    if clock.is_simulated():
        return  # the environment has set it
    kept = demo.kept_clock(room.state)
    known = [OPENS_AT, datetime.fromisoformat(kept) if kept else None, _latest_event()]
    os.environ["CLOSING_CLOCK_OFFSET"] = clock.offset_to(max(at for at in known if at))


def _latest_event() -> datetime | None:
    """When the last thing was done: the clock must not run backwards past it."""
    try:
        found: datetime | None = Event.objects.aggregate(at=Max("at"))["at"]
    except ProgrammingError:
        return None  # there are no tables yet
    return found
