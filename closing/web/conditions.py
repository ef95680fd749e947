"""The conditions, and what changes them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from closing.web.access import Request, load_counsel_or_404


@require_safe
def conditions(request: Request, code: str) -> HttpResponse:
    """The checklist."""
    load_counsel_or_404(request, code)
    return render(request, "conditions.html")


@require_safe
def condition(request: Request, code: str, section: str) -> HttpResponse:
    """One condition."""
    load_counsel_or_404(request, code)
    return render(request, "condition.html")
