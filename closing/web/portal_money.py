"""An investor's own money: the page, its receipt, payments announced. Another's is a 404."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions.instructions import note_shown
from closing.actions.investors_own import announce_payment, take_back_announcement
from closing.actions.money_papers import request_money_paper
from closing.models import Announcement, MoneyPaper
from closing.queries.gates import gate_of
from closing.queries.instructions import in_force
from closing.queries.own_money import own_money_page, own_price, receipt_content
from closing.rules.words import money
from closing.tasks.money_papers import ring
from closing.web.access import Request, load_investor_or_404
from closing.web.doing import is_done
from closing.web.forms_base import WithdrawForm
from closing.web.portal import own_or_404
from closing.web.portal_forms import AnnounceForm


@require_safe
def own_money(request: Request, code: str, position: int) -> HttpResponse:
    """What one investor owes, where to send it, what came. That it was shown the account is put on record."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    page = own_money_page(seat.deal, seat.user, row)
    if page.instructions is not None:
        shown = in_force(seat.deal, seat.user)
        if shown is None or shown.pk != page.instructions.id:  # changed while the page was made: show none
            return redirect("portal-money", code, position)
        note_shown(shown, seat.user)
    return render(request, "portal/money.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def payment(request: Request, code: str, position: int) -> HttpResponse:
    """Announce a payment that was sent."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    price = own_price(gate_of(seat.deal), row)
    currency = seat.deal.currency
    form = AnnounceForm(request.POST if request.method == "POST" else None, initial={"amount": price.missing or None})
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("amount", "method", "sent_on", "reference")}
        told = f"Announced: {money(said['amount'], currency)}. It counts once the company records it as received."
        if is_done(request, form, lambda: announce_payment(seat.deal, row, seat.user, **said, form=form.key), told):
            return redirect("portal-money", code, position)
    context = {"form": form, "row": price, "currency": currency, "back": _back(code, position)}
    return render(request, "portal/payment.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def announcement_withdraw(request: Request, code: str, position: int, pk: int) -> HttpResponse:
    """Take back an announcement: the payment was not sent."""
    seat = load_investor_or_404(request, code)
    own = own_or_404(seat, position)
    rows = Announcement.objects.visible_to(seat.user).filter(allotment=own, pk=pk)
    row = rows.select_related("deal", "allotment__investor").first()
    if row is None:
        raise Http404("You announced no such payment.")
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if is_done(request, form, lambda: take_back_announcement(row, reason, seat.user), "It is taken back."):
            return redirect("portal-money", code, position)
    context = {
        "form": form,
        "heading": f"Take back the announcement of {money(row.amount, row.currency)}",
        "already": row.withdrawn_reason,
        "submit": "Take it back",
        "quiet_submit": True,
        "back": _back(code, position),
    }
    return render(request, "portal/ask.html", context, status=422 if form.errors else 200)


@require_POST
def receipt(request: Request, code: str, position: int) -> HttpResponse:
    """Ask for the receipt of what stands received now."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    gate = gate_of(seat.deal)
    price = own_price(gate, row)
    if not any(each.returned_at is None for each in price.payments):
        raise Http404("Nothing was received that a receipt could be given for.")
    kind = MoneyPaper.Kind.RECEIPT
    ring([request_money_paper(seat.deal, seat.user, kind, receipt_content(gate, price), row)])
    return redirect("portal-money", code, position)


def _back(code: str, position: int) -> str:
    return reverse("portal-money", args=[code, position])
