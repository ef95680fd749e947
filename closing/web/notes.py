"""Notes of the two counsel on a condition or a deliverable: written, read, taken back."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from closing.actions.base import ActionRefused
from closing.actions.conditions import TakenBackAlready
from closing.actions.notes import withdraw_note, write_note
from closing.models import Condition, Deliverable, Note
from closing.queries.notes import NoteLine, notes_for
from closing.rules.access import NAMES, SIDES, NotAllowed
from closing.rules.submissions import counsel_of
from closing.rules.terms import Side
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.forms_base import OneOf, RoomForm, WithdrawForm, lines

NO_SUCH_ITEM = "There is no such item on this deal."
PRIVATE, SHARED = "private", "shared"


class NoteForm(RoomForm):
    """A note. It is private to the writer's side unless he says otherwise."""

    text = forms.CharField(
        label="Note",
        widget=lines(3),
        max_length=4000,
        error_messages={"required": "A note says something: write it first."},
    )
    audience = OneOf(label="Who reads it?", choices=[], initial=PRIVATE)

    def __init__(self, *args: Any, side: Side, **kwargs: Any) -> None:
        self.side = side
        super().__init__(*args, **kwargs)

    def ask(self) -> None:
        """The two audiences, in the words of the writer's side."""
        other = Side.INVESTORS if self.side is Side.ISSUER else Side.ISSUER
        mine, theirs = counsel_of(self.side), counsel_of(other)
        field = self.fields["audience"]
        assert isinstance(field, OneOf)
        field.choices = [
            (PRIVATE, f"Only {mine}"),
            (SHARED, f"{mine[:1].upper()}{mine[1:]} and {theirs}; no investor"),
        ]


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of an item as its page shows them, with the form for the next; `side` is the reader's."""

    lines: tuple[NoteLine, ...]
    form: NoteForm
    url: str
    side: Side


def notes_block(seat: Seat, *, condition: str = "", deliverable: str = "") -> Notes | None:
    """The notes on one item, for counsel; None for an investor, who is shown none."""
    side = SIDES.get(seat.role)
    if side is None:
        return None
    name, item = ("condition-note", condition) if condition else ("document-note", deliverable)
    found = notes_for(seat.user, seat.deal, condition=condition, deliverable=deliverable)
    return Notes(found, NoteForm(side=side, auto_id="note_%s"), reverse(name, args=[seat.deal.code, item]), side)


@require_http_methods(["GET", "HEAD", "POST"])
def condition_note(request: Request, code: str, section: str) -> HttpResponse:
    """A note on a condition. Counsel only."""
    seat = load_counsel_or_404(request, code)
    row = Condition.objects.visible_to(seat.user).filter(deal=seat.deal, section=section).first()
    return _write(request, seat, row, reverse("condition", args=[code, section]))


@require_http_methods(["GET", "HEAD", "POST"])
def document_note(request: Request, code: str, key: str) -> HttpResponse:
    """A note on a deliverable. Counsel only."""
    seat = load_counsel_or_404(request, code)
    row = Deliverable.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).first()
    return _write(request, seat, row, reverse("document", args=[code, key]))


@require_http_methods(["GET", "HEAD", "POST"])
def note_withdraw(request: Request, code: str, pk: int) -> HttpResponse:
    """Take a note back, with a reason. 404 for a note that one may not read."""
    seat = load_counsel_or_404(request, code)
    rows = Note.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk)
    row = rows.select_related("deal", "condition", "deliverable", "withdrawn_by").first()
    if row is None:
        raise Http404("There is no such note, or it is not for you.")
    if row.side != SIDES[seat.role]:
        raise NotAllowed(f"Only {counsel_of(Side(row.side))}, whose note it is, takes it back.")
    back = _place_of(row, code)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_note(row, form.cleaned_data["reason"], seat.user)
        except TakenBackAlready as already:
            messages.info(request, str(already))
            return redirect(back)
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The note is taken back.")
            return redirect(back)
    context = {"row": row, "form": form, "back": back}
    return render(request, "notes/withdraw.html", context, status=422 if form.errors else 200)


def _write(request: Request, seat: Seat, item: Condition | Deliverable | None, back: str) -> HttpResponse:
    if item is None:
        raise Http404(NO_SUCH_ITEM)
    item.deal = seat.deal
    form = NoteForm(request.POST if request.method == "POST" else None, side=SIDES[seat.role])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        shared = said["audience"] == SHARED
        told = (
            "The note is written for both counsel." if shared else f"The note is written for {NAMES[seat.role]} alone."
        )
        if is_done(
            request, form, lambda: write_note(item, said["text"], seat.user, shared=shared, form=form.key), told
        ):
            return redirect(f"{back}#notes")
    context = {"form": form, "item": item, "back": back}
    return render(request, "notes/note.html", context, status=422 if form.errors else 200)


def _place_of(row: Note, code: str) -> str:
    if row.condition is not None:
        return f"{reverse('condition', args=[code, row.condition.section])}#notes"
    assert row.deliverable is not None
    return f"{reverse('document', args=[code, row.deliverable.key])}#notes"
