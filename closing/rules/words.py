"""How dates, money, shares and lists are written in the reasons that people read."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def on_day(day: date) -> str:
    """A date as the agreement writes it: `June 10, 1996`."""
    return f"{day:%B} {day.day}, {day.year}"


def at_time(moment: datetime, time_zone: str) -> str:
    """A moment in the deal's time zone: `Monday, June 10, 1996, 11:00 a.m. PDT`."""
    local = moment.astimezone(ZoneInfo(time_zone))
    hour = local.hour % 12 or 12
    half = "a.m." if local.hour < 12 else "p.m."
    return f"{local:%A}, {on_day(local.date())}, {hour}:{local:%M} {half} {local:%Z}"


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `$40,000.00`, or `CHF 40,000.00` where the currency has no sign here."""
    sign = SIGNS.get(currency)
    return f"{sign}{amount:,.2f}" if sign else f"{currency} {amount:,.2f}"


def number(count: int) -> str:
    """A whole number with separators."""
    return f"{count:,}"


def listing(items: Iterable[str], most: int = 8) -> str:
    """Items in a sentence; past `most` the rest is counted, so that a reason stays one."""
    names = list(items)
    if len(names) > most:
        return f"{'; '.join(names[:most])}; and {number(len(names) - most)} more"
    return "; ".join(names)
