"""Facts in and out of the database, and the rules that an action asks."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.facts import load_facts, record_fact, withdraw_fact
from closing.actions.latches import agree_for_issuer, satisfy_consent
from closing.models import Allotment, Closing, Deal, Event, FactRow, Payment, Proposal, Signature
from closing.queries.deals import deal_terms
from closing.queries.fact_kinds import COMMON, KINDS
from closing.queries.facts import facts_of
from closing.rules import facts
from closing.rules.access import Role
from closing.rules.facts_file import read_facts
from closing.rules.gate import evaluate
from closing.rules.terms import LineKind
from investors.models import User
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX, SAMPLES, valid_facts

DATABASE = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def opening(name: str = "opening") -> facts.Facts:
    path = SAMPLES / f"cerplex-1996.{name}.toml"
    return read_facts(path.read_text(), CERPLEX, path.name)


def as_sets(said: facts.Facts) -> dict[str, Any]:
    """Order within a kind carries no meaning."""
    return {name: sorted(map(repr, map(in_utc, rows))) for name, rows in said.tables()} | {"stock": said.voting_stock}


def in_utc(fact: facts.Fact) -> facts.Fact:
    """The fact with its times in one zone and its amounts in one form, so that equal ones look equal."""
    same: dict[str, Any] = {}
    for each in fields(fact):
        value = getattr(fact, each.name)
        if isinstance(value, datetime):
            same[each.name] = value.astimezone(MONDAY.tzinfo)
        elif isinstance(value, Decimal):
            same[each.name] = value.normalize()
        elif each.name == "lines":
            same[each.name] = tuple(replace(line, amount=line.amount.normalize()) for line in value)
        elif isinstance(fact, facts.OverCapAllotment) and each.name == "parts":
            same[each.name] = tuple(replace(part, parts=part.parts.normalize()) for part in value)
    return replace(fact, **same)


def test_the_table_of_kinds_has_every_field_of_every_fact() -> None:
    assert {kind.table for kind in KINDS} == {
        each.name for each in fields(facts.Facts) if each.name not in ("deal", "voting_stock", "closings")
    }
    for kind in KINDS:
        kept = {column.field for column in (*COMMON, *kind.columns)}
        assert kept | ({kind.below.field} if kind.below else set()) == {each.name for each in fields(kind.fact)}


@DATABASE
@given(said=valid_facts())
def test_facts_read_back_as_they_were_loaded(cerplex: Deal, said: facts.Facts) -> None:
    said = replace(said, closings=())
    with transaction.atomic():
        load_facts(cerplex, said)
        assert as_sets(facts_of(cerplex)) == as_sets(said)
        assert not load_facts(cerplex, said), "the second time nothing is new"
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", ["opening", "closing-day"])
def test_what_the_gate_says_of_the_files_it_says_of_the_database(cerplex: Deal, name: str) -> None:
    said = opening(name)
    load_facts(cerplex, said)
    for moment in (MONDAY, CERPLEX.closing.at):
        assert evaluate(deal_terms(cerplex), facts_of(cerplex), moment) == evaluate(CERPLEX, said, moment)


def test_loading_facts_twice_is_loading_them_once(cerplex: Deal) -> None:
    load_facts(cerplex, opening())
    events = Event.objects.count()
    assert not load_facts(cerplex, opening())
    assert Event.objects.count() == events


def test_a_later_file_adds_what_is_new_and_ends_what_ended(cerplex: Deal) -> None:
    said = opening()
    load_facts(cerplex, said)
    first = next(each for each in said.payments if each.withdrawn_at is None)
    rest = [each for each in said.payments if each is not first]
    bounced = replace(first, withdrawn_at=MONDAY, withdrawn_reason="The check bounced")
    done = load_facts(cerplex, replace(said, payments=(bounced, *rest)))
    assert done == {"payments": 1}
    row = Payment.objects.get(withdrawn_reason="The check bounced")
    assert (row.allotment.investor.name, row.withdrawn_at) == (first.investor, MONDAY)
    assert not load_facts(cerplex, said), "an older file does not bring the payment back"


def test_a_closing_is_not_loaded(cerplex: Deal) -> None:
    closed = facts.Closed(at=MONDAY, investors=("Andrea Martin",))
    with pytest.raises(ActionRefused, match="effected in the room"):
        load_facts(cerplex, replace(opening(), closings=(closed,)))
    with pytest.raises(ActionRefused, match="effected"):
        record_fact(cerplex, closed, None)


def test_another_list_of_holders_is_refused(cerplex: Deal) -> None:
    said = opening()
    load_facts(cerplex, said)
    assert said.voting_stock is not None
    other = replace(said.voting_stock, holders=(facts.Holder(name="Andrea Martin", shares=1),))
    with pytest.raises(ActionRefused, match="stock ledger"):
        load_facts(cerplex, replace(said, voting_stock=other, proxies=()))


def payment(amount: str = "100000.00", **values: Any) -> facts.Payment:
    return facts.Payment(
        **{"at": MONDAY, "investor": "Andrea Martin", "amount": Decimal(amount), "currency": "USD", **values}
    )


def test_a_fact_is_recorded_with_its_event(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    counsel = user_of(Role.COMPANY_COUNSEL)
    row = record_fact(cerplex, payment("4000.00"), counsel)
    event = Event.objects.get(verb="payment-recorded")
    assert (event.actor, event.subject_kind, event.subject_id, event.deal) == (counsel, "payment", row.pk, cerplex)
    assert event.summary == "$4,000.00 from Andrea Martin by wire"
    assert facts_of(cerplex).payments == (payment("4000.00"),)


def test_two_equal_payments_are_two(cerplex: Deal) -> None:
    assert record_fact(cerplex, payment(), None).pk != record_fact(cerplex, payment(), None).pk


def test_the_same_sign_off_twice_is_one(cerplex: Deal) -> None:
    said = facts.SignOff(at=MONDAY, section="2(a)(vii)", party="Andrea Martin")
    first = record_fact(cerplex, said, None)
    assert record_fact(cerplex, replace(said, at=MONDAY - timedelta(hours=1)), None) == first
    assert Event.objects.filter(verb="sign-off-recorded").count() == 1


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (payment(currency="EUR"), "USD"),
        (payment(investor="Nobody"), "no investor"),
        (facts.Signature(at=MONDAY, document="stock-purchase-agreement", block="nobody"), "no signature block"),
        (facts.Signature(at=MONDAY, document="nothing", block="sprout"), "no deliverable"),
        (payment(at=MONDAY + timedelta(minutes=1)), "not later"),
    ],
)
def test_a_fact_that_cannot_be_is_refused(cerplex: Deal, fact: facts.Fact, why: str) -> None:
    with pytest.raises(ActionRefused, match=why):
        record_fact(cerplex, fact, None)
    assert not Payment.objects.exists()
    assert not Signature.objects.exists()


def recorded(deal: Deal, fact: facts.Fact) -> FactRow:
    return record_fact(deal, fact, None)


def test_a_withdrawn_fact_stays_on_file_with_its_reason(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    row = recorded(cerplex, payment())
    withdraw_fact(row, " The wire came back ", user_of(Role.COMPANY_COUNSEL))
    withdraw_fact(row, "Again", user_of(Role.COMPANY_COUNSEL))
    (kept,) = facts_of(cerplex).payments
    assert (kept.withdrawn_at, kept.withdrawn_reason) == (MONDAY, "The wire came back")
    assert Event.objects.filter(verb="payment-withdrawn").count() == 1


def test_a_withdrawal_needs_a_reason(cerplex: Deal) -> None:
    with pytest.raises(ActionRefused, match="Say why"):
        withdraw_fact(recorded(cerplex, payment()), "  ", None)


def test_a_bill_that_was_paid_is_not_withdrawn(cerplex: Deal) -> None:
    lines = (facts.BillLine(kind=LineKind.FEE, description="Services", amount=Decimal(100)),)
    bill = facts.Bill(at=MONDAY, number="1", counsel="investors-counsel", dated=date(1996, 6, 1), lines=lines)
    row = recorded(cerplex, bill)
    recorded(
        cerplex,
        facts.FeePayment(at=MONDAY, counsel="investors-counsel", bill="1", kind=LineKind.FEE, amount=Decimal(60)),
    )
    with pytest.raises(ActionRefused):
        withdraw_fact(row, "Sent by mistake", None)
    row.refresh_from_db()
    assert row.withdrawn_at is None


def test_fees_past_the_cap_are_refused_in_words(cerplex: Deal) -> None:
    lines = (facts.BillLine(kind=LineKind.FEE, description="Services", amount=Decimal(30_000)),)
    recorded(
        cerplex,
        facts.Bill(at=MONDAY, number="1", counsel="investors-counsel", dated=date(1996, 6, 1), lines=lines),
    )
    with pytest.raises(ActionRefused, match="past the cap of 25000"):
        recorded(
            cerplex,
            facts.FeePayment(
                at=MONDAY, counsel="investors-counsel", bill="1", kind=LineKind.FEE, amount=Decimal("25000.01")
            ),
        )


def test_a_released_signature_is_not_taken_back(cerplex: Deal) -> None:
    row = recorded(cerplex, facts.Signature(at=MONDAY, document="stock-purchase-agreement", block="sprout"))
    Signature.objects.filter(pk=row.pk).update(released_at=MONDAY)
    with pytest.raises(ActionRefused, match="released"):
        withdraw_fact(row, "Second thoughts", None)


def test_what_the_closing_stood_on_is_not_taken_back(cerplex: Deal) -> None:
    row = recorded(cerplex, payment())
    Closing.objects.create(
        number=1,
        deal=cerplex,
        at=MONDAY,
        shares=10,
        purchase_price=10,
        fees_reimbursed=0,
        expenses_reimbursed=0,
        survival_until=date(1997, 12, 10),
    )
    with pytest.raises(ActionRefused, match="has closed"):
        withdraw_fact(row, "Second thoughts", None)


def test_a_consent_takes_effect_and_a_proposal_is_agreed_once(cerplex: Deal) -> None:
    recorded(cerplex, facts.Waiver(at=MONDAY, key="w", sections=("2(a)(vi)",), text="As to Massachusetts"))
    consent = recorded(cerplex, facts.Consent(at=MONDAY, waiver="w", investor="Andrea Martin", subject_to="A filing"))
    satisfy_consent(consent, None)
    satisfy_consent(consent, None)
    proposal = recorded(
        cerplex, facts.Proposal(at=MONDAY, key="p", matter="move-closing", to=MONDAY + timedelta(days=8))
    )
    agree_for_issuer(proposal, None)
    assert facts_of(cerplex).consents[0].satisfied_at == MONDAY
    assert Proposal.objects.get().issuer_agreed_at == MONDAY
    assert Event.objects.filter(verb__in=["consent-satisfied", "proposal-agreed"]).count() == 2


class TestWhoMay:
    """Access is asked before anything is written."""

    def test_an_investor_answers_for_itself_only(self, cerplex: Deal, user_of: Callable[[Role], User]) -> None:
        recorded(cerplex, facts.Waiver(at=MONDAY, key="w", sections=("2(a)(vi)",), text="All of it"))
        malcolm = user_of(Role.INVESTOR)
        own = facts.Consent(
            at=MONDAY, waiver="w", investor="Malcolm and Emily Fairbairn", blocks=("malcolm-fairbairn",)
        )
        record_fact(cerplex, own, malcolm)
        with pytest.raises(NotAllowed, match="not a contact of Andrea Martin"):
            record_fact(cerplex, replace(own, investor="Andrea Martin", blocks=()), malcolm)

    def test_an_investor_does_not_say_that_its_money_came(self, cerplex: Deal, user_of: Callable[[Role], User]) -> None:
        with pytest.raises(NotAllowed, match="Only company counsel"):
            record_fact(cerplex, payment(investor="Malcolm and Emily Fairbairn"), user_of(Role.INVESTOR))

    @pytest.mark.parametrize(
        ("party", "allowed"),
        [
            ("investors-counsel", {Role.INVESTORS_COUNSEL}),
            ("Malcolm and Emily Fairbairn", {Role.INVESTORS_COUNSEL, Role.INVESTOR}),
        ],
    )
    def test_each_side_signs_off_for_itself(
        self, cerplex: Deal, user_of: Callable[[Role], User], party: str, allowed: set[Role]
    ) -> None:
        said = facts.SignOff(at=MONDAY, section="2(a)(vii)", party=party)
        for role in Role:
            if role in allowed:
                withdraw_fact(record_fact(cerplex, said, user_of(role)), "Test", None)
            else:
                with pytest.raises(NotAllowed):
                    record_fact(cerplex, said, user_of(role))

    def test_nobody_withdraws_for_the_other_side(self, cerplex: Deal, user_of: Callable[[Role], User]) -> None:
        row = recorded(cerplex, facts.SignOff(at=MONDAY, section="2(a)(vii)", party="investors-counsel"))
        with pytest.raises(NotAllowed):
            withdraw_fact(row, "No", user_of(Role.COMPANY_COUNSEL))

    def test_a_lawyer_of_another_deal_may_nothing(self, cerplex: Deal) -> None:
        stranger = User.objects.create_user("stranger@stradling.example", name="Stranger")
        with pytest.raises(NotAllowed):
            record_fact(cerplex, payment(), stranger)
        assert Allotment.objects.visible_to(stranger).count() == 0
