"""Versions of the funds flow in the database: frozen, agreed to by both, never changed, to raw SQL too."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from closing.actions import money_papers
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.fee_payments import record_fee_payment
from closing.actions.funds_flow import agree_to_funds_flow, freeze_funds_flow, request_flow_paper
from closing.actions.payments import record_payment, return_payment
from closing.models import Bill, Deal, Event, FundsFlowAgreement, FundsFlowVersion, Payment
from closing.queries.funds_flow import flow_case, frozen_of, funds_flow_page
from closing.queries.gates import gate_of
from closing.rules.funds_flow import Adjustment, UseKind
from closing.rules.terms import LineKind, Side
from investors.models import User
from tests.closed_rooms import close_for_all
from tests.db.test_closings import deal, eleven
from tests.db.test_further_closings import short

__all__ = ["deal", "eleven", "short"]

DEBT = Adjustment(
    purpose="Repayment of existing indebtedness", payee="Bank of the company", amount=Decimal("1987654.32")
)


def user(role: str) -> User:
    return User.objects.get(memberships__role=role)


def freeze(deal: Deal, *adjustments: Adjustment, role: str = "company-counsel") -> FundsFlowVersion:
    return freeze_funds_flow(deal, user(role), adjustments=adjustments)


def test_what_is_frozen_is_read_back_as_it_was_and_balances(deal: Deal) -> None:
    row = freeze(deal, DEBT)
    frozen = frozen_of(row)
    assert frozen == flow_case(deal, gate_of(deal)).frozen("everybody", (DEBT,))
    assert frozen.digest == row.digest
    assert {each.kind: each.amount for each in frozen.flow.uses} == {
        UseKind.FEES: Decimal("23480.00"),
        UseKind.EXPENSES: Decimal("1212.40"),
        UseKind.PROCEEDS: Decimal("1987654.32"),
        UseKind.ISSUER: Decimal("5987653.28"),
    }
    assert (row.number, row.closing_number, row.changes) == (1, 1, ["The first version."])


def test_the_same_flow_is_frozen_once_and_another_says_what_changed(deal: Deal) -> None:
    first = freeze(deal)
    assert freeze(deal, role="investors-counsel") == first
    second = freeze(deal, DEBT)
    assert second.number == 2
    assert second.changes == [
        "Repayment of existing indebtedness: taken out, was $2,000,000.00",
        "To Bank of the company, Repayment of existing indebtedness: new, $1,987,654.32",
        "To The Cerplex Group, Inc., What is left of the proceeds: $5,987,653.28, was $5,975,307.60",
    ]
    told = Event.objects.filter(deal=deal, verb="funds-flow-frozen").order_by("id")
    assert [each.data["digest"] for each in told] == [first.digest, second.digest]


def test_both_counsel_agree_each_for_its_side_and_only_to_this_version(deal: Deal) -> None:
    first = freeze(deal)
    given = agree_to_funds_flow(first, user("company-counsel"))
    assert agree_to_funds_flow(first, user("company-counsel")) == given
    second = freeze(deal, DEBT)
    assert not second.agreements.exists()
    with pytest.raises(ActionRefused, match="later version"):
        agree_to_funds_flow(first, user("investors-counsel"))
    for role in ("company-counsel", "investors-counsel"):
        agree_to_funds_flow(second, user(role))
    assert sorted(second.agreements.values_list("side", flat=True)) == ["investors", "issuer"]
    page = funds_flow_page(deal, gate_of(deal), user("company-counsel"), Side.ISSUER)
    assert page.headline == "It ties, and both counsel agreed to version 2"
    assert Event.objects.filter(verb="funds-flow-agreed").count() == 3


def test_a_payment_that_comes_back_leaves_the_version_behind(deal: Deal) -> None:
    version = freeze(deal)
    agree_to_funds_flow(version, user("company-counsel"))
    for payment in Payment.objects.filter(allotment__investor__name="Andrea Martin", withdrawn_at=None):
        return_payment(payment, "Returned by the bank.", None)
    page = funds_flow_page(deal, gate_of(deal), user("investors-counsel"), Side.INVESTORS)
    assert page.latest is not None
    assert not page.latest.is_current
    assert page.since == ("From Andrea Martin: received $0.00, was $10,000.00; still to come $10,000.00, was $0.00",)
    assert page.headline == "Two lines of 19 do not tie yet"
    assert page.tie.refusal.startswith("Andrea Martin: $10,000.00 of the purchase price is missing.")
    assert page.may_agree
    assert "facts changed" in page.why_not_agree
    with pytest.raises(ActionRefused, match="facts changed"):
        agree_to_funds_flow(version, user("investors-counsel"))


def test_after_the_closing_the_flow_is_that_of_the_closing_as_it_was(deal: Deal) -> None:
    before = freeze(deal, DEBT)
    agree_to_funds_flow(before, user("investors-counsel"))
    close_for_all(deal)
    page = funds_flow_page(deal, gate_of(deal), user("company-counsel"), Side.ISSUER)
    assert page.is_closed
    assert page.tie.ties
    assert page.latest is not None
    assert page.latest.is_current
    agree_to_funds_flow(before, user("company-counsel"))


def test_a_further_closing_has_a_flow_of_its_own_and_the_first_stays_as_it_was(short: Deal) -> None:
    """All but Andrea Martin have closed; she pays later."""
    first = flow_case(short, gate_of(short), 1)
    assert (len(first.names("everybody")), first.tie("everybody").ties) == (14, True)
    assert first.ledger.issued == 0
    to_come = flow_case(short, gate_of(short))
    assert (to_come.number, to_come.names("everybody"), to_come.ledger.issued) == (2, ("Andrea Martin",), 7990)
    row = freeze(short, Adjustment(purpose=DEBT.purpose, payee=DEBT.payee, amount=Decimal("2500.00")))
    assert (row.number, row.closing_number) == (1, 2)
    flow = frozen_of(row).flow
    assert (flow.total, flow.issuer.amount) == (Decimal("10000.00"), Decimal("7500.00"))
    page = funds_flow_page(short, gate_of(short), user("company-counsel"), Side.ISSUER, closing=1)
    assert (page.versions, page.now.adjustments, page.is_closed, page.may_freeze) == ((), (), True, False)
    assert page.now.flow.total == Decimal("7990000.00")
    with pytest.raises(KeyError):
        flow_case(short, gate_of(short), 3)


def test_what_was_netted_stays_in_the_flow_of_its_closing(deal: Deal) -> None:
    """Counsel's fees are kept back from Andrea Martin's wire, which came short by as much."""
    for payment in Payment.objects.filter(allotment__investor__name="Andrea Martin", withdrawn_at=None):
        return_payment(payment, "Sent again, less what is netted.", None)
    bill = Bill.objects.filter(deal=deal, counsel__key="investors-counsel")[0]
    record_fee_payment(deal, None, bill=bill, kind=LineKind.FEE, amount=Decimal(4000), netted_from="Andrea Martin")
    record_payment(deal, None, investor="Andrea Martin", amount=Decimal(6000), method="wire")
    version = freeze(deal, DEBT)
    flow = frozen_of(version).flow
    fees = next(each for each in flow.uses if each.kind is UseKind.FEES)
    assert (flow.netted, fees.amount, fees.netted) == (Decimal(4000), Decimal("23480.00"), Decimal(4000))
    assert flow.total == Decimal("8000000.00")
    close_for_all(deal)
    page = funds_flow_page(deal, gate_of(deal), user("company-counsel"), Side.ISSUER)
    assert page.latest is not None
    assert page.latest.is_current, page.since
    assert page.tie.ties


def test_those_ready_now_may_be_chosen_and_somebody_must_be(deal: Deal) -> None:
    for payment in Payment.objects.filter(withdrawn_at=None).exclude(
        allotment__investor__name="Whitman Partners, L.P."
    ):
        return_payment(payment, "Returned.", None)
    row = freeze_funds_flow(deal, None, whom="ready")
    assert frozen_of(row).flow.names == ("Whitman Partners, L.P.",)
    return_payment(Payment.objects.get(withdrawn_at=None), "Returned.", None)
    with pytest.raises(ActionRefused, match="No investor is ready"):
        freeze_funds_flow(deal, None, whom="ready")


def test_what_leaves_the_company_less_than_nothing_is_refused(deal: Deal) -> None:
    much = Adjustment(purpose="Other", payee="Bank of the company", amount=Decimal("6000000.00"))
    with pytest.raises(ActionRefused, match=r"\$24,692.40 more than the sources"):
        freeze(deal, much)
    assert not FundsFlowVersion.objects.exists()


@pytest.mark.parametrize("role", ["Andrea Martin", "stranger"])
def test_nobody_but_counsel_freezes_agrees_or_sees(deal: Deal, role: str) -> None:
    version = freeze(deal)
    agree_to_funds_flow(version, user("company-counsel"))
    who = User.objects.filter(name=role).first() or User.objects.create_user("stranger@closing-room.example")
    for act in (lambda: freeze_funds_flow(deal, who), lambda: agree_to_funds_flow(version, who)):
        with pytest.raises(NotAllowed, match="Only company counsel or the investors' counsel"):
            act()
    assert not FundsFlowVersion.objects.visible_to(who).exists()
    assert not FundsFlowAgreement.objects.visible_to(who).exists()
    assert FundsFlowVersion.objects.visible_to(user("investors-counsel")).count() == 1


def test_the_paper_of_a_version_says_who_agreed_by_then(deal: Deal) -> None:
    version = freeze(deal, DEBT)
    first = request_flow_paper(version, user("company-counsel"))
    assert request_flow_paper(version, user("investors-counsel")) == first
    agree_to_funds_flow(version, user("company-counsel"))
    second = request_flow_paper(version, user("company-counsel"))
    assert second != first
    assert money_papers.make(second.pk)
    said = str(second.content)
    assert "Bank of the company" in said
    assert "Frederic A. Randall, Jr." in said
    assert "Not agreed to by the investors’ counsel yet" in said


def raw(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Foreign keys still to be checked would keep TRUNCATE from coming as far as its trigger.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE closing_fundsflowversion SET digest = 'a'",
        "UPDATE closing_fundsflowversion SET content = '{}'",
        "DELETE FROM closing_fundsflowversion",
        "UPDATE closing_fundsflowagreement SET side = 'investors'",
        "DELETE FROM closing_fundsflowagreement",
        "TRUNCATE closing_fundsflowagreement",
    ],
)
def test_what_is_frozen_or_agreed_is_never_changed(deal: Deal, sql: str) -> None:
    agree_to_funds_flow(freeze(deal), user("company-counsel"))
    with pytest.raises(IntegrityError, match=r"never (changed|deleted)"):
        raw(sql)


def test_the_database_numbers_in_turn_and_takes_agreements_to_the_latest_only(deal: Deal) -> None:
    first = freeze(deal)
    copy = "INSERT INTO closing_fundsflowversion (deal_id, number, closing_number, at, content, digest, changes) "
    with pytest.raises(IntegrityError, match="next version of the funds flow is number 2, not 4"):
        raw(f"{copy} SELECT deal_id, 4, 1, at, content, digest, changes FROM closing_fundsflowversion")
    freeze(deal, DEBT)
    agreement = "INSERT INTO closing_fundsflowagreement (version_id, side, at, by_id) "
    with pytest.raises(IntegrityError, match="a later version"):
        raw(f"{agreement} SELECT {first.pk}, 'issuer', now(), id FROM investors_user LIMIT 1")
    with pytest.raises(IntegrityError, match="funds_flow_agreed_by_a_side"):
        raw(f"{agreement} SELECT {first.pk} + 1, 'bank', now(), id FROM investors_user LIMIT 1")
