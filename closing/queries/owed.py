"""What is still owed, for people: the gate's blockers, those of one kind gathered in a line."""

from datetime import datetime, timedelta

from closing.queries.parts import Owed
from closing.rules.blockers import Gathered, gathered
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
from closing.rules.terms import Deal
from closing.rules.words import number

LATE = timedelta(days=3)

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


def what_is_owed(gate: Gate) -> tuple[Owed, ...]:
    """Every open thing, the oldest first, then in the agreement's order."""
    lines = sorted(gathered(gate.blockers), key=lambda line: (line.since is not None, line.since or gate.moment))
    opened = opened_at(gate)
    return tuple(_owed(line, gate, opened) for line in lines)


def owner_name(reference: str, deal: Deal) -> str:
    """Who owes something, as short as people say it: a law firm by its short name."""
    counsel = deal.counsel_by_key.get(reference)
    return counsel.short if counsel else deal.party_name(reference)


def opened_at(gate: Gate) -> datetime | None:
    """When the first fact that stands came on file: what is open since a later moment was done, and undone."""
    return min((fact.at for _, facts in gate.facts.tables() for fact in facts), default=None)


def _owed(line: Gathered, gate: Gate, opened: datetime | None) -> Owed:
    blocker, deal = line.blockers[0], gate.deal
    alone = line.investors[0] if len(line.investors) == 1 else ""
    act, label = TO_DO[type(deal.condition_by_section[line.section].evidence)]
    if not blocker.is_possible:
        act, label = "", "See why"
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


def _owes(line: Gathered, alone: str, deal: Deal) -> str:
    owners = list(dict.fromkeys(each.owed_by for each in line.blockers))
    if len(owners) > 1:
        return f"{number(len(owners))} investors"
    return "The investor" if owners[0] == alone else owner_name(owners[0], deal)
