"""Why a cell is as it is, what it would take, and what consents would change. Counsel only; nothing is done here."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from closing.models import Allotment
from closing.queries.what_if import cell_page, consents_page, takes_page
from closing.rules.access import Verb, why_not
from closing.web.access import Request, load_counsel_or_404
from closing.web.as_of import asked_moment, closed_at
from closing.web.conditions import NO_SUCH_CONDITION


@require_safe
def cell(request: Request, code: str, pk: int, section: str) -> HttpResponse:
    """One condition for one investor: the rule, what it looked at, what is missing, who owes it, since when."""
    seat = load_counsel_or_404(request, code)
    row = Allotment.objects.filter(deal=seat.deal, pk=pk).select_related("investor").first()
    if row is None:
        raise Http404("There is no such investor on this deal.")
    effected = closed_at(seat)
    as_of = asked_moment(request, seat, effected)
    try:
        page = cell_page(seat.deal, row, section, as_of.moment if as_of else None)
    except KeyError:
        raise Http404(NO_SUCH_CONDITION) from None
    return render(request, "what_if/cell.html", {"page": page, "as_of": as_of, "closed_at": effected})


@require_safe
def what_it_takes(request: Request, code: str) -> HttpResponse:
    """The smallest list of open things for the investors chosen in the address, by who owes them."""
    seat = load_counsel_or_404(request, code)
    chosen = {int(each) for each in request.GET.getlist("investor") if each.isascii() and each.isdigit()}
    page = takes_page(seat.deal, chosen)
    context = {"page": page, "why_not_close": why_not({seat.role}, Verb.CLOSE)}
    return render(request, "what_if/takes.html", context)


@require_safe
def consents(request: Request, code: str) -> HttpResponse:
    """The matrix if the consents asked came in, beside now, for the waivers chosen in the address."""
    seat = load_counsel_or_404(request, code)
    page = consents_page(seat.deal, set(request.GET.getlist("waiver")))
    return render(request, "what_if/consents.html", {"page": page})
