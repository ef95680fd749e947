"""A fact in a sentence, as the record of events and the pages tell it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from closing.rules import facts
from closing.rules.fees import KINDS_OF_LINE
from closing.rules.terms import Deal
from closing.rules.words import at_time, listing, money, number, on_day

Say = Callable[[Any, Deal], str]


def summary(fact: facts.Fact, deal: Deal) -> str:
    """What the fact says, in a sentence without its full stop."""
    return _SAY[type(fact)](fact, deal)


def _document(key: str, deal: Deal) -> str:
    deliverable = deal.deliverable_by_key.get(key)
    return deliverable.title if deliverable else key


def _heading(section: str, key: str, deal: Deal) -> str:
    """What a condition calls one of its steps or third parties; the key itself where it has no such."""
    evidence = deal.condition_by_section[section].evidence if section in deal.condition_by_section else None
    parts = [*getattr(evidence, "steps", ()), *getattr(evidence, "third_parties", ())]
    return next((each.heading for each in parts if each.key == key), key)


def _jurisdiction(code: str, deal: Deal) -> str:
    places = (each for condition in deal.conditions for each in getattr(condition.evidence, "jurisdictions", ()))
    return next((each.name for each in places if each.code == code), code)


def _signature(fact: facts.Signature, deal: Deal) -> str:
    block = deal.block_by_key.get(fact.block)
    return f"Signature page of {block.party if block else fact.block} for {_document(fact.document, deal)}"


def _execution_version(fact: facts.ExecutionVersion, deal: Deal) -> str:
    which = f"Version {number(fact.number)}" if fact.number else f"The file {fact.version[:12]}"
    return f"{which} of {_document(fact.document, deal)} is the execution version, SHA-256 {fact.version[:12]}"


def _carry_over(fact: facts.CarryOver, deal: Deal) -> str:
    blocks = [deal.block_by_key[key].party if key in deal.block_by_key else key for key in fact.blocks]
    whose = f" of {listing(blocks)}" if blocks else ""
    return f"Signed pages{whose} carried over to the execution version of {_document(fact.document, deal)}"


def _sign_off(fact: facts.SignOff, deal: Deal) -> str:
    said = f"{deal.party_name(fact.party)} is satisfied on {fact.section}"
    return f"{said} as to {fact.investor}" if fact.investor else said


def _confirmation(fact: facts.Confirmation, deal: Deal) -> str:
    what = listing(fact.representations) if fact.representations else "its representations"
    return f"{deal.party_name(fact.party)} confirms {what} as of {on_day(fact.as_of)} ({fact.section})"


def _step(fact: facts.StepTaken, deal: Deal) -> str:
    return f"{_heading(fact.section, fact.step, deal)}, on {on_day(fact.on)} ({fact.section})"


def _delivery(fact: facts.Delivery, deal: Deal) -> str:
    return f"{_document(fact.document, deal)} delivered to {fact.investor or 'every investor'}"


def _certificate(fact: facts.Certificate, deal: Deal) -> str:
    who = f"{fact.signer}, {fact.title}" if fact.title else fact.signer
    return f"{_document(fact.document, deal)} signed by {who}, dated {on_day(fact.dated)}"


def _opinion(fact: facts.Opinion, deal: Deal) -> str:
    title, counsel = _document(fact.document, deal), deal.party_name(fact.counsel)
    whose = title if counsel in title else f"{title} of {counsel}"
    return f"{whose}, dated {on_day(fact.dated)}"


def _qualification(fact: facts.Qualification, deal: Deal) -> str:
    until = f" until {on_day(fact.lapses_on)}" if fact.lapses_on else ""
    return (
        f"Qualification in {_jurisdiction(fact.jurisdiction, deal)} effective from {on_day(fact.effective_on)}{until}"
    )


def _payment(fact: facts.Payment, deal: Deal) -> str:
    return f"{money(fact.amount, fact.currency)} from {fact.investor} by {fact.method}"


def _refund(fact: facts.Refund, deal: Deal) -> str:
    return f"{money(fact.amount, fact.currency)} sent back to {fact.investor} by {fact.method}"


def _waiver(fact: facts.Waiver, deal: Deal) -> str:
    whom = f" for {listing(fact.investors)}" if fact.investors else ""
    return f"Waiver {fact.key} of {listing(fact.sections)}{whom}"


def _consent(fact: facts.Consent, deal: Deal) -> str:
    if fact.declined:
        return f"{fact.investor} declines waiver {fact.waiver}"
    manner = "in writing" if fact.written else "orally"
    return f"{fact.investor} consents {manner} to waiver {fact.waiver}"


def _proxy(fact: facts.Proxy, deal: Deal) -> str:
    return f"Proxy of {fact.stockholder} over {number(fact.shares)} shares"


def _proposal(fact: facts.Proposal, deal: Deal) -> str:
    what = {
        "move-closing": "to move the closing",
        "amendment": "to amend the agreement",
        "public-disclosure": "for the first public disclosure",
    }[fact.matter]
    to = f" to {at_time(fact.to, deal.closing.time_zone)}" if fact.to else ""
    return f"Proposal {fact.key} {what}{to}"


def _approval(fact: facts.Approval, deal: Deal) -> str:
    if fact.declined:
        return f"{fact.investor} declines proposal {fact.proposal}"
    manner = "in writing" if fact.written else "orally"
    return f"{fact.investor} agrees {manner} to proposal {fact.proposal}"


def _bill(fact: facts.Bill, deal: Deal) -> str:
    total = money(sum((line.amount for line in fact.lines), Decimal(0)), deal.agreement.currency)
    return f"Bill {fact.number} of {deal.party_name(fact.counsel)} for {total}"


def _credit_note(fact: facts.CreditNote, deal: Deal) -> str:
    total = money(sum((line.amount for line in fact.lines), Decimal(0)), deal.agreement.currency)
    return f"Credit note {fact.number} for {total} on {_its_bill(fact, deal)}"


def _write_off(fact: facts.WriteOff, deal: Deal) -> str:
    return f"{_of_kind(fact, deal)} written off on {_its_bill(fact, deal)}"


def _fee_payment(fact: facts.FeePayment, deal: Deal) -> str:
    how = f"netted from the wire of {fact.netted_from} for" if fact.netted_from else "paid on"
    return f"{_of_kind(fact, deal)} {how} {_its_bill(fact, deal)}"


def _fee_reversal(fact: facts.FeeReversal, deal: Deal) -> str:
    whose = f", netted from the wire of {fact.netted_from}," if fact.netted_from else ""
    return f"{_of_kind(fact, deal)}{whose} came back on {_its_bill(fact, deal)}"


def _its_bill(fact: facts.OfBill, deal: Deal) -> str:
    return f"bill {fact.bill} of {deal.party_name(fact.counsel)}"


def _of_kind(fact: facts.WriteOff | facts.FeePayment | facts.FeeReversal, deal: Deal) -> str:
    return f"{money(fact.amount, deal.agreement.currency)} of {KINDS_OF_LINE[fact.kind]}"


def _over_cap_allotment(fact: facts.OverCapAllotment, deal: Deal) -> str:
    bear = [each.investor for each in fact.parts if each.parts]
    return f"What is over the cap allotted to {listing(bear)}"


def _disclosure(fact: facts.Disclosure, deal: Deal) -> str:
    return f"Exception disclosed against {fact.representation}"


def _third_party_consent(fact: facts.ThirdPartyConsent, deal: Deal) -> str:
    return f"Obtained: {_heading(fact.section, fact.third_party, deal)} ({fact.section})"


def _closed(fact: facts.Closed, deal: Deal) -> str:
    return f"Closed for {listing(fact.investors)}"


_SAY: Mapping[type[facts.Fact], Say] = {
    facts.ExecutionVersion: _execution_version,
    facts.Signature: _signature,
    facts.CarryOver: _carry_over,
    facts.SignOff: _sign_off,
    facts.Confirmation: _confirmation,
    facts.Disclosure: _disclosure,
    facts.StepTaken: _step,
    facts.Delivery: _delivery,
    facts.Certificate: _certificate,
    facts.Opinion: _opinion,
    facts.Qualification: _qualification,
    facts.ThirdPartyConsent: _third_party_consent,
    facts.Payment: _payment,
    facts.Refund: _refund,
    facts.Waiver: _waiver,
    facts.Consent: _consent,
    facts.Proxy: _proxy,
    facts.Proposal: _proposal,
    facts.Approval: _approval,
    facts.Bill: _bill,
    facts.CreditNote: _credit_note,
    facts.WriteOff: _write_off,
    facts.FeePayment: _fee_payment,
    facts.FeeReversal: _fee_reversal,
    facts.OverCapAllotment: _over_cap_allotment,
    facts.Closed: _closed,
}
