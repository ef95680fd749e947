"""How each condition stood for those who closed: satisfied by what was on file, or waived by whom and when."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from closing.queries.on_file import kinds_serving
from closing.rules.facts import Fact, Waiver
from closing.rules.findings import State
from closing.rules.gate import Gate, InvestorState
from closing.rules.kinds.sign_off import SIGNED_OFF_BY
from closing.rules.terms import Condition, Obligation
from closing.rules.waivers import bound_by, is_for_closing
from closing.rules.words import listing, number, on_day

SHOWN = 4


def conditions_said(gate: Gate, names: Iterable[str]) -> Iterator[tuple[Condition, str]]:
    """The conditions of Section 2 in their order, each with how it was satisfied or waived for those who closed.

    `gate` is that of the moment before they closed.
    """
    closers = [gate.investor(name) for name in names]
    for condition in gate.deal.conditions:
        yield condition, " ".join(_said(gate, condition, closers))


def _said(gate: Gate, condition: Condition, closers: list[InvestorState]) -> Iterator[str]:
    states = {each.investor.name: each.cells[condition.section].state for each in closers}
    met = sum(1 for state in states.values() if state is State.MET)
    waived = [name for name, state in states.items() if state is State.WAIVED]
    if met:
        whom = "" if met == len(states) else f" for {number(met)} of {number(len(states))}"
        yield f"Satisfied{whom}{_by(gate, condition)}."
    if waived:
        whom = "" if len(waived) == len(states) else f" for {listing(waived, most=SHOWN)}"
        yield f"Waived{whom}: {_waivers(gate, condition, waived)}."


def _by(gate: Gate, condition: Condition) -> str:
    """By what is on file, and when the last of it came."""
    found = [
        each
        for kind, concerns in kinds_serving(condition)
        for _, facts in gate.facts.tables()
        for each in facts
        if type(each) is kind and concerns(each)
    ]
    others = [each.investor.name for each in gate.left_out]
    all_of_them = gate.condition(condition.section).finding.looked_at
    looked = [each for each in all_of_them if not any(each.endswith(name) for name in others)]
    what = f": {_listed(looked)}" if looked else ""
    return f"{what}; last on file {_day(max(found, key=lambda each: each.at), gate)}" if found else what


def _listed(looked: list[str]) -> str:
    """What was looked at; sign-offs as one, with who gave them."""
    if all(each.startswith(SIGNED_OFF_BY) for each in looked):
        return f"{SIGNED_OFF_BY}{listing((each.removeprefix(SIGNED_OFF_BY) for each in looked), most=SHOWN)}"
    return listing(looked, most=SHOWN)


def _waivers(gate: Gate, condition: Condition, waived: list[str]) -> str:
    day = gate.closing.at.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date()
    reaching = [each for each in gate.facts.waivers if condition.section in each.sections and is_for_closing(each, day)]
    return "; ".join(_waiver(gate, condition, each, waived) for each in reaching if _binds(gate, each, waived))


def _binds(gate: Gate, waiver: Waiver, waived: list[str]) -> bool:
    return any(each.name in waived for each in bound_by(waiver, gate.deal, gate.facts, gate.moment))


def _waiver(gate: Gate, condition: Condition, waiver: Waiver, waived: list[str]) -> str:
    """By the company, or by the investors with their written consents; and on which days."""
    if condition.obligation is Obligation.ISSUER:
        return f"by {gate.deal.issuer.name} on {_day(waiver, gate)}, “{waiver.text}”"
    given = [each for each in gate.facts.consents if each.waiver == waiver.key and each.investor in waived]
    names = list(dict.fromkeys(each.investor for each in given if each.written and not each.declined))
    days = sorted({each.at.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date() for each in given})
    return f"with the written consents of {listing(names, most=SHOWN)}, {listing(map(on_day, days))}, “{waiver.text}”"


def _day(fact: Fact, gate: Gate) -> str:
    return on_day(fact.at.astimezone(ZoneInfo(gate.deal.closing.time_zone)).date())
