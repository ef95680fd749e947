"""A closing: one act, for the ready investors all at once or not at all, and once for each of them."""

from collections.abc import Sequence

from django.db import IntegrityError

from closing.actions.base import Act, ActionRefused, NotAllowed, acting, told_by_database
from closing.actions.closing_steps import STEPS, Effect
from closing.models import Closing, Deal, PostClosingItem
from closing.queries.closing_review import Reviewed, reviewed
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules.access import Verb
from closing.rules.closings import confirmation_refusal
from closing.rules.further import closed_names
from closing.rules.gate import Gate, evaluate
from investors.actions.certificates import numbers_taken
from investors.models import User


def close_deal(deal: Deal, by: None, *, expected: Sequence[str], leave_out_confirmed: bool = False) -> Closing:
    """Effect the closing now for the investors who are ready, whose names are `expected`: the operator's door.

    Counsel close by `closing.actions.closing_confirmations.confirm_closing`, each side for itself. The gate is asked
    again under the deal's lock; `closing.actions.closing_steps.STEPS` says what is done. Where the expected have
    closed, or nobody may close any more, everything is left as it is, and their closing, or the last one, returned.

    Raises NotAllowed for a user; ActionRefused where nobody is ready, the ready are not those expected, somebody is
    left out and that is not confirmed, the day is not the closing's, or it does not tie out; then nothing is changed.
    """
    if by is not None:
        raise NotAllowed("Nobody closes alone: counsel of each side confirms the same closing.")
    with acting(deal, None, Verb.CLOSE) as act:
        seen = review_under_lock(act)
        effected = _effected(act.deal, seen.gate, expected)
        if effected is not None:
            return effected
        refusal = confirmation_refusal(seen.review, expected, leave_out_confirmed)
        if refusal:
            raise ActionRefused(refusal)
        return effect(act, seen)


def review_under_lock(act: Act) -> Reviewed:
    """The review of an action under way, the class sold locked too: nobody takes a certificate's number meanwhile."""
    numbers_taken(act.deal.share_class)
    return reviewed(act.deal, evaluate(deal_terms(act.deal), facts_of(act.deal), act.now))


def effect(act: Act, seen: Reviewed) -> Closing:
    """Take every step of the closing that was reviewed. Raises ActionRefused for what the database refuses."""
    done = Effect(act=act, gate=seen.gate, review=seen.review, digest=seen.digest)
    try:
        for step in STEPS:
            step(done)
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error
    return done.closing


def finish_item(item: PostClosingItem, by: User | None, note: str = "") -> PostClosingItem:
    """Mark a post-closing item done. Twice is the same as once. Raises NotAllowed."""
    with acting(item.deal, by, Verb.FINISH_POST_CLOSING_ITEM) as act:
        fresh = PostClosingItem.objects.select_related("deal").get(pk=item.pk)
        if fresh.done_at is None:
            fresh.done_at, fresh.done_by, fresh.note = act.now, by, note.strip()
            fresh.save(update_fields=["done_at", "done_by", "note"])
            act.record("post-closing-item-finished", fresh, f"{fresh.section} {fresh.heading}", reason=fresh.note)
        return fresh


def _effected(deal: Deal, gate: Gate, expected: Sequence[str]) -> Closing | None:
    """The closing in which the expected have closed, or the last of a deal in which nobody may close any more."""
    closings = Closing.objects.filter(deal=deal).order_by("-number")
    if gate.is_closed:
        return closings.first()
    if expected and closed_names(gate.facts).issuperset(expected):
        return closings.filter(allotments__allotment__investor__name__in=expected).first()
    return None
