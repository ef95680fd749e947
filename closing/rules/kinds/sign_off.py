"""Sign-offs: Sections 2(a)(ii), 2(a)(vii), 2(b)(iii) and 2(b)(iv) of the reference agreement."""

from closing.rules.evidence import SignedOff
from closing.rules.facts import SignOff
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import INVESTORS, Condition

LACK = "Not signed off"
SIGNED_OFF_BY = "Signed off by "
AS_TO_ALL: set[str | None] = {None}


def find(condition: Condition, evidence: SignedOff, case: Case) -> Finding:
    """A sign-off on file by every party named; by each investor for itself where the investors are named.

    A sign-off on what an investor has to do may be as to one investor, and then counts for that investor alone.
    """
    given: dict[str, set[str | None]] = {}
    for each in case.facts.sign_offs:
        if each.section == condition.section:
            given.setdefault(each.party, set()).add(each.investor)
    lapsed = case.lapsed(SignOff, lambda fact: (fact.section, fact.party))

    def missing_of(party: str) -> Missing:
        return Missing(party, LACK, party, case.deal.party_name(party), lapsed.of((condition.section, party)))

    names = [each.name for each in case.deal.investors]
    common = [missing_of(party) for party in evidence.by if party != INVESTORS and party not in given]
    own: dict[str, tuple[Missing, ...]] = {}
    for party in evidence.by:
        if party == INVESTORS:
            lacking = [(name, missing_of(name)) for name in names if not _is_as_to(given.get(name), name)]
        elif None in given.get(party, AS_TO_ALL):
            continue
        else:
            missing = missing_of(party)
            lacking = [(name, missing) for name in names if name not in given[party]]
        for name, missing in lacking:
            own[name] = (*own.get(name, ()), missing)
    # Who has to first, the firms before the investors as Schedule A has them; then who else did.
    asked = [*(party for party in evidence.by if party != INVESTORS), *names]
    parties = dict.fromkeys([*(each for each in asked if each in given), *sorted(given)])
    looked = tuple(f"{SIGNED_OFF_BY}{case.deal.party_name(party)}" for party in parties)
    return Finding(tuple(common), own, looked)


def _is_as_to(given: set[str | None] | None, name: str) -> bool:
    """Whether a sign-off is as to all investors, or as to this one."""
    return given is not None and (None in given or name in given)
