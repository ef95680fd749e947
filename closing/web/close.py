"""The closing: what it will do, each side's confirmation of it, and its record afterwards."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from closing.actions.base import ActionRefused
from closing.actions.closing_confirmations import Given, confirm_closing, withdraw_confirmation
from closing.actions.closings import finish_item
from closing.actions.money_papers import request_money_paper
from closing.models import Closing, MoneyPaper, PostClosingItem
from closing.queries.closing_page import ClosePage, close_page
from closing.queries.closing_statement import laid_out, statement_of
from closing.queries.money_papers import paper_of
from closing.rules.access import SIDES
from closing.tasks.executed import ring_queued
from closing.tasks.money_papers import ring as ring_papers
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.forms_base import RoomForm, lines


class CloseForm(RoomForm):
    """A side's confirmation: the digest of what it saw, the names seen ready, and the word that the others stay out."""

    digest = forms.CharField(widget=forms.HiddenInput)
    expected = forms.Field(widget=forms.MultipleHiddenInput, required=False)
    leave_out = forms.BooleanField(required=False)

    def __init__(self, *args: Any, page: ClosePage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = page.next.review.left_out if page.next else ()
        self.initial["expected"] = page.next.review.expected if page.next else ()
        self.initial["digest"] = page.next.digest if page.next else ""
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
    """What closing now would do; a POST confirms it for the user's side, and the second confirmation closes."""
    seat = load_counsel_or_404(request, code)
    refusal = ""
    if request.method == "POST":
        said = request.POST
        try:
            given = confirm_closing(
                seat.deal,
                seat.user,
                said.get("digest", ""),
                "leave_out" in said,
                expected=said.getlist("expected"),
            )
        except ActionRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, _told(seat, given))
            return redirect("closing", code)
    # Also after a refusal the page shows how things are now, with the names that are ready now.
    page = close_page(seat.deal, seat.user, SIDES[seat.role])
    why = page.next.review.refusal if page.next else ""
    context = {"page": page, "form": CloseForm(page=page), "why": why, "refusal": refusal}
    return render(request, "closing/close.html", context, status=409 if refusal else 200)


def _told(seat: Seat, given: Given) -> str:
    """What the confirmation did; where it closed, the workers are rung for what was asked for on the way."""
    if given.closing is None:
        return (
            "Your confirmation is on file. The deal closes when counsel of the other side confirms the same. "
            "They are told by e-mail."
        )
    ring_queued(seat.deal)
    queued = MoneyPaper.State.QUEUED
    ring_papers(seat.deal.money_papers.filter(kind=MoneyPaper.Kind.CLOSING_STATEMENT, state=queued))
    count = given.closing.allotments.count()
    return f"The deal is closed for {count} investor{'' if count == 1 else 's'}."


@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: Request, code: str, number: int) -> HttpResponse:
    """The closing statement of a closing, as a page; a POST asks for its PDF."""
    seat = load_counsel_or_404(request, code)
    closing = Closing.objects.visible_to(seat.user).filter(deal=seat.deal, number=number).first()
    if closing is None:
        raise Http404("There is no closing of that number.")
    content = statement_of(seat.deal, closing)
    if request.method == "POST":
        ring_papers([request_money_paper(seat.deal, seat.user, MoneyPaper.Kind.CLOSING_STATEMENT, content)])
        return redirect("closing-statement", code, number)
    paper = paper_of(seat.deal, MoneyPaper.Kind.CLOSING_STATEMENT, content)
    return render(request, "closing/statement.html", {"content": content, "tables": laid_out(content), "paper": paper})


@require_POST
def take_back(request: Request, code: str) -> HttpResponse:
    """What the user's side confirmed is taken back, before the other side has confirmed it too."""
    seat = load_counsel_or_404(request, code)
    try:
        withdraw_confirmation(seat.deal, seat.user)
    except ActionRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Your confirmation is taken back. Nothing was closed.")
    return redirect("closing", code)


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
