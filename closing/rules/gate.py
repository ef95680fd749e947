"""The gate: what still stands between a deal and its closing, and who owes it.

`evaluate` is a function of the deal, the facts on file and a moment, and of nothing else (Sections 2(a) and 2(b)).
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Self

from closing.rules import kinds, waivers
from closing.rules.blockers import Blocker, Gathered, blockers_of, gathered, merged
from closing.rules.facts import Closed, Facts, Signature
from closing.rules.fees import FeeStatement, fee_statements
from closing.rules.findings import MET, Case, Cell, Column, Finding, Missing, State
from closing.rules.further import closed_names, why_closed
from closing.rules.majorities import ClosingInForce, closing_in_force
from closing.rules.purchase_price import received_by_investor
from closing.rules.terms import Condition, Deal, Investor, Obligation


@dataclass(frozen=True, slots=True)
class ConditionState:
    """One condition over all investors. `finding` is what it lacks before any waiver."""

    condition: Condition
    state: State
    finding: Finding
    met: int
    waived: int
    open: int


@dataclass(frozen=True, slots=True)
class InvestorState:
    """One investor: its cells by section, who is bound to close with whom, and whether it has closed.

    The cells of an investor that has closed are those of its closing.
    """

    investor: Investor
    cells: Mapping[str, Cell]
    investor_is_bound: bool
    issuer_is_bound: bool
    has_closed: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether both are bound to close, and have not closed yet."""
        return self.investor_is_bound and self.issuer_is_bound and not self.has_closed


@dataclass(frozen=True, slots=True)
class SignatureCount:
    """Signature pages of the deal: `pages` in all; signed ones are in escrow until they are released.

    `stale` are signed for an earlier version, and not signed anew.
    """

    pages: int
    signed: int
    in_escrow: int
    released: int
    stale: int = 0


