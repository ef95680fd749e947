"""`?on=`: a page asked for as it stood at a past moment."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages

from closing.models import Closing
from closing.rules.words import moment_of
from closing.web.access import Request, Seat
from investors.clock import now


@dataclass(frozen=True, slots=True)
class AsOf:
    """A past moment asked for. `day` fills the form again, `path` leads to now, `query` is for links of its pages."""

    moment: datetime
    day: str
    path: str
    query: str
    is_at_closing: bool


def asked_moment(request: Request, seat: Seat, closed_at: datetime | None = None) -> AsOf | None:
    """The moment that `?on=` names, or None for now. What is no day, or has not come, is told and shown as now."""
    text = request.GET.get("on", "").strip().replace(" ", "+")  # a plus sign in an address is a space
    if not text:
        return None
    try:
        moment = moment_of(text, seat.deal.time_zone)
    except ValueError:
        messages.warning(request, "That is no day. Write it as 1996-06-10; this is how it stands now.")
        return None
    zone = ZoneInfo(seat.deal.time_zone)
    if moment.astimezone(zone).date() > now().astimezone(zone).date():
        messages.warning(request, "That day has not come; this is how it stands now.")
        return None
    day = moment.astimezone(zone).date().isoformat()
    return AsOf(moment, day, request.path, f"?{urlencode({'on': text})}", moment == closed_at)


def closed_at(seat: Seat) -> datetime | None:
    """When the deal closed, or None."""
    return Closing.objects.filter(deal=seat.deal).values_list("at", flat=True).first()
