"""Two counsel confirm: the second confirmation of the same closes, and whatever changes in between undoes the first."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import QuerySet

from closing.actions import closing_confirmations
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.closing_confirmations import ChangedSince, Given, confirm_closing, withdraw_confirmation
from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import load_facts
from closing.actions.payments import record_payment, return_payment
from closing.models import Closing, ClosingConfirmation, Deal, Event, Payment
from closing.queries.closing_confirmations import standing_of
from closing.queries.closing_page import NextClosing, close_page
from closing.rules.access import Role
from closing.rules.facts_file import read_facts
from closing.rules.terms import Side
from investors import clock
from investors.models import Certificate, ShareClass, User
from tests.rules.any_facts import CERPLEX, SAMPLES

ELEVEN = datetime.fromisoformat("1996-06-10T11:05-07:00")
ANDREA = "Andrea Martin"
ROLES = {Side.ISSUER: Role.COMPANY_COUNSEL, Side.INVESTORS: Role.INVESTORS_COUNSEL}


def on_closing_day() -> Deal:
    deal = load_deal(CERPLEX)
    open_accounts(deal)
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    load_facts(deal, read_facts(path.read_text(), CERPLEX, path.name))
    return deal


@pytest.fixture
def eleven() -> Iterator[datetime]:
    with clock.fixed(ELEVEN):
        yield ELEVEN


@pytest.fixture
def deal(db: None, eleven: datetime) -> Deal:
    """The Cerplex deal on the day of its closing, with everything in."""
    return on_closing_day()


def counsel(side: Side) -> User:
    return User.objects.get(memberships__role=ROLES[side].value)


def seen_by(deal: Deal, side: Side) -> NextClosing:
    found = close_page(deal, counsel(side), side).next
    assert found is not None
    return found


def confirm(deal: Deal, side: Side, leave_out: bool = False) -> Given:
    seen = seen_by(deal, side)
    return confirm_closing(deal, counsel(side), seen.digest, leave_out, expected=seen.review.expected)


def bounce(deal: Deal) -> None:
    return_payment(Payment.objects.get(allotment__investor__name=ANDREA, withdrawn_at=None), "No funds", None)


class TestBoth:
    @pytest.mark.parametrize(("first", "second"), [(Side.ISSUER, Side.INVESTORS), (Side.INVESTORS, Side.ISSUER)])
    def test_the_second_closes_whichever_side_it_is(self, deal: Deal, first: Side, second: Side) -> None:
        assert confirm(deal, first).closing is None
        assert not Closing.objects.exists()
        assert seen_by(deal, second).is_second
        with clock.fixed(ELEVEN + timedelta(minutes=5)):
            closing = confirm(deal, second).closing
        assert closing == Closing.objects.get()
        assert (closing.by, closing.at) == (counsel(second), ELEVEN + timedelta(minutes=5))
        assert set(ClosingConfirmation.objects.values_list("digest", flat=True)) == {closing.digest}
        verbs = Counter(Event.objects.values_list("verb", flat=True))
        assert (verbs["closing-confirmed"], verbs["deal-closed"]) == (2, 1)

    def test_the_same_side_twice_is_once(self, deal: Deal) -> None:
        one, two = confirm(deal, Side.ISSUER), confirm(deal, Side.ISSUER)
        assert one == two
        assert ClosingConfirmation.objects.count() == 1
        assert not Closing.objects.exists()

    def test_again_after_the_closing_is_the_same_closing(self, deal: Deal) -> None:
        digest = seen_by(deal, Side.ISSUER).digest
        confirm(deal, Side.ISSUER)
        closing = confirm(deal, Side.INVESTORS).closing
        for side in Side:
            assert confirm_closing(deal, counsel(side), digest).closing == closing
        assert ClosingConfirmation.objects.count() == 2

    def test_nobody_but_counsel_confirms(self, deal: Deal) -> None:
        digest = seen_by(deal, Side.ISSUER).digest
        with pytest.raises(NotAllowed, match="Only company counsel or the investors' counsel may confirm the closing"):
            confirm_closing(deal, User.objects.get(name=ANDREA), digest)

    def test_not_on_another_day(self, deal: Deal) -> None:
        with clock.fixed(ELEVEN + timedelta(days=1)), pytest.raises(ActionRefused, match="move it first"):
            confirm(deal, Side.ISSUER)

    def test_who_is_left_out_is_confirmed_by_each(self, deal: Deal) -> None:
        bounce(deal)
        confirm(deal, Side.ISSUER, leave_out=True)
        with pytest.raises(ActionRefused, match="would leave out Andrea Martin"):
            confirm(deal, Side.INVESTORS)
        assert confirm(deal, Side.INVESTORS, leave_out=True).closing is not None


class TestWhatChangesInBetween:
    def test_undoes_the_first_and_is_said_in_words(self, deal: Deal) -> None:
        seen = seen_by(deal, Side.INVESTORS)
        confirm(deal, Side.ISSUER)
        bounce(deal)
        with pytest.raises(ActionRefused, match="Andrea Martin is no longer ready"):
            confirm_closing(deal, counsel(Side.INVESTORS), seen.digest, True, expected=seen.review.expected)
        with pytest.raises(ChangedSince, match=r"Andrea Martin: closes, 10 shares .* and now left out"):
            confirm_closing(deal, counsel(Side.INVESTORS), seen.digest, True)
        now = seen_by(deal, Side.INVESTORS)
        assert not now.is_second
        assert not now.other.counts
        assert any(each.startswith("Andrea Martin: closes, 10 shares") for each in now.other.changed)
        assert confirm(deal, Side.INVESTORS, leave_out=True).closing is None, "the other side confirmed something else"
        assert confirm(deal, Side.ISSUER, leave_out=True).closing is not None

    def test_is_also_money_with_the_same_names(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        ShareClass.objects.filter(pk=deal.share_class_id).update(authorized=9000)
        deal = Deal.objects.get()
        now = seen_by(deal, Side.INVESTORS)
        (said,) = now.other.changed
        assert said.startswith("Authorized shares: 0 outstanding and 8,000 new are 8,000")
        assert said.endswith("of 9,000 authorized.")
        assert confirm(deal, Side.INVESTORS).closing is None

    def test_what_was_and_is_again_as_it_was_confirmed_counts_again(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        bounce(deal)
        record_payment(deal, None, investor=ANDREA, amount=Decimal(10000))
        assert seen_by(deal, Side.INVESTORS).is_second


class TestTakingItBack:
    def test_before_the_second(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        withdraw_confirmation(deal, counsel(Side.ISSUER))
        assert Event.objects.filter(verb="closing-confirmation-withdrawn").count() == 1
        assert confirm(deal, Side.INVESTORS).closing is None
        assert confirm(deal, Side.ISSUER).closing is not None

    def test_of_ones_own_side_only(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        with pytest.raises(ActionRefused, match="no confirmation of yours"):
            withdraw_confirmation(deal, counsel(Side.INVESTORS))

    def test_not_after_the_closing(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        confirm(deal, Side.INVESTORS)
        with pytest.raises(ActionRefused, match="effected by now"):
            withdraw_confirmation(deal, counsel(Side.ISSUER))


class TestWalls:
    def test_no_closing_by_one_alone(self, deal: Deal) -> None:
        given = confirm(deal, Side.ISSUER).confirmation
        with pytest.raises(IntegrityError, match="counsel of both sides confirm"), transaction.atomic():
            Closing.objects.create(
                deal=deal,
                number=1,
                at=ELEVEN,
                by=given.by,
                shares=1,
                purchase_price=1,
                fees_reimbursed=0,
                expenses_reimbursed=0,
                survival_until=ELEVEN.date(),
                digest=given.digest,
            )

    def test_what_was_confirmed_is_never_changed(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        for change in ("digest = 'x'", "side = 'investors'", "seen = '[]'", "number = 2"):
            with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
                run(f"UPDATE closing_closingconfirmation SET {change}")
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            run("DELETE FROM closing_closingconfirmation")

    def test_nor_taken_back_once_it_closed(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        confirm(deal, Side.INVESTORS)
        with pytest.raises(IntegrityError, match="what was confirmed stands"), transaction.atomic():
            run("UPDATE closing_closingconfirmation SET withdrawn_at = at, withdrawn_by_id = by_id")


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


TOGETHER = 20


def all_at_once(deal: Deal) -> list[Any]:
    """What each of twenty, ten of each side, came to when all confirmed what they saw at the same moment."""
    digest, start = seen_by(deal, Side.ISSUER).digest, threading.Barrier(TOGETHER)
    people = [counsel(side) for side in Side] * (TOGETHER // 2)
    found: list[Any] = []

    def act(by: User) -> None:
        try:
            start.wait()
            found.append(confirm_closing(deal, by, digest))
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_close_once(eleven: datetime) -> None:
    found = all_at_once(on_closing_day())
    closing = Closing.objects.get()
    assert all(isinstance(each, Given) for each in found), found
    assert {each.closing for each in found} <= {closing, None}
    assert sum(each.closing == closing for each in found) >= TOGETHER // 2, "the second side's, and whoever came later"
    assert ClosingConfirmation.objects.count() == 2
    assert Certificate.objects.count() == 15
    verbs = Counter(Event.objects.values_list("verb", flat=True))
    assert (verbs["closing-confirmed"], verbs["deal-closed"], verbs["certificate-issued"]) == (2, 1, 15)


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_twenty_at_once_confirm_past_each_other(
    eleven: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each reads what stands before any of the others has written, and nobody is the second."""
    deal, all_have_read = on_closing_day(), threading.Barrier(TOGETHER)
    reads = standing_of

    def read(*said: Any) -> Any:
        found = reads(*said)
        all_have_read.wait(60)
        return found

    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **how: rows.all())
    monkeypatch.setattr(closing_confirmations, "standing_of", read)
    all_at_once(deal)
    assert ClosingConfirmation.objects.count() == TOGETHER, "each side confirmed ten times over"
    assert not Closing.objects.exists(), "both sides confirmed the same, and it did not close"
