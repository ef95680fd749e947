"""What a closing fixes that the issuer reimburses to counsel (Section 6(d)), and nothing twice.

Every amount in the deal's currency.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from closing.rules.facts import Facts, Reimbursed
from closing.rules.fees import ZERO, FeeStatement, moved
from closing.rules.gate import Gate
from closing.rules.terms import REIMBURSED, LineKind


def reimbursements(gate: Gate, names: Collection[str]) -> tuple[Reimbursed, ...]:
    """What a closing for the investors of these names would fix for each counsel, in the order of the deal's caps.

    That is what is due by now and what was netted from their wires, less what earlier closings fixed and is unpaid.
    """
    return tuple(_of_one(gate, each, frozenset(names)) for each in gate.fees)


def _of_one(gate: Gate, statement: FeeStatement, names: frozenset[str]) -> Reimbursed:
    netted = {kind: _moved(gate.facts, statement, kind, names) for kind in REIMBURSED}
    fixed = {
        kind: max(ZERO, statement.due_by_kind[kind] + netted[kind] - _unpaid(gate.facts, statement, kind))
        for kind in REIMBURSED
    }
    return Reimbursed(
        counsel=statement.counsel,
        fees=fixed[LineKind.FEE],
        expenses=fixed[LineKind.EXPENSE],
        netted=sum(netted.values(), ZERO),
    )


def _unpaid(facts: Facts, statement: FeeStatement, kind: LineKind) -> Decimal:
    """What earlier closings fixed of a kind and is not paid yet."""
    if not facts.closings:
        return ZERO
    fixed = sum((_fixed(facts, statement.counsel, kind)), ZERO)
    first = min(each.at for each in facts.closings)
    return max(ZERO, fixed - (statement.paid[kind] - _moved(facts, statement, kind, frozenset({""}), before=first)))


def _fixed(facts: Facts, counsel: str, kind: LineKind) -> list[Decimal]:
    own = [each for closed in facts.closings for each in closed.reimbursed if each.counsel == counsel]
    return [each.fees if kind is LineKind.FEE else each.expenses for each in own]


def _moved(
    facts: Facts, statement: FeeStatement, kind: LineKind, whose: frozenset[str], before: datetime | None = None
) -> Decimal:
    """Netted from the wires of these investors towards a counsel's bills; of nobody's (`""`), what was paid."""
    return sum(
        (
            amount
            for each, amount in moved(facts)
            if each.counsel == statement.counsel
            and each.kind is kind
            and each.netted_from in whose
            and (before is None or each.at < before)
        ),
        ZERO,
    )
