"""Representations confirmed as of the closing: Sections 2(a)(i) and 2(b)(i) of the reference agreement."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from closing.rules.evidence import BringDown
from closing.rules.facts import Confirmation
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import ISSUER, Condition
from closing.rules.words import number, on_day


def find(condition: Condition, evidence: BringDown, case: Case) -> Finding:
    """One line for each representation; a later exception, or a closing that moves, opens it again.

    A representation is brought down by a confirmation as of the closing day on which no exception was disclosed after
    the confirmation came on file. Exceptions already disclosed by then qualify it, no more
    (Section 3, lead-in).
    """
    refs = tuple(each.ref for each in evidence.representations)
    headings = {each.ref: f"{each.ref} {each.heading}" for each in evidence.representations}
    given = [each for each in case.facts.confirmations if each.section == condition.section]
    confirmed = _confirmed_at(given, refs, case)
    disclosed = _disclosed_at(case)

    lapsed = case.lapsed(Confirmation, lambda fact: (fact.section, fact.party))

    def missing_of(party: str) -> tuple[Missing, ...]:
        at = confirmed.get(party, {})
        since = lapsed.of((condition.section, party))
        return tuple(
            Missing(ref, lack, party, headings[ref], disclosed.get(ref, since) if at.get(ref) else since)
            for ref in refs
            if (lack := _lack(at.get(ref), disclosed.get(ref), case)) is not None
        )

    looked = (f"{number(len(given))} confirmations, {number(len(case.facts.disclosures))} exceptions disclosed",)
    if evidence.by == "issuer":
        return Finding(common=missing_of(ISSUER), looked_at=looked)
    own = {investor.name: missing_of(investor.name) for investor in case.deal.investors}
    return Finding(own={name: missing for name, missing in own.items() if missing}, looked_at=looked)


def _confirmed_at(given: Iterable[Confirmation], refs: tuple[str, ...], case: Case) -> dict[str, dict[str, datetime]]:
    """When each party last confirmed each representation as of the closing day."""
    confirmed: dict[str, dict[str, datetime]] = defaultdict(dict)
    for each in given:
        if each.as_of != case.closing_day:
            continue
        of_party = confirmed[each.party]
        for ref in each.representations or refs:
            if ref not in of_party or of_party[ref] < each.at:
                of_party[ref] = each.at
    return confirmed


def _disclosed_at(case: Case) -> dict[str, datetime]:
    disclosed: dict[str, datetime] = {}
    for each in case.facts.disclosures:
        disclosed[each.representation] = max(each.at, disclosed.get(each.representation, each.at))
    return disclosed


def _lack(confirmed: datetime | None, disclosed: datetime | None, case: Case) -> str | None:
    if confirmed is None:
        return f"Not confirmed as of {on_day(case.closing_day)}"
    if disclosed is not None and disclosed > confirmed:
        return "An exception was disclosed after it was confirmed"
    return None
