"""The one role table."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from closing.rules import facts
from closing.rules.access import MAY, NotAllowed, Role, Verb, check_may, why_not
from closing.rules.fact_verbs import investors_of, verb_of
from closing.rules.summaries import summary
from closing.rules.terms import ISSUER, LineKind
from tests.rules.any_facts import CERPLEX

AT = datetime(1996, 6, 3, 16, 0, tzinfo=UTC)
DAY = date(1996, 6, 10)
FAIRBAIRN = "Malcolm and Emily Fairbairn"

ONE_OF_EACH: dict[Verb, facts.Fact] = {
    Verb.RECORD_SIGNATURE: facts.Signature(at=AT, document="stock-purchase-agreement", block="malcolm-fairbairn"),
    Verb.SIGN_OFF_FOR_ISSUER: facts.SignOff(at=AT, section="2(b)(iii)", party="company-counsel"),
    Verb.SIGN_OFF_FOR_INVESTORS_COUNSEL: facts.SignOff(at=AT, section="2(a)(ii)", party="investors-counsel"),
    Verb.SIGN_OFF_FOR_INVESTOR: facts.SignOff(at=AT, section="2(a)(vii)", party=FAIRBAIRN),
    Verb.CONFIRM_FOR_ISSUER: facts.Confirmation(at=AT, section="2(a)(i)", party=ISSUER, as_of=DAY),
    Verb.CONFIRM_FOR_INVESTOR: facts.Confirmation(at=AT, section="2(b)(i)", party=FAIRBAIRN, as_of=DAY),
    Verb.DISCLOSE: facts.Disclosure(at=AT, representation="3(h)", text="A suit"),
    Verb.TAKE_STEP: facts.StepTaken(at=AT, section="2(a)(iii)", step="adopted", on=DAY),
    Verb.DELIVER_FROM_ISSUER: facts.Delivery(at=AT, document="compliance-certificate"),
    Verb.CERTIFY: facts.Certificate(
        at=AT, document="compliance-certificate", signer="An officer", title="Chief Financial Officer", dated=DAY
    ),
    Verb.GIVE_OPINION_OF_COMPANY_COUNSEL: facts.Opinion(
        at=AT, document="opinion-of-company-counsel", counsel="company-counsel", dated=DAY
    ),
    Verb.QUALIFY: facts.Qualification(at=AT, jurisdiction="US-CA", effective_on=DAY),
    Verb.RECORD_THIRD_PARTY_CONSENT: facts.ThirdPartyConsent(at=AT, section="2(a)(viii)", third_party="holders"),
    Verb.RECORD_PAYMENT: facts.Payment(at=AT, investor=FAIRBAIRN, amount=Decimal(100_000), currency="USD"),
    Verb.PROPOSE_WAIVER: facts.Waiver(at=AT, key="w", sections=("2(a)(vi)",), text="Massachusetts"),
    Verb.WAIVE_FOR_ISSUER: facts.Waiver(at=AT, key="i", sections=("2(b)(ii)",), text="", investors=(FAIRBAIRN,)),
    Verb.ANSWER_WAIVER: facts.Consent(at=AT, waiver="w", investor=FAIRBAIRN),
    Verb.RECORD_PROXY: facts.Proxy(at=AT, stockholder="Nitin T. Mehta", shares=150_000),
    Verb.PROPOSE: facts.Proposal(at=AT, key="p", matter="move-closing", to=AT),
    Verb.APPROVE: facts.Approval(at=AT, proposal="p", investor=FAIRBAIRN, written=False),
    Verb.BILL_FEES: facts.Bill(at=AT, number="1", counsel="investors-counsel", dated=DAY, lines=()),
    Verb.BILL_FOR_ISSUER: facts.Bill(at=AT, number="2", counsel="company-counsel", dated=DAY, lines=()),
    Verb.PAY_FEES: facts.FeePayment(at=AT, counsel="investors-counsel", bill="1", kind=LineKind.FEE, amount=Decimal(1)),
    Verb.CLOSE: facts.Closed(at=AT, investors=(FAIRBAIRN,)),
}


def test_every_verb_has_a_line_in_the_table() -> None:
    assert set(MAY) == set(Verb)


def test_the_two_sides_do_not_act_for_each_other() -> None:
    company = {verb for verb in Verb if Role.COMPANY_COUNSEL in MAY[verb]}
    investors = {verb for verb in Verb if Role.INVESTORS_COUNSEL in MAY[verb]}
    assert Verb.SIGN_OFF_FOR_ISSUER in company - investors
    assert Verb.SIGN_OFF_FOR_INVESTORS_COUNSEL in investors - company
    assert Verb.RECORD_PAYMENT in company - investors
    assert Verb.CLOSE in company & investors, "each side confirms for itself"
    assert Verb.BILL_FEES in investors - company


def test_the_admin_opens_no_checklist() -> None:
    admin = {verb for verb in Verb if Role.ADMIN in MAY[verb]}
    assert admin == {Verb.SEE_CAP_TABLE, Verb.EDIT_CAP_TABLE, Verb.MANAGE_USERS}


def test_an_investor_signs_consents_confirms_and_reports() -> None:
    assert {verb for verb in Verb if Role.INVESTOR in MAY[verb]} == {
        Verb.REQUEST_PACKET,
        Verb.RECORD_SIGNATURE,
        Verb.SIGN_OFF_FOR_INVESTOR,
        Verb.CONFIRM_FOR_INVESTOR,
        Verb.ANNOUNCE_PAYMENT,
        Verb.ANSWER_WAIVER,
        Verb.APPROVE,
        Verb.MAKE_BOOK,
        Verb.MAKE_RECEIPT,
    }


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("role", Role)
def test_a_refusal_says_who_may(verb: Verb, role: Role) -> None:
    if role in MAY[verb]:
        check_may([role], verb)
        assert why_not([role], verb) == ""
    else:
        with pytest.raises(NotAllowed, match=f"^Only .* may {verb}"):
            check_may([role], verb)


def test_the_reason_reads_as_a_sentence() -> None:
    assert why_not([], Verb.PAY_FEES) == "Only company counsel may record a payment of fees."
    assert why_not([], Verb.CLOSE) == "Only company counsel or the investors' counsel may confirm the closing."
    assert why_not([], Verb.APPROVE) == "Only the investors' counsel or an investor may approve a proposal."


@pytest.mark.parametrize(("verb", "fact"), ONE_OF_EACH.items(), ids=lambda value: getattr(value, "name", ""))
def test_recording_a_fact_takes_its_verb(verb: Verb, fact: facts.Fact) -> None:
    assert verb_of(fact, CERPLEX) is verb


@pytest.mark.parametrize("fact", ONE_OF_EACH.values(), ids=lambda fact: type(fact).__name__)
def test_a_contact_speaks_for_his_own_investor_only(fact: facts.Fact) -> None:
    """Where an investor may act at all, the fact names the one investor whose contact he must be."""
    if Role.INVESTOR in MAY[verb_of(fact, CERPLEX)]:
        assert investors_of(fact, CERPLEX) == {FAIRBAIRN}
    else:
        assert investors_of(fact, CERPLEX)


@pytest.mark.parametrize("fact", ONE_OF_EACH.values(), ids=lambda fact: type(fact).__name__)
def test_every_fact_is_told_in_a_sentence(fact: facts.Fact) -> None:
    told = summary(fact, CERPLEX)
    assert told[0].isupper() or told[0] == "$"
    assert not told.endswith(".")
