"""Qualifications by jurisdiction: Sections 2(a)(vi) and 2(b)(v) of the reference agreement."""

from closing.rules.evidence import ByJurisdiction
from closing.rules.facts import Qualification
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import Condition
from closing.rules.words import on_day


def find(condition: Condition, evidence: ByJurisdiction, case: Case) -> Finding:
    """Obtained in every jurisdiction listed, and effective on and as of the closing.

    Post-sale filings are excepted: they never leave the condition open, and become post-closing items.
    """
    lapsed = case.lapsed(Qualification, lambda fact: fact.jurisdiction)
    common: list[Missing] = []
    looked: list[str] = []
    for place in evidence.jurisdictions:
        on_file = [each for each in case.facts.qualifications if each.jurisdiction == place.code]
        looked += [f"{place.name}: effective {on_day(each.effective_on)}" for each in on_file]
        if any(is_effective(each, case) for each in on_file):
            continue
        since = lapsed.of(place.code)
        common.append(Missing(place.code, _lack(on_file, case), evidence.owed_by, place.name, since))
    return Finding(tuple(common), looked_at=tuple(looked))


def is_effective(qualification: Qualification, case: Case) -> bool:
    """Whether it is effective on the day of the closing."""
    lapses = qualification.lapses_on
    return qualification.effective_on <= case.closing_day and (lapses is None or lapses > case.closing_day)


def _lack(on_file: list[Qualification], case: Case) -> str:
    closing = on_day(case.closing_day)
    for each in on_file:
        if each.effective_on > case.closing_day:
            return f"Effective only on {on_day(each.effective_on)}, after the closing on {closing}"
        if each.lapses_on is not None:
            return f"Lapses on {on_day(each.lapses_on)}, so not effective at the closing on {closing}"
    return "No qualification on file"
