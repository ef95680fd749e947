"""Which acts a condition offers, by the kind of evidence that meets it."""

from collections.abc import Iterator
from dataclasses import dataclass

from closing.rules.access import Role
from closing.rules.evidence import (
    BringDown,
    ByJurisdiction,
    CounselOpinion,
    Evidence,
    InOrder,
    OfficerCertificate,
    PriceReceived,
    ProxyTally,
    SignedByAll,
    SignedOff,
)
from closing.rules.terms import ISSUER, Condition, Deal
from closing.web.evidence_forms import (
    CertificateForm,
    ConfirmForm,
    DiscloseForm,
    OpinionForm,
    SignOffForm,
    StepForm,
)
from closing.web.exchange_forms import (
    DeliverForm,
    PaymentForm,
    ProxyForm,
    QualificationForm,
    SignatureForm,
    ThirdPartyForm,
)
from closing.web.forms_base import FactForm
from closing.web.waiver_forms import WaiveForm

# The last part of an act's address, and its form.
ACTS: dict[str, type[FactForm]] = {
    "sign-off": SignOffForm,
    "confirm": ConfirmForm,
    "disclose": DiscloseForm,
    "step": StepForm,
    "certificate": CertificateForm,
    "opinion": OpinionForm,
    "delivery": DeliverForm,
    "qualification": QualificationForm,
    "third-party-consent": ThirdPartyForm,
    "proxy": ProxyForm,
    "payment": PaymentForm,
    "signature": SignatureForm,
    "waive": WaiveForm,
}

OFFERED: dict[type[Evidence], tuple[str, ...]] = {
    BringDown: ("confirm", "disclose"),
    OfficerCertificate: ("certificate", "delivery"),
    CounselOpinion: ("opinion", "delivery"),
    InOrder: ("step",),
    ByJurisdiction: ("qualification",),
    SignedOff: ("sign-off",),
    SignedByAll: ("signature", "third-party-consent"),
    ProxyTally: ("proxy",),
    PriceReceived: ("payment",),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that a condition's page offers; `why_not` says why this user may not do it."""

    act: str
    label: str
    why_not: str


def acts_of(condition: Condition) -> tuple[str, ...]:
    """The acts that a condition offers; exceptions are disclosed by the issuer only, against its own words."""
    evidence = condition.evidence
    own = OFFERED[type(evidence)]
    if isinstance(evidence, BringDown) and evidence.by != ISSUER:
        own = ("confirm",)
    if isinstance(evidence, SignedByAll) and not evidence.third_parties:
        own = ("signature",)
    return (*own, "waive")


def offers(condition: Condition, deal: Deal, roles: frozenset[Role]) -> Iterator[Offer]:
    """Every act that the condition offers, with whether this user may do it."""
    for act in acts_of(condition):
        form = ACTS[act]
        yield Offer(act, form.label, form.why_not(condition, deal, roles))


def allowed(deal: Deal, roles: frozenset[Role]) -> frozenset[str]:
    """Every act that these roles may do, as `2(a)(ii)/sign-off`."""
    return frozenset(
        f"{condition.section}/{offer.act}"
        for condition in deal.conditions
        for offer in offers(condition, deal, roles)
        if not offer.why_not
    )
