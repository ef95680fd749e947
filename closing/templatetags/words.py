"""How templates write money, shares and times; the wording itself is that of `closing.rules.words`."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from closing.rules import words

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """`$8,000,000` for a whole amount, `$1,212.40` for another; nothing for None."""
    if amount is None:
        return ""
    return words.money(amount, currency).removesuffix(".00")


@register.filter
def signed(amount: Decimal, currency: str) -> str:
    """As `money`, with a minus sign (and no hyphen) before what is below nothing."""
    return f"\N{MINUS SIGN}{money(-amount, currency)}" if amount < 0 else money(amount, currency)


@register.filter
def parts(count: Decimal | int) -> str:
    """Parts of a whole, without decimals that say nothing: `2,269`, `1.5`."""
    return f"{Decimal(count).normalize():,f}"


@register.filter
def cents(amount: Decimal, currency: str) -> str:
    """`$8,000,000.00`: always to the cent, for columns that add up."""
    return words.money(amount, currency)


@register.filter
def shares(count: int) -> str:
    """A whole number with separators."""
    return words.number(count)


@register.filter
def day(on: date | None) -> str:
    """`June 10, 1996`; nothing for None. A moment must go through `moment_day`, which knows the zone."""
    return words.on_day(on) if on else ""


@register.filter
def moment(at: datetime | None, time_zone: str) -> str:
    """`Monday, June 10, 1996, 11:00 a.m. Pacific` in the deal's time zone."""
    return words.at_time(at, time_zone) if at else ""


@register.filter
def moment_day(at: datetime | None, time_zone: str) -> SafeString | str:
    """The day of a moment in the deal's time zone, the time of day in its tooltip."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(time_zone))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), moment(at, time_zone), words.on_day(local.date())
    )


@register.filter
def ago(at: datetime | None, now: datetime) -> str:
    """How long something has been so, in whole days: `today`, `1 day`, `9 days`."""
    if at is None:
        return ""
    days = (now - at).days
    if days < 1:
        return "today"
    return "1 day" if days == 1 else f"{words.number(days)} days"


@register.filter
def stopped(text: str) -> str:
    """The text with its full stop, where it has none of its own: `... Partners L.P.` ends a sentence as it is."""
    return words.ended(text)


@register.filter
def label(value: str, deal_words: dict[str, str]) -> str:
    """The words for a key, from a mapping that the page carries; the key itself where it has none."""
    return deal_words.get(value, value)
