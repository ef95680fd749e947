"""Two people at once: nothing is lost, nothing is half done, and the loser is told.

Each race has a control, the same without the lock or the trigger that decides it, in which what must not happen does.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from closing.actions import closings
from closing.actions.base import ActionRefused
from closing.actions.closings import close_deal
from closing.actions.conditions import TakenBackAlready, take_back
from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import load_facts, record_fact, withdraw_fact
from closing.actions.investors_own import confirm_own_representations
from closing.actions.latches import agree_for_issuer
from closing.actions.payments import record_payment, return_payment
from closing.models import (
    Allotment,
    ClosedAllotment,
    Closing,
    Consent,
    Deal,
    Event,
    Opinion,
    Payment,
    Signature,
    SignOff,
)
from closing.queries.gates import gate_of
from closing.rules import facts
from closing.rules.facts_file import read_facts
from investors import clock
from investors.models import Certificate, User
from tests.db.turns import Turns
from tests.db.walls import switch, trigger_of
from tests.rules.any_facts import CERPLEX, SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

ELEVEN = datetime.fromisoformat("1996-06-10T11:00-07:00")
ALL = tuple(each.name for each in CERPLEX.investors)
ANDREA = "Andrea Martin"


@pytest.fixture
def deal(transactional_db: None) -> Iterator[Deal]:
    """The Cerplex deal on the day of its closing, with everything in; the clock stands at eleven."""
    with clock.fixed(ELEVEN):
        row = load_deal(CERPLEX)
        open_accounts(row)
        path = SAMPLES / "cerplex-1996.closing-day.toml"
        load_facts(row, read_facts(path.read_text(), CERPLEX, path.name))
        yield row


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    """The order in which two act."""
    return Turns(monkeypatch)


@pytest.fixture(params=["the deal’s lock", "no lock"])
def lock(request: pytest.FixtureRequest, turns: Turns) -> bool:
    """Whether actions hold the deal's lock; without it is the control."""
    if request.param == "no lock":
        turns.without_the_lock()
        return False
    return True


def close(deal: Deal, *without: str) -> Callable[[], Closing]:
    names = [name for name in ALL if name not in without]
    return lambda: close_deal(deal, None, expected=names, leave_out_confirmed=bool(without))


def payment_of(name: str) -> Payment:
    return Payment.objects.get(allotment__investor__name=name, withdrawn_at=None)


def closed() -> set[str]:
    return set(ClosedAllotment.objects.values_list("allotment__investor__name", flat=True))


def told(verb: str) -> int:
    return Event.objects.filter(verb=verb).count()


def check_closed_whole() -> None:
    """A closing is all of its parts, or none of them."""
    effected = Closing.objects.count()
    assert effected <= 1
    assert Certificate.objects.count() == ClosedAllotment.objects.count() == told("certificate-issued")
    assert told("deal-closed") == effected
    assert Signature.objects.exclude(released_at=None).exists() == bool(effected)


