"""What a majority decides: proposed by counsel, answered by investors, counted by shares, shown before it is done."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from closing.actions.facts import record_fact
from closing.models import Approval, Proposal
from closing.queries import gates
from closing.queries.gates import gate_of
from closing.rules import facts
from tests.web.test_conditions import send
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996"
TO_WEDNESDAY = {"day": "1996-06-12", "hour": "11:00", "place": "", "text": "The opinion is not ready."}
BIG = ["Sprout Growth II, L.P.", "Scorpion Offshore Investment Fund"]  # 2,269 and 1,575: 3,844 of 8,000


def propose(world: World) -> Proposal:
    """Move the closing to Wednesday, confirmed."""
    client, path = world.client("company"), f"{BASE}/majorities/propose/move-closing/"
    told = client.post(path, TO_WEDNESDAY).content.decode()
    sections = [part.split('"')[0] for part in told.split('name="stale" value="')[1:]]
    client.post(path, {**TO_WEDNESDAY, "confirmed": "yes", "stale": sections})
    return Proposal.objects.get(deal=world.deal)


def answers(world: World, *names: str, answer: str = "oral") -> str:
    blocks = {each.name: each.blocks[0].key for each in gate_of(world.deal).deal.investors}
    who = [f"{name}|{blocks[name]}" for name in names]
    return send(world.client("investors"), "majorities/move-1/answer/", who=who, answer=answer)


def test_the_rule_is_told_with_its_border(room: World) -> None:
    text = room.client("company").get(f"{BASE}/majorities/").content.decode()
    assert "4,000 of 8,000 is not enough; 4,001 is." in text


def test_moving_the_closing_says_what_it_opens_again_before_anything_is_done(room: World) -> None:
    path = f"{BASE}/majorities/propose/move-closing/"
    told = room.client("company").post(path, TO_WEDNESDAY).content.decode()
    assert "Nothing is done yet." in told
    assert 'name="stale" value="2(b)(i)"' in told or 'name="stale" value="2(a)(i)"' in told
    assert not Proposal.objects.exists()
    # Confirmed without having seen what goes stale, it is shown again.
    room.client("company").post(path, {**TO_WEDNESDAY, "confirmed": "yes"})
    assert not Proposal.objects.exists()
    assert propose(room).key == "move-1"


def test_a_time_that_has_passed_is_refused_beside_the_day(room: World) -> None:
    path = f"{BASE}/majorities/propose/move-closing/"
    response = room.client("company").post(path, {**TO_WEDNESDAY, "day": "1996-06-01"})
    assert response.status_code == 422
    assert "That time has passed" in response.content.decode()


def test_the_closing_moves_with_4001_shares_and_the_company_and_not_before(room: World) -> None:
    propose(room)
    assert "157 shares are missing; it can still pass" in answers(room, *BIG)
    assert gate_of(room.deal).closing.moved_by is None
    told = answers(room, "Standard Pacific Capital Offshore Fund Ltd.")  # 157: 4,001
    assert "it waits for the company’s own agreement" in told
    room.client("company").post(f"{BASE}/majorities/move-1/agree/")
    gate = gate_of(room.deal)
    assert gate.closing.moved_by is not None
    overview = room.client("company").get(f"{BASE}/").content.decode()
    assert "Wednesday, June 12, 1996, 11:00 a.m. Pacific" in overview
    assert "Open again since the closing moved" in overview


def test_it_cannot_pass_once_half_of_the_shares_have_declined(room: World) -> None:
    propose(room)
    told = answers(room, *BIG, "Standard Pacific Capital Offshore Fund Ltd.", answer="declined")
    assert "It cannot pass: 4,001 shares have declined" in told


def test_an_approval_taken_back_is_missing_again(room: World) -> None:
    propose(room)
    answers(room, *BIG)
    row = Approval.objects.filter(allotment__investor__name=BIG[0])[0]
    send(room.client("investors"), f"facts/approval/{row.pk}/withdraw/", reason="It was another deal.")
    told = room.client("company").get(f"{BASE}/majorities/move-1/").content.decode()
    assert "2,426 shares are missing" in told


def test_joint_owners_answer_each_for_himself_in_writing(room: World) -> None:
    propose(room)
    position = room.allotment("Malcolm and Emily Fairbairn").position
    page = room.client("investor").get(f"{BASE}/mine/{position}/").content.decode()
    assert "Agree to move the closing to Wednesday, June 12, 1996" in page
    told = send(
        room.client("investor"),
        f"mine/{position}/proposals/move-1/",
        answer="agree",
        typed_name="malcolm fairbairn",
    )
    assert "You agreed." in told
    row = Approval.objects.get()
    assert (row.blocks, row.written, row.declined) == (["malcolm-fairbairn"], True, False)
    assert "Not all owners have answered" in room.client("company").get(f"{BASE}/majorities/move-1/").content.decode()
    send(
        room.client("investor"),
        f"mine/{position}/proposals/move-1/",
        answer="decline",
        typed_name="Malcolm Fairbairn",
    )
    assert list(Approval.objects.filter(withdrawn_at=None).values_list("declined", flat=True)) == [True]


def test_another_investors_answer_is_told_to_nobody_else(room: World) -> None:
    propose(room)
    answers(room, *BIG)
    position = room.allotment("Andrea Martin").position
    text = room.client("another").get(f"{BASE}/mine/{position}/proposals/move-1/").content.decode()
    assert "Sprout" not in text
    assert "3,844" not in text


@pytest.mark.parametrize("path", ["majorities/", "majorities/move-1/"])
def test_the_cost_does_not_grow_with_the_answers(room: World, path: str) -> None:
    propose(room)
    client = room.client("company")
    client.get(f"{BASE}/{path}")
    spent = []
    for name in ("", *BIG):
        if name:
            said = facts.Approval(at=MONDAY, proposal="move-1", investor=name)
            record_fact(room.deal, said, room.people["investors"])
        gates.forget()  # each look reads everything
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{BASE}/{path}").status_code == 200
        spent.append(len(queries))
    assert len(set(spent)) == 1
