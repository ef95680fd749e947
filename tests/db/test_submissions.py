"""Moves of deliverables on the database: by the right side, once, about what was seen; and never changed."""

import threading
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from closing.actions.base import ActionRefused
from closing.actions.conditions import SentAlready
from closing.actions.deals import load_deal, open_accounts
from closing.actions.documents import add_document_version
from closing.actions.submissions import move_deliverable
from closing.models import Deal, Deliverable, Event, Submission
from closing.queries.facts import facts_of
from closing.queries.gates import gate_of
from closing.queries.submissions import ball_on, balls, moves_of
from closing.rules.access import NotAllowed, Role
from closing.rules.submissions import Move, Stage, parties_of
from closing.rules.terms import Side
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY, terms_of
from tests.rules.any_facts import CERPLEX


@pytest.fixture
def opinion(cerplex: Deal) -> Deliverable:
    """Owed by company counsel to the investors, with no file yet."""
    return Deliverable.objects.get(deal=cerplex, key="opinion-of-company-counsel")


@pytest.fixture
def company(user_of: Callable[[Role], User]) -> User:
    return user_of(Role.COMPANY_COUNSEL)


@pytest.fixture
def special(user_of: Callable[[Role], User]) -> User:
    return user_of(Role.INVESTORS_COUNSEL)


def hand_in(paper: Deliverable, by: User, words: str) -> int:
    return add_document_version(paper, ContentFile(words.encode(), name="opinion.txt"), "", by).number


def test_to_and_fro_and_accepted(opinion: Deliverable, company: User, special: User) -> None:
    hand_in(opinion, company, "A draft")
    move_deliverable(opinion, Move.SUBMIT, company)
    assert (ball_on(opinion).holder, ball_on(opinion).version) == (Side.INVESTORS, 1)
    move_deliverable(opinion, Move.SEND_BACK, special, reason="No date.")
    assert (ball_on(opinion).state, ball_on(opinion).holder) == (Stage.SENT_BACK, Side.ISSUER)
    hand_in(opinion, company, "A draft with a date")
    move_deliverable(opinion, Move.SUBMIT, company)
    move_deliverable(opinion, Move.ACCEPT, special)
    ball = ball_on(opinion)
    assert (ball.state, ball.holder, ball.since, ball.version) == (Stage.ACCEPTED, None, MONDAY, 2)
    assert [(each.what, each.version, each.reason) for each in moves_of(opinion, company)] == [
        ("Accepted", 2, ""),
        ("Submitted", 2, ""),
        ("Sent back", 1, "No date."),
        ("Submitted", 1, ""),
    ]
    told = Event.objects.filter(verb__startswith="deliverable-").order_by("id").values_list("verb", "actor", "reason")
    assert list(told) == [
        ("deliverable-submitted", company.pk, ""),
        ("deliverable-sent-back", special.pk, "No date."),
        ("deliverable-submitted", company.pk, ""),
        ("deliverable-accepted", special.pk, ""),
    ]


def test_a_later_version_reopens_nothing_and_the_side_that_accepted_may(
    opinion: Deliverable, company: User, special: User
) -> None:
    hand_in(opinion, company, "Final")
    move_deliverable(opinion, Move.SUBMIT, company)
    move_deliverable(opinion, Move.ACCEPT, special)
    hand_in(opinion, company, "Later")
    assert (ball_on(opinion).state, ball_on(opinion).version) == (Stage.ACCEPTED, 1)
    with pytest.raises(ActionRefused, match="the investors' counsel reopens it"):
        move_deliverable(opinion, Move.SUBMIT, company)
    with pytest.raises(NotAllowed):
        move_deliverable(opinion, Move.REOPEN, company, reason="A later version")
    move_deliverable(opinion, Move.REOPEN, special, reason="The later version.")
    assert ball_on(opinion).holder is Side.ISSUER


def test_an_acceptance_meets_no_condition_and_is_no_fact(opinion: Deliverable, company: User, special: User) -> None:
    deal = opinion.deal
    before, on_file = gate_of(deal).conditions, facts_of(deal)
    hand_in(opinion, company, "Final")
    move_deliverable(opinion, Move.SUBMIT, company)
    move_deliverable(opinion, Move.ACCEPT, special)
    assert gate_of(deal).conditions == before
    assert facts_of(deal) == on_file


@pytest.mark.parametrize("role", [Role.COMPANY_COUNSEL, Role.INVESTOR, Role.ADMIN])
def test_the_wrong_people_are_refused_and_nothing_is_kept(
    opinion: Deliverable, company: User, user_of: Callable[[Role], User], role: Role
) -> None:
    move_deliverable(opinion, Move.SUBMIT, company, reason="By courier")
    events = Event.objects.count()
    with pytest.raises(NotAllowed):
        move_deliverable(opinion, Move.ACCEPT, user_of(role))
    assert Submission.objects.count() == 1
    assert Event.objects.count() == events


