"""Submitting a deliverable, accepting it, sending it back, reopening it."""

from closing.actions.base import Act, ActionRefused, NotAllowed, acting
from closing.actions.conditions import check_first_time
from closing.models import Deliverable, DocumentVersion, Submission
from closing.queries.submissions import ball_on
from closing.rules.access import Verb
from closing.rules.submissions import DONE, Ball, Made, Move, MoveRefused, NotYourMove, check_move, counsel_of
from closing.rules.words import number
from investors.models import User

MOVED_MEANWHILE = (
    "Somebody was quicker: since you opened this page the document was {done} by {whom}. "
    "Go back to the document and look at it. Nothing was recorded."
)
NEW_MEANWHILE = (
    "A later version came on file since you opened this page. Go back to the document, look at it, and submit it "
    "then. Nothing was recorded."
)


def move_deliverable(
    deliverable: Deliverable,
    move: Move,
    by: User | None,
    *,
    reason: str = "",
    seen: int | None = None,
    version: int | None = None,
    form: str = "",
) -> Submission:
    """Make one move. A submission is of the latest version on file; an answer is about the version submitted.

    `seen` is the number of moves, and `version` the number of the latest file (0 for none), that the user saw; None
    for whoever has no page before him. The operator (`by` None) acts for the side whose move it is. Raises NotAllowed
    for the other side's counsel; SentAlready where that form came before; ActionRefused where the move cannot be made,
    or what the user saw is no longer so.
    """
    with acting(deliverable.deal, by, Verb.MOVE_DELIVERABLE) as act:
        check_first_time(act, form)
        ball = ball_on(deliverable)
        latest = DocumentVersion.objects.filter(deliverable=deliverable).order_by("-number").first()
        on_file = latest.number if latest else None
        made = Made(
            move=move,
            side=act.side or ball.parties.side_for(move),
            at=act.now,
            version=on_file if move is Move.SUBMIT else ball.version,
            reason=reason.strip(),
        )
        _check(ball, made, seen, version is None or move is not Move.SUBMIT or (on_file or 0) == version)
        return _write(act, deliverable, ball, made, form)


def _check(ball: Ball, made: Made, seen: int | None, is_latest: bool) -> None:
    try:
        check_move(ball, made)
    except NotYourMove as refused:
        raise NotAllowed(str(refused)) from refused
    except MoveRefused as refused:
        raise ActionRefused(_meanwhile(ball, seen) or str(refused)) from refused
    if meanwhile := _meanwhile(ball, seen):
        raise ActionRefused(meanwhile)
    if not is_latest:
        raise ActionRefused(NEW_MEANWHILE)


def _meanwhile(ball: Ball, seen: int | None) -> str:
    if seen is None or seen == ball.moves or ball.last is None:
        return ""
    return MOVED_MEANWHILE.format(done=DONE[ball.last.move], whom=counsel_of(ball.last.side))


def _write(act: Act, deliverable: Deliverable, ball: Ball, made: Made, form: str) -> Submission:
    file = (
        DocumentVersion.objects.filter(deliverable=deliverable, number=made.version).first() if made.version else None
    )
    row = Submission.objects.create(
        deliverable=deliverable,
        number=ball.moves + 1,
        move=made.move.value,
        side=made.side.value,
        version=file,
        by=act.user,
        at=made.at,
        reason=made.reason,
    )
    what = f"{deliverable.title}, version {number(file.number)}," if file else deliverable.title
    said = f"{what} {DONE[made.move]} by {counsel_of(made.side)}"
    verb = f"deliverable-{DONE[made.move].replace(' ', '-')}"
    act.record(verb, row, said, reason=made.reason, data={"form": form} if form else None)
    return row
