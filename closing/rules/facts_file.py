"""The facts file: what is on file of a deal, as TOML. `docs/deal-file.md` explains the form table by table."""

from collections import defaultdict
from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

from closing.rules.facts import Fact, Facts, VotingStock
from closing.rules.facts_checks import check_facts
from closing.rules.terms import Deal
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
from closing.rules.toml_text import assignment, section

__all__ = ["FORMAT", "FactsFileRefused", "Problem", "check_facts", "check_new", "read_facts", "write_facts"]

FORMAT = "closing-facts/1"
OF_BILLS = ("credit_notes", "write_offs", "fee_payments", "fee_reversals")
HEADINGS = {
    "voting_stock": "The issuer's voting stock on the record date",
    "execution_versions": "Execution versions: the files that the parties sign",
    "signatures": "Signature pages returned",
    "carry_overs": "Authority to carry signed pages over to a later version",
    "sign_offs": "Sign-offs",
    "confirmations": "Representations confirmed as of a closing date",
    "disclosures": "Exceptions disclosed against representations",
    "steps": "Steps taken",
    "deliveries": "Documents delivered to an investor, or to every investor",
    "certificates": "Officers' certificates",
    "opinions": "Opinions of counsel",
    "qualifications": "Qualifications under securities laws",
    "third_party_consents": "Consents of third parties",
    "payments": "Purchase price received",
    "refunds": "Purchase price sent back to an investor that had paid too much",
    "waivers": "Waivers proposed, or given by the issuer",
    "consents": "Investors' answers to waivers",
    "proxies": "Proxies and voting agreements",
    "proposals": "Proposals put to a majority",
    "approvals": "Investors' agreement to proposals",
    "bills": "Counsel's bills",
    "credit_notes": "Counsel's credit notes",
    "write_offs": "What counsel wrote off",
    "fee_payments": "What the issuer paid towards counsel's bills, or netted from an investor's wire",
    "fee_reversals": "What came back of it",
    "over_cap_allotments": "How counsel allots what is over the cap",
    "closings": "The closing",
}
assert set(HEADINGS) | {"deal"} == {each.name for each in fields(Facts)}


class FactsFileRefused(FileRefused):
    """A facts file with problems, refused whole."""


def read_facts(text: str, deal: Deal, filename: str = "facts file") -> Facts:
    """The facts that a facts file states about `deal`. Raises FactsFileRefused with every problem."""
    tables = parse(text, FORMAT, FactsFileRefused, filename)
    reading = Reading()
    _say_whose_bill(tables)
    values: dict[str, Any] = {"deal": _code(tables.pop("deal", None), reading)}
    for name, raw in tables.items():
        if name == "voting_stock":
            values[name] = reading.record(VotingStock, raw, Problem("", table=name))
        elif name in HEADINGS:
            hint, _ = form_of(Facts)[name]
            values[name] = reading.rows(hint.__args__[0], raw, name)
        else:
            reading.problems.append(Problem(no_such_field(name, {"deal": "", **HEADINGS}), field=name))
    unread = [name for name, value in values.items() if value is UNREAD]
    facts = Facts(**{"deal": "", **{name: values[name] for name in values if name not in unread}})
    problems = [*reading.problems, *check_facts(facts, deal, frozenset(unread))]
    finish(problems, FactsFileRefused, filename)
    return facts


def write_facts(facts: Facts, deal: Deal | None = None) -> str:
    """The facts file of these facts; reading it gives the same facts.

    Times are written in the zone of `deal` where it is given, else with the offset that they have.
    """
    zone = ZoneInfo(deal.closing.time_zone) if deal else None
    lines = [f'format = "{FORMAT}"', *assignment("deal", facts.deal, zone)]
    for name, heading in HEADINGS.items():
        value = getattr(facts, name)
        if value is not None:
            lines += section(name, heading, value, zone)
    return "\n".join(lines) + "\n"


def check_new(table: str, fact: Fact, facts: Facts, deal: Deal) -> tuple[Problem, ...]:
    """What keeps `fact` from joining `facts` as one more row of `table`, by the rules of the facts file.

    Problems that `facts` have already are not told again. Raises AttributeError for an unknown table.
    """
    joined = {each.name: getattr(facts, each.name) for each in fields(Facts)}
    joined[table] = (*getattr(facts, table), fact)
    before = set(check_facts(facts, deal))
    return tuple(problem for problem in check_facts(Facts(**joined), deal) if problem not in before)


def _say_whose_bill(tables: dict[str, Any]) -> None:
    """Write whose bill it is into rows about a bill that leave it out; blank where its number does not tell."""
    owners: dict[str, set[str]] = defaultdict(set)
    for bill in _rows(tables, "bills"):
        number, counsel = bill.get("number"), bill.get("counsel")
        if isinstance(number, str) and isinstance(counsel, str):
            owners[number].add(counsel)
    for name in OF_BILLS:
        for row in _rows(tables, name):
            number = row.get("bill")
            of = owners.get(number, set()) if isinstance(number, str) else set()
            row.setdefault("counsel", next(iter(of)) if len(of) == 1 else "")


def _rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of a table, whatever else stands there left out."""
    raw = tables.get(name)
    return [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []


def _code(raw: object, reading: Reading) -> object:
    place = Problem("", field="deal")
    return reading.refuse(place, "is missing") if raw is None else reading.value(str, raw, place)
