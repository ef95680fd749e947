"""A compliance certificate by a named officer: Section 2(a)(iv) of the reference agreement."""

from closing.rules.evidence import OfficerCertificate
from closing.rules.facts import Certificate
from closing.rules.findings import Case, Finding, Missing
from closing.rules.kinds.delivery import undelivered
from closing.rules.terms import Condition
from closing.rules.words import on_day


def find(condition: Condition, evidence: OfficerCertificate, case: Case) -> Finding:
    """Signed by an officer of one of the titles named, dated as of the closing, delivered to each investor.

    It certifies that other conditions "have been fulfilled", so it is not possible before they are met. A waiver of one
    of those does not fulfil it, and reaches no further than it says (6(b)): the certificate then needs its own waiver.
    """
    unmet = tuple(
        section for section in evidence.certifies if not case.finding(case.deal.condition_by_section[section]).is_met
    )
    owed_by = case.deal.deliverable_by_key[evidence.document].owed_by
    since = case.lapsed(Certificate, lambda fact: fact.document).of(evidence.document)
    on_file = [each for each in case.facts.certificates if each.document == evidence.document]
    common: list[Missing] = []
    if unmet:
        lack = f"Cannot be given before {' and '.join(unmet)} {'is' if len(unmet) == 1 else 'are'} met"
        common.append(Missing("certifies", lack, owed_by, since=case.opened_at, needs=unmet))
    elif not any(is_good(each, evidence, case) for each in on_file):
        common.append(Missing("certificate", _lack(on_file, evidence, case), owed_by, since=since))
    own = {} if common else undelivered(evidence.document, owed_by, case)
    looked = tuple(f"Certificate of {each.signer}, {each.title}, dated {on_day(each.dated)}" for each in on_file)
    return Finding(tuple(common), own, looked)


def is_good(certificate: Certificate, evidence: OfficerCertificate, case: Case) -> bool:
    """Whether the signer's title is one of those named and the date is that of the closing."""
    return has_title(certificate.title, evidence.titles) and certificate.dated == case.closing_day


def has_title(title: str, titles: tuple[str, ...]) -> bool:
    """Whether `title` is one of `titles`, or names several offices of which one is."""
    offices = {office.strip().casefold() for part in title.split(",") for office in part.split(" and ")}
    return any(each.casefold() in offices for each in titles)


def _lack(on_file: list[Certificate], evidence: OfficerCertificate, case: Case) -> str:
    named = " or ".join(evidence.titles)
    for each in on_file:
        if not has_title(each.title, evidence.titles):
            return f"Signed by {each.signer}, {each.title}: the agreement asks for the {named}"
        return f"Dated {on_day(each.dated)}, not as of the closing on {on_day(case.closing_day)}"
    return f"Not signed by the {named}"
