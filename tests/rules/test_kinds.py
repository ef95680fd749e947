"""Each kind of evidence of Section 2, by example: what meets it, what does not, and what it says."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from closing.rules.facts import (
    Approval,
    Certificate,
    Confirmation,
    Disclosure,
    Facts,
    Holder,
    Opinion,
    Payment,
    Proposal,
    Proxy,
    Qualification,
    SignOff,
    StepTaken,
    VotingStock,
)
from closing.rules.gate import evaluate
from closing.rules.kinds.officer_certificate import has_title
from tests.rules.build import BEFORE, CLOSING, CLOSING_DAY, LATE, all_in, deal, state, with_tables, without

DEAL = deal()
FULL = all_in(DEAL)
NEXT_DAY = CLOSING_DAY + timedelta(days=1)


def reasons(facts: Facts, section: str) -> str:
    gate = evaluate(DEAL, facts, LATE)
    return " | ".join(each.reason for each in gate.blockers if each.section == section)


def test_an_exception_disclosed_after_the_bring_down_opens_it_again() -> None:
    late = Disclosure(at=BEFORE + timedelta(hours=1), representation="3(b)", text="A lawsuit")
    facts = replace(FULL, disclosures=(late,))
    assert state(DEAL, facts, "2(a)(i)") == "open"
    assert reasons(facts, "2(a)(i)") == "An exception was disclosed after it was confirmed: 3(b) Authorization."
    again = Confirmation(
        at=late.at + timedelta(hours=1), section="2(a)(i)", party="issuer", as_of=CLOSING_DAY, representations=("3(b)",)
    )
    assert state(DEAL, replace(facts, confirmations=(*FULL.confirmations, again)), "2(a)(i)") == "met"


def test_an_exception_disclosed_before_the_bring_down_qualifies_it_and_no_more() -> None:
    early = Disclosure(at=BEFORE - timedelta(hours=1), representation="3(b)", text="A lawsuit")
    assert state(DEAL, replace(FULL, disclosures=(early,)), "2(a)(i)") == "met"


def test_a_bring_down_as_of_another_day_does_not_do() -> None:
    other = replace(FULL.confirmations[0], as_of=NEXT_DAY)
    assert state(DEAL, replace(FULL, confirmations=(other, *FULL.confirmations[1:])), "2(a)(i)") == "open"


def test_an_investor_confirms_for_itself_alone() -> None:
    facts = without(FULL, "confirmations", 1)
    assert state(DEAL, facts, "2(b)(i)", "Alpha") == "open"
    assert state(DEAL, facts, "2(b)(i)", "Beta") == "met"


@pytest.mark.parametrize("title", ["Treasurer", "Vice President", "Deputy Chief Financial Officer", ""])
def test_a_certificate_of_another_officer_does_not_do(title: str) -> None:
    facts = replace(FULL, certificates=(replace(FULL.certificates[0], title=title),))
    assert state(DEAL, facts, "2(a)(iv)") == "open"
    assert "the agreement asks for the Chief Executive Officer or" in reasons(facts, "2(a)(iv)")


def test_an_officer_may_hold_several_offices() -> None:
    named = ("Chief Executive Officer",)
    assert has_title("President and Chief Executive Officer", named)
    assert has_title("chairman, chief executive officer", named)
    assert not has_title("Assistant to the Chief Executive Officer", named)


def test_the_certificate_is_not_possible_before_what_it_certifies_is_met() -> None:
    facts = without(FULL, "sign_offs", 0)
    assert state(DEAL, facts, "2(a)(ii)") == "open"
    assert state(DEAL, facts, "2(a)(iv)") == "not yet possible"
    assert "Cannot be given before 2(a)(ii) is met" in reasons(facts, "2(a)(iv)")


@pytest.mark.parametrize("table", ["certificates", "opinions"])
def test_what_is_dated_another_day_than_the_closing_does_not_do(table: str) -> None:
    row: Certificate | Opinion = getattr(FULL, table)[0]
    facts = with_tables(FULL, **{table: (replace(row, dated=date(1996, 6, 7)),)})
    section = "2(a)(iv)" if table == "certificates" else "2(a)(v)"
    assert state(DEAL, facts, section) == "open"
    assert "June 7, 1996, not as of the closing on June 10, 1996" in reasons(facts, section)


def test_an_opinion_counts_for_who_received_it() -> None:
    facts = without(FULL, "deliveries", 3)
    assert state(DEAL, facts, "2(a)(v)", "Alpha") == "open"
    assert state(DEAL, facts, "2(a)(v)", "Beta") == "met"


def test_a_filing_before_the_adoption_does_not_count() -> None:
    steps = (
        StepTaken(at=BEFORE, section="2(a)(iii)", step="adopted", on=date(1996, 5, 20)),
        StepTaken(at=BEFORE, section="2(a)(iii)", step="filed", on=date(1996, 5, 19)),
    )
    assert state(DEAL, replace(FULL, steps=steps), "2(a)(iii)") == "open"
    assert "before: Adopted by the board" in reasons(replace(FULL, steps=steps), "2(a)(iii)")


def test_a_filing_without_adoption_does_not_count() -> None:
    facts = without(FULL, "steps", 0)
    assert state(DEAL, facts, "2(a)(iii)") == "open"
    assert "Does not count without: Adopted by the board" in reasons(facts, "2(a)(iii)")


@pytest.mark.parametrize(
    ("effective_on", "lapses_on", "expected"),
    [
        (CLOSING_DAY, None, "met"),
        (NEXT_DAY, None, "open"),
        (date(1996, 6, 1), CLOSING_DAY, "open"),
        (date(1996, 6, 1), NEXT_DAY, "met"),
    ],
)
def test_a_qualification_must_be_effective_on_the_closing_day(
    effective_on: date, lapses_on: date | None, expected: str
) -> None:
    massachusetts = Qualification(at=BEFORE, jurisdiction="US-MA", effective_on=effective_on, lapses_on=lapses_on)
    facts = replace(FULL, qualifications=(FULL.qualifications[0], massachusetts))
    assert state(DEAL, facts, "2(a)(vi)") == expected
    assert state(DEAL, facts, "2(b)(v)") == expected


def test_a_sign_off_of_one_investor_is_its_own_and_counsels_is_everybodys() -> None:
    facts = without(FULL, "sign_offs", 2)
    assert state(DEAL, facts, "2(a)(vii)", "Alpha") == "open"
    assert state(DEAL, facts, "2(a)(vii)", "Beta") == "met"
    assert state(DEAL, without(FULL, "sign_offs", 1), "2(a)(vii)", "Beta") == "open"


def test_a_sign_off_as_to_one_investor_counts_for_it_alone() -> None:
    rest = tuple(each for each in FULL.sign_offs if each.section != "2(b)(iv)")
    one = SignOff(at=BEFORE, section="2(b)(iv)", party="company-counsel", investor="Beta")
    facts = replace(FULL, sign_offs=(*rest, one))
    assert state(DEAL, facts, "2(b)(iv)", "Alpha") == "open"
    assert state(DEAL, facts, "2(b)(iv)", "Beta") == "met"


def test_one_joint_owners_missing_page_leaves_the_document_open_for_all() -> None:
    facts = without(FULL, "signatures", 4)
    for name in ("Alpha", "Beta", "Gamma"):
        assert state(DEAL, facts, "2(a)(viii)", name) == "open"
    assert reasons(facts, "2(a)(viii)") == "Signature page missing: Gamma-2."


def test_a_third_partys_consent_is_owed_by_the_issuer() -> None:
    facts = without(FULL, "third_party_consents", 0)
    blocker = next(each for each in evaluate(DEAL, facts, LATE).blockers if each.section == "2(a)(viii)")
    assert blocker.owed_by == "issuer"
    assert blocker.reason == "Consent not obtained: Prior holders."


@pytest.mark.parametrize(("shares", "expected"), [(50, "open"), (51, "met")])
def test_more_than_half_of_the_voting_stock_is_strict(shares: int, expected: str) -> None:
    facts = replace(FULL, proxies=(Proxy(at=BEFORE, stockholder="H", shares=shares),))
    assert state(DEAL, facts, "2(a)(ix)") == expected
    if expected == "open":
        assert "1 more share is needed for more than half" in reasons(facts, "2(a)(ix)")


def test_one_stockholder_twice_counts_once_and_never_for_more_than_it_holds() -> None:
    stock = VotingStock(
        record_date=date(1996, 5, 1), holders=(Holder(name="H", shares=40), Holder(name="K", shares=60))
    )
    twice = (Proxy(at=BEFORE, stockholder="H", shares=40), Proxy(at=BEFORE, stockholder="H", shares=40))
    assert state(DEAL, replace(FULL, voting_stock=stock, proxies=twice), "2(a)(ix)") == "open"
    over = (Proxy(at=BEFORE, stockholder="H", shares=51),)
    assert state(DEAL, replace(FULL, voting_stock=stock, proxies=over), "2(a)(ix)") == "open"


def test_a_revoked_proxy_no_longer_counts() -> None:
    revoked = replace(FULL.proxies[0], withdrawn_at=CLOSING - timedelta(hours=1), withdrawn_reason="Revoked")
    assert state(DEAL, replace(FULL, proxies=(revoked,)), "2(a)(ix)") == "open"


def test_a_part_payment_says_how_much_is_missing() -> None:
    part = replace(FULL.payments[0], amount=Decimal("3999999.99"))
    facts = replace(FULL, payments=(part, *FULL.payments[1:]))
    assert state(DEAL, facts, "2(b)(ii)") == "open"
    assert reasons(facts, "2(b)(ii)") == "$3,999,999.99 of $4,000,000.00 received, $0.01 missing."
    rest = Payment(at=BEFORE, investor="Alpha", amount=Decimal("0.01"), currency="USD", method="check")
    assert state(DEAL, replace(facts, payments=(*facts.payments, rest)), "2(b)(ii)") == "met"


def test_a_returned_payment_opens_the_condition_from_that_moment() -> None:
    returned = replace(FULL.payments[0], withdrawn_at=CLOSING, withdrawn_reason="Wire returned")
    facts = replace(FULL, payments=(returned, *FULL.payments[1:]))
    blocker = next(each for each in evaluate(DEAL, facts, LATE).blockers if each.section == "2(b)(ii)")
    assert blocker.since == CLOSING
    assert "a payment was returned" in blocker.reason
    assert evaluate(DEAL, facts, CLOSING - timedelta(seconds=1)).is_ready


def test_moving_the_closing_makes_stale_what_was_dated_as_of_it() -> None:
    move = Proposal(at=BEFORE, key="m", matter="move-closing", to=CLOSING + timedelta(days=1), issuer_agreed_at=BEFORE)
    oral = Approval(at=BEFORE, proposal="m", investor="Alpha", written=False)
    not_enough = replace(FULL, proposals=(move,), approvals=(oral,))
    assert evaluate(DEAL, not_enough, LATE).is_ready
    joint = Approval(at=BEFORE, proposal="m", investor="Gamma", blocks=("Gamma-1",), written=False)
    half_a_joint_investor = replace(not_enough, approvals=(oral, joint))
    assert evaluate(DEAL, half_a_joint_investor, LATE).is_ready
    both = replace(not_enough, approvals=(oral, joint, replace(joint, blocks=("Gamma-2",))))
    gate = evaluate(DEAL, both, LATE)
    assert gate.closing.at == CLOSING + timedelta(days=1)
    stale = {each.section for each in gate.blockers}
    assert stale == {"2(a)(i)", "2(a)(iv)", "2(a)(v)", "2(b)(i)"}
