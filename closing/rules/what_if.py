"""What would follow: the smallest list of open things, consents that come in, a closing that moves.

Each answer is the gate of facts that are not on file yet, so it is computed by the same rules.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from closing.rules.blockers import Blocker, Gathered, gathered
from closing.rules.facts import Consent, Facts
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import Deal, Obligation


@dataclass(frozen=True, slots=True)
class Owing:
    """Everything that one party owes."""

    owed_by: str
    owed_by_name: str
    things: tuple[Gathered, ...]


def what_it_takes(gate: Gate, investors: Collection[str]) -> tuple[Owing, ...]:
    """The smallest list of open things after which all of `investors` are ready, by who owes them.

    Smallest: nothing that only others wait for, and each thing once however many wait for it.
    """
    waiting = [gate.investor(name) for name in investors]
    needed: dict[str, list[Blocker]] = {}
    for blocker in gate.blockers:
        if blocker.investor is None:
            concerns = any(
                each in state.cells[blocker.section].missing for state in waiting for each in blocker.missing
            )
        else:
            concerns = blocker.investor in investors
        if concerns:
            needed.setdefault(blocker.owed_by, []).append(blocker)
    return tuple(Owing(owed_by, blockers[0].owed_by_name, gathered(blockers)) for owed_by, blockers in needed.items())


@dataclass(frozen=True, slots=True)
class PartialClosing:
    """Closing for those who are ready and leaving out the rest: shares, and money in the deal's currency."""

    ready: tuple[str, ...]
    left_out: tuple[str, ...]
    shares: int
    purchase_price: Decimal


def partial_closing(gate: Gate) -> PartialClosing:
    """Who could close now, with how much, and who would be left out."""
    return PartialClosing(
        ready=tuple(each.investor.name for each in gate.ready),
        left_out=tuple(each.investor.name for each in gate.left_out),
        shares=sum(each.investor.shares for each in gate.ready),
        purchase_price=sum((each.investor.purchase_price for each in gate.ready), Decimal("0.00")),
    )


def if_consents_came_in(deal: Deal, facts: Facts, moment: datetime, waivers: Collection[str]) -> Gate:
    """The gate if every investor who was asked and has not declined consented in writing to `waivers`, at `moment`."""
    standing = facts.on(moment)
    declined = {(each.waiver, each.investor) for each in standing.consents if each.declined}
    hoped = tuple(
        Consent(
            at=moment,
            waiver=waiver.key,
            investor=investor.name,
            blocks=tuple(block.key for block in investor.blocks),
        )
        for waiver in standing.waivers
        if waiver.key in waivers
        for investor in deal.investors
        if (waiver.key, investor.name) not in declined
        and any(deal.condition_by_section[s].obligation is Obligation.INVESTORS for s in waiver.sections)
    )
    return evaluate(deal, replace(facts, consents=(*facts.consents, *hoped)), moment)


@dataclass(frozen=True, slots=True)
class Stale:
    """What moving the closing would open again: a condition and for how many investors."""

    section: str
    heading: str
    investors: int


def if_closing_moved(deal: Deal, facts: Facts, moment: datetime, to: datetime) -> tuple[Stale, ...]:
    """What would be stale if the closing moved to `to` (aware), in the agreement's order: said before it is done."""
    unmoved = replace(facts, proposals=tuple(each for each in facts.proposals if each.matter != "move-closing"))
    before = evaluate(deal, facts, moment)
    after = evaluate(replace(deal, closing=replace(deal.closing, at=to)), unmoved, moment)
    return tuple(
        Stale(condition.section, condition.heading, opened)
        for condition in deal.conditions
        if (opened := _opened(before, after, condition.section))
    )


def stale_since_moved(gate: Gate) -> tuple[Stale, ...]:
    """What the move to the closing in force opened again and is still open; nothing where it was never moved."""
    move = gate.closing.moved_by
    if move is None:
        return ()
    others = tuple(each for each in gate.facts.proposals if each.key != move.key)
    before = evaluate(gate.deal, replace(gate.facts, proposals=others), gate.moment)
    return tuple(
        Stale(condition.section, condition.heading, opened)
        for condition in gate.deal.conditions
        if (opened := _opened(before, gate, condition.section))
    )


def _opened(before: Gate, after: Gate, section: str) -> int:
    pairs = zip(before.investors, after.investors, strict=True)
    return sum(1 for was, is_ in pairs if was.cells[section].is_satisfied and not is_.cells[section].is_satisfied)
