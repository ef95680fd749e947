"""Reminders: to whom, once, and what becomes of them where the mail server fails."""

import smtplib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import override_settings

from closing.actions import reminders
from closing.actions.closings import close_deal
from closing.actions.deals import load_deal
from closing.actions.facts import load_facts, record_fact
from closing.models import Deal, Event, Reminder
from closing.queries.gates import gate_of
from closing.queries.mail import mail_page
from closing.queries.reminders import upcoming
from closing.rules import facts
from closing.rules.facts_file import read_facts
from closing.tasks.reminders import send_due_reminders
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY
from tests.db.test_closings import ALL, ELEVEN, on_closing_day
from tests.rules.any_facts import CERPLEX, SAMPLES

State = Reminder.State


@pytest.fixture
def deal(cerplex: Deal) -> Deal:
    """The Cerplex deal on the Monday before, with its opening facts."""
    path = SAMPLES / "cerplex-1996.opening.toml"
    load_facts(cerplex, read_facts(path.read_text(), CERPLEX, path.name))
    return cerplex


class Relay(BaseEmailBackend):
    """A mail relay that answers as it is told; mail lies outside the house."""

    fails_on_open: Exception | None = None
    fails: Exception | None = None
    took: list[Any] = []

    def open(self) -> bool:
        if Relay.fails_on_open:
            raise Relay.fails_on_open
        return True

    def send_messages(self, email_messages: Any) -> int:
        if Relay.fails:
            raise Relay.fails
        Relay.took.extend(email_messages)
        return len(email_messages)


@pytest.fixture
def relay() -> Iterator[type[Relay]]:
    Relay.fails_on_open, Relay.fails, Relay.took = None, None, []
    with override_settings(EMAIL_BACKEND="tests.db.test_reminders.Relay"):
        yield Relay


def row_of(person: str) -> Reminder:
    return Reminder.objects.get(person=person)


class TestWhoGetsOne:
    def test_everybody_who_owes_something_and_each_once(self, deal: Deal) -> None:
        send_due_reminders()
        sent = [message.to[0] for message in mail.outbox]
        assert len(sent) == len(set(sent)) == 9
        owe_nothing = {"robert.finzi@sprout.example", "peter.kamin@peak.example"}
        assert set(sent) == {person.email for person in CERPLEX.people} - owe_nothing
        assert sent.count("daniel.martin@standard-pacific.example") == 1
        assert {row.state for row in Reminder.objects.all()} == {State.SENT}

    def test_never_twice_however_often_the_beat_comes(self, deal: Deal) -> None:
        for minutes in range(5):
            with clock.fixed(MONDAY + timedelta(minutes=minutes)):
                send_due_reminders()
        assert len(mail.outbox) == 9
        assert Event.objects.filter(verb="reminders-queued").count() == 1

    def test_andrea_is_told_of_herself_and_of_no_other_investor(self, deal: Deal) -> None:
        send_due_reminders()
        (message,) = [each for each in mail.outbox if each.to == ["andrea.martin@willowbrook.example"]]
        assert isinstance(message, mail.EmailMultiAlternatives)
        words = message.body + str(message.alternatives[0][0])
        assert "$10,000.00" in words
        others = [name for name in ALL if name != "Andrea Martin"]
        assert not [name for name in others if name in words or name.replace("&", "&amp;") in words]
        assert "of 15 investors" not in words

    def test_names_are_escaped_in_html_and_as_they_are_in_text(self, deal: Deal) -> None:
        send_due_reminders()
        row = row_of("Daniel S. Martin")
        assert "The & Trust" in row.text
        assert "The &amp; Trust" in row.html
        assert "The & Trust" not in row.html

    def test_the_mail_has_both_parts_a_fixed_id_and_a_link(self, deal: Deal) -> None:
        send_due_reminders()
        message = mail.outbox[0].message()
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]  # type: ignore[union-attr]
        row = Reminder.objects.get(email=mail.outbox[0].to[0])
        assert message["Message-ID"] == row.message_id
        assert "http://127.0.0.1:8000/" in row.text

    def test_a_contact_sees_his_own_mail_only(self, deal: Deal) -> None:
        send_due_reminders()
        andrea = User.objects.get(name="Andrea Martin")
        assert [row.person for row in mail_page(deal, andrea, 1).letters] == ["Andrea Martin"]
        lawyer = User.objects.get(name="Frederic A. Randall, Jr.")
        assert mail_page(deal, lawyer, 1).count == 9


