"""The gate: what still stands between a deal and its closing, and who owes it.

`evaluate` is a function of the deal, the facts on file and a moment, and of nothing else (Sections 2(a) and 2(b)).
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Self

from closing.rules import kinds, waivers
from closing.rules.blockers import Blocker, Gathered, blockers_of, gathered, merged
from closing.rules.facts import Facts, Signature
from closing.rules.fees import FeeStatement, fee_statements
from closing.rules.findings import MET, Case, Cell, Column, Finding, Missing, State
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
    """One investor: its cells by section, and who is bound to close with whom."""

    investor: Investor
    cells: Mapping[str, Cell]
    investor_is_bound: bool
    issuer_is_bound: bool

    @property
    def is_ready(self) -> bool:
        """Whether both are bound to close."""
        return self.investor_is_bound and self.issuer_is_bound


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
        """Whether every investor is ready."""
        return bool(self.investors) and all(each.is_ready for each in self.investors)

    @cached_property
    def ready(self) -> tuple[InvestorState, ...]:
        """The investors who are ready to close."""
        return tuple(each for each in self.investors if each.is_ready)

    @cached_property
    def left_out(self) -> tuple[InvestorState, ...]:
        """The investors who are not ready."""
        return tuple(each for each in self.investors if not each.is_ready)

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
    covers = waivers.covers(case)
    names = [each.name for each in deal.investors]
    columns = {
        each.section: _column(case.finding(each), covers.get(each.section, {}), names) for each in deal.conditions
    }
    return Gate(
        deal=deal,
        facts=case.facts,
        moment=moment,
        closing=closing,
        columns=columns,
        conditions=tuple(_condition(each, columns[each.section], case) for each in deal.conditions),
        investors=_investors(deal, columns),
        fees=fee_statements(deal, case.facts),
        signatures=_signatures(case),
        stale=case.stale,
    )


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


def _investors(deal: Deal, columns: Mapping[str, Column]) -> tuple[InvestorState, ...]:
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
