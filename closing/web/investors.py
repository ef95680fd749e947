"""Schedule A, and one investor's whole status. Counsel only; an investor has its own pages."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from closing.models import Allotment
from closing.queries.investors import investor_page, investors_page
from closing.web.access import Request, load_counsel_or_404


@require_safe
def investors(request: Request, code: str) -> HttpResponse:
    """Every investor with its address, contacts, blocks and readiness."""
    seat = load_counsel_or_404(request, code)
    return render(request, "investors/investors.html", {"page": investors_page(seat.deal)})


@require_safe
def investor(request: Request, code: str, pk: int) -> HttpResponse:
    """One investor: every condition with its reason, its money, pages, answers and mail."""
    seat = load_counsel_or_404(request, code)
    row = Allotment.objects.filter(deal=seat.deal, pk=pk).select_related("investor").first()
    if row is None:
        raise Http404("There is no such investor on this deal.")
    return render(request, "investors/investor.html", {"page": investor_page(seat.deal, row)})