class TestWhen:
    def at(self, text: str) -> int:
        """How many go out at that moment."""
        before = len(mail.outbox)
        with clock.fixed(datetime.fromisoformat(text)):
            send_due_reminders()
        return len(mail.outbox) - before

    def test_not_before_its_time_and_not_a_day_late(self, deal: Deal) -> None:
        assert self.at("1996-06-03T08:59-07:00") == 0
        assert self.at("1996-06-04T09:00-07:00") == 0
        assert self.at("1996-06-07T10:30-07:00") == 9

    def test_not_after_the_closing_hour(self, deal: Deal) -> None:
        assert self.at("1996-06-10T10:59-07:00") == 9
        assert self.at("1996-06-10T11:00-07:00") == 0

    def test_a_closing_that_moved_has_its_own(self, deal: Deal) -> None:
        assert self.at("1996-06-03T09:00-07:00") == 9
        proposal = facts.Proposal(
            at=MONDAY,
            key="later",
            matter="move-closing",
            to=datetime.fromisoformat("1996-06-11T11:00-07:00"),
            issuer_agreed_at=MONDAY,
        )
        record_fact(deal, proposal, None)
        for name in ("Sprout Growth II, L.P.", "Scorpion Offshore Investment Fund", "Whitman Partners, L.P."):
            record_fact(deal, facts.Approval(at=MONDAY, proposal="later", investor=name), None)
        assert self.at("1996-06-03T09:30-07:00") == 0
        # What two had confirmed as of the old closing is stale, so they owe it again.
        assert self.at("1996-06-04T09:00-07:00") == 11
        assert [f"{each.at:%d}" for each in upcoming(gate_of(deal))] == ["04", "08", "10", "11"]

    def test_none_once_it_is_closed(self, db: None) -> None:
        with clock.fixed(ELEVEN):
            deal = on_closing_day()
            close_deal(deal, None, expected=ALL)
            send_due_reminders()
            assert upcoming(gate_of(deal)) == ()
        assert not Reminder.objects.exists()

    def test_what_was_queued_too_long_is_left_out(self, deal: Deal) -> None:
        reminders.queue_due_reminders(deal)
        with clock.fixed(MONDAY + timedelta(days=1)):
            assert reminders.waiting() == []
        assert {row.error for row in Reminder.objects.all()} == {reminders.TOO_LATE}


class TestTheRelay:
    def test_nobody_there_keeps_it_in_the_queue(self, deal: Deal, relay: type[Relay]) -> None:
        relay.fails_on_open = ConnectionRefusedError(111, "Connection refused")
        send_due_reminders()
        assert {row.state for row in Reminder.objects.all()} == {State.QUEUED}
        assert Reminder.objects.filter(attempts__gt=0).count() == 1
        relay.fails_on_open = None
        send_due_reminders()
        assert len(relay.took) == 9

    def test_refused_for_good_fails_with_the_reason(self, deal: Deal, relay: type[Relay]) -> None:
        reminders.queue_due_reminders(deal)
        relay.fails = smtplib.SMTPRecipientsRefused({"x@example.org": (550, b"No such user")})
        row = Reminder.objects.first()
        assert row is not None
        assert not reminders.send(row.pk)
        row.refresh_from_db()
        assert (row.state, "550 No such user" in row.error) == (State.FAILED, True)

    def test_refused_for_now_is_tried_again_and_given_up(self, deal: Deal, relay: type[Relay]) -> None:
        reminders.queue_due_reminders(deal)
        relay.fails = smtplib.SMTPSenderRefused(451, b"Try later", "us")
        row = Reminder.objects.first()
        assert row is not None
        for _ in range(reminders.MOST_ATTEMPTS - 1):
            reminders.send(row.pk)
            row.refresh_from_db()
            assert row.state == State.QUEUED
        reminders.send(row.pk)
        row.refresh_from_db()
        assert row.state == State.FAILED

    @pytest.mark.parametrize("error", [TimeoutError(), smtplib.SMTPServerDisconnected("gone")])
    def test_a_fate_that_nobody_knows_is_told_and_not_tried_again(
        self, deal: Deal, relay: type[Relay], error: Exception
    ) -> None:
        reminders.queue_due_reminders(deal)
        relay.fails = error
        row = Reminder.objects.first()
        assert row is not None
        assert not reminders.send(row.pk)
        row.refresh_from_db()
        assert row.state == State.UNKNOWN
        relay.fails = None
        send_due_reminders()
        assert len(relay.took) == 8

    def test_a_worker_that_died_with_it_leaves_it_unknown(self, deal: Deal, relay: type[Relay]) -> None:
        reminders.queue_due_reminders(deal)
        row = Reminder.objects.first()
        assert row is not None
        reminders._claim(row.pk)
        send_due_reminders()
        row.refresh_from_db()
        assert row.state == State.SENDING
        with clock.fixed(MONDAY + reminders.LEASE):
            send_due_reminders()
        row.refresh_from_db()
        assert row.state == State.UNKNOWN
        assert len(relay.took) == 8


def test_a_minute_with_nothing_due_costs_few_queries(
    deal: Deal, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with clock.fixed(MONDAY - timedelta(hours=1)), django_assert_max_num_queries(40):
        assert reminders.queue_due_reminders(deal) == []


def test_one_deal_that_cannot_be_evaluated_keeps_no_other_from_its_reminders(
    deal: Deal, caplog: pytest.LogCaptureFixture
) -> None:
    other = load_deal(replace(CERPLEX, code="another"))
    Deal.objects.filter(pk=deal.pk).update(terms={})
    send_due_reminders()
    assert "could not be queued" in caplog.text
    assert {row.deal_id for row in Reminder.objects.all()} == {other.pk}