def test_the_same_form_twice_is_one_move(opinion: Deliverable, company: User) -> None:
    key = str(uuid4())
    move_deliverable(opinion, Move.SUBMIT, company, reason="By courier", form=key)
    with pytest.raises(SentAlready):
        move_deliverable(opinion, Move.SUBMIT, company, reason="By courier", form=key)
    assert Submission.objects.count() == 1


def test_nobody_answers_what_he_has_not_seen(opinion: Deliverable, company: User, special: User) -> None:
    hand_in(opinion, company, "First")
    move_deliverable(opinion, Move.SUBMIT, company, seen=0, version=1)
    hand_in(opinion, company, "Second")
    with pytest.raises(ActionRefused, match="later version came on file"):
        move_deliverable(opinion, Move.SUBMIT, company, seen=1, version=1)
    move_deliverable(opinion, Move.SUBMIT, company, seen=1, version=2)
    with pytest.raises(ActionRefused, match="submitted by company counsel"):
        move_deliverable(opinion, Move.ACCEPT, special, seen=1, version=1)
    assert move_deliverable(opinion, Move.ACCEPT, special, seen=2, version=2).version == opinion.versions.get(number=2)


def test_without_a_file_it_says_what_is_submitted(opinion: Deliverable, company: User) -> None:
    with pytest.raises(ActionRefused, match="No file is on file"):
        move_deliverable(opinion, Move.SUBMIT, company)
    assert move_deliverable(opinion, Move.SUBMIT, company, reason="The original, by courier").version is None


def test_the_database_keeps_moves_as_they_were(opinion: Deliverable, company: User) -> None:
    row = move_deliverable(opinion, Move.SUBMIT, company, reason="By courier")
    rows = Submission.objects.filter(pk=row.pk)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        rows.update(reason="By hand")
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        rows.delete()
    wrong: list[dict[str, object]] = [
        {"number": 1},
        {"number": 2, "move": "forget"},
        {"number": 2, "move": "send-back", "reason": ""},
        {"number": 2, "side": "nobody"},
    ]
    for each in wrong:
        values = {"deliverable": opinion, "move": "submit", "side": "issuer", "at": MONDAY, "reason": "x", **each}
        with pytest.raises(IntegrityError), transaction.atomic():
            Submission.objects.create(**values)


def test_every_ball_in_one_query_as_the_rules_have_it(cerplex: Deal, opinion: Deliverable, company: User) -> None:
    move_deliverable(opinion, Move.SUBMIT, company, reason="By courier")
    with CaptureQueriesContext(connection) as asked:
        found = balls(cerplex)
    assert len(asked) == 1
    assert list(found) == [each.key for each in CERPLEX.deliverables]
    assert {key: ball.parties for key, ball in found.items()} == {
        each.key: parties_of(each, CERPLEX) for each in CERPLEX.deliverables
    }
    assert [key for key, ball in found.items() if ball.moves] == [opinion.key]
    assert found[opinion.key] == ball_on(opinion)


def test_balls_do_not_cost_by_the_moves_or_mix_deals(db: None, monday: object) -> None:
    counts = set()
    for size in (1, 5):
        deal = load_deal(replace(terms_of(size), code=f"deal-{size}"))
        for paper in deal.deliverables.all()[:size]:
            move_deliverable(paper, Move.SUBMIT, None, reason="By courier")
        with CaptureQueriesContext(connection) as asked:
            found = balls(deal)
        assert sum(ball.moves for ball in found.values()) == min(size, deal.deliverables.count())
        counts.add(len(asked))
    assert counts == {1}


@pytest.mark.django_db(transaction=True)
def test_accepted_and_sent_back_at_once_is_one_of_them() -> None:
    with clock.fixed(MONDAY):
        deal = load_deal(replace(CERPLEX, code="race"))
        open_accounts(deal)
        paper = Deliverable.objects.get(deal=deal, key="opinion-of-company-counsel")
        special = User.objects.get(memberships__role=Role.INVESTORS_COUNSEL.value)
        move_deliverable(paper, Move.SUBMIT, None, reason="By courier")
        together, told = threading.Barrier(2), []

        def answer(move: Move) -> None:
            try:
                together.wait(10)
                move_deliverable(paper, move, special, reason="No date.", seen=1)
                told.append("done")
            except ActionRefused as refused:
                told.append(str(refused))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=answer, args=[move]) for move in (Move.ACCEPT, Move.SEND_BACK)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(told)[1] == "done"
        assert sorted(told)[0].startswith("Somebody was quicker")
        assert Submission.objects.count() == 2
