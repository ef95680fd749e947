"""The overview: what still stands between the deal and its closing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from closing.queries.overview import overview_page
from closing.rules.access import Verb, why_not
from closing.web.access import Request, load_counsel_or_404
from closing.web.acts import allowed
from closing.web.as_of import asked_moment, closed_at


@require_safe
def overview(request: Request, code: str) -> HttpResponse:
    """What is owed, by whom, and the matrix of investors and conditions. Counsel only."""
    seat = load_counsel_or_404(request, code)
    effected = closed_at(seat)
    as_of = asked_moment(request, seat, effected)
    page = overview_page(seat.deal, as_of.moment if as_of else None, as_of.query if as_of else "")
    context = {
        "page": page,
        "as_of": as_of,
        "closed_at": effected,
        "allowed": frozenset() if as_of else allowed(page.terms, frozenset({seat.role})),
        "close_url": reverse("closing", args=[code]),
        "why_not_you": why_not([seat.role], Verb.CLOSE),
    }
    return render(request, "overview.html", context)