class TestTheSameCondition:
    """Both act on one condition."""

    def test_both_sign_off(self, deal: Deal, turns: Turns, lock: bool) -> None:
        withdraw_fact(SignOff.objects.get(condition__section="2(a)(ii)"), "To be signed again", None)
        before = told("sign-off-recorded")
        said = facts.SignOff(at=ELEVEN, section="2(a)(ii)", party="investors-counsel")
        one, two = turns.run(lambda: record_fact(deal, said, None), lambda: record_fact(deal, said, None))
        standing = SignOff.objects.filter(condition__section="2(a)(ii)", withdrawn_at=None).count()
        times = told("sign-off-recorded") - before
        if lock:
            assert (turns.waited, one, standing, times) == (True, two, 1, 1)
        else:
            assert (turns.waited, standing, times) == (False, 2, 2)

    def test_both_record_the_same_wire(self, deal: Deal, turns: Turns, lock: bool) -> None:
        return_payment(payment_of(ANDREA), "Sent from the wrong account", None)
        pay = lambda: record_payment(deal, None, investor=ANDREA, amount=Decimal(10_000))  # noqa: E731
        one, two = turns.run(pay, pay)
        standing = Payment.objects.filter(allotment__investor__name=ANDREA, withdrawn_at=None)
        assert isinstance(one, Payment)
        if lock:
            assert isinstance(two, ActionRefused)
            assert str(two).startswith("Andrea Martin owes $10,000.00, of which $10,000.00 is on file")
            assert standing.get() == one
        else:
            assert standing.count() == 2, "paid twice over"

    def test_both_take_the_same_payment_back(self, deal: Deal, turns: Turns, lock: bool) -> None:
        payment = payment_of(ANDREA)
        counsel = User.objects.get(memberships__role="company-counsel")
        trigger = trigger_of("changed_by_withdrawal_only", "closing_payment")
        if not lock:
            switch(trigger, "DISABLE")
        one, two = turns.run(
            lambda: take_back(payment, "The bank sent it back", counsel),
            lambda: take_back(payment, "A mistake", counsel),
        )
        payment.refresh_from_db()
        assert one == payment
        if lock:
            assert isinstance(two, TakenBackAlready)
            assert "took it back before you: The bank sent it back" in str(two)
            assert (payment.withdrawn_reason, told("payment-withdrawn")) == ("The bank sent it back", 1)
        else:
            switch(trigger, "ENABLE")
            assert (payment.withdrawn_reason, told("payment-withdrawn")) == ("A mistake", 2), "the first reason is lost"

    def test_without_the_lock_the_wall_still_keeps_the_first_reason(self, deal: Deal, turns: Turns) -> None:
        turns.without_the_lock()
        payment = payment_of(ANDREA)
        _, two = turns.run(
            lambda: return_payment(payment, "The bank sent it back", None),
            lambda: return_payment(payment, "A mistake", None),
        )
        payment.refresh_from_db()
        assert isinstance(two, ActionRefused)
        assert (payment.withdrawn_reason, told("payment-withdrawn")) == ("The bank sent it back", 1)


