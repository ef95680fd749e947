"""Notes on the pages; and that a private one comes to the other side nowhere at all."""

import re
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from closing.actions.notes import withdraw_note, write_note
from closing.actions.reminders import queue_due_reminders, send, waiting
from closing.models import Condition, Deliverable, Note, Reminder
from investors import clock
from tests.web.papers import text_of
from tests.web.role_table import TABLE, addresses
from tests.web.world import World

pytestmark = pytest.mark.django_db

SECRET = "Zinnober"
SHARED = "Quittengelb"
CONDITION = "/deals/cerplex-1996/conditions/2(a)(vi)/"
DOCUMENT = "/deals/cerplex-1996/documents/opinion-of-company-counsel/"


def items(world: World) -> list[Condition | Deliverable]:
    """Some of both, those of the table's addresses among them."""
    sections, keys = ("2(a)(v)", "2(a)(vi)", "2(b)(ii)"), ("opinion-of-company-counsel", "purchase-price")
    return [
        *Condition.objects.filter(deal=world.deal, section__in=sections),
        *Deliverable.objects.filter(deal=world.deal, key__in=keys),
    ]


def annotate(world: World, writer: str, *, shared: bool, word: str) -> None:
    """A note with the word on every item, one of them taken back."""
    notes = [write_note(item, f"{word} on {item}.", world.people[writer], shared=shared) for item in items(world)]
    withdraw_note(notes[0], f"{word} after all.", world.people[writer])


def everything(world: World, role: str) -> str:
    """Every page and file that a role gets, of every address and of every item."""
    # An address without a row fails in test_roles.
    urls = [TABLE[name].url(world, name) for name in addresses() if name in TABLE and name != "sign-out"]
    rows = len(urls)
    for item in items(world):
        name, key = ("condition", item.section) if isinstance(item, Condition) else ("document", item.key)
        urls.append(reverse(name, args=[world.deal.code, key]))
    urls += [f"/deals/{world.deal.code}/record/?text={word}" for word in (SECRET, "note", "private", "alone")]
    urls += [f"/deals/{world.deal.code}/notes/{pk}/withdraw/" for pk in Note.objects.values_list("pk", flat=True)]
    client = world.client(role)
    found = [body(client.get, url) for url in urls]
    found += [body(client.post, url) for url in urls[:rows]]
    return "".join(found)


def body(method: Any, url: str) -> str:
    with transaction.atomic():
        answer = method(url)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    # What was typed into the search comes back in its own field.
    said = f"{content.decode(errors='replace')} {dict(answer.headers)}"
    return re.sub(rf'value="{SECRET}"|text(=|%3D){SECRET}', "", said)


@pytest.mark.parametrize(("writer", "reader"), [("company", "investors"), ("investors", "company")])
def test_a_private_note_comes_to_the_other_side_nowhere(room: World, writer: str, reader: str) -> None:
    annotate(room, writer, shared=False, word=SECRET)
    found = everything(room, reader)
    assert SECRET not in found
    assert "note withdrawn" not in found
    assert "note-withdrawn" not in found
    # The control: its own side does find it.
    assert SECRET in body(room.client(writer).get, CONDITION)


@pytest.mark.parametrize("role", ["investor", "another", "outsider", "admin", "anonymous"])
def test_nobody_but_counsel_is_shown_any_note(room: World, role: str) -> None:
    annotate(room, "company", shared=False, word=SECRET)
    annotate(room, "investors", shared=True, word=SHARED)
    found = everything(room, role)
    assert SECRET not in found
    assert SHARED not in found


def test_a_shared_note_comes_to_both(room: World) -> None:
    annotate(room, "company", shared=True, word=SHARED)
    investors = room.client("investors")
    for page in (CONDITION, DOCUMENT):
        assert SHARED in body(investors.get, page)


