"""What must hold for the evidence of a condition: it refers to what the deal file has, and can be met at all."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from closing.rules.evidence import (
    BringDown,
    ByJurisdiction,
    CounselOpinion,
    InOrder,
    OfficerCertificate,
    PriceReceived,
    ProxyTally,
    SignedByAll,
    SignedOff,
)
from closing.rules.terms import INVESTORS, ISSUER, Condition, Counted, Deal
from closing.rules.toml_form import Problem


def check_evidence(deal: Deal, condition: Condition, place: Problem) -> Iterator[Problem]:
    """The problems of a condition's evidence; `place` is where the evidence is."""
    evidence: Any = condition.evidence
    yield from CHECKS[type(evidence)](deal, condition, evidence, place)


def bring_down(deal: Deal, condition: Condition, evidence: BringDown, place: Problem) -> Iterator[Problem]:
    """At least one representation, each once in the whole file."""
    refs = [each.ref for each in evidence.representations]
    yield from some(place.inside("representations"), refs)
    elsewhere = {
        each.ref
        for other in deal.conditions
        if isinstance(other.evidence, BringDown) and other is not condition
        for each in other.evidence.representations
    }
    for ref, times in Counter(refs).items():
        if times > 1 or ref in elsewhere:
            yield place.inside("representations").saying(f"{ref} is listed twice")


def officer_certificate(
    deal: Deal, condition: Condition, evidence: OfficerCertificate, place: Problem
) -> Iterator[Problem]:
    """A known document, some titles, and certified conditions that do not lead back to this one."""
    yield from document(deal, evidence.document, place)
    yield from some(place.inside("titles"), evidence.titles)
    for section in evidence.certifies:
        if section not in deal.condition_by_section:
            told = f'"{section}" is no condition of this file'
            yield place.inside("certifies").saying(told)
    if condition.section in certified_by(deal, condition):
        yield place.inside("certifies").saying(f"{condition.section} would certify itself")


def certified_by(deal: Deal, condition: Condition) -> set[str]:
    """The sections that a condition certifies, and that those certify, and so on."""
    found: set[str] = set()
    ahead = [condition]
    while ahead:
        evidence = ahead.pop().evidence
        if isinstance(evidence, OfficerCertificate):
            new = [section for section in evidence.certifies if section not in found]
            found.update(new)
            known = deal.condition_by_section
            ahead += [known[section] for section in new if section in known]
    return found


def opinion(deal: Deal, condition: Condition, evidence: CounselOpinion, place: Problem) -> Iterator[Problem]:
    """A known document and a known counsel."""
    yield from document(deal, evidence.document, place)
    if evidence.counsel not in deal.counsel_by_key:
        yield place.inside("counsel").saying(f'"{evidence.counsel}" is no counsel of this file')


def in_order(deal: Deal, condition: Condition, evidence: InOrder, place: Problem) -> Iterator[Problem]:
    """Steps with keys of their own, each owed by somebody."""
    yield from keys(place.inside("steps"), [step.key for step in evidence.steps])
    for step in evidence.steps:
        yield from party(deal, step.owed_by, place.inside(f"steps ({step.key})").inside("owed_by"))


def by_jurisdiction(deal: Deal, condition: Condition, evidence: ByJurisdiction, place: Problem) -> Iterator[Problem]:
    """Every state of Schedule A's addresses is listed; filings after the sale are for a listed place."""
    listed = [each.code for each in evidence.jurisdictions]
    yield from keys(place.inside("jurisdictions"), listed)
    yield from party(deal, evidence.owed_by, place.inside("owed_by"))
    homes: dict[str, str] = {}
    for investor in deal.investors:
        homes.setdefault(investor.address.jurisdiction, investor.name)
    for code, name in homes.items():
        if code not in listed:
            told = f'"{code}" is missing: {name} of Schedule A has its address there'
            yield place.inside("jurisdictions").saying(told)
    filings = place.inside("post_sale_filings")
    doubles = Counter(filing.key for filing in evidence.post_sale_filings)
    for filing in evidence.post_sale_filings:
        if filing.jurisdiction not in {*listed, *(code.split("-")[0] for code in listed)}:
            yield filings.saying(f'{filing.key}: "{filing.jurisdiction}" is not on the list')
        if doubles[filing.key] > 1:
            yield filings.saying(f'"{filing.key}" is listed twice')
        yield from party(deal, filing.owed_by, filings.inside("owed_by"))


