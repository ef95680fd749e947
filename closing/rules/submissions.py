"""Submit, accept, send back: a deliverable in the hands of the two sides.

The side that owes a deliverable submits it; the side that it benefits accepts it or sends it back with a reason. Each
side acts by its counsel. This is the order of work and no evidence: what meets a condition is on file elsewhere, and
an acceptance decides nothing of Section 2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from closing.rules.access import NAMES, SIDES, side_of
from closing.rules.terms import Deal, Deliverable, Side
from closing.rules.words import number


class Stage(StrEnum):
    """How far a deliverable is between the sides."""

    NOT_SUBMITTED = "not submitted"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    SENT_BACK = "sent back"


class Move(StrEnum):
    """What a side may do with a deliverable. The value is the address's last part, and what the rows keep."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    SEND_BACK = "send-back"
    REOPEN = "reopen"


# From where each move leads where. What is not here cannot be. A paper that was submitted is submitted again only in
# a later version, and an acceptance is undone by the side that gave it, never by the side that got it.
TRANSITIONS: Mapping[tuple[Stage, Move], Stage] = MappingProxyType(
    {
        (Stage.NOT_SUBMITTED, Move.SUBMIT): Stage.SUBMITTED,
        (Stage.SUBMITTED, Move.SUBMIT): Stage.SUBMITTED,
        (Stage.SENT_BACK, Move.SUBMIT): Stage.SUBMITTED,
        (Stage.SUBMITTED, Move.ACCEPT): Stage.ACCEPTED,
        (Stage.SUBMITTED, Move.SEND_BACK): Stage.SENT_BACK,
        (Stage.ACCEPTED, Move.REOPEN): Stage.SENT_BACK,
    }
)

# A move leads to the same stage from wherever it may be made, so the last move tells the stage.
LEADS_TO: Mapping[Move, Stage] = MappingProxyType({move: to for (_, move), to in TRANSITIONS.items()})

# Moves that undo what the other side did say why.
WITH_REASON = frozenset({Move.SEND_BACK, Move.REOPEN})

DONE: Mapping[Move, str] = MappingProxyType(
    {Move.SUBMIT: "submitted", Move.ACCEPT: "accepted", Move.SEND_BACK: "sent back", Move.REOPEN: "reopened"}
)


class MoveRefused(ValueError):
    """A move that cannot be made. The message says why, and what to do next."""


class NotYourMove(MoveRefused):
    """A move that is the other side's to make."""


@dataclass(frozen=True, slots=True)
class Parties:
    """The side that owes a deliverable and the side that it benefits."""

    owes: Side
    benefits: Side

    @property
    def is_one_sided(self) -> bool:
        """Whether both are one side, so that there is nobody across the table to accept it."""
        return self.owes is self.benefits

    def side_for(self, move: Move) -> Side:
        """Whose move it is."""
        return self.owes if move is Move.SUBMIT else self.benefits


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A move that was made. `version` is the number of the file that it is about, None where no file was on file."""

    move: Move
    side: Side
    at: datetime
    version: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ball:
    """Who has a deliverable, and since when.

    `state` is how far it is; `holder` the side that must act next, None where nobody must; `since` the last move, None
    before the first: it has lain with who owes it from the start. `version` is what was last submitted, `last` the
    last move itself, and `moves` how many were made.
    """

    parties: Parties
    state: Stage
    holder: Side | None
    since: datetime | None
    version: int | None
    last: Made | None
    moves: int

    @property
    def is_answer_due(self) -> bool:
        """Whether a move of one side waits for the other's: submitted and not answered, or sent back."""
        return self.moves > 0 and self.holder is not None


def counsel_of(side: Side) -> str:
    """Who acts for a side: `company counsel`, `the investors' counsel`."""
    return next(NAMES[role] for role, acts_for in SIDES.items() if acts_for is side)


def parties_of(deliverable: Deliverable, deal: Deal) -> Parties:
    """The two sides of a deliverable. What is owed by or to an investor is its counsel's affair."""
    return Parties(side_of(deliverable.owed_by, deal), side_of(deliverable.owed_to, deal))


def ball_of(parties: Parties, history: Iterable[Made]) -> Ball:
    """Where a deliverable is after the moves of `history`, in the order in which they were made.

    Each was checked when it was made, and is not checked again: an amended deal file may have changed the parties
    since, and what was done stays done.
    """
    ball = Ball(
        parties=parties, state=Stage.NOT_SUBMITTED, holder=parties.owes, since=None, version=None, last=None, moves=0
    )
    for made in history:
        ball = _moved(ball, made)
    return ball


def after(ball: Ball, made: Made) -> Ball:
    """Where a deliverable is after one more move. Raises as `check_move`."""
    check_move(ball, made)
    return _moved(ball, made)


