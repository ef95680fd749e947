"""Releasing signed pages from escrow: of one document, or of one investor."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from closing.actions.base import ActionRefused
from closing.actions.escrow import release_pages
from closing.queries.escrow import release_page
from closing.rules.access import SIDES
from closing.tasks.executed import ring_queued
from closing.web.access import Request, load_counsel_or_404
from closing.web.addresses import words_asked
from closing.web.forms_base import RoomForm


class ReleaseForm(RoomForm):
    """Which pages were shown, by their digest, so that nothing else is released."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: Request, code: str) -> HttpResponse:
    """The pages that would be released, one by one; a POST releases them."""
    seat = load_counsel_or_404(request, code)
    said = words_asked(request, "document", "investor")
    chosen = {name: value or None for name, value in said.items()}
    page = release_page(seat.deal, SIDES[seat.role], **chosen)
    if page is None:
        raise Http404("There is no such document or investor on this deal.")
    form = ReleaseForm(request.POST or None, initial={"shown": page.shown})
    if request.method == "POST" and form.is_valid():
        try:
            count = release_pages(seat.deal, seat.user, **chosen, shown=form.cleaned_data["shown"])
        except ActionRefused as refused:
            # What is shown now is what the next press releases.
            form.data = {**request.POST.dict(), "shown": page.shown}
            form.add_error(None, str(refused))
        else:
            ring_queued(seat.deal)
            messages.success(request, f"{count} signed page{'' if count == 1 else 's'} released from escrow.")
            return redirect("signatures", code)
    context = {"page": page, "form": form}
    return render(request, "signatures/release.html", context, status=422 if form.errors else 200)
