"""What putting a fact on file takes, and for whom it speaks. Taking it back takes the same."""

from collections.abc import Mapping
from types import MappingProxyType

from closing.rules import facts
from closing.rules.access import Verb, side_of
from closing.rules.terms import ISSUER, Deal, Obligation, Side

PLAIN_VERBS: Mapping[type[facts.Fact], Verb] = MappingProxyType(
    {
        facts.ExecutionVersion: Verb.FREEZE_VERSION,
        facts.Signature: Verb.RECORD_SIGNATURE,
        facts.CarryOver: Verb.CARRY_OVER,
        facts.Disclosure: Verb.DISCLOSE,
        facts.StepTaken: Verb.TAKE_STEP,
        facts.Certificate: Verb.CERTIFY,
        facts.Qualification: Verb.QUALIFY,
        facts.ThirdPartyConsent: Verb.RECORD_THIRD_PARTY_CONSENT,
        facts.Payment: Verb.RECORD_PAYMENT,
        facts.Refund: Verb.RECORD_PAYMENT,
        facts.Consent: Verb.ANSWER_WAIVER,
        facts.Proxy: Verb.RECORD_PROXY,
        facts.Proposal: Verb.PROPOSE,
        facts.Approval: Verb.APPROVE,
        facts.CreditNote: Verb.CORRECT_BILL,
        facts.WriteOff: Verb.CORRECT_BILL,
        facts.FeePayment: Verb.PAY_FEES,
        facts.FeeReversal: Verb.PAY_FEES,
        facts.OverCapAllotment: Verb.ALLOT_OVER_CAP,
        facts.Closed: Verb.CLOSE,
    }
)


SIDE_VERBS: Mapping[type[facts.Fact], tuple[Verb, Verb]] = MappingProxyType(
    {
        facts.Confirmation: (Verb.CONFIRM_FOR_ISSUER, Verb.CONFIRM_FOR_INVESTOR),
        facts.Delivery: (Verb.DELIVER_FROM_ISSUER, Verb.DELIVER_FROM_INVESTORS),
        facts.Opinion: (
            Verb.GIVE_OPINION_OF_COMPANY_COUNSEL,
            Verb.GIVE_OPINION_OF_INVESTORS_COUNSEL,
        ),
        facts.Bill: (Verb.BILL_FOR_ISSUER, Verb.BILL_FEES),
    }
)


def verb_of(fact: facts.Fact, deal: Deal) -> Verb:
    """What somebody does who puts this fact on file, or takes it back."""
    if isinstance(fact, facts.SignOff):
        return sign_off_verb(fact.party, deal)
    if isinstance(fact, facts.Waiver):
        return Verb.WAIVE_FOR_ISSUER if is_of_issuer(fact, deal) else Verb.PROPOSE_WAIVER
    if type(fact) in PLAIN_VERBS:
        return PLAIN_VERBS[type(fact)]
    for_issuer, for_investors = SIDE_VERBS[type(fact)]
    return for_issuer if side_of(acting_party(fact, deal), deal) is Side.ISSUER else for_investors


def acting_party(fact: facts.Fact, deal: Deal) -> str:
    """The party whose act a confirmation, a delivery, an opinion or a bill is."""
    match fact:
        case facts.Confirmation():
            return fact.party
        case facts.Delivery():
            deliverable = deal.deliverable_by_key.get(fact.document)
            return deliverable.owed_by if deliverable else ISSUER
        case facts.Opinion() | facts.Bill():
            return fact.counsel
    raise TypeError(f"{type(fact).__name__} is the act of no one party")


def sign_off_verb(party: str, deal: Deal) -> Verb:
    """Whose sign-off it is: the company's side, the investors' counsel, or an investor."""
    if side_of(party, deal) is Side.ISSUER:
        return Verb.SIGN_OFF_FOR_ISSUER
    if party in deal.counsel_by_key:
        return Verb.SIGN_OFF_FOR_INVESTORS_COUNSEL
    return Verb.SIGN_OFF_FOR_INVESTOR


def is_of_issuer(waiver: facts.Waiver, deal: Deal) -> bool:
    """Whether a waiver is the issuer's to give: of a condition to its own obligation (2(b))."""
    conditions = (deal.condition_by_section.get(section) for section in waiver.sections)
    return any(each is not None and each.obligation is Obligation.ISSUER for each in conditions)


def investors_of(fact: facts.Fact, deal: Deal) -> frozenset[str]:
    """The investors for whom a fact speaks, by name: an investor's contact must be theirs.

    Facts that speak for no investor give every investor of the deal, so that no contact passes.
    """
    match fact:
        case facts.Signature():
            return frozenset({deal.party_of_block.get(fact.block, ISSUER)})
        case facts.SignOff() | facts.Confirmation():
            return frozenset({fact.party})
        case facts.Consent() | facts.Approval() | facts.Payment() | facts.Refund():
            return frozenset({fact.investor})
    return frozenset(deal.investor_by_name)
