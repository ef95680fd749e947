"""The conditions pages: the checklist, and one condition with everything about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal
from closing.queries.gates import gate_of
from closing.queries.on_file import OnFile, on_file
from closing.queries.overview import Mark, mark
from closing.queries.owed import opened_at, owner_name, what_is_owed
from closing.queries.parts import Owed
from closing.queries.rule_words import rule_in_words, whose
from closing.queries.waivers import WaiverLine, waivers_of
from closing.rules.access import Role
from closing.rules.blockers import in_words
from closing.rules.findings import Cell, Missing, State
from closing.rules.gate import ConditionState, Gate
from closing.rules.terms import INVESTORS, Condition, Deliverable, Obligation
from closing.rules.words import listing, number


@dataclass(frozen=True, slots=True)
class Line:
    """A condition on the checklist. `tally` counts investors, `owes` names who owes what is open."""

    section: str
    heading: str
    mark: Mark
    tally: str
    owes: str
    missing: str


@dataclass(frozen=True, slots=True)
class Group:
    """The conditions of one obligation."""

    heading: str
    done: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ConditionsPage:
    """The checklist."""

    now: datetime
    done: int
    total: int
    groups: tuple[Group, ...]
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Investors for whom a condition stands alike, and why."""

    mark: Mark
    why: str
    investors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Serving:
    """A deliverable that serves the condition. `pages` are signature pages in all, `signed` those on file."""

    key: str
    title: str
    owed_by: str
    owed_to: str
    is_act: bool
    pages: int
    signed: int


@dataclass(frozen=True, slots=True)
class ConditionPage:
    """One condition: what the agreement says, where it stands for whom, what is on file, what may be done."""

    now: datetime
    gate: Gate
    condition: Condition
    whose: str
    rule: tuple[str, ...]
    mark: Mark
    tally: str
    is_alike: bool
    standings: tuple[Standing, ...]
    owed: tuple[Owed, ...]
    serving: tuple[Serving, ...]
    on_file: tuple[OnFile, ...]
    waivers: tuple[WaiverLine, ...]
    is_closed: bool


def conditions_page(deal: Deal, moment: datetime | None = None) -> ConditionsPage:
    """The checklist of `deal` at `moment`, or now. The number of queries does not grow with the investors."""
    gate = gate_of(deal, moment)
    opened = opened_at(gate)
    groups = []
    for obligation in Obligation:
        states = [each for each in gate.conditions if each.condition.obligation is obligation]
        if states:
            lines = tuple(_line(each, gate, opened) for each in states)
            done = sum(1 for each in states if not each.open)
            groups.append(Group(whose(states[0].condition), done, lines))
    done = sum(1 for each in gate.conditions if not each.open)
    return ConditionsPage(gate.moment, done, len(gate.conditions), tuple(groups), gate.is_closed)


def condition_page(deal: Deal, section: str, roles: Iterable[Role]) -> ConditionPage:
    """One condition of `deal` now. Raises KeyError for a section that is no condition."""
    gate = gate_of(deal)
    state = gate.condition(section)
    condition = state.condition
    opened = opened_at(gate)
    standings = _standings(state, gate, opened)
    return ConditionPage(
        now=gate.moment,
        gate=gate,
        condition=condition,
        whose=whose(condition),
        rule=rule_in_words(condition, gate.deal),
        mark=_mark(state, gate, opened),
        tally=_tally(state, len(gate.investors)),
        is_alike=len(standings) == 1,
        standings=standings,
        owed=tuple(each for each in what_is_owed(gate) if each.section == section),
        serving=tuple(_serving(each, gate) for each in gate.deal.deliverables if section in each.serves),
        on_file=on_file(deal, gate.deal, condition, roles, gate),
        waivers=waivers_of(deal, gate, condition, roles),
        is_closed=gate.is_closed,
    )


def _line(state: ConditionState, gate: Gate, opened: datetime | None) -> Line:
    missing = _uncovered(state, gate)
    owners = dict.fromkeys(each.owed_by for each in missing)
    names = [owner_name(each, gate.deal) for each in owners]
    return Line(
        section=state.condition.section,
        heading=state.condition.heading,
        mark=_mark(state, gate, opened),
        tally=_tally(state, len(gate.investors)),
        owes=listing(names, most=3) if len(names) <= 3 else f"{number(len(names))} parties",
        missing=in_words(missing) if missing else "",
    )


def _uncovered(state: ConditionState, gate: Gate) -> tuple[Missing, ...]:
    return tuple(dict.fromkeys(missing for cell in _cells(state, gate) for missing in cell.missing))


def _cells(state: ConditionState, gate: Gate) -> tuple[Cell, ...]:
    return gate.columns[state.condition.section].distinct(len(gate.investors))


def _mark(state: ConditionState, gate: Gate, opened: datetime | None) -> Mark:
    if state.state in (State.MET, State.WAIVED):
        return Mark.MET if state.state is State.MET else Mark.WAIVED
    marks = {mark(cell, opened) for cell in _cells(state, gate)}
    if Mark.UNDONE in marks:
        return Mark.UNDONE
    return Mark.LATER if state.state is State.NOT_YET_POSSIBLE else Mark.OPEN


def _tally(state: ConditionState, investors: int) -> str:
    """How many investors it stands how for; blank where it stands alike for all."""
    if investors in (state.met, state.waived, state.open):
        return ""
    counts = ((state.open, "open"), (state.waived, "waived"), (state.met, "met"))
    said = [f"{word} for {number(count)}" for count, word in counts if count]
    told = f"{', '.join(said)} of {number(investors)} investors"
    return f"{told[:1].upper()}{told[1:]}"


def _standings(state: ConditionState, gate: Gate, opened: datetime | None) -> tuple[Standing, ...]:
    """Investors gathered by where the condition stands for them, the open ones first."""
    said = {id(cell): (mark(cell, opened), _why(cell)) for cell in _cells(state, gate)}
    alike: dict[tuple[Mark, str], list[str]] = {}
    for each in gate.investors:
        alike.setdefault(said[id(each.cells[state.condition.section])], []).append(each.investor.name)
    order = [Mark.UNDONE, Mark.OPEN, Mark.LATER, Mark.WAIVED, Mark.MET]
    found = [Standing(mark, why, tuple(names)) for (mark, why), names in alike.items()]
    return tuple(sorted(found, key=lambda each: order.index(each.mark)))


def _why(cell: Cell) -> str:
    said = in_words(cell.missing) if cell.missing else ""
    waived = f"Waived: {in_words(cell.waived)}" if cell.waived else ""
    return " ".join(each for each in (said, waived) if each)


def _serving(deliverable: Deliverable, gate: Gate) -> Serving:
    deal = gate.deal
    blocks = {block.key for block in deal.blocks_for(deliverable)}
    signed = {each.block for each in gate.facts.signatures if each.document == deliverable.key}
    to = "each investor" if deliverable.owed_to == INVESTORS else owner_name(deliverable.owed_to, deal)
    by = "Each investor" if deliverable.owed_by == INVESTORS else owner_name(deliverable.owed_by, deal)
    return Serving(deliverable.key, deliverable.title, by, to, deliverable.act, len(blocks), len(signed & blocks))
