"""The deal file: an agreement on its way to its closing, as TOML that a lawyer's assistant can read and write.

`docs/deal-file.md` explains the form table by table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from closing.rules import deal_checks
from closing.rules.terms import Deal, FeeCap
from closing.rules.toml_form import (
    UNREAD,
    FileRefused,
    Problem,
    Reading,
    finish,
    form_of,
    no_such_field,
    parse,
)
from closing.rules.toml_text import assignment, rows, section

__all__ = ["FORMAT", "DealFileRefused", "Problem", "ScheduleA", "read_deal", "write_deal"]

FORMAT = "closing-deal/1"
SCHEDULE = "schedule_a"
HEADINGS = {
    "agreement": "The agreement",
    "issuer": "The company that sells",
    "security": "What is sold, and the most of it (amounts in quotes, or whole)",
    "closing": "When and where (with the offset from UTC)",
    "people": "Everybody who signs, gets notices or works on the deal",
    "counsel": "The law firms",
    SCHEDULE: "Schedule A: its totals, then a row for each investor",
    "conditions": "The conditions, in the agreement's order",
    "deliverables": "What is owed at or before the closing, in the order of the checklist",
    "thresholds": "Majorities",
    "fees": "What the issuer reimburses of counsel's bills",
    "proceeds": "What the agreement says of the use of the proceeds",
    "survival": "How long the representations survive the closing",
    "covenants": "Covenants",
    "faults": "Faults in the agreement itself",
}
ORDER = ("code", "name", *HEADINGS)


class DealFileRefused(FileRefused):
    """A deal file with problems, refused whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleA:
    """The totals at the foot of Schedule A; the rows must add up to them."""

    shares: int
    purchase_price: Decimal


def read_deal(text: str, filename: str = "deal file") -> Deal:
    """The deal that a deal file states. Raises DealFileRefused with every problem, and reads nothing then."""
    tables = parse(text, FORMAT, DealFileRefused, filename)
    reading = Reading()
    schedule = _schedule(tables.pop(SCHEDULE, None), reading)
    values = {name: _table(name, hint, tables, reading) for name, hint in _form().items()}
    for name in tables:
        if name not in values:
            known = {**_form(), SCHEDULE: None}
            reading.problems.append(Problem(no_such_field(name, known), field=name))
    values = {name: value for name, value in values.items() if value is not None}
    deal = Deal(**values)
    problems = [*reading.problems, *deal_checks.check_deal(deal, frozenset(reading.spoilt))]
    if schedule is not UNREAD and "investors" not in reading.spoilt:
        problems += _check_totals(deal, schedule)
    finish(problems, DealFileRefused, filename)
    return deal


def write_deal(deal: Deal) -> str:
    """The deal file of a deal; reading it gives the same deal. Times are written in the deal's zone."""
    zone = ZoneInfo(deal.closing.time_zone)
    lines = [f'format = "{FORMAT}"']
    for name in ORDER:
        value = _totals(deal) if name == SCHEDULE else getattr(deal, name)
        if name in HEADINGS:
            lines += section(name, HEADINGS[name], value, zone)
        else:
            lines += assignment(name, value, zone)
        if name == SCHEDULE:
            lines += rows("investors", deal.investors, zone)
    return "\n".join(lines) + "\n"


def _form() -> dict[str, Any]:
    return {name: hint for name, (hint, _) in form_of(Deal).items()}


def _table(name: str, hint: Any, tables: dict[str, Any], reading: Reading) -> Any:
    """One table of the file as the deal's value; None where an optional one is left out."""
    args = getattr(hint, "__args__", ())
    if name not in tables:
        if not form_of(Deal)[name][1]:
            return None
        told = f"is missing; write [[{name}]]" if args else "is missing"
        return reading.refuse(Problem("", field=name), told)
    if name == "fees" and isinstance(tables[name], dict):  # one table, as files of one counsel have it
        read = reading.record(FeeCap, tables[name], Problem("", table=name))
        return read if read is UNREAD else (read,)
    if args:
        return reading.rows(args[0], tables[name], name)
    place = Problem("", field=name) if hint is str else Problem("", table=name)
    return reading.value(hint, tables[name], place)


def _schedule(raw: object, reading: Reading) -> Any:
    if raw is None:
        return reading.refuse(Problem("", table=SCHEDULE), "is missing; state the totals of Schedule A")
    return reading.record(ScheduleA, raw, Problem("", table=SCHEDULE))


def _totals(deal: Deal) -> ScheduleA:
    return ScheduleA(shares=deal.shares, purchase_price=deal.purchase_price)


def _check_totals(deal: Deal, stated: ScheduleA) -> Iterator[Problem]:
    if deal.shares != stated.shares:
        told = f"the rows add up to {deal.shares} shares, not {stated.shares}"
        yield Problem(told, SCHEDULE, field="shares")
    if deal.purchase_price != stated.purchase_price:
        told = f"the rows add up to {deal.purchase_price:.2f}, not {stated.purchase_price:.2f}"
        yield Problem(told, SCHEDULE, field="purchase_price")
