"""What comes next of the reminders, and where they go."""

from django.conf import settings

from closing.rules.gate import Gate
from closing.rules.reminders import Occasion, schedule


def upcoming(gate: Gate) -> tuple[Occasion, ...]:
    """The points of the schedule still to come, for the closing now in force; none once it is effected."""
    if gate.is_closed:
        return ()
    points = schedule(gate.closing.at, gate.deal.closing.time_zone)
    return tuple(point for point in points if point.at > gate.moment)


def where_mail_goes() -> str:
    """What pages and commands say of the mail where it reaches nobody; empty where a mail server is set."""
    if not settings.EMAIL_IS_FILES:
        return ""
    return f"No mail server is set. Mail is written to files in {settings.EMAIL_FILE_PATH}, and reaches nobody."
