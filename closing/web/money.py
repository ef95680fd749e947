"""Money: the purchase price as it comes in, and counsel's bills under the cap. Counsel only."""

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.fees import record_bill, record_fee_payment, withdraw_bill, withdraw_fee_payment
from closing.actions.payments import record_payment, return_payment
from closing.models import Bill, FeePayment, Payment
from closing.queries.payments import money_page, price_rows
from closing.rules.access import Verb, check_may, why_not
from closing.rules.terms import LineKind
from closing.rules.words import money as in_words
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.forms_base import RoomForm, WithdrawForm
from closing.web.money_forms import FEWEST_LINES, BillForm, FeePaymentForm, PaymentForm, ReturnForm


@require_safe
def money(request: Request, code: str) -> HttpResponse:
    """Who has paid, what is missing, and the fee ledger."""
    seat = load_counsel_or_404(request, code)
    page = money_page(seat.deal)
    context = {
        "page": page,
        "why_not_receive": why_not({seat.role}, Verb.RECORD_PAYMENT),
        "why_not_bill": why_not({seat.role}, Verb.BILL_FEES),
        "why_not_pay": why_not({seat.role}, Verb.PAY_FEES) or page.ledger.not_payable,
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


@require_http_methods(["GET", "HEAD", "POST"])
def bill_record(request: Request, code: str) -> HttpResponse:
    """Put a bill on file. `More lines` gives back the form as it is, with more of them."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.BILL_FEES)
    try:
        count = int(request.POST.get("count", FEWEST_LINES))
    except ValueError:
        count = FEWEST_LINES
    if "more" in request.POST:
        form = BillForm(initial=request.POST.dict(), count=count + FEWEST_LINES)
        return _asked(request, "money/bill.html", {"form": form})
    form = BillForm(request.POST if request.method == "POST" else None, count=count)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data

        def record() -> None:
            record_bill(seat.deal, seat.user, number=said["number"], dated=said["dated"], lines=form.bill_lines())

        if is_done(request, form, record, f"Bill {said['number']} is on file."):
            return _back(code)
    return _asked(request, "money/bill.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def bill_withdraw(request: Request, code: str, pk: int) -> HttpResponse:
    """Take a bill back, with a reason."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.BILL_FEES)
    row = _bill_or_404(seat, pk)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = f"Bill {row.number} is withdrawn."
        if is_done(request, form, lambda: withdraw_bill(row, form.cleaned_data["reason"], seat.user), told):
            return _back(code)
    context = {
        "form": form,
        "heading": f"Withdraw bill {row.number}",
        "already": row.withdrawn_reason if row.withdrawn_at else "",
        "submit": "Withdraw the bill",
        "quiet_submit": True,
    }
    return _asked(request, "money/ask.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def bill_pay(request: Request, code: str, pk: int) -> HttpResponse:
    """Record a payment towards a bill; past the cap it is refused, with what still fits."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.PAY_FEES)
    row = _bill_or_404(seat, pk)
    page = money_page(seat.deal)
    bill = next(each for each in page.ledger.bills if each.id == pk)
    form = FeePaymentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data

        def pay() -> None:
            record_fee_payment(
                seat.deal,
                seat.user,
                bill=row,
                kind=LineKind(said["kind"]),
                amount=said["amount"],
                note=said["note"],
                form=form.key,
            )

        if is_done(request, form, pay, f"{in_words(said['amount'], page.currency)} paid towards bill {row.number}."):
            return _back(code)
    kinds = [(kind, bill.billed(kind), bill.billed(kind) - bill.paid(kind)) for kind in LineKind]
    context = {"form": form, "bill": bill, "page": page, "kinds": kinds}
    return _asked(request, "money/pay.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def fee_payment_withdraw(request: Request, code: str, pk: int) -> HttpResponse:
    """Take back a payment towards a bill, with a reason."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.PAY_FEES)
    rows = FeePayment.objects.visible_to(seat.user).filter(deal=seat.deal).select_related("deal", "bill")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404("There is no such payment.")
    amount = in_words(row.amount, seat.deal.currency)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = f"The payment of {amount} is taken back."
        if is_done(request, form, lambda: withdraw_fee_payment(row, form.cleaned_data["reason"], seat.user), told):
            return _back(code)
    context = {
        "form": form,
        "heading": f"Take back the payment of {amount} towards bill {row.bill.number}",
        "already": row.withdrawn_reason if row.withdrawn_at else "",
        "submit": "Take it back",
        "quiet_submit": True,
    }
    return _asked(request, "money/ask.html", context)


def _bill_or_404(seat: Seat, pk: int) -> Bill:
    row = Bill.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk).select_related("deal").first()
    if row is None:
        raise Http404("There is no such bill.")
    return row


def _back(code: str) -> HttpResponse:
    return redirect("money", code)


def _asked(request: Request, template: str, context: Mapping[str, object]) -> HttpResponse:
    form = context["form"]
    assert isinstance(form, RoomForm)
    found = {"back": reverse("money", args=[request.seat.deal.code]), **context}
    return render(request, template, found, status=422 if form.errors else 200)
