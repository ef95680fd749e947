"""Representations confirmed as of the closing: Sections 2(a)(i) and 2(b)(i) of the reference agreement."""

from collections.abc import Iterable
from datetime import datetime

from closing.rules.evidence import BringDown
from closing.rules.facts import Confirmation
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import ISSUER, Condition
from closing.rules.words import number, on_day

DISCLOSED = "An exception was disclosed after it was confirmed"


def find(condition: Condition, evidence: BringDown, case: Case) -> Finding:
    """One line for each representation; a later exception, or a closing that moves, opens it again.

    A representation is brought down by a confirmation as of the closing day on which no exception was disclosed after
    the confirmation came on file. Exceptions already disclosed by then qualify it, no more
    (Section 3, lead-in).
    """
    refs = tuple(each.ref for each in evidence.representations)
    headings = {each.ref: f"{each.ref} {each.heading}" for each in evidence.representations}
    given = [each for each in case.facts.confirmations if each.section == condition.section]
    not_confirmed = f"Not confirmed as of {on_day(case.closing_day)}"
    confirmed = _confirmed_at(given, refs, case)
    disclosed = _disclosed_at(case)

    is_qualified = any(ref in disclosed for ref in refs)
    lapsed = case.lapsed(Confirmation, lambda fact: (fact.section, fact.party))

    def missing_of(party: str) -> tuple[Missing, ...]:
        at = confirmed.get(party, {})
        if not is_qualified and at.keys() >= headings.keys():
            return ()
        since = lapsed.of((condition.section, party))
        missing = []
        for ref in refs:
            if ref not in at:
                missing.append(Missing(ref, not_confirmed, party, headings[ref], since))
            elif ref in disclosed and disclosed[ref] > at[ref]:
                missing.append(Missing(ref, DISCLOSED, party, headings[ref], disclosed[ref]))
        return tuple(missing)

    looked = (f"{number(len(given))} confirmations, {number(len(case.facts.disclosures))} exceptions disclosed",)
    if evidence.by == "issuer":
        return Finding(common=missing_of(ISSUER), looked_at=looked)
    own = {each.name: missing for each in case.deal.investors if (missing := missing_of(each.name))}
    return Finding(own=own, looked_at=looked)


def _confirmed_at(given: Iterable[Confirmation], refs: tuple[str, ...], case: Case) -> dict[str, dict[str, datetime]]:
    """When each party last confirmed each representation as of the closing day."""
    confirmed: dict[str, dict[str, datetime]] = {}
    for each in given:
        if each.as_of != case.closing_day:
            continue
        if each.party not in confirmed:
            confirmed[each.party] = dict.fromkeys(each.representations or refs, each.at)
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
