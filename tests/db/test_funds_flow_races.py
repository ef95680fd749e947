"""Two counsel at once on the funds flow: one version of one flow, and no agreement to what is left behind."""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from closing.actions.base import ActionRefused
from closing.actions.funds_flow import agree_to_funds_flow, freeze_funds_flow
from closing.actions.money_papers import request_money_paper
from closing.actions.payments import return_payment
from closing.models import Deal, FundsFlowAgreement, FundsFlowVersion, MoneyPaper
from closing.rules.funds_flow import Adjustment
from investors.models import User
from tests.db.test_races import ANDREA, deal, lock, payment_of, turns
from tests.db.turns import Turns
from tests.pdf.test_money_papers import paper_of

__all__ = ["deal", "lock", "turns"]

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = Adjustment(purpose="Transfer agent", payee="Transfer agent of the company", amount=Decimal("900.00"))


def counsel() -> User:
    return User.objects.get(memberships__role="investors-counsel")


def test_both_freeze_the_same_flow(deal: Deal, turns: Turns, lock: bool) -> None:
    one, two = turns.run(lambda: freeze_funds_flow(deal, None), lambda: freeze_funds_flow(deal, None))
    assert FundsFlowVersion.objects.get() == one
    if lock:
        assert (turns.waited, two) == (True, one)
    else:
        assert isinstance(two, IntegrityError), "the wall holds, and the second is told nothing that helps"


def test_one_agrees_while_a_payment_comes_back(deal: Deal, turns: Turns, lock: bool) -> None:
    version, payment, who = freeze_funds_flow(deal, None), payment_of(ANDREA), counsel()
    _, two = turns.run(lambda: return_payment(payment, "No funds", None), lambda: agree_to_funds_flow(version, who))
    if lock:
        assert isinstance(two, ActionRefused)
        assert "The facts changed" in str(two)
    else:
        assert isinstance(two, FundsFlowAgreement), "agreed to what had been left behind"


def test_one_agrees_while_the_other_freezes_the_next(deal: Deal, turns: Turns, lock: bool) -> None:
    version, who = freeze_funds_flow(deal, None), counsel()
    one, two = turns.run(
        lambda: freeze_funds_flow(deal, None, adjustments=[OTHER]), lambda: agree_to_funds_flow(version, who)
    )
    assert (one.number, turns.waited) == (2, True)
    assert isinstance(two, ActionRefused if lock else IntegrityError)
    assert not FundsFlowAgreement.objects.exists(), "without the lock the wall refuses it"


def test_both_ask_for_the_same_paper(deal: Deal, turns: Turns, lock: bool) -> None:
    content = paper_of(("Andrea Martin", "$1.00"))
    ask = lambda: request_money_paper(deal, None, "funds-flow", content)  # noqa: E731
    one, two = turns.run(ask, ask)
    assert MoneyPaper.objects.get() == one
    assert two == one if lock else isinstance(two, IntegrityError)
