"""Two counsel confirm a closing, and the second confirmation of the same effects it.

A confirmation is of the lines of the review that was seen. If one of them changes before the other side confirms, it
counts no more; nobody has to take it back.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from closing.actions.base import Act, ActionRefused, NotAllowed, acting
from closing.actions.closing_mail import queue_confirmed, queue_taken_back
from closing.actions.closings import effect, review_under_lock
from closing.models import Closing, ClosingConfirmation, Deal
from closing.queries.closing_confirmations import COUNSEL, seen_in, standing_of
from closing.queries.closing_review import Reviewed
from closing.rules.access import Verb
from closing.rules.closing_confirmations import changes
from closing.rules.closings import confirmation_refusal
from closing.rules.terms import Side
from closing.rules.words import number
from investors.models import User

OTHER = {Side.ISSUER: Side.INVESTORS, Side.INVESTORS: Side.ISSUER}
LOOK = "Look at it again, and confirm what it does now."


class ChangedSince(ActionRefused):
    """What would happen is not what was seen."""


@dataclass(frozen=True, slots=True)
class Given:
    """A confirmation that is on file; `closing` where it was the second, and effected."""

    confirmation: ClosingConfirmation
    closing: Closing | None


def confirm_closing(
    deal: Deal, by: User, digest: str, leave_out_confirmed: bool = False, *, expected: Sequence[str] = ()
) -> Given:
    """Confirm the closing as the user saw it, for his side; the second confirmation of the same effects it.

    `digest` is that of the review that he saw, `expected` the names of the ready on it, so that a refusal can say who
    came or went. The same again is the same, also where the closing was effected meanwhile. After the first, counsel of
    the other side are told by mail.

    Raises NotAllowed for whoever is no counsel; ChangedSince where the review is another by now; ActionRefused where
    the closing cannot happen, or somebody is left out and that is not confirmed. Then nothing is changed.
    """
    with acting(deal, by, Verb.CLOSE) as act:
        side = _side(act)
        done = _effected_on(act, side, digest)
        if done is not None:
            return done
        seen = review_under_lock(act)
        refusal = confirmation_refusal(seen.review, expected or seen.review.expected, leave_out_confirmed)
        if refusal:
            raise ActionRefused(refusal)
        if digest != seen.digest:
            raise ChangedSince(_changed(act.deal, digest, seen))
        given = standing_of(act.deal, seen.review.number)
        own, other = given.get(side), given.get(OTHER[side])
        row = own if own is not None and own.digest == digest else _put_on_file(act, by, side, seen)
        if other is None or other.digest != digest:
            if row is not own:
                queue_confirmed(act, row, seen)
            return Given(row, None)
        return Given(row, effect(act, seen))


def withdraw_confirmation(deal: Deal, by: User) -> ClosingConfirmation:
    """Take back what the user's side confirmed, before the other side has confirmed it too.

    Raises NotAllowed for whoever is no counsel, and ActionRefused where nothing stands.
    """
    with acting(deal, by, Verb.CLOSE) as act:
        side = _side(act)
        number_now = Closing.objects.filter(deal=act.deal).count() + 1
        row = standing_of(act.deal, number_now).get(side)
        if row is None:
            raise ActionRefused("There is no confirmation of yours to take back; the closing may be effected by now.")
        ClosingConfirmation.objects.filter(pk=row.pk).update(withdrawn_at=act.now, withdrawn_by=act.user)
        row.refresh_from_db()
        act.record("closing-confirmation-withdrawn", row, f"The confirmation of {COUNSEL[side]} was taken back")
        queue_taken_back(act, row)
        return row


def _side(act: Act) -> Side:
    if act.side is None:
        raise NotAllowed("A closing is confirmed by counsel of each side.")
    return act.side


def _effected_on(act: Act, side: Side, digest: str) -> Given | None:
    """The side's confirmation on which the closing was effected, if it was on this one."""
    closing = Closing.objects.filter(deal=act.deal, digest=digest).first()
    rows = ClosingConfirmation.objects.filter(deal=act.deal, side=side.value, digest=digest, withdrawn_at=None)
    row = rows.order_by("-id").first()
    return Given(row, closing) if closing is not None and row is not None else None


def _changed(deal: Deal, digest: str, seen: Reviewed) -> str:
    """What changed since the user looked, as far as somebody's confirmation has kept what he saw."""
    known = ClosingConfirmation.objects.filter(deal=deal, digest=digest).order_by("-id").first()
    said = changes(seen_in(known), seen.lines) if known else ()
    return f"What the closing does has changed since you looked at it. {' '.join(said)} {LOOK}".replace("  ", " ")


def _put_on_file(act: Act, by: User, side: Side, seen: Reviewed) -> ClosingConfirmation:
    row = ClosingConfirmation.objects.create(
        deal=act.deal,
        number=seen.review.number,
        side=side.value,
        by=by,
        at=act.now,
        digest=seen.digest,
        seen=[asdict(each) for each in seen.lines],
    )
    count = len(seen.review.ready)
    said = f"{number(count)} investor{'' if count == 1 else 's'}"
    act.record("closing-confirmed", row, f"The closing for {said} was confirmed by {COUNSEL[side]}")
    return row