class TestWhileTheDealCloses:
    """Something that the closing stands on is undone at the same moment."""

    @pytest.fixture
    def consent(self, deal: Deal) -> Consent:
        """Andrea Martin closes on the strength of her written consent to a waiver of the opinion."""
        withdraw_fact(Opinion.objects.get(withdrawn_at=None), "To be given again", None)
        said = facts.Waiver(at=ELEVEN, key="opinion", sections=("2(a)(v)",), text="The opinion of company counsel")
        record_fact(deal, said, None)
        given = [
            record_fact(deal, facts.Consent(at=ELEVEN, waiver="opinion", investor=each.name, blocks=blocks), None)
            for each in CERPLEX.investors
            for blocks in [tuple(block.key for block in each.blocks)]
        ]
        assert len(gate_of(deal).ready) == 15
        (of_andrea,) = [row for row in given if row.allotment.investor.name == ANDREA]  # type: ignore[attr-defined]
        assert isinstance(of_andrea, Consent)
        return of_andrea

    def test_a_consent_is_withdrawn_first(self, deal: Deal, consent: Consent, turns: Turns, lock: bool) -> None:
        _, two = turns.run(lambda: withdraw_fact(consent, "Not without the opinion", None), close(deal))
        if lock:
            assert isinstance(two, ActionRefused)
            assert "Andrea Martin is no longer ready" in str(two)
            assert not closed()
        else:
            assert ANDREA in closed(), "closed with an investor whom the waiver does not bind"
            assert Consent.objects.get(pk=consent.pk).withdrawn_at is not None
        check_closed_whole()

    def test_a_consent_is_withdrawn_too_late(self, deal: Deal, consent: Consent, turns: Turns, lock: bool) -> None:
        one, two = turns.run(close(deal), lambda: withdraw_fact(consent, "Not without the opinion", None))
        consent.refresh_from_db()
        assert isinstance(one, Closing)
        assert ANDREA in closed()
        if lock:
            assert isinstance(two, ActionRefused)
            assert "The deal has closed on this" in str(two)
            assert consent.withdrawn_at is None
        else:
            assert consent.withdrawn_at is not None, "what the closing stood on was taken back"
        check_closed_whole()

    def test_a_payment_is_returned_first(self, deal: Deal, turns: Turns, lock: bool) -> None:
        payment = payment_of(ANDREA)
        _, two = turns.run(lambda: return_payment(payment, "It bounced", None), close(deal))
        if lock:
            assert isinstance(two, ActionRefused)
            assert "Andrea Martin is no longer ready" in str(two)
            assert not closed()
        else:
            assert ANDREA in closed(), "a certificate for shares that are not paid"
        check_closed_whole()

    def test_a_payment_is_returned_too_late(self, deal: Deal, turns: Turns, lock: bool) -> None:
        payment = payment_of(ANDREA)
        _, two = turns.run(close(deal), lambda: return_payment(payment, "It bounced", None))
        payment.refresh_from_db()
        if lock:
            assert isinstance(two, ActionRefused)
            assert payment.withdrawn_at is None
        else:
            assert payment.withdrawn_at is not None, "a certificate for shares that are not paid"
        check_closed_whole()

    def test_it_closes_twice(self, deal: Deal, turns: Turns, lock: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        if not lock:
            # The class sold is locked too, so that nobody takes a certificate's number: that would do.
            monkeypatch.setattr(closings, "numbers_taken", lambda share_class: ())
        one, two = turns.run(close(deal), close(deal))
        assert one == Closing.objects.get()
        assert turns.waited
        if lock:
            assert two == one
        else:
            assert isinstance(two, ActionRefused), "the database's wall, and not the answer that it has closed"
        assert closed() == set(ALL)
        check_closed_whole()


class TestWhileTheClosingMoves:
    """Enough agreed to move it, and the issuer agrees last (Section 1(b))."""

    @pytest.fixture
    def moves(self, deal: Deal) -> Callable[[], object]:
        """The act that moves the closing a week."""
        to = ELEVEN + timedelta(days=7)
        row = record_fact(deal, facts.Proposal(at=ELEVEN, key="a-week", matter="move-closing", to=to), None)
        for each in CERPLEX.investors:
            blocks = tuple(block.key for block in each.blocks)
            said = facts.Approval(at=ELEVEN, proposal="a-week", investor=each.name, blocks=blocks, written=False)
            record_fact(deal, said, None)
        return lambda: agree_for_issuer(row, None)

    def test_while_it_is_effected(self, deal: Deal, moves: Callable[[], object], turns: Turns, lock: bool) -> None:
        _, two = turns.run(moves, close(deal))
        if lock:
            assert isinstance(two, ActionRefused)
            assert "The closing is set for Monday, June 17, 1996" in str(two)
            assert not closed()
        else:
            assert closed() == set(ALL), "closed on a day to which the closing is not set any more"
        check_closed_whole()

    def test_while_an_investor_confirms_as_of_the_old_day(
        self, deal: Deal, moves: Callable[[], object], turns: Turns, lock: bool
    ) -> None:
        row, andrea = Allotment.objects.get(investor__name=ANDREA), User.objects.get(name=ANDREA)
        confirm: dict[str, Any] = {"as_of": date(1996, 6, 10), "typed_name": ANDREA}
        before = told("confirmation-recorded")
        with clock.fixed(ELEVEN + timedelta(minutes=1)):
            _, two = turns.run(
                moves, lambda: confirm_own_representations(deal, row, "2(b)(i)", ["4(a)"], andrea, **confirm)
            )
        if lock:
            assert isinstance(two, ActionRefused)
            assert "now set for June 17, 1996; you read of June 10, 1996" in str(two)
        else:
            assert two is None, "she is not told that what she confirmed is stale"
        assert told("confirmation-recorded") == before + (0 if lock else 1)

    def test_while_an_opinion_is_recorded(self, deal: Deal, moves: Callable[[], object], turns: Turns) -> None:
        """Both stand, in either order, and the gate says that the opinion is stale: a fact, not a tick, so no loser."""
        withdraw_fact(Opinion.objects.get(withdrawn_at=None), "To be given again", None)
        paper = "opinion-of-company-counsel"
        said = facts.Opinion(at=ELEVEN, document=paper, counsel="company-counsel", dated=date(1996, 6, 10))
        _, two = turns.run(moves, lambda: record_fact(deal, said, None))
        assert isinstance(two, Opinion)
        assert (told("proposal-agreed"), told("opinion-recorded")) == (1, 1)
        (missing,) = gate_of(deal).condition("2(a)(v)").finding.common
        assert missing.lack == "Dated June 10, 1996, not as of the closing on June 17, 1996"
