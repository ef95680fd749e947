"""Submit, accept, send back: whose move it is, and that no sequence of moves reaches what cannot be."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from closing.rules.access import MAY, SIDES, Verb
from closing.rules.deal_file import read_deal
from closing.rules.notes import Audience
from closing.rules.submissions import (
    LEADS_TO,
    TRANSITIONS,
    WITH_REASON,
    Ball,
    Made,
    Move,
    MoveRefused,
    NotYourMove,
    Parties,
    Stage,
    after,
    ball_of,
    check_move,
    check_turn,
    counsel_of,
    in_words,
    moves_for,
    parties_of,
    why_not_move,
)
from closing.rules.terms import Side
from tests.rules.any_facts import CERPLEX, SAMPLES

AT = datetime(1996, 6, 3, 16, 0, tzinfo=UTC)
ACROSS = Parties(Side.ISSUER, Side.INVESTORS)
BACK_ACROSS = Parties(Side.INVESTORS, Side.ISSUER)
ONE_SIDE = Parties(Side.INVESTORS, Side.INVESTORS)

PARTIES = st.builds(Parties, st.sampled_from(Side), st.sampled_from(Side))
TRIED = st.builds(
    Made,
    move=st.sampled_from(Move),
    side=st.sampled_from(Side),
    at=st.integers(0, 50).map(lambda hours: AT + timedelta(hours=hours)),
    version=st.none() | st.integers(1, 4),
    reason=st.sampled_from(["", " ", "The date is missing."]),
)


def fresh(parties: Parties = ACROSS) -> Ball:
    return ball_of(parties, ())


def played(parties: Parties, tried: list[Made]) -> tuple[Ball, list[Made]]:
    """Every move that may be made, in turn; those refused change nothing."""
    ball, done = fresh(parties), []
    for each in tried:
        try:
            ball = after(ball, each)
        except MoveRefused:
            continue
        done.append(each)
    return ball, done


@given(PARTIES, st.lists(TRIED, max_size=25))
def test_no_sequence_of_moves_reaches_what_cannot_be(parties: Parties, tried: list[Made]) -> None:
    ball, done = played(parties, tried)
    stage, submitted = Stage.NOT_SUBMITTED, None
    for made in done:
        assert made.side is (parties.owes if made.move is Move.SUBMIT else parties.benefits)
        assert made.reason.strip() or made.move not in WITH_REASON
        assert made.version is not None or made.reason.strip() or made.move is not Move.SUBMIT
        if made.move in (Move.ACCEPT, Move.SEND_BACK):
            assert stage is Stage.SUBMITTED
        if made.move is Move.REOPEN:
            assert stage is Stage.ACCEPTED
        if made.move is Move.SUBMIT:
            assert stage is not Stage.ACCEPTED
            assert stage is not Stage.SUBMITTED or (made.version or 0) > (submitted or 0)
            submitted = made.version
        stage = TRANSITIONS[stage, made.move]
    assert (ball.state, ball.version, ball.moves) == (stage, submitted, len(done))
    assert ball.since == (done[-1].at if done else None)
    if parties.is_one_sided:
        assert ball.state in (Stage.NOT_SUBMITTED, Stage.SUBMITTED)


@given(PARTIES, st.lists(TRIED, max_size=25))
def test_somebody_has_the_ball_until_the_last_word(parties: Parties, tried: list[Made]) -> None:
    ball, _ = played(parties, tried)
    if ball.state in (Stage.NOT_SUBMITTED, Stage.SENT_BACK):
        assert ball.holder is parties.owes
    elif ball.state is Stage.SUBMITTED and not parties.is_one_sided:
        assert ball.holder is parties.benefits
    else:
        assert ball.holder is None
    # Whoever has the ball has a move, at the latest with a new version.
    if ball.holder is not None:
        assert any(why_not_move(ball, move, ball.holder, 99) == "" for move in moves_for(ball, ball.holder))


@given(PARTIES, st.lists(TRIED, max_size=25))
def test_the_history_read_back_is_the_same_and_in_order(parties: Parties, tried: list[Made]) -> None:
    ball, done = played(parties, tried)
    assert ball_of(parties, done) == ball
    assert [each.at for each in done] == sorted(each.at for each in done)
    if done:
        earlier = replace(done[-1], at=done[-1].at - timedelta(seconds=1))
        for move in Move:
            with pytest.raises(MoveRefused):
                check_move(ball, replace(earlier, move=move, side=parties.side_for(move)))


@given(PARTIES, st.lists(TRIED, max_size=25), st.sampled_from(Move), st.integers(0, 9))
def test_a_move_by_the_wrong_side_is_always_refused_and_says_whose_it_is(
    parties: Parties, tried: list[Made], move: Move, version: int
) -> None:
    ball, _ = played(parties, tried)
    mine = parties.side_for(move)
    theirs = Side.INVESTORS if mine is Side.ISSUER else Side.ISSUER
    with pytest.raises(NotYourMove, match=counsel_of(mine)):
        check_turn(ball, move, theirs, version)
    assert why_not_move(ball, move, theirs, version)


@given(PARTIES, st.lists(TRIED, max_size=25), TRIED)
def test_what_the_page_offers_is_what_the_action_takes(parties: Parties, tried: list[Made], made: Made) -> None:
    """The button is disabled exactly where the move would be refused, whatever is written in the form."""
    ball, _ = played(parties, tried)
    said = replace(made, at=AT + timedelta(days=9), reason="In words.")
    why = why_not_move(ball, said.move, said.side, said.version)
    if why:
        with pytest.raises(MoveRefused, match=f"^{re.escape(why)}$"):
            check_move(ball, said)
    else:
        check_move(ball, said)
        assert said.move in moves_for(ball, said.side)


def test_a_move_leads_to_one_stage_from_wherever_it_is_made() -> None:
    assert set(LEADS_TO) == set(Move)
    assert all(to is LEADS_TO[move] for (_, move), to in TRANSITIONS.items())


@pytest.mark.parametrize(
    ("key", "parties"),
    [
        ("opinion-of-company-counsel", ACROSS),
        ("certificate-of-designation", ACROSS),
        ("investor-bring-down", BACK_ACROSS),
        ("counsel-bill", BACK_ACROSS),
        ("investor-performance", BACK_ACROSS),
    ],
)
def test_counsel_act_for_the_parties_of_their_side(key: str, parties: Parties) -> None:
    assert parties_of(CERPLEX.deliverable_by_key[key], CERPLEX) == parties


def test_what_is_owed_to_one_investor_is_its_counsels_to_accept() -> None:
    own = replace(CERPLEX.deliverable_by_key["stock-certificates"], owed_to="Andrea Martin")
    assert parties_of(own, CERPLEX).benefits is Side.INVESTORS


def test_within_one_side_nobody_accepts() -> None:
    notes = read_deal((SAMPLES / "note-purchase.toml").read_text(), "note-purchase.toml")
    parties = parties_of(notes.deliverable_by_key["legal-opinion"], notes)
    assert parties.is_one_sided
    ball = after(fresh(parties), Made(move=Move.SUBMIT, side=Side.INVESTORS, at=AT, version=1))
    assert ball.holder is None
    assert in_words(ball) == "Submitted, with nobody across the table to accept it"
    assert "nobody across the table" in why_not_move(ball, Move.ACCEPT, Side.INVESTORS)
    assert moves_for(ball, Side.ISSUER) == ()


def test_the_words_tell_who_has_it() -> None:
    ball = fresh()
    assert in_words(ball) == "Company counsel to submit"
    ball = after(ball, Made(move=Move.SUBMIT, side=Side.ISSUER, at=AT, version=1))
    assert in_words(ball) == "Submitted; with the investors' counsel to accept"
    back = after(ball, Made(move=Move.SEND_BACK, side=Side.INVESTORS, at=AT, reason="The date"))
    assert in_words(back) == "Sent back; with company counsel to submit again"
    done = after(ball, Made(move=Move.ACCEPT, side=Side.INVESTORS, at=AT))
    assert in_words(done) == "Accepted by the investors' counsel"
    assert "the investors' counsel reopens it" in why_not_move(done, Move.SUBMIT, Side.ISSUER, 2)
    again = after(done, Made(move=Move.REOPEN, side=Side.INVESTORS, at=AT, reason="The date"))
    assert in_words(again) == "Reopened; with company counsel to submit again"


def test_only_the_two_counsel_move_deliverables_and_write_notes() -> None:
    assert MAY[Verb.MOVE_DELIVERABLE] == MAY[Verb.WRITE_NOTE] == frozenset(SIDES)


def test_an_audience_is_both_sides_or_one() -> None:
    assert Audience.SHARED.only_for is None
    assert [Audience.of(side).only_for for side in Side] == list(Side)
