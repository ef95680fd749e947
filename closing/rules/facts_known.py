"""What a deal and its facts know by name: the look-ups that the checks of single facts ask."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from closing.rules.evidence import (
    BringDown,
    ByJurisdiction,
    CounselOpinion,
    InOrder,
    OfficerCertificate,
    ProxyTally,
    SignedByAll,
    SignedOff,
)
from closing.rules.execution import versions_by_document
from closing.rules.facts import Bill, BillKey, ExecutionVersion, Facts, Proposal, StepTaken, Waiver
from closing.rules.terms import INVESTORS, Condition, Deal, Obligation


class Known:
    """A deal and its facts, each look-up made once."""

    def __init__(self, deal: Deal, facts: Facts) -> None:
        self.deal = deal
        self.facts = facts
        self.zone = ZoneInfo(deal.closing.time_zone)
        self._signers: dict[str, frozenset[str]] = {}

    def day(self, moment: datetime) -> date:
        """The day of a moment in the deal's zone."""
        return moment.astimezone(self.zone).date()

    def has(self, section: str) -> bool:
        """Whether the deal has this condition."""
        return section in self.deal.condition_by_section

    def signers(self, document: str) -> frozenset[str]:
        """The keys of the blocks that sign a deliverable of the deal."""
        if document not in self._signers:
            blocks = self.deal.blocks_for(self.deal.deliverable_by_key[document])
            self._signers[document] = frozenset(block.key for block in blocks)
        return self._signers[document]

    @cached_property
    def representations(self) -> frozenset[str]:
        """Every representation that somebody brings down."""
        evidence = [each.evidence for each in self.deal.conditions]
        return frozenset(each.ref for kind in evidence if isinstance(kind, BringDown) for each in kind.representations)

    @cached_property
    def jurisdictions(self) -> frozenset[str]:
        """Every jurisdiction on the list of a condition."""
        evidence = [each.evidence for each in self.deal.conditions]
        return frozenset(
            each.code for kind in evidence if isinstance(kind, ByJurisdiction) for each in kind.jurisdictions
        )

    def documents(self, kind: type[OfficerCertificate | CounselOpinion]) -> frozenset[str]:
        """The documents that conditions of this kind ask for."""
        return frozenset(each.evidence.document for each in self.deal.conditions if isinstance(each.evidence, kind))

    @cached_property
    def steps(self) -> Mapping[str, list[StepTaken]]:
        """The steps on file by section, also those taken back."""
        found: dict[str, list[StepTaken]] = defaultdict(list)
        for each in self.facts.steps:
            found[each.section].append(each)
        return found

    @cached_property
    def execution_versions(self) -> Mapping[str, Sequence[ExecutionVersion]]:
        """The execution versions on file by document, the last one last."""
        return versions_by_document(self.facts)

    @cached_property
    def waivers(self) -> Mapping[str, list[Waiver]]:
        """The waivers on file by key."""
        return by_key(self.facts.waivers, "key")

    @cached_property
    def proposals(self) -> Mapping[str, list[Proposal]]:
        """The proposals on file by key."""
        return by_key(self.facts.proposals, "key")

    @cached_property
    def bills(self) -> Mapping[BillKey, list[Bill]]:
        """The bills on file by whose they are, and number."""
        return by_key(self.facts.bills, "key")

    @cached_property
    def holdings(self) -> Mapping[str, int]:
        """Votes of each holder of voting stock."""
        stock = self.facts.voting_stock
        return {each.name: each.shares for each in stock.holders} if stock else {}

    def is_issuers(self, waiver: Waiver) -> bool:
        """Whether a waiver is of conditions to the issuer's obligation, and so the issuer's to give."""
        conditions = [self.deal.condition_by_section[each] for each in waiver.sections if self.has(each)]
        return any(each.obligation is Obligation.ISSUER for each in conditions)

    def items(self, condition: Condition) -> frozenset[str]:
        """The parts of a condition that a waiver may be limited to, as the gate names what is missing."""
        evidence = condition.evidence
        if isinstance(evidence, BringDown):
            return frozenset(each.ref for each in evidence.representations)
        if isinstance(evidence, InOrder):
            return frozenset(each.key for each in evidence.steps)
        if isinstance(evidence, ByJurisdiction):
            return frozenset(each.code for each in evidence.jurisdictions)
        if isinstance(evidence, SignedOff):
            names = self.deal.investor_by_name if INVESTORS in evidence.by else ()
            return frozenset((*evidence.by, *names)) - {INVESTORS}
        if isinstance(evidence, SignedByAll):
            return self.signers(evidence.document) | {each.key for each in evidence.third_parties}
        return WORDS[evidence.kind]

    @cached_property
    def record_dates(self) -> frozenset[date]:
        """The record dates of the deal's tallies."""
        evidence = [each.evidence for each in self.deal.conditions]
        return frozenset(each.record_date for each in evidence if isinstance(each, ProxyTally))


WORDS = {
    "officer-certificate": frozenset({"certificate", "certifies", "delivery"}),
    "opinion": frozenset({"opinion", "delivery"}),
    "tally": frozenset({"proxies"}),
    "payment": frozenset({"price"}),
}


def by_key(facts: tuple[Any, ...], field: str) -> Mapping[Any, list[Any]]:
    """Facts by the value of a field."""
    found: dict[Any, list[Any]] = {}
    for each in facts:
        found.setdefault(getattr(each, field), []).append(each)
    return found
