"""The facts on file for one condition, as lines that a page shows, the withdrawn ones with their reasons."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from closing.models import Deal
from closing.queries.fact_kinds import KIND_OF_FACT, Kind
from closing.queries.facts import rows_of
from closing.rules import facts, terms
from closing.rules.access import Role, why_not
from closing.rules.closings import is_closed_on
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
from closing.rules.fact_verbs import verb_of
from closing.rules.gate import Gate
from closing.rules.summaries import summary

Concerns = Callable[[Any], bool]
STOOD_ON = "The deal has closed on this."
EARLIER = "Signed for an earlier version; it does not count for the one in force"


@dataclass(frozen=True, slots=True)
class OnFile:
    """A fact on file in words. `noun` and `pk` are its address; `why_not` says why the user may not take it back."""

    noun: str
    pk: int
    words: str
    detail: str
    at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_reason: str
    why_not: str

    @property
    def stands(self) -> bool:
        """Whether it has not been taken back."""
        return self.withdrawn_at is None


def on_file(
    row: Deal,
    deal: terms.Deal,
    condition: terms.Condition,
    roles: Iterable[Role],
    gate: Gate,
) -> tuple[OnFile, ...]:
    """What is on file for `condition`, the latest first. Two queries for each kind of fact that serves it.

    Of stale pages it is said that they are signed for an earlier version; what a closing stood on is not taken back.
    """
    stale = gate.stale
    earlier = {(each.document, each.block, each.at) for each in stale}
    found: list[OnFile] = []
    for fact, concerns in kinds_serving(condition):
        kind = KIND_OF_FACT[fact]
        pairs = [(pk, each) for pk, each in rows_of(kind, row) if concerns(each)]
        names = _names(kind, [pk for pk, _ in pairs])
        for pk, each in pairs:
            told = line(kind, pk, each, deal, roles, names.get(pk, ("", "")))
            is_stale = isinstance(each, facts.Signature) and (each.document, each.block, each.at) in earlier
            if gate.facts.closings and is_closed_on(each, deal, gate.facts):
                told = replace(told, why_not=STOOD_ON)
            found.append(_told_stale(told) if is_stale else told)
    found.sort(key=lambda each: (each.at, each.noun, each.pk), reverse=True)
    return tuple(found)


def _told_stale(page: OnFile) -> OnFile:
    return replace(page, detail=". ".join(filter(None, (EARLIER, page.detail)))) if page.stands else page


def line(
    kind: Kind, pk: int, fact: facts.Fact, deal: terms.Deal, roles: Iterable[Role], names: tuple[str, str]
) -> OnFile:
    """One fact in words; `names` are who recorded it and who took it back."""
    return OnFile(
        noun=kind.noun,
        pk=pk,
        words=summary(fact, deal),
        detail=small_print(fact),
        at=fact.at,
        recorded_by=names[0],
        withdrawn_at=fact.withdrawn_at,
        withdrawn_by=names[1],
        withdrawn_reason=fact.withdrawn_reason,
        why_not=why_not(roles, verb_of(fact, deal)),
    )


def kinds_serving(  # noqa: C901, PLR0911 - a line for each kind of evidence
    condition: terms.Condition,
) -> tuple[tuple[type[facts.Fact], Concerns], ...]:
    """The kinds of fact that the rule of `condition` looks at, each with which of them concern it."""
    section = condition.section

    def same_section(fact: Any) -> bool:
        return bool(fact.section == section)

    match condition.evidence:
        case BringDown(representations=refs):
            known = {each.ref for each in refs}
            return (
                (facts.Confirmation, same_section),
                (facts.Disclosure, lambda fact: fact.representation in known),
            )
        case OfficerCertificate(document=document):
            return (_about(facts.Certificate, document), _about(facts.Delivery, document))
        case CounselOpinion(document=document):
            return (_about(facts.Opinion, document), _about(facts.Delivery, document))
        case InOrder():
            return ((facts.StepTaken, same_section),)
        case ByJurisdiction(jurisdictions=places):
            codes = {each.code for each in places}
            return ((facts.Qualification, lambda fact: fact.jurisdiction in codes),)
        case SignedOff():
            return ((facts.SignOff, same_section),)
        case SignedByAll(document=document):
            return (
                _about(facts.ExecutionVersion, document),
                _about(facts.Signature, document),
                _about(facts.CarryOver, document),
                (facts.ThirdPartyConsent, same_section),
            )
        case ProxyTally():
            return ((facts.Proxy, lambda _: True),)
        case PriceReceived():
            return ((facts.Payment, lambda _: True),)


def small_print(fact: facts.Fact) -> str:
    """What a fact says beyond its summary: what proves it, the words of an exception, a reference; and the note."""
    said = [getattr(fact, name, "") for name in ("evidence", "reference", "authority", "note")]
    if isinstance(fact, facts.Disclosure):
        said.insert(0, fact.text)
    return ". ".join(each.removesuffix(".") for each in said if each)


def _names(kind: Kind, ids: list[int]) -> dict[int, tuple[str, str]]:
    rows = kind.model._default_manager.filter(pk__in=ids)
    named = rows.values_list("pk", "recorded_by__name", "withdrawn_by__name")
    return {pk: (recorded or "", withdrawn or "") for pk, recorded, withdrawn in named}


def _about(fact: type[facts.Fact], document: str) -> tuple[type[facts.Fact], Concerns]:
    return fact, lambda each: bool(each.document == document)
