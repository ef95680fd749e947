"""The gate: what still stands between a deal and its closing, and who owes it.

`evaluate` is a function of the deal, the facts on file and a moment, and of nothing else (Sections 2(a) and 2(b)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closing.rules import kinds, waivers
from closing.rules.blockers import Blocker, blockers_of
from closing.rules.facts import Facts
from closing.rules.fees import FeeStatement, fee_statement
from closing.rules.findings import MET, Case, Cell, Finding, Missing, State
from closing.rules.majorities import ClosingInForce, closing_in_force
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
    """Signature pages of the deal: `pages` in all; signed ones are in escrow until they are released."""

    pages: int
    signed: int
    in_escrow: int
    released: int


@dataclass(frozen=True, slots=True)
class Gate:
    """The answer. `conditions` in the agreement's order, `investors` in Schedule A's."""

    deal: Deal
    facts: Facts
    moment: datetime
    closing: ClosingInForce
    conditions: tuple[ConditionState, ...]
    investors: tuple[InvestorState, ...]
    blockers: tuple[Blocker, ...]
    fees: FeeStatement
    signatures: SignatureCount

    @property
    def is_ready(self) -> bool:
        """Whether every investor is ready."""
        return bool(self.investors) and all(each.is_ready for each in self.investors)

    @property
    def ready(self) -> tuple[InvestorState, ...]:
        """The investors who are ready to close."""
        return tuple(each for each in self.investors if each.is_ready)

    @property
    def left_out(self) -> tuple[InvestorState, ...]:
        """The investors who are not ready."""
        return tuple(each for each in self.investors if not each.is_ready)

    @property
    def price_received(self) -> Decimal:
        """Purchase price received in all, in the deal's currency."""
        return sum((each.amount for each in self.facts.payments), Decimal("0.00"))

    def investor(self, name: str) -> InvestorState:
        """The state of one investor. Raises KeyError for a name that is not on Schedule A."""
        for each in self.investors:
            if each.investor.name == name:
                return each
        raise KeyError(name)

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
    columns = {each.section: _column(each, case, covers.get(each.section, {})) for each in deal.conditions}
    investors = tuple(_investor(each, columns, deal) for each in deal.investors)
    conditions = tuple(_condition(each, columns[each.section], case) for each in deal.conditions)
    return Gate(
        deal=deal,
        facts=case.facts,
        moment=moment,
        closing=closing,
        conditions=conditions,
        investors=investors,
        blockers=blockers_of(case, columns, covers),
        fees=fee_statement(deal, case.facts),
        signatures=_signatures(case),
    )


def _column(condition: Condition, case: Case, covers: Mapping[str, waivers.Cover]) -> Mapping[str, Cell]:
    """One condition for every investor; cells that are the same are one value."""
    finding = case.finding(condition)
    made: dict[tuple[tuple[Missing, ...], waivers.Cover], Cell] = {}
    cells: dict[str, Cell] = {}
    for investor in case.deal.investors:
        own = finding.own.get(investor.name, ())
        if not own and not finding.common:
            cells[investor.name] = MET
            continue
        key = (own, covers.get(investor.name, waivers.NOTHING))
        if key not in made:
            made[key] = _cell(finding.common + own, key[1])
        cells[investor.name] = made[key]
    return cells


def _cell(missing: tuple[Missing, ...], cover: waivers.Cover) -> Cell:
    left = tuple(each for each in missing if not cover.covers(each))
    waived = tuple(each for each in missing if cover.covers(each))
    if not left:
        return Cell(State.WAIVED, waived=waived)
    possible = any(not each.needs for each in left)
    return Cell(State.OPEN if possible else State.NOT_YET_POSSIBLE, left, waived)


def _condition(condition: Condition, column: Mapping[str, Cell], case: Case) -> ConditionState:
    """Met for all; or waived for those it is not met for; or open, and not yet possible where nobody open can act."""
    states = [cell.state for cell in column.values()]
    met, waived = states.count(State.MET), states.count(State.WAIVED)
    unsatisfied = {state for state in states if state in (State.OPEN, State.NOT_YET_POSSIBLE)}
    if unsatisfied:
        state = State.NOT_YET_POSSIBLE if unsatisfied == {State.NOT_YET_POSSIBLE} else State.OPEN
    else:
        state = State.WAIVED if waived else State.MET
    return ConditionState(condition, state, case.finding(condition), met, waived, len(states) - met - waived)


def _investor(investor: Investor, columns: Mapping[str, Mapping[str, Cell]], deal: Deal) -> InvestorState:
    cells = {section: column[investor.name] for section, column in columns.items()}
    satisfied = {
        obligation: all(cells[each.section].is_satisfied for each in deal.conditions if each.obligation is obligation)
        for obligation in Obligation
    }
    return InvestorState(investor, cells, satisfied[Obligation.INVESTORS], satisfied[Obligation.ISSUER])


def _signatures(case: Case) -> SignatureCount:
    pages = {
        (deliverable.key, block.key)
        for deliverable in case.deal.deliverables
        for block in case.deal.blocks_for(deliverable)
    }
    signed = {(each.document, each.block): each for each in case.facts.signatures}
    released = sum(1 for each in signed.values() if each.released_at and each.released_at <= case.moment)
    count = len(signed.keys() & pages)
    return SignatureCount(len(pages), count, count - released, released)
