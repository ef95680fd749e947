"""Facts that meet conditions, and cannot be: each check reads one fact and yields its problems."""

import re
from collections.abc import Iterator

from closing.rules.evidence import (
    BringDown,
    CounselOpinion,
    InOrder,
    OfficerCertificate,
    SignedByAll,
    SignedOff,
)
from closing.rules.facts import (
    UNBOUND,
    CarryOver,
    Certificate,
    Confirmation,
    Delivery,
    Disclosure,
    ExecutionVersion,
    Opinion,
    Qualification,
    Signature,
    SignOff,
    StepTaken,
    ThirdPartyConsent,
)
from closing.rules.facts_known import Known
from closing.rules.facts_wrong import blank, known_name, wrong
from closing.rules.terms import INVESTORS, ISSUER, Obligation
from closing.rules.toml_form import Problem

SHA256 = re.compile(r"[0-9a-f]{64}")


def evidence_of(known: Known, section: str, kind: type, what: str) -> Iterator[Problem]:
    """The section is a condition that is met by this kind of evidence."""
    condition = known.deal.condition_by_section.get(section)
    if condition is None:
        yield wrong("section", f'"{section}" is no condition of this deal')
    elif not isinstance(condition.evidence, kind):
        yield wrong("section", f"{section} is not met by {what} but by {condition.evidence.kind}")


def check_signature(known: Known, fact: Signature) -> Iterator[Problem]:
    """A known block that signs a known document; released after it came on file."""
    if fact.document not in known.deal.deliverable_by_key:
        yield wrong("document", f'"{fact.document}" is no deliverable of this deal')
    elif fact.block not in known.deal.block_by_key:
        yield wrong("block", f'"{fact.block}" is no signature block of this deal')
    elif fact.block not in known.signers(fact.document):
        yield wrong("block", f'"{fact.block}" does not sign "{fact.document}"')
    versions = known.execution_versions.get(fact.document, ())
    if fact.version not in {"", UNBOUND, *(each.version for each in versions)}:
        yield wrong("version", "is no execution version of this document on file")
    if fact.released_at is not None and fact.released_at < fact.at:
        yield wrong("released_at", "lies before the page came on file")


def check_execution_version(known: Known, fact: ExecutionVersion) -> Iterator[Problem]:
    """A document that somebody signs, and the digest of a file."""
    if fact.document not in known.deal.deliverable_by_key:
        yield wrong("document", f'"{fact.document}" is no deliverable of this deal')
    elif not known.signers(fact.document):
        yield wrong("document", f'nobody signs "{fact.document}"')
    yield from _digest(fact.version)
    if 0 in fact.blank_pages:
        yield wrong("blank_pages", "pages are numbered from 1")
    if len(set(fact.blank_pages)) < len(fact.blank_pages):
        yield wrong("blank_pages", "names a page twice")


def check_carry_over(known: Known, fact: CarryOver) -> Iterator[Problem]:
    """To an execution version of the document, for blocks that sign it, on an authority in words."""
    versions = known.execution_versions.get(fact.document, ())
    if fact.document not in known.deal.deliverable_by_key:
        yield wrong("document", f'"{fact.document}" is no deliverable of this deal')
    elif fact.version not in {each.version for each in versions if each.at <= fact.at}:
        yield wrong("version", "is no execution version of this document on file by then")
    else:
        for key in fact.blocks:
            yield from known_name("blocks", key, known.signers(fact.document), "signatory of this document")
    if not fact.authority.strip():
        yield wrong("authority", "is blank")


def _digest(version: str) -> Iterator[Problem]:
    if not SHA256.fullmatch(version):
        yield wrong("version", "is no SHA-256: sixty-four digits and letters from a to f")


def check_sign_off(known: Known, fact: SignOff) -> Iterator[Problem]:
    """A party that the condition asks; as to one investor only for a condition to the issuer's obligation."""
    problems = list(evidence_of(known, fact.section, SignedOff, "a sign-off"))
    yield from problems
    if problems:
        return
    condition = known.deal.condition_by_section[fact.section]
    assert isinstance(condition.evidence, SignedOff)
    asked = INVESTORS if fact.party in known.deal.investor_by_name else fact.party
    if asked not in condition.evidence.by or fact.party == INVESTORS:
        yield wrong("party", f'{fact.section} asks no sign-off of "{fact.party}"')
    if fact.investor is not None:
        yield from known_name("investor", fact.investor, known.deal.investor_by_name, "investor")
        if condition.obligation is Obligation.INVESTORS:
            told = f"{fact.section} is a condition to the investors' obligation, signed off for all"
            yield wrong("investor", told)


