"""Who has agreed to what, by how many shares: Sections 1(b), 6(b) and 6(i) of the reference agreement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Protocol

from closing.rules.facts import Facts, Proposal
from closing.rules.further import closed_names
from closing.rules.terms import Deal, Investor, Threshold


class Answer(Protocol):
    """An investor's answer, given by signature blocks at a moment."""

    @property
    def at(self) -> datetime: ...
    @property
    def blocks(self) -> tuple[str, ...]: ...


def given_at(investor: Investor, answers: Iterable[Answer]) -> datetime | None:
    """When the investor had answered: the moment by which every one of its blocks had, or None.

    Joint investors answer together or not at all; an answer that names no block is that of a sole block.
    """
    given: dict[str, datetime] = {}
    for answer in answers:
        for key in answer.blocks or ((investor.blocks[0].key,) if len(investor.blocks) == 1 else ()):
            given[key] = min(answer.at, given.get(key, answer.at))
    if any(block.key not in given for block in investor.blocks):
        return None
    return max((given[block.key] for block in investor.blocks), default=None)


@dataclass(frozen=True, slots=True)
class Majority:
    """Where a proposal stands, in shares. `needed` is the least number that passes.

    `voters` are those whose shares count; `declined` those of them who said no and have not agreed since.
    """

    proposal: Proposal
    threshold: Threshold
    agreed: tuple[tuple[Investor, datetime], ...]
    of_shares: int
    needed: int
    passed_at: datetime | None
    voters: tuple[Investor, ...] = ()
    declined: tuple[Investor, ...] = ()

    @property
    def agreed_shares(self) -> int:
        """Shares of those who have agreed."""
        return sum(investor.shares for investor, _ in self.agreed)

    @property
    def missing_shares(self) -> int:
        """How many shares more must agree."""
        return max(0, self.needed - self.agreed_shares)

    @property
    def declined_shares(self) -> int:
        """Shares of those who have declined."""
        return sum(investor.shares for investor in self.declined)

    @property
    def undecided_shares(self) -> int:
        """Shares of those who have neither agreed, all of their blocks, nor declined."""
        return self.of_shares - self.agreed_shares - self.declined_shares

    @property
    def can_pass(self) -> bool:
        """Whether enough shares have agreed, or may still agree."""
        return self.agreed_shares + self.undecided_shares >= self.needed

    @property
    def is_passed(self) -> bool:
        """Whether enough shares, and the issuer where it must, have agreed."""
        return self.passed_at is not None


def shares_needed(threshold: Threshold, of_shares: int) -> int:
    """The least number of shares that passes: more than half of 8,000 is 4,001, at least half is 4,000."""
    if threshold.more_than is not None:
        return floor(threshold.more_than * of_shares) + 1
    if threshold.at_least is None:
        raise ValueError(f"The threshold of {threshold.section} says neither more_than nor at_least")
    return ceil(threshold.at_least * of_shares)


def majority(proposal: Proposal, deal: Deal, facts: Facts) -> Majority:
    """Count the approvals of `proposal` among `facts`, which are those that stand at the moment asked about.

    Shares sold are Schedule A's; shares outstanding are those of the investors for whom the closing was effected.
    An oral approval counts where the threshold does not ask for writing. One owner's refusal is that of a joint
    investor, who agrees together or not at all. Raises KeyError for a matter without threshold.
    """
    threshold = next((each for each in deal.thresholds if each.matter == proposal.matter), None)
    if threshold is None:
        raise KeyError(proposal.matter)
    voters = voters_on(threshold, deal, facts, proposal.at)
    answers: dict[str, list[Answer]] = {}
    refused: set[str] = set()
    for each in facts.approvals:
        if each.proposal != proposal.key:
            continue
        if each.declined:
            refused.add(each.investor)
        elif each.written or not threshold.written:
            answers.setdefault(each.investor, []).append(each)
    agreed = sorted(
        (
            (investor, at)
            for investor in voters
            if (at := given_at(investor, answers.get(investor.name, ()))) is not None
        ),
        key=lambda pair: (pair[1], pair[0].name),
    )
    of_shares = sum(investor.shares for investor in voters)
    needed = shares_needed(threshold, of_shares)
    have_agreed = {investor.name for investor, _ in agreed}
    return Majority(
        proposal=proposal,
        threshold=threshold,
        agreed=tuple(agreed),
        of_shares=of_shares,
        needed=needed,
        passed_at=_passed_at(proposal, threshold, agreed, needed),
        voters=voters,
        declined=tuple(each for each in voters if each.name in refused - have_agreed),
    )


def voters_on(
    threshold: Threshold, deal: Deal, facts: Facts, proposed_at: datetime | None = None
) -> tuple[Investor, ...]:
    """Whose shares count: all of Schedule A, and for shares outstanding, once it has closed, those who closed.

    A further closing is moved by those who are still to acquire in it: not by who had closed when that was proposed,
    or has closed by now where no `proposed_at` is given (1(b): investors "acquiring" shares).
    """
    closed = closed_names(facts)
    if threshold.matter == "move-closing" and deal.closing.further_closings:
        before = frozenset(
            name for each in facts.closings if proposed_at is None or each.at <= proposed_at for name in each.investors
        )
        return tuple(each for each in deal.investors if each.name not in before) or deal.investors
    if threshold.of == "shares-sold" or not closed:
        return deal.investors
    return tuple(investor for investor in deal.investors if investor.name in closed)


def _passed_at(
    proposal: Proposal, threshold: Threshold, agreed: list[tuple[Investor, datetime]], needed: int
) -> datetime | None:
    shares = 0
    for investor, at in agreed:
        shares += investor.shares
        if shares >= needed:
            if not threshold.issuer_agrees:
                return at
            return max(at, proposal.issuer_agreed_at) if proposal.issuer_agreed_at is not None else None
    return None


@dataclass(frozen=True, slots=True)
class ClosingInForce:
    """When and where the closing is, and which proposal moved it there; None where it was never moved."""

    at: datetime
    place: str
    moved_by: Proposal | None = None
    moved_at: datetime | None = None


def closing_in_force(deal: Deal, facts: Facts, moment: datetime) -> ClosingInForce:
    """The closing in force at `moment`: the agreement's, or the last move to which enough agreed (Section 1(b))."""
    in_force = ClosingInForce(deal.closing.at, deal.closing.place)
    if not facts.proposals:
        return in_force
    standing = facts.on(moment)
    for proposal in standing.proposals:
        if proposal.matter != "move-closing" or proposal.to is None:
            continue
        passed_at = majority(proposal, deal, standing).passed_at
        if passed_at is None or passed_at > moment:
            continue
        latest = (in_force.moved_at, in_force.moved_by.key) if in_force.moved_at and in_force.moved_by else None
        if latest is None or (passed_at, proposal.key) > latest:
            in_force = ClosingInForce(proposal.to, proposal.place or deal.closing.place, proposal, passed_at)
    return in_force
