"""What counsel are told at the turning points of a closing: once each, nobody else, and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils.html import escape

from closing.actions.closing_confirmations import withdraw_confirmation
from closing.actions.closing_mail import eve_letter, queue_lapsed
from closing.actions.deals import load_deal, open_accounts
from closing.actions.declining import decline, take_back_declining
from closing.actions.facts import load_facts
from closing.actions.payments import record_payment
from closing.models import ClosingConfirmation, Deal, Event, Reminder
from closing.queries.gates import gate_of
from closing.queries.mail import mail_page
from closing.rules.access import Role
from closing.rules.facts_file import read_facts
from closing.rules.reminders import notices, schedule
from closing.rules.terms import Side
from closing.tasks.reminders import send_due_reminders
from investors import clock
from investors.models import User
from tests.db.test_closing_confirmations import ANDREA, ELEVEN, bounce, confirm, counsel, on_closing_day
from tests.rules.any_facts import CERPLEX, SAMPLES

EVE = datetime.fromisoformat("1996-06-09T09:00-07:00")
MONDAY = datetime.fromisoformat("1996-06-03T10:00-07:00")
AGREEMENT = "stock-purchase-agreement"


def letters(subject: str) -> list[Reminder]:
    return list(Reminder.objects.filter(subject__contains=subject).order_by("id"))


def words(row: Reminder) -> str:
    return f"{row.subject} {row.text} {row.html}"


def of_both() -> set[str]:
    return {counsel(side).email for side in Side}


@pytest.fixture
def deal(db: None) -> Iterator[Deal]:
    """The Cerplex deal at eleven on the day of its closing, with everything in."""
    with clock.fixed(ELEVEN):
        yield on_closing_day()


@pytest.fixture
def before(db: None) -> Iterator[Deal]:
    """The Cerplex deal a week before, with what was on file then."""
    with clock.fixed(MONDAY):
        row = load_deal(CERPLEX)
        open_accounts(row)
        path = SAMPLES / "cerplex-1996.opening.toml"
        load_facts(row, read_facts(path.read_text(), CERPLEX, path.name))
        yield row


class TestTheFirstConfirmation:
    @pytest.mark.parametrize(("first", "other"), [(Side.ISSUER, Side.INVESTORS), (Side.INVESTORS, Side.ISSUER)])
    def test_is_told_to_counsel_of_the_other_side(self, deal: Deal, first: Side, other: Side) -> None:
        bounce(deal)
        confirm(deal, first, leave_out=True)
        (row,) = letters("confirmed the closing")
        assert row.email == counsel(other).email
        for said in (
            "14 investors",
            "7,990 shares for $7,990,000.00",
            "1 investor is left out",
            ANDREA,
            "Monday, June 10, 1996, 11:00 a.m. Pacific",
            f"/deals/{deal.code}/close/",
        ):
            assert said in row.text
            assert said in row.html
        assert counsel(first).name in row.text
        assert escape(counsel(first).name) in row.html

    def test_once_for_a_confirmation_and_again_for_another(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        confirm(deal, Side.ISSUER)
        assert len(letters("confirmed the closing")) == 1
        bounce(deal)
        confirm(deal, Side.ISSUER, leave_out=True)
        assert len(letters("confirmed the closing")) == 2

    def test_taken_back_is_told_to_those_who_were_told(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        send_due_reminders()
        withdraw_confirmation(deal, counsel(Side.ISSUER))
        (row,) = letters("took the confirmation of the closing back")
        assert row.email == counsel(Side.INVESTORS).email
        assert counsel(Side.ISSUER).name in row.text
        send_due_reminders()
        assert len(mail.outbox) == 2

    def test_taken_back_before_it_was_sent_is_told_to_nobody(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        withdraw_confirmation(deal, counsel(Side.ISSUER))
        send_due_reminders()
        assert not mail.outbox
        assert not letters("took the confirmation of the closing back")

    def test_the_second_closes_and_tells_nobody_to_confirm(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        assert confirm(deal, Side.INVESTORS).closing is not None
        assert len(letters("confirmed the closing")) == 1
        send_due_reminders()
        assert not mail.outbox, "what was written before the closing waits for nobody after it"

    def test_to_whom_else_works_on_that_side_and_to_nobody_who_cannot_sign_in(self, deal: Deal) -> None:
        for name, is_active in (("Another", True), ("Somebody who left", False)):
            user = User.objects.create_user(f"{name.split()[0].lower()}@counsel.example", name=name)
            user.memberships.create(deal=deal, role=Role.INVESTORS_COUNSEL.value)
            User.objects.filter(pk=user.pk).update(is_active=is_active)
        confirm(deal, Side.ISSUER)
        told = {row.person for row in letters("confirmed the closing")}
        assert told == {counsel_name(deal), "Another"}


def counsel_name(deal: Deal) -> str:
    return User.objects.filter(memberships__deal=deal, memberships__role="investors-counsel").order_by("pk")[0].name


class TestWhatCountsNoMore:
    def test_is_told_once_to_those_who_confirmed_with_what_changed(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        send_due_reminders()
        assert not letters("counts no more")
        bounce(deal)
        for minutes in range(3):
            with clock.fixed(ELEVEN + timedelta(minutes=minutes)):
                send_due_reminders()
        (row,) = letters("counts no more")
        assert row.email == counsel(Side.ISSUER).email
        assert "Andrea Martin: closes, 10 shares" in row.text
        assert "now left out" in row.text
        assert "you confirmed the closing" in row.text
        assert f"/deals/{deal.code}/close/" in row.html
        assert Event.objects.filter(verb="closing-confirmation-lapsed").count() == 1
        assert [each.to for each in mail.outbox if "counts no more" in each.subject] == [[row.email]]

    def test_both_who_confirmed_different_things_are_told_of_their_own(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        bounce(deal)
        confirm(deal, Side.INVESTORS, leave_out=True)
        record_payment(deal, None, investor=ANDREA, amount=Decimal(10_000))
        queue_lapsed(deal)
        (row,) = letters("counts no more")
        assert row.email == counsel(Side.INVESTORS).email, "what the company’s counsel confirmed counts again"
        assert "left out when it was confirmed, and now closes" in row.text

    def test_not_where_it_was_taken_back_or_is_again_as_it_was(self, deal: Deal) -> None:
        confirm(deal, Side.ISSUER)
        bounce(deal)
        record_payment(deal, None, investor=ANDREA, amount=Decimal(10_000))
        assert queue_lapsed(deal) == []
        bounce(deal)
        withdraw_confirmation(deal, counsel(Side.ISSUER))
        assert queue_lapsed(deal) == []

    def test_a_minute_with_nothing_confirmed_costs_two_queries(
        self, deal: Deal, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
    ) -> None:
        with django_assert_num_queries(2):
            assert queue_lapsed(deal) == []

    def test_not_of_a_closing_that_is_effected(self, deal: Deal) -> None:
        for side in Side:
            confirm(deal, side)
        assert queue_lapsed(deal) == []
        assert ClosingConfirmation.objects.count() == 2


class TestADeclinedSignature:
    @pytest.fixture
    def before(self, cerplex: Deal) -> Deal:
        """Nobody has signed yet."""
        return cerplex

    @pytest.fixture
    def andrea(self, before: Deal) -> User:
        return User.objects.get(name=ANDREA)

    def test_is_told_to_counsel_of_both_sides_with_the_reason(self, before: Deal, andrea: User) -> None:
        rows = decline(before, "registration-rights-agreement", ["andrea-martin"], "Not before the <opinion>.", andrea)
        found = letters("declines to sign")
        assert {row.email for row in found} == of_both()
        assert found[0].subject.endswith(f"{ANDREA} declines to sign the {rows[0].page.deliverable.title}")
        assert "Not before the <opinion>." in found[0].text
        assert "Not before the &lt;opinion&gt;." in found[0].html
        assert "2(a)(viii) is met for nobody" in found[0].text
        assert f"/deals/{before.code}/signatures/by/andrea-martin/" in found[0].text

    def test_of_several_investors_at_once_is_one_letter(self, before: Deal) -> None:
        daniel = User.objects.get(name="Daniel S. Martin")
        blocks = [row.key for row in before.blocks.filter(person_email=daniel.email).order_by("position")]
        decline(before, AGREEMENT, blocks, "Our fund’s board meets on Thursday.", daniel)
        found = letters("decline to sign")
        assert len(found) == 2
        assert "For The & Trust, by Daniel S. Martin" in found[0].text
        assert f"/deals/{before.code}/signatures/?state=declined" in found[0].text

    def test_twice_is_once_and_again_after_it_was_taken_back(self, before: Deal, andrea: User) -> None:
        for _ in range(2):
            (row,) = decline(before, AGREEMENT, ["andrea-martin"], "Not yet.", andrea)
        assert len(letters("declines to sign")) == 2
        take_back_declining(row, andrea)
        decline(before, AGREEMENT, ["andrea-martin"], "Not at all.", andrea)
        assert len(letters("declines to sign")) == 4

    def test_whoever_put_it_on_record_is_not_told(self, before: Deal) -> None:
        own, other = counsel(Side.INVESTORS), counsel(Side.ISSUER)
        decline(before, AGREEMENT, ["andrea-martin"], "She telephoned.", own)
        (row,) = letters("declines to sign")
        assert row.email == other.email
        assert f"{own.name} put it on record" in row.text

    def test_nobody_but_counsel_sees_it(self, before: Deal, andrea: User) -> None:
        decline(before, AGREEMENT, ["andrea-martin"], "Not yet.", andrea)
        for user in User.objects.exclude(email__in=of_both()):
            assert mail_page(before, user, 1).letters == ()


class TestTheDayBefore:
    def test_counsel_of_both_sides_get_one_letter_about_the_whole_closing(self, before: Deal) -> None:
        with clock.fixed(EVE):
            send_due_reminders()
            send_due_reminders()
        assert {row.email for row in letters("both counsel confirm")} == of_both()
        for email in of_both():
            (row,) = Reminder.objects.filter(email=email)
            assert "0 of 15 investors are ready" in row.text
            assert "2(a)(viii)" in row.text
            assert "2(b)(ii) Payment of Purchase Price, owed by Andrea Martin" in row.text
            assert "2(a)(v) Opinion of Counsel to the Company, owed by Brobeck" in row.text
            assert f"/deals/{before.code}/close/" in row.text
        assert len([each for each in mail.outbox if set(each.to) & of_both()]) == 2

    def test_investors_are_told_what_they_owe_and_nothing_of_it(self, before: Deal) -> None:
        with clock.fixed(EVE):
            send_due_reminders()
        others = Reminder.objects.exclude(email__in=of_both())
        assert others.exists()
        assert all("both counsel" not in words(row) and "/close/" not in words(row) for row in others)

    def test_says_so_where_nothing_is_open(self, deal: Deal) -> None:
        gate = gate_of(deal)
        eve = next(each for each in schedule(gate.closing.at, deal.time_zone) if each.is_eve)
        row = eve_letter(deal, counsel(Side.ISSUER), eve, gate)
        assert "15 of 15 investors are ready. Nothing stands between them and the closing." in row.text
        assert "Nothing stands between them" in row.html

    def test_also_where_counsel_owe_nothing(self, before: Deal) -> None:
        """Whatever is open is others' to do; counsel confirm all the same."""
        with clock.fixed(EVE):
            owing = {notice.person.email for notice in notices(gate_of(before))}
            another = User.objects.create_user("another@counsel.example", name="Another")
            another.memberships.create(deal=before, role=Role.COMPANY_COUNSEL.value)
            assert another.email not in owing
            send_due_reminders()
        assert another.email in {row.email for row in letters("both counsel confirm")}

    def test_not_three_days_before(self, before: Deal) -> None:
        with clock.fixed(EVE - timedelta(days=2)):
            send_due_reminders()
        assert Reminder.objects.exists()
        assert not letters("both counsel confirm")
