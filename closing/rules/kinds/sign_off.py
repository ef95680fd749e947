"""Sign-offs: Sections 2(a)(ii), 2(a)(vii), 2(b)(iii) and 2(b)(iv) of the reference agreement."""

from collections import defaultdict

from closing.rules.evidence import SignedOff
from closing.rules.facts import SignOff
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import INVESTORS, Condition

LACK = "Not signed off"


def find(condition: Condition, evidence: SignedOff, case: Case) -> Finding:
    """A sign-off on file by every party named; by each investor for itself where the investors are named.

    A sign-off on what an investor has to do may be as to one investor, and then counts for that investor alone.
    """
    given: dict[str, set[str | None]] = defaultdict(set)
    for each in case.facts.sign_offs:
        if each.section == condition.section:
            given[each.party].add(each.investor)
    lapsed = case.lapsed(SignOff, lambda fact: (fact.section, fact.party))

    def missing_of(party: str) -> Missing:
        return Missing(party, LACK, party, case.deal.party_name(party), lapsed.of((condition.section, party)))

    common: list[Missing] = []
    own: dict[str, list[Missing]] = defaultdict(list)
    names = [each.name for each in case.deal.investors]
    for party in evidence.by:
        if party == INVESTORS:
            for name in names:
                if not given.get(name):
                    own[name].append(missing_of(name))
            continue
        as_to = given.get(party, set())
        if None in as_to:
            continue
        if not as_to:
            common.append(missing_of(party))
            continue
        missing = missing_of(party)
        for name in names:
            if name not in as_to:
                own[name].append(missing)
    looked = tuple(f"Signed off by {case.deal.party_name(party)}" for party in sorted(given))
    return Finding(tuple(common), {name: tuple(missing) for name, missing in own.items()}, looked)
