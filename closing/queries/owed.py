"""What is still owed, for people: the gate's blockers, those of one kind gathered in a line."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from closing.queries.parts import Owed
from closing.rules.blockers import Blocker, Gathered, gathered, in_words
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
    lines = sorted(
        _merged(gathered(gate.blockers)), key=lambda line: (line.since is not None, line.since or gate.moment)
    )
    opened = opened_at(gate)
    return tuple(_owed(line, gate, opened) for line in lines)


def owner_name(reference: str, deal: Deal) -> str:
    """Who owes something, as short as people say it: a law firm by its short name."""
    counsel = deal.counsel_by_key.get(reference)
    return counsel.short if counsel else deal.party_name(reference)


def opened_at(gate: Gate) -> datetime | None:
    """When the first fact that stands came on file: what is open since a later moment was done, and undone."""
    return min((fact.at for _, facts in gate.facts.tables() for fact in facts), default=None)


def _merged(lines: Iterable[Gathered]) -> list[Gathered]:
    """Lines of one condition that lack the same for everybody, from several owners, as one: missing pages."""
    same: dict[tuple[object, ...], list[Blocker]] = {}
    for index, line in enumerate(lines):
        lacks = tuple(dict.fromkeys(each.lack for each in line.blockers[0].missing))
        key = (index,) if line.investors else (line.section, lacks, line.blockers[0].is_possible)
        same.setdefault(key, []).extend(line.blockers)
    return [Gathered(tuple(blockers)) for blockers in same.values()]


def _owed(line: Gathered, gate: Gate, opened: datetime | None) -> Owed:
    blocker, deal = line.blockers[0], gate.deal
    alone = line.investors[0] if len(line.investors) == 1 else ""
    act, label = _to_do(line, deal.condition_by_section[line.section])
    return Owed(
        section=line.section,
        heading=blocker.heading,
        investor=alone,
        reason=_reason(line, alone),
        owes=_owes(line, alone, deal),
        since=line.since,
        is_late=line.since is not None and gate.moment - line.since >= LATE,
        is_reopened=line.since is not None and opened is not None and line.since > opened,
        act=act,
        label=label,
    )


def _reason(line: Gathered, alone: str) -> str:
    first = line.blockers[0]
    if alone:
        return first.reason
    if line.investors or len(line.blockers) == 1:
        return line.reason
    return in_words(each for blocker in line.blockers for each in blocker.missing) + first.note


def _to_do(line: Gathered, condition: Condition) -> tuple[str, str]:
    """The one thing to do: what puts the missing thing on file, or where to see why nothing can be done yet."""
    first, evidence = line.blockers[0], condition.evidence
    if not first.is_possible:
        return "", "See why"
    items = {each.item for blocker in line.blockers for each in blocker.missing}
    if items == {"delivery"}:
        return "delivery", "Record a delivery"
    if isinstance(evidence, SignedByAll) and items <= {each.key for each in evidence.third_parties}:
        return "third-party-consent", "Record it"
    if first.note and condition.obligation is Obligation.INVESTORS:
        return "", "Record consents"
    return TO_DO[type(evidence)]


def _owes(line: Gathered, alone: str, deal: Deal) -> str:
    owners = list(dict.fromkeys(each.owed_by for each in line.blockers))
    if len(owners) == 1:
        return "The investor" if owners[0] == alone else owner_name(owners[0], deal)
    firms = {_firm_of(each, deal) for each in owners}
    firm = next(iter(firms)) if len(firms) == 1 else ""
    return firm or f"{number(len(owners))} investors"


def _firm_of(name: str, deal: Deal) -> str:
    """The firm in whose care an investor is; blank for one in nobody's."""
    investor = deal.investor_by_name.get(name)
    return investor.care_of.removeprefix("c/o ") if investor else ""
