"""How dates, money, shares and lists are written in the reasons that people read."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

SPOKEN_ZONES = {
    f"{letter}{kind}T": spoken
    for letter, spoken in (("P", "Pacific"), ("M", "Mountain"), ("C", "Central"), ("E", "Eastern"))
    for kind in "SD"
}
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def on_day(day: date) -> str:
    """A date as the agreement writes it: `June 10, 1996`."""
    return f"{day:%B} {day.day}, {day.year}"


def at_time(moment: datetime, time_zone: str) -> str:
    """A moment in the deal's time zone: `Monday, June 10, 1996, 11:00 a.m. Pacific`."""
    local = moment.astimezone(ZoneInfo(time_zone))
    hour = local.hour % 12 or 12
    half = "a.m." if local.hour < 12 else "p.m."
    zone = f"{local:%Z}"
    return f"{local:%A}, {on_day(local.date())}, {hour}:{local:%M} {half} {SPOKEN_ZONES.get(zone, zone)}"


def moment_of(text: str, time_zone: str) -> datetime:
    """The moment that a date or a time names, aware: a date is the end of that day in `time_zone`, with all of it.

    A time without an offset is in `time_zone`. Raises ValueError for what is neither.
    """
    zone = ZoneInfo(time_zone)
    if len(text) <= len("1996-06-10"):
        return datetime.combine(date.fromisoformat(text), time.max, zone)
    asked = datetime.fromisoformat(text)
    return asked if asked.tzinfo is not None else asked.replace(tzinfo=zone)


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `$40,000.00`, or `CHF 40,000.00` where the currency has no sign here."""
    sign = SIGNS.get(currency)
    return f"{sign}{amount:,.2f}" if sign else f"{currency} {amount:,.2f}"


def portion(part: Fraction) -> str:
    """A portion in words people use: `half`, `two thirds`, or a percentage."""
    said = {"1/2": "half", "1/3": "a third", "2/3": "two thirds", "3/4": "three quarters"}
    return said.get(str(part)) or f"{float(part * 100):g} percent"


SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def count_of(count: int, thing: str) -> str:
    """A count that begins a sentence: `Four conditions`, `One condition`, `21 conditions`."""
    said = SMALL[count] if count < len(SMALL) else number(count)
    return f"{said} {thing}" if count == 1 else f"{said} {thing}s"


def number(count: int) -> str:
    """A whole number with separators."""
    return f"{count:,}"


def listing(items: Iterable[str], most: int = 8) -> str:
    """Items in a sentence; past `most` the rest is counted, so that a reason stays one."""
    names = list(items)
    if len(names) > most:
        return f"{'; '.join(names[:most])}; and {number(len(names) - most)} more"
    return "; ".join(names)


def ended(text: str) -> str:
    """The text with its full stop, where it has none of its own: `... Partners L.P.` ends a sentence as it is."""
    return text if text.endswith(".") else f"{text}."
