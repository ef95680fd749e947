"""What must hold over a whole table of facts: nothing twice at once. What bills and payments come to: facts_fees."""

from collections.abc import Callable, Hashable, Iterator
from itertools import pairwise
from typing import Any

from closing.rules import facts_fees
from closing.rules.deal_wrong import folded
from closing.rules.execution import signed_for
from closing.rules.facts import Closed, Consent, Fact, Payment, Signature, VotingStock
from closing.rules.facts_known import Known
from closing.rules.toml_form import Problem, label_of


def check_voting_stock(known: Known, stock: VotingStock) -> Iterator[Problem]:
    """Holders once each, with votes; the record date is that of the tally that asks for it."""
    place = Problem("", "voting_stock")
    seen: set[str] = set()
    for number, holder in enumerate(stock.holders, start=1):
        row = place.inside(f"holders row {number} ({holder.name})")
        if not holder.name:
            yield row.inside("name").saying("is blank")
        if folded(holder.name) in seen:
            yield row.inside("name").saying("is listed twice")
        seen.add(folded(holder.name))
        if not holder.shares:
            yield row.inside("shares").saying("should be at least 1")
    if known.record_dates and stock.record_date not in known.record_dates:
        asked = ", ".join(str(day) for day in sorted(known.record_dates))
        told = f"{stock.record_date} is not the record date of this deal, {asked}"
        yield place.inside("record_date").saying(told)


def at_once(
    table: str, rows: tuple[Any, ...], keys: Callable[[Any], list[Hashable]], field: str, told: str
) -> Iterator[Problem]:
    """A problem for each row that stands while another of the same key does."""
    standing: dict[Hashable, list[tuple[int, Fact]]] = {}
    for row, fact in enumerate(rows, start=1):
        for key in keys(fact):
            standing.setdefault(key, []).append((row, fact))
    for same in standing.values():
        same.sort(key=lambda pair: (pair[1].at, pair[0]))
        for (earlier, before), (row, fact) in pairwise(same):
            if before.withdrawn_at is None or before.withdrawn_at > fact.at:
                yield Problem(f"{told} row {earlier}; withdraw that first", table, row, label_of(fact), field)


def check_signatures(known: Known, rows: tuple[Signature, ...]) -> Iterator[Problem]:
    """One page of one block for one version stands once."""
    told = "this page is on file already, in"

    def keys(fact: Signature) -> list[Hashable]:
        return [(fact.document, fact.block, signed_for(fact, known.execution_versions.get(fact.document, ())))]

    return at_once("signatures", rows, keys, "block", told)


def check_consents(known: Known, rows: tuple[Consent, ...]) -> Iterator[Problem]:
    """A block answers a waiver once at a time."""

    def keys(fact: Consent) -> list[Hashable]:
        return [(fact.waiver, fact.investor, key) for key in fact.blocks or ("",)]

    return at_once("consents", rows, keys, "investor", "answers the same waiver as")


def unique(table: str, field: str, *, of: str = "") -> Callable[[Known, tuple[Any, ...]], Iterator[Problem]]:
    """A check that a field's value is no earlier row's, or none's that is `of` the same."""

    def check(known: Known, rows: tuple[Any, ...]) -> Iterator[Problem]:
        first: dict[tuple[str, str], int] = {}
        for row, fact in enumerate(rows, start=1):
            value = getattr(fact, field)
            key = (getattr(fact, of) if of else "", value)
            if first.setdefault(key, row) != row:
                told = f'"{value}" is the {field} of row {first[key]} too'
                yield Problem(told, table, row, label_of(fact), field)

    return check


def check_payments(known: Known, rows: tuple[Payment, ...]) -> Iterator[Problem]:
    """The parts of one wire or check came and went together, one for each investor."""
    first: dict[str, Payment] = {}
    paid: set[tuple[str, str]] = set()
    for row, fact in enumerate(rows, start=1):
        if not fact.receipt:
            continue
        place = Problem("", "payments", row, label_of(fact))
        one = first.setdefault(fact.receipt, fact)
        for name in ("at", "method", "reference", "withdrawn_at", "cleared_at"):
            if getattr(fact, name) != getattr(one, name):
                yield place.inside(name).saying(f'should be that of the other parts of "{fact.receipt}"')
        if (fact.receipt, fact.investor) in paid:
            yield place.inside("investor").saying(f'has a part of "{fact.receipt}" already; write one part for both')
        paid.add((fact.receipt, fact.investor))


def check_closings(known: Known, rows: tuple[Closed, ...]) -> Iterator[Problem]:
    """An investor closes once."""
    return at_once("closings", rows, lambda fact: list(dict.fromkeys(fact.investors)), "investors", "closed in")


TABLE_CHECKS: dict[str, Callable[[Known, Any], Iterator[Problem]]] = {
    "signatures": check_signatures,
    "waivers": unique("waivers", "key"),
    "consents": check_consents,
    "proposals": unique("proposals", "key"),
    "bills": unique("bills", "number", of="counsel"),
    "payments": check_payments,
    "credit_notes": facts_fees.check_credit_notes,
    "write_offs": facts_fees.check_write_offs,
    "fee_payments": facts_fees.check_fee_payments,
    "fee_reversals": facts_fees.check_fee_reversals,
    "closings": check_closings,
}
