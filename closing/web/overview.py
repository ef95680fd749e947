"""The overview: what still stands between the deal and its closing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from closing.queries.overview import overview_page
from closing.rules.access import Verb, why_not
from closing.web.access import Request, load_counsel_or_404
from closing.web.acts import allowed


@require_safe
def overview(request: Request, code: str) -> HttpResponse:
    """What is owed, by whom, and the matrix of investors and conditions. Counsel only."""
    seat = load_counsel_or_404(request, code)
    page = overview_page(seat.deal)
    context = {
        "page": page,
        "allowed": allowed(page.terms, frozenset({seat.role})),
        "close_url": reverse("closing", args=[code]),
        "why_not_you": why_not([seat.role], Verb.CLOSE),
    }
    return render(request, "overview.html", context)
