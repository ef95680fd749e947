"""Submit, accept, send back, reopen: one form for each move of a deliverable, and what its page shows of them."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from closing.actions.base import ActionRefused
from closing.actions.submissions import move_deliverable
from closing.models import Deliverable
from closing.queries.submissions import Done, ball_on, moves_of
from closing.rules.access import SIDES, NotAllowed, Verb, check_may
from closing.rules.submissions import (
    DONE,
    WITH_REASON,
    Ball,
    Move,
    MoveRefused,
    NotYourMove,
    check_turn,
    in_words,
    moves_for,
    why_not_move,
)
from closing.rules.terms import Side
from closing.web.access import Request, Seat, load_deal_or_404
from closing.web.doing import is_done
from closing.web.forms_base import REASON, RoomForm, lines

LABELS = {
    Move.SUBMIT: "Submit",
    Move.ACCEPT: "Accept",
    Move.SEND_BACK: "Send back",
    Move.REOPEN: "Reopen",
}
WORDS = {
    Move.SUBMIT: ("Remark", "The other side reads it."),
    Move.ACCEPT: ("Remark", "The other side reads it."),
    Move.SEND_BACK: ("What is wrong with it?", "The other side reads it, and it stays on the record."),
    Move.REOPEN: ("Why is the acceptance undone?", "The other side reads it, and it stays on the record."),
}
NO_SUCH_MOVE = "A document is submitted, accepted, sent back or reopened; there is nothing else."
DISREGARDED = "An acceptance is between the two counsel. What meets a condition is the evidence on file."


class MoveForm(RoomForm):
    """One move. `seen` and `version` are what the page showed: an answer to something else is refused."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, move: Move, ball: Ball, latest: int, **kwargs: Any) -> None:
        self.move, self.latest = move, latest
        super().__init__(*args, **kwargs)
        self.initial.update(seen=ball.moves, version=latest)

    def ask(self) -> None:
        """The reason, needed for what is undone, and where no file says what is submitted."""
        label, help_text = WORDS[self.move]
        needed = self.move in WITH_REASON
        if self.move is Move.SUBMIT and not self.latest:
            label, needed = "What is submitted, and how is it handed over?", True
            help_text = f"No file is on file in the room. {help_text}"
        self.fields["reason"] = forms.CharField(
            label=label,
            help_text=help_text,
            required=needed,
            widget=lines(3),
            max_length=2000,
            error_messages={"required": REASON},
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that a page offers; `why_not` says why it cannot be made now."""

    move: str
    label: str
    is_main: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Between:
    """Where a deliverable is between the sides, as counsel's page shows it.

    `newer` is the number of a version that came on file after the one submitted, None where there is none; `has_main`
    says whether one of the moves is what the page is for now.
    """

    ball: Ball
    words: str
    waits_for_me: bool
    offers: tuple[Offer, ...]
    has_main: bool
    newer: int | None
    moves: tuple[Done, ...]
    disregarded: str


def between(seat: Seat, deliverable: Deliverable, latest: int) -> Between | None:
    """For counsel, where the deliverable is; None for an investor. `latest` is the latest version, 0 for none."""
    side = SIDES.get(seat.role)
    if side is None:
        return None
    ball = ball_on(deliverable)
    offers = tuple(_offer(ball, move, side, latest) for move in moves_for(ball, side))
    is_newer = ball.moves > 0 and latest > (ball.version or 0)
    return Between(
        ball=ball,
        words=in_words(ball),
        waits_for_me=ball.holder is side,
        offers=offers,
        has_main=any(each.is_main for each in offers),
        newer=latest if is_newer else None,
        moves=moves_of(deliverable, seat.user),
        disregarded=DISREGARDED,
    )


def _offer(ball: Ball, move: Move, side: Side, latest: int) -> Offer:
    refused = why_not_move(ball, move, side, latest)
    forward = move is Move.ACCEPT or (move is Move.SUBMIT and latest > 0)
    return Offer(move.value, LABELS[move], forward and not refused, refused)


@require_http_methods(["GET", "HEAD", "POST"])
def document_move(request: Request, code: str, key: str, move: str) -> HttpResponse:
    """The form of one move, and the move. 404 for an investor, to whom the papers of counsel are no affair."""
    seat = load_deal_or_404(request, code)
    side = SIDES.get(seat.role)
    deliverable = Deliverable.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).first()
    if side is None or deliverable is None or move not in set(Move):
        raise Http404(NO_SUCH_MOVE)
    deliverable.deal = seat.deal
    check_may({seat.role}, Verb.MOVE_DELIVERABLE)
    made, ball = Move(move), ball_on(deliverable)
    latest = deliverable.versions.order_by("-number").values_list("number", flat=True).first() or 0
    form = MoveForm(request.POST if request.method == "POST" else None, move=made, ball=ball, latest=latest)
    if request.method == "POST":
        if form.is_valid() and _is_made(request, seat, deliverable, form):
            return redirect("document", code, key)
    else:
        _check_turn(ball, made, seat, latest)
    context = {
        "form": form,
        "deliverable": deliverable,
        "ball": ball,
        "latest": latest,
        "made": made,
        "label": LABELS[made],
    }
    return render(request, "documents/move.html", context, status=422 if form.errors else 200)


def _is_made(request: Request, seat: Seat, deliverable: Deliverable, form: MoveForm) -> bool:
    said = form.cleaned_data
    told = f"{deliverable.title} is {DONE[form.move]}."

    def move() -> None:
        move_deliverable(
            deliverable,
            form.move,
            seat.user,
            reason=said["reason"],
            seen=said["seen"],
            version=said["version"],
            form=form.key,
        )

    return is_done(request, form, move, told)


def _check_turn(ball: Ball, move: Move, seat: Seat, latest: int) -> None:
    """Whoever opens a form that he cannot send is told so at once. Raises NotAllowed and ActionRefused."""
    try:
        check_turn(ball, move, SIDES[seat.role], latest)
    except NotYourMove as refused:
        raise NotAllowed(str(refused)) from refused
    except MoveRefused as refused:
        raise ActionRefused(str(refused)) from refused
