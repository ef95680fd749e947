"""The majorities: each matter with its rule, each proposal with who has agreed, by how many shares, what is missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from closing.models import Allotment, Deal as DealRow
from closing.queries.fact_kinds import KIND_OF_FACT
from closing.queries.facts import rows_of
from closing.queries.gates import gate_of
from closing.queries.on_file import OnFile, line
from closing.queries.parts import percent
from closing.rules import facts
from closing.rules.access import Role
from closing.rules.gate import Gate
from closing.rules.majorities import Majority, majority, shares_needed, voters_on
from closing.rules.terms import Deal, Investor, Threshold
from closing.rules.what_if import Stale, if_closing_moved
from closing.rules.words import at_time, number, on_day, portion

MATTERS = {
    "move-closing": "Moving the closing",
    "amendment": "Amendments, and waivers after the issue",
    "public-disclosure": "The first public disclosure",
}
DEEDS = {
    "move-closing": "Propose to move the closing",
    "amendment": "Propose an amendment or waiver",
    "public-disclosure": "Consult on a public disclosure",
}


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A proposal. `standing` is where it stands in a sentence; `tone` is `""`, `wait` or `stop`.

    Shares are whole numbers; `percent` is the part of them that agreed.
    """

    key: str
    title: str
    text: str
    on_file: OnFile
    standing: str
    tone: str
    majority: Majority
    percent: int
    issuer: str
    waits_for_issuer: bool


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter that a majority decides, with its rule in words and its proposals, the latest first."""

    key: str
    section: str
    heading: str
    deed: str
    rule: str
    manner: str
    proposals: tuple[ProposalLine, ...]


@dataclass(frozen=True, slots=True)
class Voter:
    """An investor whose shares count, with its answers on file. `state` is agreed, declined, partly or not answered."""

    pk: int
    name: str
    shares: int
    state: str
    at: datetime | None
    answers: tuple[OnFile, ...]


@dataclass(frozen=True, slots=True)
class MajoritiesPage:
    """All matters of a deal."""

    now: datetime
    time_zone: str
    closing_at: datetime
    place: str
    moved: bool
    closed_at: datetime | None
    matters: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class MajorityPage:
    """One proposal. `stale` is what moving the closing would open again; `is_closed` where the deal has closed."""

    now: datetime
    time_zone: str
    gate: Gate
    matter: Matter
    proposal: ProposalLine
    voters: tuple[Voter, ...]
    stale: tuple[Stale, ...]
    is_closed: bool


def majorities_page(deal: DealRow, roles: Iterable[Role]) -> MajoritiesPage:
    """Every matter of `deal` now. The number of queries does not grow with the investors."""
    gate = gate_of(deal)
    pairs = _pairs(deal)
    return MajoritiesPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        closing_at=gate.closing.at,
        place=gate.closing.place,
        moved=gate.closing.moved_by is not None,
        closed_at=max(each.at for each in gate.facts.closings) if gate.is_closed else None,
        matters=tuple(_matter(each, gate, pairs, roles) for each in gate.deal.thresholds),
    )


def majority_page(deal: DealRow, key: str, roles: Iterable[Role]) -> MajorityPage:
    """One proposal of `deal` now. Raises KeyError for a key that no proposal has."""
    gate = gate_of(deal)
    pairs = [(pk, each) for pk, each in _pairs(deal) if each.key == key]
    if not pairs:
        raise KeyError(key)
    said = pairs[0][1]
    threshold = next(each for each in gate.deal.thresholds if each.matter == said.matter)
    matter = _matter(threshold, gate, pairs, roles)
    kind = KIND_OF_FACT[facts.Approval]
    answers: dict[str, list[OnFile]] = {}
    for pk, each in rows_of(kind, deal, proposal__key=key):
        assert isinstance(each, facts.Approval)
        answers.setdefault(each.investor, []).insert(0, line(kind, pk, each, gate.deal, roles, ("", "")))
    ids = dict(Allotment.objects.filter(deal=deal).values_list("investor__name", "pk"))
    proposal = matter.proposals[0]
    moves = said.to is not None and proposal.on_file.stands and not proposal.majority.is_passed
    return MajorityPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        gate=gate,
        matter=matter,
        proposal=proposal,
        voters=_voters(proposal.majority, gate, answers, ids),
        stale=if_closing_moved(gate.deal, gate.facts, gate.moment, said.to) if moves and said.to else (),
        is_closed=gate.is_closed,
    )


def rule_of(threshold: Threshold, deal: Deal, on_file: facts.Facts) -> str:
    """The rule with its border: `More than half of the 8,000 shares sold: 4,000 of 8,000 is not enough; 4,001 is.`"""
    of = sum(each.shares for each in voters_on(threshold, deal, on_file))
    needed = shares_needed(threshold, of)
    if threshold.more_than is not None:
        part = f"Strictly more than {portion(threshold.more_than)}"
    else:
        part = f"At least {portion(threshold.at_least)}" if threshold.at_least is not None else "All"
    which = "shares sold" if threshold.of == "shares-sold" else "shares outstanding"
    border = f"{number(needed - 1)} of {number(of)} is not enough; {number(needed)} is."
    return f"{part} of the {number(of)} {which}: {border}"


def manner_of(threshold: Threshold) -> str:
    """Whether it takes writing, and the issuer's own agreement."""
    how = "In writing." if threshold.written else "Orally or in writing."
    own = "The company must agree as well." if threshold.issuer_agrees else "The company’s own agreement is not asked."
    return f"{how} {own}"