def check_confirmation(known: Known, fact: Confirmation) -> Iterator[Problem]:
    """The party that made the representations, confirming some of them or all."""
    problems = list(evidence_of(known, fact.section, BringDown, "a bring-down"))
    yield from problems
    if problems:
        return
    evidence = known.deal.condition_by_section[fact.section].evidence
    assert isinstance(evidence, BringDown)
    if evidence.by == ISSUER and fact.party != ISSUER:
        yield wrong("party", f'{fact.section} is confirmed by the issuer, not by "{fact.party}"')
    if evidence.by == INVESTORS:
        yield from known_name("party", fact.party, known.deal.investor_by_name, "investor")
    refs = {each.ref for each in evidence.representations}
    for ref in fact.representations:
        yield from known_name("representations", ref, refs, "representation")


def check_disclosure(known: Known, fact: Disclosure) -> Iterator[Problem]:
    """An exception against a known representation, in words."""
    yield from known_name("representation", fact.representation, known.representations, "representation")
    if not fact.text:
        yield wrong("text", "is blank")


def check_step(known: Known, fact: StepTaken) -> Iterator[Problem]:
    """A known step, not of the future, and not before the step that it must follow (2(a)(iii))."""
    problems = list(evidence_of(known, fact.section, InOrder, "steps"))
    yield from problems
    if problems:
        return
    evidence = known.deal.condition_by_section[fact.section].evidence
    assert isinstance(evidence, InOrder)
    order = [step.key for step in evidence.steps]
    if fact.step not in order:
        yield wrong("step", f'"{fact.step}" is no step of {fact.section}; its steps are {", ".join(order)}')
        return
    if fact.on > known.day(fact.at):
        yield wrong("on", f"{fact.on} had not come when this came on file, {known.day(fact.at)}")
    place = order.index(fact.step)
    if not place or fact.withdrawn_at is not None:
        return
    earlier = [each for each in known.steps[fact.section] if each.step == order[place - 1]]
    standing = [each for each in earlier if each.withdrawn_at is None]
    if not earlier:
        yield wrong("step", f'"{order[place - 1]}" comes before it and is not on file')
    elif standing and min(each.on for each in standing) > fact.on:
        first = min(each.on for each in standing)
        yield wrong("on", f'{fact.on} lies before "{order[place - 1]}", {first}, which must come first')


def check_delivery(known: Known, fact: Delivery) -> Iterator[Problem]:
    """A known document to a known investor, or to all."""
    yield from known_name("document", fact.document, known.deal.deliverable_by_key, "deliverable")
    if fact.investor is not None:
        yield from known_name("investor", fact.investor, known.deal.investor_by_name, "investor")


def check_certificate(known: Known, fact: Certificate) -> Iterator[Problem]:
    """A document that the deal asks an officer's certificate for. Whose title does is the gate's question."""
    documents = known.documents(OfficerCertificate)
    yield from known_name("document", fact.document, documents, "officer's certificate")
    yield from blank(fact, "signer", "title")


def check_opinion(known: Known, fact: Opinion) -> Iterator[Problem]:
    """A document that the deal asks an opinion for, of a known counsel."""
    yield from known_name("document", fact.document, known.documents(CounselOpinion), "opinion")
    yield from known_name("counsel", fact.counsel, known.deal.counsel_by_key, "counsel")


def check_qualification(known: Known, fact: Qualification) -> Iterator[Problem]:
    """A jurisdiction on the list of a condition; it lapses after it took effect."""
    yield from known_name("jurisdiction", fact.jurisdiction, known.jurisdictions, "jurisdiction")
    if fact.lapses_on is not None and fact.lapses_on <= fact.effective_on:
        yield wrong("lapses_on", f"{fact.lapses_on} is not after {fact.effective_on}")


def check_third_party(known: Known, fact: ThirdPartyConsent) -> Iterator[Problem]:
    """A third party that the condition lists."""
    problems = list(evidence_of(known, fact.section, SignedByAll, "consents of third parties"))
    yield from problems
    if not problems:
        evidence = known.deal.condition_by_section[fact.section].evidence
        assert isinstance(evidence, SignedByAll)
        keys = {each.key for each in evidence.third_parties}
        yield from known_name("third_party", fact.third_party, keys, "third party")
