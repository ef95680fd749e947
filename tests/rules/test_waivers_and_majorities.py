"""Whom a waiver binds and how far it reaches; who has agreed, by how many shares (1(b), 2(a), 6(b), 6(d), 6(f))."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from closing.rules.facts import Approval, Bill, BillLine, Closed, Consent, Proposal, Qualification, Waiver
from closing.rules.fees import fee_statements
from closing.rules.gate import evaluate
from closing.rules.majorities import majority, shares_needed
from closing.rules.survival import survives_until
from closing.rules.terms import LineKind, Threshold
from tests.rules.build import BEFORE, CLOSING, CLOSING_DAY, LATE, all_in, deal, investor, state, without

DEAL = deal()
FULL = all_in(DEAL)
NO_QUALIFICATIONS = without(FULL, "qualifications", 0, 1)
WAIVER = Waiver(at=BEFORE, key="w", sections=("2(a)(vi)",), text="Qualifications")


def consent(name: str, *blocks: str) -> Consent:
    return Consent(at=BEFORE, waiver="w", investor=name, blocks=blocks)


def waived(waiver: Waiver, *consents: Consent) -> dict[str, str]:
    facts = replace(NO_QUALIFICATIONS, waivers=(waiver,), consents=consents)
    return {each.name: state(DEAL, facts, "2(a)(vi)", each.name) for each in DEAL.investors}


def test_a_waiver_binds_who_consented_and_joint_investors_only_together() -> None:
    assert waived(WAIVER, consent("Alpha")) == {"Alpha": "waived", "Beta": "open", "Gamma": "open"}
    assert waived(WAIVER, consent("Gamma", "Gamma-1"))["Gamma"] == "open"
    assert waived(WAIVER, consent("Gamma", "Gamma-1"), consent("Gamma", "Gamma-2"))["Gamma"] == "waived"
    assert waived(WAIVER, consent("Gamma", "Gamma-1", "Gamma-2"))["Gamma"] == "waived"
    assert waived(WAIVER, consent("Gamma"))["Gamma"] == "open"


def test_a_refusal_an_oral_consent_and_a_withdrawn_one_have_no_effect() -> None:
    yes = consent("Alpha")
    for no in (replace(yes, declined=True), replace(yes, written=False), replace(yes, withdrawn_at=CLOSING)):
        assert waived(WAIVER, no)["Alpha"] == "open"
    assert waived(replace(WAIVER, withdrawn_at=CLOSING), yes)["Alpha"] == "open"


def test_a_consent_given_on_a_condition_has_effect_once_it_is_satisfied() -> None:
    conditional = replace(consent("Alpha"), subject_to="Form D is filed within a week")
    assert waived(WAIVER, conditional)["Alpha"] == "open"
    assert waived(WAIVER, replace(conditional, satisfied_at=CLOSING))["Alpha"] == "waived"


def test_a_waiver_reaches_no_further_than_it_says() -> None:
    massachusetts = replace(WAIVER, items=("US-MA",))
    assert waived(massachusetts, consent("Alpha"))["Alpha"] == "open"
    california = Qualification(at=BEFORE, jurisdiction="US-CA", effective_on=date(1996, 6, 1))
    facts = replace(
        NO_QUALIFICATIONS, waivers=(massachusetts,), consents=(consent("Alpha"),), qualifications=(california,)
    )
    assert state(DEAL, facts, "2(a)(vi)") == "waived"
    assert state(DEAL, facts, "2(b)(v)") == "open"


def test_a_waiver_for_one_occasion_or_until_a_date() -> None:
    yes = consent("Alpha")
    assert waived(replace(WAIVER, for_closing_on=CLOSING_DAY), yes)["Alpha"] == "waived"
    assert waived(replace(WAIVER, for_closing_on=CLOSING_DAY + timedelta(days=1)), yes)["Alpha"] == "open"
    assert waived(replace(WAIVER, until=CLOSING_DAY), yes)["Alpha"] == "waived"
    assert waived(replace(WAIVER, until=CLOSING_DAY - timedelta(days=1)), yes)["Alpha"] == "open"


def test_a_waiver_of_a_certified_condition_does_not_reach_the_certificate() -> None:
    waiver = replace(WAIVER, sections=("2(a)(ii)",))
    facts = replace(without(FULL, "sign_offs", 0), waivers=(waiver,), consents=(consent("Alpha"),))
    assert state(DEAL, facts, "2(a)(ii)") == "waived"
    assert state(DEAL, facts, "2(a)(iv)") == "not yet possible"
    wider = replace(facts, waivers=(replace(waiver, sections=("2(a)(ii)", "2(a)(iv)")),))
    assert state(DEAL, wider, "2(a)(iv)") == "waived"


def test_the_issuers_waiver_needs_no_consent_and_may_be_for_one_investor() -> None:
    waiver = Waiver(at=BEFORE, key="i", sections=("2(b)(ii)",), text="Price", investors=("Alpha",))
    facts = replace(without(FULL, "payments", 0, 1), waivers=(waiver,))
    assert state(DEAL, facts, "2(b)(ii)", "Alpha") == "waived"
    assert state(DEAL, facts, "2(b)(ii)", "Beta") == "open"
    to_all = replace(facts, waivers=(replace(waiver, investors=()),))
    assert state(DEAL, to_all, "2(b)(ii)", "Beta") == "waived"


def test_the_reason_says_for_whom_a_condition_is_waived() -> None:
    facts = replace(NO_QUALIFICATIONS, waivers=(WAIVER,), consents=(consent("Alpha"),))
    blocker = next(each for each in evaluate(DEAL, facts, LATE).blockers if each.section == "2(a)(vi)")
    assert blocker.reason.endswith("Waived by 1 of 3 investors; the other 2 have not consented in writing.")


def test_more_than_half_is_strict_and_at_least_half_is_not() -> None:
    strict = Threshold(matter="move-closing", section="1(b)", of="shares-sold", more_than=Fraction(1, 2))
    least = Threshold(matter="amendment", section="6(b)", of="shares-outstanding", at_least=Fraction(1, 2))
    assert shares_needed(strict, 8000) == 4001
    assert shares_needed(least, 8000) == 4000
    assert shares_needed(strict, 7) == shares_needed(least, 7) == 4


@given(st.integers(1, 10**9), st.fractions(0, 1).filter(lambda f: f < 1))
def test_the_least_number_that_passes_is_the_least(of_shares: int, part: Fraction) -> None:
    needed = shares_needed(Threshold(matter="amendment", section="", of="shares-sold", more_than=part), of_shares)
    assert needed > part * of_shares >= needed - 1


def test_an_amendment_needs_writing_and_only_holders_count_after_the_closing() -> None:
    proposal = Proposal(at=BEFORE, key="a", matter="amendment", issuer_agreed_at=BEFORE)
    oral = Approval(at=BEFORE, proposal="a", investor="Alpha", written=False)
    facts = replace(FULL, proposals=(proposal,), approvals=(oral,))
    assert majority(proposal, DEAL, facts).agreed_shares == 0
    written = replace(facts, approvals=(replace(oral, written=True),))
    assert majority(proposal, DEAL, written).is_passed
    closed = replace(written, closings=(Closed(at=BEFORE, investors=("Beta", "Gamma")),))
    assert majority(proposal, DEAL, closed).missing_shares == 2000
    assert not majority(replace(proposal, issuer_agreed_at=None), DEAL, written).is_passed


def bill(number: int, kind: LineKind, amount: Decimal) -> Bill:
    line = BillLine(kind=kind, description="", amount=amount)
    return Bill(at=BEFORE, number=str(number), counsel="investors-counsel", dated=CLOSING_DAY, lines=(line,))


@given(st.lists(st.tuples(st.sampled_from(LineKind), st.decimals(0, 30000, places=2)), max_size=8))
def test_fees_are_reimbursed_up_to_the_cap_and_expenses_past_it(lines: list[tuple[LineKind, Decimal]]) -> None:
    facts = replace(FULL, bills=tuple(bill(number, *line) for number, line in enumerate(lines)))
    (statement,) = fee_statements(DEAL, facts)
    fees = sum((amount for kind, amount in lines if kind is LineKind.FEE), Decimal(0))
    assert statement.fees_billed == fees
    assert statement.fees_reimbursable == min(fees, Decimal(25000))
    assert statement.fees_reimbursable + statement.over_cap == fees
    assert statement.expenses_billed == sum((a for kind, a in lines if kind is LineKind.EXPENSE), Decimal(0))


@pytest.mark.parametrize(
    ("closed_on", "months", "until"),
    [
        (date(1996, 6, 10), 18, date(1997, 12, 10)),
        (date(1996, 8, 31), 18, date(1998, 2, 28)),
        (date(1998, 8, 31), 18, date(2000, 2, 29)),
        (date(1996, 12, 1), 1, date(1997, 1, 1)),
    ],
)
def test_survival_ends_on_the_same_day_of_the_month(closed_on: date, months: int, until: date) -> None:
    assert survives_until(closed_on, months) == until


def test_two_buyers_of_half_each_cannot_move_the_closing_alone() -> None:
    halves = deal(investor("One", 4000), investor("Two", 4000))
    move = Proposal(at=BEFORE, key="m", matter="move-closing", to=CLOSING, issuer_agreed_at=BEFORE)
    approval = Approval(at=BEFORE, proposal="m", investor="One", written=False)
    facts = replace(all_in(halves), proposals=(move,), approvals=(approval,))
    assert majority(move, halves, facts).missing_shares == 1


def test_it_can_pass_while_enough_shares_have_not_declined() -> None:
    halves = deal(investor("One", 4000), investor("Two", 3000), investor("Three", 1000))
    move = Proposal(at=BEFORE, key="m", matter="move-closing", to=CLOSING, issuer_agreed_at=BEFORE)
    declines = Approval(at=BEFORE, proposal="m", investor="Two", declined=True)
    facts = replace(all_in(halves), proposals=(move,), approvals=(declines,))
    stands = majority(move, halves, facts)
    assert (stands.declined_shares, stands.undecided_shares, stands.can_pass) == (3000, 5000, True)
    both = replace(facts, approvals=(declines, replace(declines, investor="Three")))
    assert not majority(move, halves, both).can_pass  # 4,000 of 8,000 is not enough
    anew = replace(both, approvals=(*both.approvals, replace(declines, declined=False)))
    assert majority(move, halves, anew).can_pass


def test_one_owners_refusal_is_the_joint_investors() -> None:
    proposal = Proposal(at=BEFORE, key="a", matter="move-closing", to=CLOSING)
    joint = next(each for each in DEAL.investors if len(each.blocks) > 1)
    yes = Approval(at=BEFORE, proposal="a", investor=joint.name, blocks=(joint.blocks[0].key,))
    no = Approval(at=BEFORE, proposal="a", investor=joint.name, blocks=(joint.blocks[1].key,), declined=True)
    stands = majority(proposal, DEAL, replace(FULL, proposals=(proposal,), approvals=(yes, no)))
    assert [each.name for each in stands.declined] == [joint.name]
    assert not stands.agreed
