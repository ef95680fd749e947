"""Money: the purchase price as it comes in. Counsel only."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from closing.queries.payments import money_page
from closing.rules.access import Verb, why_not
from closing.web.access import Request, load_counsel_or_404


@require_safe
def money(request: Request, code: str) -> HttpResponse:
    """Who has paid, and what is missing."""
    seat = load_counsel_or_404(request, code)
    page = money_page(seat.deal)
    context = {
        "page": page,
        "why_not_receive": why_not({seat.role}, Verb.RECORD_PAYMENT),
    }
    return render(request, "money/money.html", context)
