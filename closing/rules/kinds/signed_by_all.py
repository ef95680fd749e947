"""A document that every party must have signed: Section 2(a)(viii) of the reference agreement."""

from closing.rules.evidence import SignedByAll
from closing.rules.facts import Signature, ThirdPartyConsent
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import Condition
from closing.rules.words import number


def find(condition: Condition, evidence: SignedByAll, case: Case) -> Finding:
    """Signed by every block of every signatory, and every third-party consent obtained.

    The agreement says "the Company and each Investor": one page missing leaves the condition open for all of them.
    A page held in escrow counts: the parties have signed, and the closing releases it. A page signed for an earlier
    version than the one in force does not.
    """
    deal = case.deal
    blocks = deal.blocks_for(deal.deliverable_by_key[evidence.document])
    signed = {each.block for each in case.facts.signatures if each.document == evidence.document}
    stale = {each.block for each in case.stale if each.document == evidence.document}
    consented = {each.third_party for each in case.facts.third_party_consents if each.section == condition.section}
    pages_lapsed = case.lapsed(Signature, lambda fact: (fact.document, fact.block))
    consents_lapsed = case.lapsed(ThirdPartyConsent, lambda fact: (fact.section, fact.third_party))
    pages = tuple(
        Missing(
            block.key,
            "Signed for an earlier version only" if block.key in stale else "Signature page missing",
            deal.party_of_block[block.key],
            block.party,
            pages_lapsed.of((evidence.document, block.key)),
        )
        for block in blocks
        if block.key not in signed
    )
    consents = tuple(
        Missing(
            each.key,
            "Consent not obtained",
            evidence.third_parties_owed_by,
            each.heading,
            consents_lapsed.of((condition.section, each.key)),
        )
        for each in evidence.third_parties
        if each.key not in consented
    )
    looked = f"{number(len(blocks) - len(pages))} of {number(len(blocks))} signature pages"
    late = sum(1 for each in pages if each.item in stale)
    return Finding(
        pages + consents, looked_at=(looked, f"{number(late)} signed for an earlier version") if late else (looked,)
    )
