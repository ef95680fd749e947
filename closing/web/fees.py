"""Counsel's fees: the page with the cap and the bills, a new bill, its paper, and who bears what is over the cap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.documents import UploadRefused
from closing.actions.fee_payments import withdraw_fee_payment, withdraw_fee_reversal
from closing.actions.fees import allot_over_cap, record_bill, withdraw_allotment, withdraw_bill, withdraw_correction
from closing.models import Bill, CreditNote, FactRow, FeePayment, FeeReversal, OverCapAllotment, WriteOff
from closing.queries.deals import deal_terms
from closing.queries.documents import open_stored
from closing.queries.facts import fact_of
from closing.queries.fee_bills import BillRow
from closing.queries.fees import fees_page
from closing.queries.gates import gate_of
from closing.rules.access import SIDES, Verb, check_may, why_not
from closing.rules.fact_verbs import verb_of
from closing.rules.fee_acts import PAYING, BillAct
from closing.rules.over_cap import parts_in_force
from closing.rules.summaries import summary
from closing.rules.terms import Side
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.downloads import NOT_IN_STORE, attachment
from closing.web.fee_forms import FEWEST_LINES, BillForm, OverCapForm
from closing.web.forms_base import Choices, RoomForm, WithdrawForm

LABELS = {
    BillAct.PAY: "Record what was paid",
    BillAct.NET: "Net it from a wire",
    BillAct.REVERSE: "Record what came back",
    BillAct.CREDIT: "Credit note",
    BillAct.WRITE_OFF: "Write off",
    BillAct.PAPER: "Add its PDF",
    BillAct.WITHDRAW: "Withdraw",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An act on a bill: where it leads, or why it is not possible."""

    label: str
    url: str
    why: str


@dataclass(frozen=True, slots=True)
class BillCard:
    """A bill with what its reader's side does about it: what is possible, and what is not.

    `may_take_back` names the kinds of entry that he may take back.
    """

    row: BillRow
    offers: tuple[Offer, ...]
    refused: tuple[Offer, ...]
    may_take_back: frozenset[str]


