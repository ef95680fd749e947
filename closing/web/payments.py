"""The purchase price as it comes in: a payment, one wire for several, a check that cleared, a return, a refund."""

from collections.abc import Mapping
from functools import partial

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from closing.actions.bank import stand_again
from closing.actions.payments import (
    clear_check,
    record_parts,
    refund_payment,
    return_payment,
)
from closing.models import Allotment, Payment
from closing.queries.bank import why_not_again
from closing.queries.purchase_price import PriceRow, price_rows
from closing.rules.access import Verb, check_may
from closing.rules.words import listing, money as in_words
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.forms_base import RoomForm
from closing.web.payment_forms import (
    FEWEST_PARTS,
    MOST_PARTS,
    PaymentForm,
    RefundForm,
    ReturnForm,
    SplitForm,
    SureForm,
)


@require_http_methods(["GET", "HEAD", "POST"])
def payment_record(request: Request, code: str) -> HttpResponse:
    """Record purchase price received; `?investor=` names from whom."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    rows = price_rows(seat.deal)
    asked = next((row for row in rows if row.name == request.GET.get("investor")), None)
    initial = {"investor": asked.name, "amount": asked.missing or None} if asked else {}
    form = PaymentForm(request.POST if request.method == "POST" else None, investors=_choices(rows), initial=initial)
    if request.method == "POST" and form.is_valid() and _is_recorded(request, seat, form):
        return _back(code)
    context = {"form": form, "asked": asked, "currency": seat.deal.currency, "submit": "Record the payment"}
    return _asked(request, "money/payment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def payment_split(request: Request, code: str) -> HttpResponse:
    """Record one wire or check for several investors; `?contact=` fills in those of one person.

    `More parts` gives back the form as it is, with more of them.
    """
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    rows = price_rows(seat.deal)
    if "more" in request.POST:
        more = SplitForm(initial=request.POST.dict(), investors=_choices(rows), count=parts_asked(request, more=True))
        return _asked(request, "money/split.html", {"form": more})
    named = _of_contact(seat, rows, request.GET.get("contact", ""))
    form = SplitForm(
        request.POST if request.method == "POST" else None,
        investors=_choices(rows),
        count=max(parts_asked(request), len(named)),
        initial=_filled_in(named),
    )
    if request.method == "POST" and form.is_valid() and _is_recorded(request, seat, form):
        return _back(code)
    return _asked(request, "money/split.html", {"form": form})


def _is_recorded(request: Request, seat: Seat, form: PaymentForm | SplitForm) -> bool:
    """Whether it is on file now; otherwise the form tells why, or asks what is to be confirmed."""
    said = form.cleaned_data
    act = partial(
        record_parts,
        seat.deal,
        seat.user,
        form.parts(),
        said["amount"],
        method=said["method"],
        reference=said["reference"],
        note=said["note"],
        form=form.key,
        confirmed=form.confirmed,
    )
    names = listing(part.investor for part in form.parts())
    return is_done(request, form, act, f"{in_words(said['amount'], seat.deal.currency)} received from {names}.")


@require_http_methods(["GET", "HEAD", "POST"])
def payment_return(request: Request, code: str, pk: int) -> HttpResponse:
    """Mark a payment as returned, with the reason; a wire for several investors with all of its parts."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    row = _payment_or_404(seat, pk)
    parts = _parts(row)
    form = ReturnForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = f"{_named(parts)} is marked as returned. The condition is open again for whoever paid by it."
        if is_done(request, form, lambda: return_payment(row, form.cleaned_data["reason"], seat.user), told):
            return _back(code)
    context = {
        "form": form,
        "heading": f"The payment of {_named(parts)} came back",
        "parts": parts if len(parts) > 1 else (),
        "currency": row.currency,
        "already": row.withdrawn_reason if row.withdrawn_at else "",
        "submit": "Mark it as returned",
        "quiet_submit": True,
    }
    return _asked(request, "money/ask.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def payment_again(request: Request, code: str, pk: int) -> HttpResponse:
    """Put a payment that was marked as returned and had not come back on file again, with all of its parts."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    row = _payment_or_404(seat, pk)
    parts = _parts(row)
    form = SureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = f"{_named(parts)} is on file again, and counts from now on."
        if is_done(request, form, lambda: stand_again(row, seat.user), told):
            return _back(code)
    stands = Payment.objects.filter(again_of__in=parts).exists()
    context = {
        "form": form,
        "heading": f"The payment of {_named(parts)} had not come back",
        "parts": parts if len(parts) > 1 else (),
        "currency": row.currency,
        "says": "It counts again from now on. That it was marked as returned stays on the record.",
        "already": "it stands again." if stands else "",
        "why": "" if stands else why_not_again(seat.deal, row),
        "submit": "Put it on file again",
    }
    return _asked(request, "money/ask.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def payment_clear(request: Request, code: str, pk: int) -> HttpResponse:
    """Note that a check cleared."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    row = _payment_or_404(seat, pk)
    if row.method != Payment.Method.CHECK:
        raise Http404("Only a check clears.")
    parts = _parts(row)
    form = SureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = f"The check of {_named(parts)} has cleared."
        if is_done(request, form, lambda: clear_check(row, seat.user), told):
            return _back(code)
    context = {
        "form": form,
        "heading": f"The check of {_named(parts)} cleared",
        "already": "It cleared." if row.cleared_at else row.withdrawn_reason,
        "submit": "It has cleared",
    }
    return _asked(request, "money/ask.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def refund_record(request: Request, code: str, pk: int) -> HttpResponse:
    """Record what was sent back to an investor that had paid too much; `pk` is its row of Schedule A."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.RECORD_PAYMENT)
    if not Allotment.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk).exists():
        raise Http404("There is no such investor.")
    row = next(each for each in price_rows(seat.deal) if each.id == pk)
    form = RefundForm(request.POST if request.method == "POST" else None, initial={"amount": row.over or None})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data

        def send_back() -> None:
            refund_payment(
                seat.deal,
                seat.user,
                investor=row.name,
                amount=said["amount"],
                method=said["method"],
                reference=said["reference"],
                note=said["note"],
                form=form.key,
            )

        told = f"{in_words(said['amount'], seat.deal.currency)} sent back to {row.name}."
        if is_done(request, form, send_back, told):
            return _back(code)
    over = f"It is over by {in_words(row.over, seat.deal.currency)}." if row.over else "It is not over its price."
    context = {"form": form, "heading": f"Money sent back to {row.name}", "says": over, "submit": "Record the refund"}
    return _asked(request, "money/ask.html", context)


def _payment_or_404(seat: Seat, pk: int) -> Payment:
    rows = Payment.objects.visible_to(seat.user).filter(deal=seat.deal)
    row = rows.select_related("deal", "allotment__investor").filter(pk=pk).first()
    if row is None:
        raise Http404("There is no such payment.")
    return row


def _parts(row: Payment) -> tuple[Payment, ...]:
    """The payments of one wire or check."""
    if not row.receipt:
        return (row,)
    same = Payment.objects.filter(deal=row.deal, receipt=row.receipt).select_related("allotment__investor")
    return tuple(same.order_by("allotment__position"))


def _named(parts: tuple[Payment, ...]) -> str:
    """`$100,000.00 from Andrea Martin`."""
    total = in_words(sum(each.amount for each in parts[1:]) + parts[0].amount, parts[0].currency)
    return f"{total} from {listing(each.allotment.investor.name for each in parts)}"


def _choices(rows: tuple[PriceRow, ...]) -> list[tuple[str, str]]:
    return [(row.name, row.name) for row in rows]


def parts_asked(request: Request, *, more: bool = False) -> int:
    """How many parts the form was sent with, and with `more` a few more."""
    said = request.POST.get("count", "")
    count = min(int(said), MOST_PARTS) if said.isascii() and said.isdecimal() and len(said) < 4 else FEWEST_PARTS
    return count + FEWEST_PARTS if more else count


def _of_contact(seat: Seat, rows: tuple[PriceRow, ...], contact: str) -> list[PriceRow]:
    """The investors of one contact that have still to pay."""
    if not contact:
        return []
    named = Allotment.objects.filter(deal=seat.deal, investor__contacts__name=contact).values_list("pk", flat=True)
    own = set(named)
    return [row for row in rows if row.id in own and row.missing]


def _filled_in(rows: list[PriceRow]) -> Mapping[str, object]:
    if not rows:
        return {}
    parts = {f"investor_{at}": row.name for at, row in enumerate(rows, start=1)}
    amounts = {f"amount_{at}": row.missing for at, row in enumerate(rows, start=1)}
    return {**parts, **amounts, "amount": sum(row.missing for row in rows)}


def _back(code: str) -> HttpResponse:
    return redirect("money", code)


def _asked(request: Request, template: str, context: Mapping[str, object]) -> HttpResponse:
    form = context["form"]
    assert isinstance(form, RoomForm)
    found = {"back": reverse("money", args=[request.seat.deal.code]), **context}
    return render(request, template, found, status=422 if form.errors else 200)