def title_of(proposal: facts.Proposal, deal: Deal) -> str:
    """What is proposed, in a few words."""
    if proposal.to is not None:
        where = f", {proposal.place}" if proposal.place else ""
        return f"Move the closing to {at_time(proposal.to, deal.closing.time_zone)}{where}"
    return "Amendment" if proposal.matter == "amendment" else "First public disclosure"


def _pairs(deal: DealRow) -> list[tuple[int, facts.Proposal]]:
    rows = rows_of(KIND_OF_FACT[facts.Proposal], deal)
    return [(pk, each) for pk, each in reversed(rows) if isinstance(each, facts.Proposal)]


def _matter(
    threshold: Threshold, gate: Gate, pairs: Iterable[tuple[int, facts.Proposal]], roles: Iterable[Role]
) -> Matter:
    return Matter(
        key=threshold.matter,
        section=threshold.section,
        heading=MATTERS[threshold.matter],
        deed=DEEDS[threshold.matter],
        rule=rule_of(threshold, gate.deal, gate.facts),
        manner=manner_of(threshold),
        proposals=tuple(_line(pk, each, gate, roles) for pk, each in pairs if each.matter == threshold.matter),
    )


def _line(pk: int, proposal: facts.Proposal, gate: Gate, roles: Iterable[Role]) -> ProposalLine:
    stands = majority(proposal, gate.deal, gate.facts)
    said = line(KIND_OF_FACT[facts.Proposal], pk, proposal, gate.deal, roles, ("", ""))
    standing, tone = _standing(stands, said, gate)
    asked = stands.threshold.issuer_agrees
    agreed = proposal.issuer_agreed_at
    return ProposalLine(
        key=proposal.key,
        title=title_of(proposal, gate.deal),
        text=proposal.text,
        on_file=said,
        standing=standing,
        tone=tone,
        majority=stands,
        percent=percent(stands.agreed_shares, stands.of_shares),
        issuer="agreed" if agreed else "has not agreed yet" if asked else "is not asked",
        waits_for_issuer=asked and agreed is None and said.stands,
    )


def _standing(stands: Majority, said: OnFile, gate: Gate) -> tuple[str, str]:
    """Where it stands, and how urgently."""
    zone = gate.deal.closing.time_zone
    if not said.stands:
        return "Taken back", ""
    if stands.passed_at is not None:
        return f"Passed on {on_day(stands.passed_at.astimezone(ZoneInfo(zone)).date())}", ""
    if not stands.can_pass:
        return f"It cannot pass: {number(stands.declined_shares)} shares have declined", "stop"
    if not stands.missing_shares:
        return "Enough shares have agreed; it waits for the company’s own agreement", "wait"
    few = "share is" if stands.missing_shares == 1 else "shares are"
    return f"{number(stands.missing_shares)} {few} missing; it can still pass", "wait"


def _voters(
    stands: Majority, gate: Gate, answers: Mapping[str, list[OnFile]], ids: Mapping[str, int]
) -> tuple[Voter, ...]:
    agreed = {investor.name: at for investor, at in stands.agreed}
    declined = {investor.name for investor in stands.declined}
    partly = {
        each.investor
        for each in gate.facts.approvals
        if each.proposal == stands.proposal.key and not each.declined and each.blocks
    }

    def voter(each: Investor) -> Voter:
        state = "agreed" if each.name in agreed else "declined" if each.name in declined else "not answered"
        if state == "not answered" and each.name in partly and len(each.blocks) > 1:
            state = "not all owners have answered"
        elif state == "not answered" and any(known.stands for known in answers.get(each.name, ())):
            state = "agreed orally, which does not count here"
        known = tuple(answers.get(each.name, ()))
        return Voter(ids[each.name], each.name, each.shares, state, agreed.get(each.name), known)

    return tuple(voter(each) for each in stands.voters)
