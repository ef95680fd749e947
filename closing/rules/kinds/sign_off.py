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

    names = [each.name for each in case.deal.investors]
    common = [missing_of(party) for party in evidence.by if party != INVESTORS and not given.get(party)]
    own: dict[str, list[Missing]] = defaultdict(list)
    for party in evidence.by:
        for name in names if given.get(party) or party == INVESTORS else ():
            owed_by = name if party == INVESTORS else party
            as_to = given.get(owed_by, set())
            if None not in as_to and name not in as_to:
                own[name].append(missing_of(owed_by))
    looked = tuple(f"Signed off by {case.deal.party_name(party)}" for party in sorted(given))
    return Finding(tuple(common), {name: tuple(missing) for name, missing in own.items()}, looked)
