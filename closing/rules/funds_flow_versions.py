"""A funds flow as it is frozen: for which closing and for whom, what counsel entered, and the lines."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any, Literal

from closing.rules.deal_wrong import folded
from closing.rules.funds_flow import Adjustment, FundsFlow, Unmatched, funds_flow
from closing.rules.further import closed_names
from closing.rules.gate import Gate
from closing.rules.tie_out import LedgerFigures, TieOut, tie_out

CENT = Decimal("0.01")
Whom = Literal["everybody", "ready"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenFlow:
    """`closing` is 1 for the first closing of the deal. `whom` is everybody who has not closed, or those ready now."""

    closing: int
    whom: Whom
    adjustments: tuple[Adjustment, ...]
    flow: FundsFlow
    unmatched: tuple[Unmatched, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of all of it: equal flows have equal ones, however their amounts are written."""
        said = json.dumps(_canonical(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCase:
    """A closing to come, or one that was effected: its gate, its number, and the stock ledger before it.

    `closed` are the names of those who closed in it, None before it.
    """

    gate: Gate
    number: int
    ledger: LedgerFigures
    closed: tuple[str, ...] | None = None

    def names(self, whom: Whom) -> tuple[str, ...]:
        """For whom it is, in Schedule A's order."""
        if self.closed is not None:
            return self.closed
        if whom == "ready":
            return tuple(each.investor.name for each in self.gate.ready)
        done = closed_names(self.gate.facts)
        return tuple(each.name for each in self.gate.deal.investors if each.name not in done)

    def frozen(
        self, whom: Whom, adjustments: Sequence[Adjustment] = (), unmatched: Sequence[Unmatched] = ()
    ) -> FrozenFlow:
        """The flow as it would be frozen now."""
        return FrozenFlow(
            closing=self.number,
            whom=whom,
            adjustments=tuple(adjustments),
            flow=funds_flow(self.gate, self.names(whom), adjustments, unmatched),
            unmatched=tuple(unmatched),
        )

    def tie(self, whom: Whom) -> TieOut:
        """The tie-out of the same closing."""
        return tie_out(self.gate, self.names(whom), self.ledger)


def freeze_refusal(frozen: FrozenFlow) -> str:
    """Why a flow cannot be frozen; blank where it can."""
    if not frozen.flow.names:
        if frozen.whom == "ready":
            return "No investor is ready to close. Make the funds flow for everybody on Schedule A."
        return "Nobody is left to close."
    return adjustments_refusal(frozen.adjustments) or unmatched_refusal(frozen.unmatched) or frozen.flow.refusal


def agreement_refusal(digest: str, now: FrozenFlow, *, is_latest: bool) -> str:
    """Why nobody can agree to the version of that digest; blank where one can. `now` is the flow as it stands."""
    if not is_latest:
        return "A later version was frozen. Agree to that one."
    if digest != now.digest:
        return "The facts changed since it was frozen. Freeze a version as it stands now, and agree to that."
    return ""


def adjustments_refusal(adjustments: Sequence[Adjustment]) -> str:
    """What is wrong with what counsel entered; blank where nothing is."""
    seen: set[tuple[str, str]] = set()
    for each in adjustments:
        if not each.purpose.strip():
            return "Say of each payment what it is for."
        wrong = _amount_refusal(each.purpose, each.amount)
        if wrong:
            return wrong
        key = folded(each.purpose), folded(each.payee)
        if key in seen:
            return f"{each.purpose} is there twice to the same payee. Write it once, with the whole amount."
        seen.add(key)
    return ""


def unmatched_refusal(unmatched: Sequence[Unmatched]) -> str:
    """What is wrong with the money that counsel say belongs to no payment on file; blank where nothing is."""
    for each in unmatched:
        if not each.name.strip():
            return "Say from whom money came that belongs to no payment on file."
        wrong = _amount_refusal(each.name, each.amount)
        if wrong:
            return wrong
    return ""


def _amount_refusal(what: str, amount: Decimal) -> str:
    if amount <= 0:
        return f"{what}: an amount is more than nothing. Leave the line out where nothing is to be paid."
    if amount != amount.quantize(CENT):
        return f"{what}: {amount} has parts of a cent. Write whole cents."
    return ""


def _canonical(value: Any) -> Any:
    """As JSON has it, an amount in one form only."""
    if isinstance(value, Decimal):
        cents = value.quantize(CENT)
        return f"{cents if cents == value else value.normalize():f}"
    if is_dataclass(value):
        return {each.name: _canonical(getattr(value, each.name)) for each in fields(value)}
    return [_canonical(each) for each in value] if isinstance(value, tuple) else value
