"""The record and the mail: everything done is told, narrowed by the address, and mail runs nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings

from closing.actions.reminders import queue_due_reminders
from closing.models import Event, Reminder
from investors.clock import fixed, now
from tests.web.papers import BASE, Room, open_room, text_of

RECORD = f"{BASE}/record/"
MAIL = f"{BASE}/mail/"


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


def withdraw_a_page(room: Room, reason: str) -> None:
    address = f"{BASE}/signatures/by/peak/stock-purchase-agreement/withdraw/"
    assert room.company.post(address, {"reason": reason}).status_code == 302


def test_the_record_says_who_when_what_and_why_in_the_deals_zone(room: Room) -> None:
    withdraw_a_page(room, "Signed the <b>wrong</b> draft")
    page = text_of(room.counsel.get(RECORD))
    for said in ("Signature withdrawn", "9:00 a.m.", "June 3, 1996", "Frederic A. Randall, Jr.", "The closing room"):
        assert said in page, said
    assert "Signed the &lt;b&gt;wrong&lt;/b&gt; draft" in page


def test_the_record_is_narrowed_by_what_who_and_words_in_the_address(room: Room) -> None:
    withdraw_a_page(room, "Signed the wrong draft")
    event = Event.objects.get(verb="signature-withdrawn")
    for question in ("verb=signature-withdrawn", f"who={event.actor_id}", "text=WRONG+draft"):
        page = text_of(room.company.get(f"{RECORD}?{question}"))
        assert "Signed the wrong draft" in page, question
        assert "Cerplex Series B loaded" not in page, question
    for question in ("verb=nothing", "who=x", "who=99999", "text=%00zz"):
        assert "Nothing on the record fits this." in text_of(room.company.get(f"{RECORD}?{question}")), question
    assert "Signed the wrong draft" not in text_of(room.company.get(f"{RECORD}?who=none"))


def test_a_long_record_is_paged_and_keeps_what_narrows_it(room: Room) -> None:
    for number in range(120):
        Event.objects.create(deal=room.deal, at=now(), verb="noted", summary=f"Note <{number}>")
    first = text_of(room.company.get(f"{RECORD}?verb=noted"))
    assert "Note &lt;119&gt;" in first
    assert "Note &lt;69&gt;" not in first
    assert 'href="?verb=noted&amp;page=2"' in first
    assert "Page 3 of 3" in text_of(room.company.get(f"{RECORD}?verb=noted&page=99"))
    for odd in ("0", "-1", "x", "²", "9" * 40):
        assert room.company.get(RECORD, {"page": odd}).status_code == 200


def test_only_counsel_read_the_record_and_the_mail(room: Room) -> None:
    for address in (RECORD, MAIL):
        for client in (room.malcolm, room.admin, room.stranger):
            assert client.get(address).status_code == 404


def test_mail_is_listed_and_shown_as_it_went_out(room: Room) -> None:
    with fixed(now() + timedelta(minutes=5)):
        rows = queue_due_reminders(room.deal)
        assert rows
        page = text_of(room.company.get(MAIL))
        letter = Reminder.objects.get(pk=rows[0].pk)
        shown = text_of(room.company.get(f"{MAIL}{letter.pk}/"))
        html = room.company.get(f"{MAIL}{letter.pk}/html/")
    assert settings.EMAIL_IS_FILES
    assert "No mail server is set" in page
    assert letter.person in page
    assert "sandbox" in shown
    assert html.content.decode() == letter.html
    assert html["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert html["X-Frame-Options"] == "SAMEORIGIN"
    assert room.malcolm.get(f"{MAIL}{letter.pk}/html/").status_code == 404
