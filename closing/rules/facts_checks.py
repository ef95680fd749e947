"""Facts that cannot be: what must hold between the facts on file and the terms of their deal.

`check_facts` is asked of a whole facts file and, through `facts_file.check_new`, of one new fact.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from closing.rules import facts_dealings, facts_evidence, facts_fees
from closing.rules.facts import (
    Approval,
    Bill,
    CarryOver,
    Certificate,
    Closed,
    Confirmation,
    Consent,
    CreditNote,
    Delivery,
    Disclosure,
    ExecutionVersion,
    Fact,
    Facts,
    FeePayment,
    FeeReversal,
    Opinion,
    OverCapAllotment,
    Payment,
    Proposal,
    Proxy,
    Qualification,
    Refund,
    Signature,
    SignOff,
    StepTaken,
    ThirdPartyConsent,
    Waiver,
    WriteOff,
)
from closing.rules.facts_known import Known
from closing.rules.facts_tables import TABLE_CHECKS, check_voting_stock
from closing.rules.facts_wrong import wrong
from closing.rules.terms import Deal
from closing.rules.toml_form import Problem, label_of

READS = {
    "signatures": {"execution_versions"},
    "carry_overs": {"execution_versions"},
    "consents": {"waivers"},
    "approvals": {"proposals"},
    "proxies": {"voting_stock"},
    "refunds": {"payments"},
    "credit_notes": {"bills"},
    "write_offs": {"bills", "credit_notes"},
    "fee_payments": {"bills", "credit_notes", "write_offs", "fee_reversals"},
    "fee_reversals": {"bills", "fee_payments"},
}


def check_facts(facts: Facts, deal: Deal, unread: Collection[str] = ()) -> tuple[Problem, ...]:
    """Every problem of `facts`, by table and row. Tables in `unread` are left out, and what refers to them.

    Of the facts of another deal nothing more is said than that.
    """
    known = Known(deal, facts)
    problems: list[Problem] = []
    if "deal" not in unread and facts.deal != deal.code:
        told = f'"{facts.deal}" is another deal; these would be facts of "{deal.code}"'
        return (Problem(told, field="deal"),)
    if facts.voting_stock is not None:
        problems += check_voting_stock(known, facts.voting_stock)
    for table, rows in facts.tables():
        if {table, *READS.get(table, ())} & set(unread):
            continue
        for row, fact in enumerate(rows, start=1):
            found = [*check_times(fact), *CHECKS[type(fact)](known, fact)]
            problems += (replace(each, table=table, row=row, label=label_of(fact)) for each in found)
        if table in TABLE_CHECKS:
            problems += TABLE_CHECKS[table](known, rows)
    return tuple(problems)


def check_times(fact: Fact) -> Iterator[Problem]:
    """A fact is taken back after it came on file, and a reason belongs to a withdrawal."""
    if fact.withdrawn_at is not None and fact.withdrawn_at < fact.at:
        told = f"{fact.withdrawn_at.isoformat()} lies before it came on file, {fact.at.isoformat()}"
        yield wrong("withdrawn_at", told)
    if fact.withdrawn_reason and fact.withdrawn_at is None:
        yield wrong("withdrawn_reason", "is given, and withdrawn_at is not")


CHECKS: dict[type[Fact], Callable[[Known, Any], Iterator[Problem]]] = {
    ExecutionVersion: facts_evidence.check_execution_version,
    Signature: facts_evidence.check_signature,
    CarryOver: facts_evidence.check_carry_over,
    SignOff: facts_evidence.check_sign_off,
    Confirmation: facts_evidence.check_confirmation,
    Disclosure: facts_evidence.check_disclosure,
    StepTaken: facts_evidence.check_step,
    Delivery: facts_evidence.check_delivery,
    Certificate: facts_evidence.check_certificate,
    Opinion: facts_evidence.check_opinion,
    Qualification: facts_evidence.check_qualification,
    ThirdPartyConsent: facts_evidence.check_third_party,
    Payment: facts_dealings.check_payment,
    Refund: facts_dealings.check_refund,
    Waiver: facts_dealings.check_waiver,
    Consent: facts_dealings.check_consent,
    Proxy: facts_dealings.check_proxy,
    Proposal: facts_dealings.check_proposal,
    Approval: facts_dealings.check_approval,
    Bill: facts_fees.check_bill,
    CreditNote: facts_fees.check_credit_note,
    WriteOff: facts_fees.check_write_off,
    FeePayment: facts_fees.check_fee_payment,
    FeeReversal: facts_fees.check_fee_payment,
    OverCapAllotment: facts_fees.check_over_cap_allotment,
    Closed: facts_dealings.check_closed,
}
