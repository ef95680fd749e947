"""The closing: what it will do, the word that effects it, and its record afterwards."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from closing.actions.base import ActionRefused
from closing.actions.closings import close_deal, finish_item
from closing.models import PostClosingItem
from closing.queries.closing_page import ClosePage, close_page
from closing.rules.access import Verb, why_not
from closing.tasks.executed import ring_queued
from closing.web.access import Request, load_counsel_or_404
from closing.web.forms_base import RoomForm, lines


class CloseForm(RoomForm):
    """The confirmation: the names seen ready, and the word that the others stay out."""

    expected = forms.Field(widget=forms.MultipleHiddenInput, required=False)
    leave_out = forms.BooleanField(required=False)

    def __init__(self, *args: Any, page: ClosePage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = page.review.left_out if page.review else ()
        self.initial["expected"] = page.review.expected if page.review else ()
        if left:
            count = "1 investor stays" if len(left) == 1 else f"{len(left)} investors stay"
            self.fields["leave_out"].label = f"I confirm that {count} out of this closing, and who they are."
        else:
            del self.fields["leave_out"]


class DoneForm(RoomForm):
    """A post-closing item is done."""

    note = forms.CharField(
        label="What shows it",
        help_text="A filing number, a date, where the paper lies.",
        required=False,
        widget=lines(2),
        max_length=2000,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: Request, code: str) -> HttpResponse:
    """What closing now would do; a POST does it for the names that were seen."""
    seat = load_counsel_or_404(request, code)
    refusal = ""
    if request.method == "POST":
        seen, confirmed = request.POST.getlist("expected"), "leave_out" in request.POST
        try:
            closing = close_deal(seat.deal, seat.user, expected=seen, leave_out_confirmed=confirmed)
        except ActionRefused as refused:
            refusal = str(refused)
        else:
            ring_queued(seat.deal)
            messages.success(request, f"The deal is closed for {closing.allotments.count()} investors.")
            return redirect("closing", code)
    # Also after a refusal the page shows how things are now, with the names that are ready now.
    page = close_page(seat.deal, seat.user)
    why = why_not({seat.role}, Verb.CLOSE) or (page.review.refusal if page.review else "")
    context = {"page": page, "form": CloseForm(page=page), "why": why, "refusal": refusal}
    return render(request, "closing/close.html", context, status=409 if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, code: str, item_id: int) -> HttpResponse:
    """A post-closing item; a POST marks it done."""
    seat = load_counsel_or_404(request, code)
    row = (
        PostClosingItem.objects.visible_to(seat.user).filter(deal=seat.deal, pk=item_id).select_related("deal").first()
    )
    if row is None:
        raise Http404("There is no such post-closing item.")
    form = DoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        finish_item(row, seat.user, form.cleaned_data["note"])
        messages.success(request, f"Done: {row.heading}.")
        return redirect("closing", code)
    return render(request, "closing/item.html", {"row": row, "form": form}, status=422 if form.errors else 200)