@require_safe
def fees(request: Request, code: str) -> HttpResponse:
    """What is reimbursed, the cap as a bar, the bills with whatever became of them, and who bears what is over it."""
    seat = load_counsel_or_404(request, code)
    page = fees_page(seat.deal)
    context = {
        "page": page,
        "counsels": [(each, [_card(seat, bill) for bill in each.bills]) for each in page.counsels],
        "own": [_card(seat, bill) for bill in page.own],
        "others": [_card(seat, bill) for bill in page.not_reimbursed],
        "why_not_allot": why_not({seat.role}, Verb.ALLOT_OVER_CAP),
    }
    return render(request, "fees/fees.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def bill_record(request: Request, code: str) -> HttpResponse:
    """Put a bill on file. `More lines` gives back the form as it is, with more of them."""
    seat = load_counsel_or_404(request, code)
    side = SIDES[seat.role]
    check_may({seat.role}, Verb.BILL_FOR_ISSUER if side is Side.ISSUER else Verb.BILL_FEES)
    firms = _firms(seat)
    kwargs: dict[str, Any] = {"firms": firms, "is_issuers_own": side is Side.ISSUER, "count": count_of_lines(request)}
    if "more" in request.POST:
        kwargs["count"] += FEWEST_LINES
        return asked(request, "fees/bill.html", {"form": BillForm(initial=request.POST.dict(), **kwargs)})
    form = BillForm(sent(request), request.FILES or None, **kwargs)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data

        def record() -> None:
            try:
                record_bill(
                    seat.deal,
                    seat.user,
                    number=said["number"],
                    dated=said["dated"],
                    received_on=said["received_on"],
                    counsel=said.get("counsel") or firms[0][0],
                    payee=said.get("payee", ""),
                    lines=form.bill_lines(),
                    paper=said["paper"],
                )
            except UploadRefused as refused:
                raise ActionRefused(str(refused)) from refused

        if is_done(request, form, record, f"Bill {said['number']} is on file."):
            return redirect("fees", code)
    return asked(request, "fees/bill.html", {"form": form, "is_issuers_own": side is Side.ISSUER})


@require_safe
def bill_paper(request: Request, code: str, pk: int) -> FileResponse:
    """The PDF of a bill, as an attachment."""
    seat = load_counsel_or_404(request, code)
    row = bill_or_404(seat, pk)
    if not row.paper:
        raise Http404("No PDF of this bill is on file.")
    try:
        file = open_stored(row.paper)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    return attachment(file, f"Bill {row.number}.pdf", "application/pdf")


@require_http_methods(["GET", "HEAD", "POST"])
def over_cap(request: Request, code: str) -> HttpResponse:
    """Allot what is over the cap among the investors."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.ALLOT_OVER_CAP)
    gate = gate_of(seat.deal)
    form = OverCapForm(sent(request), parts=parts_in_force(gate.deal, gate.facts))
    if request.method == "POST" and form.is_valid():

        def allot() -> None:
            allot_over_cap(seat.deal, seat.user, parts=form.parts(), note=form.cleaned_data["note"], form=form.key)

        if is_done(request, form, allot, "It is allotted so from now on."):
            return redirect("fees", code)
    return asked(request, "fees/over_cap.html", {"form": form, "page": fees_page(seat.deal)})


Take = Callable[[Any, str, Any], FactRow]
WITHDRAWALS: Mapping[str, tuple[type[FactRow], Take, str]] = {
    "bills": (Bill, withdraw_bill, "Withdraw"),
    "credit-notes": (CreditNote, withdraw_correction, "Take back"),
    "write-offs": (WriteOff, withdraw_correction, "Take back"),
    "payments": (FeePayment, withdraw_fee_payment, "Take back"),
    "reversals": (FeeReversal, withdraw_fee_reversal, "Take back"),
    "allotments": (OverCapAllotment, withdraw_allotment, "Take back"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def fee_withdraw(request: Request, code: str, what: str, pk: int) -> HttpResponse:
    """Take a bill, or something that became of one, back, with a reason."""
    seat = load_counsel_or_404(request, code)
    if what not in WITHDRAWALS:
        raise Http404("There is no such thing here.")
    model, take, words = WITHDRAWALS[what]
    rows: Any = model._default_manager
    row = rows.visible_to(seat.user).filter(deal=seat.deal, pk=pk).select_related("deal").first()
    if row is None:
        raise Http404("It is not on this deal.")
    of, fact = deal_terms(seat.deal), fact_of(row)
    check_may({seat.role}, verb_of(fact, of))
    if isinstance(row, CreditNote | WriteOff):
        check_may({seat.role}, verb_of(fact_of(row.bill), of))
    said = summary(fact, of)
    form = WithdrawForm(sent(request))
    if request.method == "POST" and form.is_valid():
        told = f"Taken back: {said}."
        if is_done(request, form, lambda: take(row, form.cleaned_data["reason"], seat.user), told):
            return redirect("fees", code)
    context = {
        "form": form,
        "heading": f"{words}: {said}",
        "already": row.withdrawn_reason if row.withdrawn_at else "",
        "submit": words,
        "quiet_submit": True,
    }
    return asked(request, "fees/ask.html", context)


def bill_or_404(seat: Seat, pk: int) -> Bill:
    """A bill of the deal. 404 for none."""
    row = Bill.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk).select_related("deal", "counsel").first()
    if row is None:
        raise Http404("There is no such bill.")
    return row


def asked(request: Request, template: str, context: Mapping[str, object]) -> HttpResponse:
    """A page with a form, which leads back to the fees."""
    form = context["form"]
    assert isinstance(form, RoomForm)
    found = {"back": reverse("fees", args=[request.seat.deal.code]), **context}
    return render(request, template, found, status=422 if form.errors else 200)


def sent(request: Request) -> QueryDict | None:
    """What a form was sent with, be it nothing; None where it is only asked for."""
    return request.POST if request.method == "POST" else None


def count_of_lines(request: Request) -> int:
    """How many lines the form that was sent had."""
    try:
        return int(request.POST.get("count", FEWEST_LINES))
    except ValueError:
        return FEWEST_LINES


def _firms(seat: Seat) -> Choices:
    """The counsel whose bills the user may put on file: of his side, those that are reimbursed first."""
    of, side = deal_terms(seat.deal), SIDES[seat.role]
    own = [firm for firm in of.counsel if firm.side is side]
    own.sort(key=lambda firm: firm.key not in of.cap_by_counsel)
    return [(firm.key, firm.name) for firm in own]


def _card(seat: Seat, row: BillRow) -> BillCard:
    may_pay, is_own = not why_not({seat.role}, Verb.PAY_FEES), not why_not({seat.role}, row.verb)
    offers = [
        Offer(LABELS[act], _url(seat, act, row), row.refusals[act])
        for act in BillAct
        if (may_pay if act in PAYING else is_own) and row.withdrawn_at is None and not row.is_moot(act)
    ]
    back = {"payments", "reversals"} if may_pay else set()
    return BillCard(
        row,
        offers=tuple(each for each in offers if not each.why),
        refused=tuple(each for each in offers if each.why),
        may_take_back=frozenset(back | ({"credit-notes", "write-offs"} if is_own else set())),
    )


def _url(seat: Seat, act: BillAct, row: BillRow) -> str:
    if act is BillAct.WITHDRAW:
        return reverse("fee-withdraw", args=[seat.deal.code, "bills", row.id])
    return reverse(f"bill-{act.value}", args=[seat.deal.code, row.id])
