"""What is still owed, for people: the gate's blockers, those of one kind gathered in a line."""

from datetime import datetime, timedelta

from closing.queries.parts import Owed
from closing.rules.blockers import Gathered
from closing.rules.evidence import (
    BringDown,
    ByJurisdiction,
    CounselOpinion,
    Evidence,
    InOrder,
    OfficerCertificate,
    PriceReceived,
    ProxyTally,
    SignedByAll,
    SignedOff,
)
from closing.rules.gate import Gate
from closing.rules.terms import Condition, Deal, Obligation
from closing.rules.words import number

LATE = timedelta(days=3)
THE_INVESTOR = "The investor"
"""Who owes what one investor owes, beside its name."""

TO_DO: dict[type[Evidence], tuple[str, str]] = {
    BringDown: ("confirm", "Confirm them"),
    OfficerCertificate: ("certificate", "Record it"),
    CounselOpinion: ("opinion", "Record it"),
    InOrder: ("step", "Record a step"),
    ByJurisdiction: ("qualification", "Record it"),
    SignedOff: ("sign-off", "Sign off"),
    SignedByAll: ("signature", "Record a page"),
    ProxyTally: ("proxy", "Record a proxy"),
    PriceReceived: ("payment", "Record a payment"),
}


def what_is_owed(gate: Gate, most: int | None = None) -> tuple[Owed, ...]:
    """Every open thing, or the first `most` of them, the oldest first, then in the agreement's order."""
    lines = sorted(gate.lines, key=lambda line: (line.since is not None, line.since or gate.moment))
    return tuple(_owed(line, gate) for line in lines[:most])


def owner_name(reference: str, deal: Deal) -> str:
    """Who owes something, as short as people say it: a law firm by its short name."""
    counsel = deal.counsel_by_key.get(reference)
    return counsel.short if counsel else deal.party_name(reference)


def opened_at(gate: Gate) -> datetime | None:
    """When the first fact that stands came on file: what is open since a later moment was done, and undone."""
    return gate.opened_at


def _owed(line: Gathered, gate: Gate) -> Owed:
    opened = opened_at(gate)
    blocker, deal = line.blockers[0], gate.deal
    alone = line.investors[0] if len(line.investors) == 1 else ""
    act, label = _to_do(line, deal.condition_by_section[line.section])
    return Owed(
        section=line.section,
        heading=blocker.heading,
        investor=alone,
        reason=blocker.reason if alone else line.reason,
        owes=_owes(line, alone, deal),
        since=line.since,
        is_late=line.since is not None and gate.moment - line.since >= LATE,
        is_reopened=line.since is not None and opened is not None and line.since > opened,
        act=act,
        label=label,
    )


def _to_do(line: Gathered, condition: Condition) -> tuple[str, str]:
    """The one thing to do: what puts the missing thing on file, or where to see why nothing can be done yet."""
    first, evidence = line.blockers[0], condition.evidence
    if not first.is_possible:
        return "", "See why"
    if line.items == {"delivery"}:
        return "delivery", "Record a delivery"
    if isinstance(evidence, SignedByAll) and line.items <= {each.key for each in evidence.third_parties}:
        return "third-party-consent", "Record it"
    if first.note and condition.obligation is Obligation.INVESTORS:
        return "", "Record consents"
    return TO_DO[type(evidence)]


def _owes(line: Gathered, alone: str, deal: Deal) -> str:
    owners = line.owners
    if len(owners) == 1:
        return THE_INVESTOR if owners[0] == alone else owner_name(owners[0], deal)
    firms = {_firm_of(each, deal) for each in owners}
    firm = next(iter(firms)) if len(firms) == 1 else ""
    return firm or f"{number(len(owners))} investors"


def _firm_of(name: str, deal: Deal) -> str:
    """The firm in whose care an investor is; blank for one in nobody's."""
    investor = deal.investor_by_name.get(name)
    return investor.care_of.removeprefix("c/o ") if investor else ""