def _moved(ball: Ball, made: Made) -> Ball:
    state = LEADS_TO[made.move]
    return Ball(
        parties=ball.parties,
        state=state,
        holder=_holder(ball.parties, state),
        since=made.at,
        version=made.version if made.move is Move.SUBMIT else ball.version,
        last=made,
        moves=ball.moves + 1,
    )


def check_move(ball: Ball, made: Made) -> None:
    """Raises NotYourMove where it is the other side's, MoveRefused where it cannot be made (any more), is made
    before the last one, or lacks its words: the reason of what is undone, or what is submitted where no file is.
    """
    check_turn(ball, made.move, made.side, made.version)
    if ball.since is not None and made.at < ball.since:
        raise MoveRefused("A move is made after the one before it.")
    if made.move in WITH_REASON and not made.reason.strip():
        raise MoveRefused("A reason belongs to it: say in a few words what is wrong.")
    if made.move is Move.SUBMIT and made.version is None and not made.reason.strip():
        raise MoveRefused("No file is on file: say in a few words what is submitted, and how it is handed over.")


def check_turn(ball: Ball, move: Move, side: Side, version: int | None = None) -> None:
    """Whether `side` may make this move now; `version` is the number of the latest file.

    Raises NotYourMove and MoveRefused with the reason that stands beside the disabled button.
    """
    parties, theirs = ball.parties, ball.parties.side_for(move)
    if side is not theirs:
        does = "owes it and submits it" if move is Move.SUBMIT else "accepts it, sends it back or reopens it"
        raise NotYourMove(f"Only {counsel_of(theirs)} {does}.")
    if parties.is_one_sided and move is not Move.SUBMIT:
        raise MoveRefused("It is owed within one side, so there is nobody across the table to accept it.")
    if (ball.state, move) not in TRANSITIONS:
        raise MoveRefused(_not_now(ball, move))
    if ball.state is Stage.SUBMITTED and move is Move.SUBMIT and (version is None or version <= (ball.version or 0)):
        raise MoveRefused(_not_again(ball))


def why_not_move(ball: Ball, move: Move, side: Side, version: int | None = None) -> str:
    """The reason of `check_turn`; blank where the move may be made."""
    try:
        check_turn(ball, move, side, version)
    except MoveRefused as refused:
        return str(refused)
    return ""


def moves_for(ball: Ball, side: Side) -> tuple[Move, ...]:
    """The moves to offer to a side, possible now or not: its own, the acceptance or its undoing."""
    if side is ball.parties.owes:
        return (Move.SUBMIT,)
    if ball.parties.is_one_sided:
        return ()
    return (Move.REOPEN,) if ball.state is Stage.ACCEPTED else (Move.ACCEPT, Move.SEND_BACK)


def in_words(ball: Ball) -> str:
    """Who has it, without the day: `Company counsel to submit`, `Submitted; with the investors' counsel to accept`."""
    owes, benefits = counsel_of(ball.parties.owes), counsel_of(ball.parties.benefits)
    match ball.state:
        case Stage.NOT_SUBMITTED:
            return f"{owes[:1].upper()}{owes[1:]} to submit"
        case Stage.SUBMITTED if ball.holder is None:
            return "Submitted, with nobody across the table to accept it"
        case Stage.SUBMITTED:
            return f"Submitted; with {benefits} to accept"
        case Stage.ACCEPTED:
            return f"Accepted by {benefits}"
    undone = "Reopened" if ball.last is not None and ball.last.move is Move.REOPEN else "Sent back"
    return f"{undone}; with {owes} to submit again"


def _holder(parties: Parties, state: Stage) -> Side | None:
    if state is Stage.SUBMITTED:
        return None if parties.is_one_sided else parties.benefits
    return None if state is Stage.ACCEPTED else parties.owes


def _not_now(ball: Ball, move: Move) -> str:
    owes, benefits = counsel_of(ball.parties.owes), counsel_of(ball.parties.benefits)
    if move is Move.SUBMIT:
        return f"It is accepted. If it must change, {benefits} reopens it, with a reason."
    if move is Move.REOPEN:
        return "It is not accepted, so there is nothing to reopen."
    if ball.state is Stage.ACCEPTED:
        return "It is accepted already. If it must change, reopen it, with a reason."
    if ball.state is Stage.SENT_BACK:
        return f"It is back with {owes}, and has not been submitted again."
    return f"Nothing to answer yet: {owes} has not submitted it."


def _not_again(ball: Ball) -> str:
    what = f"version {number(ball.version)}" if ball.version else "it"
    if ball.holder is None:
        return f"You submitted {what}. Hand in a later version first."
    return (
        f"You submitted {what}, and {counsel_of(ball.holder)} has it now. "
        "To submit anew before the answer, hand in a later version first."
    )