def signed_off(deal: Deal, condition: Condition, evidence: SignedOff, place: Problem) -> Iterator[Problem]:
    """Somebody signs off, and the covenants to be performed are in the file."""
    yield from some(place.inside("by"), evidence.by)
    for reference in evidence.by:
        yield from party(deal, reference, place.inside("by"))
    known = {covenant.section for covenant in deal.covenants}
    for section in evidence.covenants:
        if section not in known:
            yield place.inside("covenants").saying(f'"{section}" is no covenant of this file')


def signed_by_all(deal: Deal, condition: Condition, evidence: SignedByAll, place: Problem) -> Iterator[Problem]:
    """A known document that somebody signs, and third parties with keys of their own."""
    yield from document(deal, evidence.document, place)
    paper = deal.deliverable_by_key.get(evidence.document)
    if paper and not paper.signed_by:
        told = f'nobody signs "{evidence.document}"; fill in its signed_by'
        yield place.inside("document").saying(told)
    if evidence.third_parties:
        yield from keys(place.inside("third_parties"), [each.key for each in evidence.third_parties])
    yield from party(deal, evidence.third_parties_owed_by, place.inside("third_parties_owed_by"))


def tally(deal: Deal, condition: Condition, evidence: ProxyTally, place: Problem) -> Iterator[Problem]:
    """A known document and a share of the voting stock between 0 and 1."""
    yield from document(deal, evidence.document, place)
    if not 0 < evidence.more_than < 1:
        yield place.inside("more_than").saying(f"{evidence.more_than} should lie between 0 and 1")
    yield from party(deal, evidence.owed_by, place.inside("owed_by"))


def payment(deal: Deal, condition: Condition, evidence: PriceReceived, place: Problem) -> Iterator[Problem]:
    """A payment is each investor's own."""
    if condition.counted is not Counted.INVESTOR:
        told = 'a payment is each investor\'s own; write counted = "investor"'
        yield place.inside("kind").saying(told)


CHECKS: dict[type, Callable[[Deal, Condition, Any, Problem], Iterator[Problem]]] = {
    BringDown: bring_down,
    OfficerCertificate: officer_certificate,
    CounselOpinion: opinion,
    InOrder: in_order,
    ByJurisdiction: by_jurisdiction,
    SignedOff: signed_off,
    SignedByAll: signed_by_all,
    ProxyTally: tally,
    PriceReceived: payment,
}


def document(deal: Deal, key: str, place: Problem) -> Iterator[Problem]:
    """A document is a deliverable of the file."""
    if key not in deal.deliverable_by_key:
        yield place.inside("document").saying(f'"{key}" is no deliverable of this file')


def party(deal: Deal, reference: str, place: Problem) -> Iterator[Problem]:
    """A party reference: the issuer, the investors, a counsel."""
    if reference not in {ISSUER, INVESTORS} and reference not in deal.counsel_by_key:
        yield place.saying(f'"{reference}" is no party of this file')


def some(place: Problem, values: Iterable[str]) -> Iterator[Problem]:
    """A list that has something in it, nothing of it blank."""
    values = list(values)
    if not values or not all(values):
        yield place.saying("has a blank in it" if values else "is empty")


def keys(place: Problem, values: list[str]) -> Iterator[Problem]:
    """A list of keys, none blank, none twice."""
    yield from some(place, values)
    for key, times in Counter(values).items():
        if times > 1:
            yield place.saying(f'"{key}" is listed twice')