def test_no_file_and_no_letter_has_a_note(room: World) -> None:
    annotate(room, "company", shared=False, word=SECRET)
    annotate(room, "investors", shared=True, word=SHARED)
    said = StringIO()
    for arguments in ([], ["--facts"]):
        call_command("export_deal", room.deal.code, *arguments, stdout=said)
    call_command("deal_status", room.deal.code, stdout=said)
    with clock.fixed(datetime.fromisoformat("1996-06-07T11:05-07:00")):
        assert queue_due_reminders(room.deal)
        for pk in waiting():
            send(pk)
    assert mail.outbox
    letters = [str(each.message()) for each in mail.outbox]
    letters += [f"{row.subject} {row.text} {row.html}" for row in Reminder.objects.all()]
    for text in (said.getvalue(), *letters):
        assert SECRET not in text
        assert SHARED not in text
    assert "2(a)(vi)" in said.getvalue()


def test_a_note_is_private_unless_one_says_otherwise(room: World) -> None:
    told = text_of(room.client("company").get(CONDITION))
    assert re.search(r'value="private"[^>]*checked', told)
    assert "Only company counsel" in told
    sent = room.client("company").post(f"{CONDITION}notes/", {"text": "Ask again.", "audience": "private"}, follow=True)
    assert "written for company counsel alone" in text_of(sent)
    assert "Ask again." in text_of(sent)
    assert "Ask again." not in text_of(room.client("investors").get(CONDITION))


def test_a_shared_note_shows_who_wrote_it_and_only_its_side_takes_it_back(room: World) -> None:
    sent = {"text": "Thursday.", "audience": "shared"}
    room.client("company").post(f"{DOCUMENT}notes/", sent)
    note = Note.objects.get(text="Thursday.")
    withdraw = f"/deals/cerplex-1996/notes/{note.pk}/withdraw/"
    assert "Thursday." in text_of(room.client("investors").get(DOCUMENT))
    assert withdraw not in text_of(room.client("investors").get(DOCUMENT))
    assert withdraw in text_of(room.client("company").get(DOCUMENT))
    assert room.client("investors").post(withdraw, {"reason": "No."}).status_code == 403
    room.client("company").post(withdraw, {"reason": "It was Friday."})
    told = text_of(room.client("investors").get(DOCUMENT))
    assert "<s>Thursday.</s>" in told
    assert "It was Friday." in told
    again = room.client("company").post(withdraw, {"reason": "It was Friday."}, follow=True)
    assert "Nothing was done twice" in text_of(again)


def test_a_note_without_words_or_readers_is_refused_beside_the_field(room: World) -> None:
    answer = room.client("company").post(f"{CONDITION}notes/", {"text": " ", "audience": "everybody"})
    assert answer.status_code == 422
    assert "write it first" in text_of(answer)
    assert Note.objects.filter(condition__section="2(a)(vi)").count() == 0


def test_what_is_written_is_shown_as_it_was_written(room: World) -> None:
    words = "<b>The & Trust</b>\nsays no."
    room.client("company").post(f"{CONDITION}notes/", {"text": words, "audience": "private"})
    told = room.client("company").get(CONDITION).content.decode()
    assert "&lt;b&gt;The &amp; Trust&lt;/b&gt;\nsays no." in told


def test_the_same_form_sent_twice_is_one_note(room: World) -> None:
    form = {"text": "Once.", "audience": "shared", "form_key": "00000000-0000-4000-8000-000000000001"}
    for _ in range(2):
        assert room.client("company").post(f"{CONDITION}notes/", form).status_code == 302
    assert Note.objects.filter(text="Once.").count() == 1


@pytest.mark.parametrize("url", [CONDITION, DOCUMENT])
def test_a_page_costs_the_same_however_many_notes(room: World, url: str) -> None:
    client, counts = room.client("company"), set()
    for _ in range(3):
        annotate(room, "company", shared=True, word=SHARED)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        counts.add(len(asked))
    assert len(counts) == 1, counts
