"""The overview: what still stands between the deal and its closing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from closing.web.access import Request, load_counsel_or_404


@require_safe
def overview(request: Request, code: str) -> HttpResponse:
    """What is owed, by whom, and the matrix of investors and conditions. Counsel only."""
    load_counsel_or_404(request, code)
    return render(request, "overview.html")