@dataclass(frozen=True)
class Gate:
    """The answer. `conditions` in the agreement's order, `investors` in Schedule A's; `columns` by section.

    What is open is put in words when somebody asks for it, once.
    """

    deal: Deal
    facts: Facts
    moment: datetime
    closing: ClosingInForce
    columns: Mapping[str, Column]
    conditions: tuple[ConditionState, ...]
    investors: tuple[InvestorState, ...]
    fees: tuple[FeeStatement, ...]
    signatures: SignatureCount
    stale: tuple[Signature, ...] = ()

    @cached_property
    def blockers(self) -> tuple[Blocker, ...]:
        """Everything open, in the agreement's order; common things before those of single investors."""
        findings = {each.condition.section: each.finding for each in self.conditions}
        return blockers_of(self.deal, self.columns, findings)

    @property
    def is_ready(self) -> bool:
        """Whether every investor is ready, or has closed."""
        return bool(self.investors) and not self.left_out

    @cached_property
    def ready(self) -> tuple[InvestorState, ...]:
        """The investors who are ready to close; none who has closed."""
        return tuple(each for each in self.investors if each.is_ready)

    @cached_property
    def left_out(self) -> tuple[InvestorState, ...]:
        """The investors who have neither closed nor are ready."""
        return tuple(each for each in self.investors if not each.is_ready and not each.has_closed)

    @cached_property
    def closed(self) -> tuple[InvestorState, ...]:
        """The investors who have closed."""
        return tuple(each for each in self.investors if each.has_closed)

    @property
    def why_closed(self) -> str:
        """Why nobody closes any more, as a sentence; blank before the first closing and while some still may."""
        return why_closed(self.deal, self.facts, self.moment)

    @property
    def is_closed(self) -> bool:
        """Whether the deal has closed and nobody who was left out may close any more."""
        return bool(self.why_closed)

    @cached_property
    def lines(self) -> tuple[Gathered, ...]:
        """The blockers, those that lack the same in one line."""
        return merged(gathered(self.blockers))

    @cached_property
    def opened_at(self) -> datetime | None:
        """When the first fact that stands came on file."""
        return self.facts.opened_at

    def at(self, moment: datetime) -> Self:
        """The same answer at another moment of which the facts say the same."""
        other = copy(self)
        other.__dict__["moment"] = moment
        return other

    @property
    def price_received(self) -> Decimal:
        """Purchase price received in all, less what was sent back, in the deal's currency."""
        return sum(received_by_investor(self.facts, self.deal.agreement.currency).values(), Decimal("0.00"))

    def investor(self, name: str) -> InvestorState:
        """The state of one investor. Raises KeyError for a name that is not on Schedule A."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, InvestorState]:
        return {each.investor.name: each for each in self.investors}

    def condition(self, section: str) -> ConditionState:
        """The state of one condition. Raises KeyError for a section that is no condition."""
        for each in self.conditions:
            if each.condition.section == section:
                return each
        raise KeyError(section)


def evaluate(deal: Deal, facts: Facts, moment: datetime) -> Gate:
    """Compute the gate at `moment` (aware) from the facts on file by then."""
    closing = closing_in_force(deal, facts, moment)
    case = Case(deal, facts, moment, closing.at, kinds.find)
    columns = _columns(case)
    for closed in case.facts.closings:
        columns = _as_closed(columns, _columns(_case_of(closed, deal, facts)), closed)
    return Gate(
        deal=deal,
        facts=case.facts,
        moment=moment,
        closing=closing,
        columns=columns,
        conditions=tuple(_condition(each, columns[each.section], case) for each in deal.conditions),
        investors=_investors(deal, columns, closed_names(case.facts)),
        fees=fee_statements(deal, case.facts),
        signatures=_signatures(case),
        stale=case.stale,
    )


def _columns(case: Case) -> Mapping[str, Column]:
    covers = waivers.covers(case)
    names = [each.name for each in case.deal.investors]
    return {
        each.section: _column(case.finding(each), covers.get(each.section, {}), names) for each in case.deal.conditions
    }


def _case_of(closed: Closed, deal: Deal, facts: Facts) -> Case:
    """The case as it stood for those who closed: at that moment, before that closing."""
    before = replace(facts, closings=tuple(each for each in facts.closings if each.at < closed.at))
    return Case(deal, before, closed.at, closing_in_force(deal, before, closed.at).at, kinds.find)


def _as_closed(now: Mapping[str, Column], then: Mapping[str, Column], closed: Closed) -> Mapping[str, Column]:
    """The columns in which those who closed keep the cells of their closing, and nothing stands in their way."""
    made: dict[int, Cell] = {}
    columns = {}
    for section, column in now.items():
        own, at_closing = dict(column.own), then[section]
        for name in closed.investors:
            cell = at_closing.cell(name)
            if id(cell) not in made:
                made[id(cell)] = _closed_over(cell)
            if made[id(cell)] is not column.rest or name in own:
                own[name] = made[id(cell)]
        columns[section] = Column(column.rest, own, column.unsatisfied - set(closed.investors))
    return columns


def _closed_over(cell: Cell) -> Cell:
    """Whoever closes over what is open has given it up: only a facts file can say that somebody did."""
    return cell if cell.is_satisfied else Cell(State.WAIVED, waived=cell.missing + cell.waived)


def _column(finding: Finding, covers: Mapping[str, waivers.Cover], names: list[str]) -> Column:
    """One condition for every investor; cells that are the same are one value."""
    rest = _cell(finding.common, waivers.NOTHING)
    made: dict[tuple[int, waivers.Cover | None], Cell] = {}
    own: dict[str, Cell] = {}
    # A waiver changes the cell of those who lack something: where nothing is common, of those who lack their own.
    for name in {**finding.own, **covers} if finding.common else finding.own:
        lacks = finding.own.get(name, ())
        key = (id(lacks), covers.get(name))
        if key not in made:
            made[key] = _cell(finding.common + lacks, key[1] or waivers.NOTHING)
        own[name] = made[key]
    unsatisfied = set(() if rest.is_satisfied else names)
    for name, cell in own.items():
        if cell.is_satisfied:
            unsatisfied.discard(name)
        else:
            unsatisfied.add(name)
    return Column(rest, own, unsatisfied)


def _cell(missing: tuple[Missing, ...], cover: waivers.Cover) -> Cell:
    if not missing:
        return MET
    left, waived = missing, missing[:0]
    if cover is not waivers.NOTHING:
        left = tuple(each for each in missing if not cover.covers(each))
        waived = tuple(each for each in missing if cover.covers(each))
    if not left:
        return Cell(State.WAIVED, waived=waived)
    possible = any(not each.needs for each in left)
    return Cell(State.OPEN if possible else State.NOT_YET_POSSIBLE, left, waived)


def _condition(condition: Condition, column: Column, case: Case) -> ConditionState:
    """Met for all; or waived for those it is not met for; or open, and not yet possible where nobody open can act."""
    states = [cell.state for cell in column.own.values()]
    states += [column.rest.state] * (len(case.deal.investors) - len(states))
    met, waived = states.count(State.MET), states.count(State.WAIVED)
    if State.OPEN in states:
        state = State.OPEN
    elif State.NOT_YET_POSSIBLE in states:
        state = State.NOT_YET_POSSIBLE
    else:
        state = State.WAIVED if waived else State.MET
    return ConditionState(condition, state, case.finding(condition), met, waived, len(states) - met - waived)


def _investors(deal: Deal, columns: Mapping[str, Column], closed: frozenset[str]) -> tuple[InvestorState, ...]:
    """Every investor's cells; those who have none of their own share one mapping."""
    rest = {section: column.rest for section, column in columns.items()}
    own: dict[str, dict[str, Cell]] = {}
    for section, column in columns.items():
        for name, cell in column.own.items():
            own.setdefault(name, {})[section] = cell
    unbound: dict[Obligation, set[str]] = {obligation: set() for obligation in Obligation}
    for condition in deal.conditions:
        unbound[condition.obligation] |= columns[condition.section].unsatisfied
    for_investors, for_issuer = unbound[Obligation.INVESTORS], unbound[Obligation.ISSUER]
    return tuple(
        [
            InvestorState(
                investor=each,
                cells=rest | own[each.name] if each.name in own else rest,
                investor_is_bound=each.name not in for_investors,
                issuer_is_bound=each.name not in for_issuer,
                has_closed=each.name in closed,
            )
            for each in deal.investors
        ]
    )


def _signatures(case: Case) -> SignatureCount:
    pages = {
        (deliverable.key, block.key)
        for deliverable in case.deal.deliverables
        for block in case.deal.blocks_for(deliverable)
    }
    signed = {(each.document, each.block): each for each in case.facts.signatures}
    released = sum(1 for each in signed.values() if each.released_at and each.released_at <= case.moment)
    count = len(signed.keys() & pages)
    stale = {(each.document, each.block) for each in case.stale} & pages - signed.keys()
    return SignatureCount(len(pages), count, count - released, released, len(stale))
