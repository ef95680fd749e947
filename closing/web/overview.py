"""The overview: what still stands between the deal and its closing."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from closing.queries.overview import Window, overview_page
from closing.rules.access import Verb, why_not
from closing.web.access import Request, load_counsel_or_404
from closing.web.acts import allowed
from closing.web.as_of import AsOf, asked_moment, closed_at

# What the links between pages of the matrix carry on.
KEPT = ("name", "owed", "on")
LONGEST_NUMBER = 9


@require_safe
def overview(request: Request, code: str) -> HttpResponse:
    """What is owed, by whom, and the matrix of investors and conditions. Counsel only."""
    seat = load_counsel_or_404(request, code)
    effected = closed_at(seat)
    as_of = asked_moment(request, seat, effected)
    window = _window(request, as_of)
    page = overview_page(seat.deal, window)
    context = {
        "page": page,
        "as_of": as_of,
        "window": window,
        "kept": urlencode({key: value for key in KEPT if (value := request.GET.get(key, "").strip())}),
        "closed_at": effected,
        "allowed": frozenset() if as_of else allowed(page.terms, frozenset({seat.role})),
        "close_url": reverse("closing", args=[code]),
        "why_not_you": why_not([seat.role], Verb.CLOSE),
    }
    return render(request, "overview.html", context)


def _window(request: Request, as_of: AsOf | None) -> Window:
    """The part asked for in the address; a page that is no number is the first."""
    page = request.GET.get("page", "")
    return Window(
        name=request.GET.get("name", "").strip(),
        page=int(page) if page.isdecimal() and len(page) < LONGEST_NUMBER else 1,
        is_all_owed=request.GET.get("owed") == "all",
        moment=as_of.moment if as_of else None,
        on=as_of.query if as_of else "",
    )
