"""The opinion of counsel: Section 2(a)(v) of the reference agreement."""

from closing.rules.evidence import CounselOpinion
from closing.rules.facts import Opinion
from closing.rules.findings import Case, Finding, Missing
from closing.rules.kinds.delivery import undelivered
from closing.rules.terms import Condition
from closing.rules.words import listing, on_day


def find(condition: Condition, evidence: CounselOpinion, case: Case) -> Finding:
    """Signed by the counsel named, dated as of the closing and no other day, received by each investor."""
    on_file = [
        each for each in case.facts.opinions if each.document == evidence.document and each.counsel == evidence.counsel
    ]
    common: tuple[Missing, ...] = ()
    if not any(each.dated == case.closing_day for each in on_file):
        closing = on_day(case.closing_day)
        dated = listing(sorted({on_day(each.dated) for each in on_file}))
        lack = (
            f"Dated {dated}, not as of the closing on {closing}" if on_file else f"No opinion dated {closing} on file"
        )
        since = case.lapsed(Opinion, lambda fact: fact.document).of(evidence.document)
        common = (Missing("opinion", lack, evidence.counsel, since=since),)
    looked = tuple(f"Opinion dated {on_day(each.dated)}" for each in on_file)
    own = {} if common else undelivered(evidence.document, evidence.counsel, case)
    return Finding(common, own, looked)
