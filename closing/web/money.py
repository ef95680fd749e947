"""Money: the purchase price as it comes in. Counsel only."""

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.payments import record_payment, return_payment
from closing.models import Payment
from closing.queries.payments import money_page, price_rows
from closing.rules.access import Verb, check_may, why_not
from closing.rules.words import money as in_words
from closing.web.access import Request, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.forms_base import RoomForm
from closing.web.money_forms import PaymentForm, ReturnForm


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


@require_http_methods(["GET", "HEAD", "POST"])
def payment_record(request: Request, code: str) -> HttpResponse:
    """Record purchase price received; `?investor=` names from whom."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    rows = price_rows(seat.deal)
    asked = next((row for row in rows if row.name == request.GET.get("investor")), None)
    initial = {"investor": asked.name, "amount": asked.missing or None} if asked else {}
    form = PaymentForm(
        request.POST if request.method == "POST" else None,
        investors=[(row.name, row.name) for row in rows],
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data

        def record() -> None:
            record_payment(
                seat.deal,
                seat.user,
                investor=said["investor"],
                amount=said["amount"],
                method=said["method"],
                reference=said["reference"],
                note=said["note"],
                form=form.key,
            )

        told = f"{in_words(said['amount'], seat.deal.currency)} received from {said['investor']}."
        if is_done(request, form, record, told):
            return _back(code)
    context = {
        "form": form,
        "asked": asked,
        "currency": seat.deal.currency,
        "heading": "Record a payment",
        "submit": "Record the payment",
    }
    return _asked(request, "money/payment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def payment_return(request: Request, code: str, pk: int) -> HttpResponse:
    """Mark a payment as returned, with the reason."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    rows = Payment.objects.visible_to(seat.user).filter(deal=seat.deal)
    row = rows.select_related("deal", "allotment__investor").filter(pk=pk).first()
    if row is None:
        raise Http404("There is no such payment.")
    amount, name = in_words(row.amount, row.currency), row.allotment.investor.name
    form = ReturnForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = f"{amount} from {name} is marked as returned."
        if is_done(request, form, lambda: return_payment(row, form.cleaned_data["reason"], seat.user), told):
            return _back(code)
    context = {
        "form": form,
        "heading": f"The payment of {amount} from {name} came back",
        "already": row.withdrawn_reason if row.withdrawn_at else "",
        "submit": "Mark it as returned",
        "quiet_submit": True,
    }
    return _asked(request, "money/ask.html", context)


def _back(code: str) -> HttpResponse:
    return redirect("money", code)


def _asked(request: Request, template: str, context: Mapping[str, object]) -> HttpResponse:
    form = context["form"]
    assert isinstance(form, RoomForm)
    found = {"back": reverse("money", args=[request.seat.deal.code]), **context}
    return render(request, template, found, status=422 if form.errors else 200)
