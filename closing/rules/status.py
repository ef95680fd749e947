"""The deal's status as the JSON that others build on, and as lines of plain text."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from closing.rules.blockers import Blocker, gathered
from closing.rules.facts import Proposal
from closing.rules.fees import FeeStatement, cap_in_all, in_all
from closing.rules.gate import ConditionState, Gate, InvestorState
from closing.rules.majorities import majority
from closing.rules.summaries import summary
from closing.rules.words import at_time, count_of, listing, money, number


def as_json(gate: Gate) -> dict[str, Any]:
    """The status as JSON values: money as strings with two decimals, times ISO 8601 with the deal's offset."""
    zone = ZoneInfo(gate.deal.closing.time_zone)
    return {
        "deal": gate.deal.code,
        "closing_at": gate.closing.at.astimezone(zone).isoformat(),
        "ready": gate.is_ready,
        "conditions": [_condition_json(each) for each in gate.conditions],
        "investors": [_investor_json(each) for each in gate.investors],
        "blockers": [_blocker_json(each) for each in gate.blockers],
        "fees": _fees_json(gate.fees),
        "signatures": {
            "pages": gate.signatures.pages,
            "signed": gate.signatures.signed,
            "in_escrow": gate.signatures.in_escrow,
            "released": gate.signatures.released,
            "stale": gate.signatures.stale,
        },
    }


def _condition_json(state: ConditionState) -> dict[str, str]:
    of = state.condition
    return {
        "section": of.section,
        "heading": of.heading,
        "state": state.state.value,
        "counted": of.counted.value,
    }


def _investor_json(state: InvestorState) -> dict[str, Any]:
    return {
        "name": state.investor.name,
        "shares": state.investor.shares,
        "purchase_price": f"{state.investor.purchase_price:.2f}",
        "ready": state.is_ready,
        "conditions": {section: cell.state.value for section, cell in state.cells.items()},
    }


def _blocker_json(blocker: Blocker) -> dict[str, str | None]:
    return {
        "section": blocker.section,
        "investor": blocker.investor,
        "reason": blocker.reason,
        "owed_by": blocker.owed_by_name,
    }


def _fees_json(fees: Sequence[FeeStatement]) -> dict[str, str | None]:
    """The fees of every counsel together; `cap` is null where one of them has none."""
    cap = cap_in_all(fees)
    return {
        "cap": None if cap is None else f"{cap:.2f}",
        "fees_billed": f"{in_all(fees, lambda each: each.fees_billed):.2f}",
        "fees_reimbursable": f"{in_all(fees, lambda each: each.fees_reimbursable):.2f}",
        "fees_over_cap": f"{in_all(fees, lambda each: each.over_cap):.2f}",
        "expenses_billed": f"{in_all(fees, lambda each: each.expenses_billed):.2f}",
    }


def headline(gate: Gate) -> str:
    """The answer in a sentence."""
    left = sum(1 for each in gate.conditions if each.open)
    if gate.is_ready:
        return "Nothing stands between you and the closing"
    verb = "stands" if left == 1 else "stand"
    return f"{count_of(left, 'condition')} {verb} between you and the closing"


def as_text(gate: Gate) -> str:
    """The status for a terminal: the answer, then what is owed and by whom, then money and signatures."""
    currency = gate.deal.agreement.currency
    lines = [
        f"{gate.deal.name} ({gate.deal.code})",
        f"{headline(gate)}.",
        f"Closing: {at_time(gate.closing.at, gate.deal.closing.time_zone)}, {gate.closing.place}",
        f"Ready: {len(gate.ready)} of {len(gate.investors)} investors.",
        "",
    ]
    for each in gathered(gate.blockers):
        lines.append(f"  {each.section:<12}{each.reason}")
        lines.append(f"  {'':<12}owed by {listing(each.owed_by_names, most=4)}")
    lines += [_proposal(each, gate) for each in gate.facts.proposals]
    pages = gate.signatures
    lines += [
        "" if gate.blockers else "  Nothing is open.",
        f"Signature pages: {pages.signed} of {pages.pages} signed, {pages.in_escrow} in escrow, "
        f"{pages.released} released.",
        f"Purchase price: {money(gate.price_received, currency)} of "
        f"{money(gate.deal.purchase_price, currency)} received.",
        *(_fees(each, gate) for each in gate.fees),
    ]
    return "\n".join(lines)


def _fees(fees: FeeStatement, gate: Gate) -> str:
    """Where a counsel's fees stand; named where there are several."""
    whose = f"Fees of {gate.deal.party_name(fees.counsel)}" if len(gate.fees) > 1 else "Counsel's fees"
    cap = "no cap" if fees.cap is None else f"a cap of {money(fees.cap, fees.currency)}"
    return (
        f"{whose}: {money(fees.fees_billed, fees.currency)} billed under {cap}, "
        f"{money(fees.over_cap, fees.currency)} over it; expenses {money(fees.expenses_billed, fees.currency)}."
    )


def _proposal(proposal: Proposal, gate: Gate) -> str:
    """Where a proposal stands, in shares: `1(b) Proposal move-1 ...: 3,844 of 8,000 shares agreed, 157 missing.`"""
    stands = majority(proposal, gate.deal, gate.facts)
    said = f"{number(stands.agreed_shares)} of {number(stands.of_shares)} shares agreed"
    if stands.is_passed:
        left = "passed"
    elif not stands.can_pass:
        left = "it cannot pass"
    elif stands.missing_shares:
        left = f"{number(stands.missing_shares)} missing"
    else:
        left = "it waits for the issuer's agreement"
    return f"{stands.threshold.section} {summary(proposal, gate.deal)}: {said}; {left}."
