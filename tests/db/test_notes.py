"""Notes: who reads which, and that they are never changed."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from closing.actions.base import ActionRefused
from closing.actions.conditions import SentAlready, TakenBackAlready
from closing.actions.deals import load_deal
from closing.actions.notes import withdraw_note, write_note
from closing.models import Condition, Deal, Deliverable, Event, Membership, Note
from closing.queries.notes import notes_for
from closing.rules.access import NotAllowed, Role
from investors.models import User
from tests.db.conftest import MONDAY, terms_of


@pytest.fixture
def item(cerplex: Deal) -> Condition:
    return Condition.objects.get(deal=cerplex, section="2(a)(vi)")


@pytest.fixture
def sides(user_of: Callable[[Role], User]) -> tuple[User, User]:
    """Company counsel and the investors' counsel."""
    return user_of(Role.COMPANY_COUNSEL), user_of(Role.INVESTORS_COUNSEL)


@pytest.fixture
def written(item: Condition, sides: tuple[User, User]) -> dict[str, Note]:
    company, special = sides
    paper = Deliverable.objects.get(deal=item.deal, key="opinion-of-company-counsel")
    return {
        "shared": write_note(item, "Massachusetts answers on Thursday.", company, shared=True),
        "company": write_note(item, "We could live without it.", company, shared=False),
        "special": write_note(paper, "Insist on the date.", special, shared=False),
    }


def read_by(user: User, deal: Deal) -> set[str]:
    return {each.text for each in notes_for(user, deal)}


def test_a_private_note_is_its_sides_alone(written: dict[str, Note], item: Condition, sides: tuple[User, User]) -> None:
    company, special = sides
    assert read_by(company, item.deal) == {"Massachusetts answers on Thursday.", "We could live without it."}
    assert read_by(special, item.deal) == {"Massachusetts answers on Thursday.", "Insist on the date."}


def test_nobody_else_reads_any(written: dict[str, Note], item: Condition, user_of: Callable[[Role], User]) -> None:
    assert not read_by(user_of(Role.INVESTOR), item.deal)
    assert not read_by(user_of(Role.ADMIN), item.deal)
    assert not Note.objects.visible_to(AnonymousUser()).exists()


def test_a_lawyer_on_two_sides_of_two_deals_reads_each_as_who_he_is_there(
    written: dict[str, Note], item: Condition, sides: tuple[User, User]
) -> None:
    company, _ = sides
    other = load_deal(terms_of(1))
    Membership.objects.create(user=company, deal=other, role=Role.INVESTORS_COUNSEL.value)
    there = User.objects.create_user("there@closing-room.example", name="There")
    Membership.objects.create(user=there, deal=other, role=Role.COMPANY_COUNSEL.value)
    condition = Condition.objects.filter(deal=other)[0]
    write_note(condition, "Ours there.", company, shared=False)
    write_note(condition, "Theirs there.", there, shared=False)
    assert read_by(company, other) == {"Ours there."}
    assert "Insist on the date." not in read_by(company, item.deal)
    assert read_by(there, item.deal) == set()
    told = Event.objects.visible_to(company).filter(deal=other, verb="note-written")
    assert [event.actor for event in told] == [company]


def test_the_record_never_repeats_a_note_nor_tells_of_a_private_one(
    written: dict[str, Note], item: Condition, sides: tuple[User, User]
) -> None:
    company, special = sides
    withdraw_note(written["company"], "It was too much.", company)
    told = Event.objects.filter(verb__startswith="note-")
    assert told.count() == 4
    for event in told:
        said = f"{event.summary} {event.reason} {event.data}"
        assert not any(note.text in said for note in written.values())
        assert "too much" not in said
    seen = Event.objects.visible_to(special).filter(verb__startswith="note-").order_by("id")
    assert [event.subject_id for event in seen] == [written["shared"].pk, written["special"].pk]


def test_it_is_taken_back_once_and_by_its_side(written: dict[str, Note], sides: tuple[User, User]) -> None:
    company, special = sides
    with pytest.raises(NotAllowed):
        withdraw_note(written["shared"], "No.", special)
    with pytest.raises(ActionRefused, match="reason"):
        withdraw_note(written["shared"], " ", company)
    withdraw_note(written["shared"], "It answered today.", company)
    with pytest.raises(TakenBackAlready, match="It answered today"):
        withdraw_note(written["shared"], "Again.", company)
    (line,) = (each for each in notes_for(special, written["shared"].deal) if not each.stands)
    assert (line.text, line.withdrawn_reason) == ("Massachusetts answers on Thursday.", "It answered today.")
    assert line.text not in {each.text for each in notes_for(special, written["shared"].deal, standing_only=True)}


def test_only_counsel_write_and_the_same_form_once(
    item: Condition, sides: tuple[User, User], user_of: Callable[[Role], User]
) -> None:
    for role in (Role.INVESTOR, Role.ADMIN):
        with pytest.raises(NotAllowed):
            write_note(item, "Hello.", user_of(role), shared=True)
    with pytest.raises(ActionRefused, match="says something"):
        write_note(item, "  ", sides[0], shared=True)
    key = str(uuid4())
    write_note(item, "Once.", sides[0], shared=True, form=key)
    with pytest.raises(SentAlready):
        write_note(item, "Once.", sides[0], shared=True, form=key)
    assert Note.objects.count() == 1


def test_the_database_keeps_notes_as_they_were(written: dict[str, Note], item: Condition) -> None:
    rows = Note.objects.filter(pk=written["company"].pk)
    for change in ({"text": "Other."}, {"audience": "shared"}, {"side": "investors"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        rows.delete()
    values = {"deal": item.deal, "condition": item, "side": "issuer", "text": "x", "at": MONDAY, "by": rows[0].by}
    for audience in ("investors", "everybody"):
        with pytest.raises(IntegrityError, match="note_audience"), transaction.atomic():
            Note.objects.create(**values, audience=audience)
    with pytest.raises(IntegrityError, match="note_on_one_item"), transaction.atomic():
        Note.objects.create(**{**values, "condition": None}, audience="shared")


def test_notes_are_one_query_however_many(item: Condition, sides: tuple[User, User]) -> None:
    counts = set()
    for _ in range(3):
        write_note(item, f"Note {uuid4()}", sides[0], shared=True)
        with CaptureQueriesContext(connection) as asked:
            assert notes_for(sides[1], item.deal, condition=item.section)
        counts.add(len(asked))
    assert counts == {1}
