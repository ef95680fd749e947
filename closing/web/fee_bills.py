"""What is done about one bill: paid, netted from a wire, come back, credited, written off, its paper added."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from closing.actions.base import ActionRefused
from closing.actions.documents import UploadRefused
from closing.actions.fee_payments import record_fee_payment, reverse_fee_payment
from closing.actions.fees import add_bill_paper, record_credit_note, write_off
from closing.models import Bill
from closing.queries.fees import FeesPage, fees_page
from closing.queries.gates import gate_of
from closing.rules.access import Verb, check_may
from closing.rules.fee_acts import PAYING, BillAct
from closing.rules.fees import netted_by_bill
from closing.rules.gate import Gate
from closing.rules.purchase_price import paid_by_investor
from closing.rules.terms import LineKind
from closing.rules.words import money
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.fee_forms import (
    FEWEST_LINES,
    CreditNoteForm,
    FeePaymentForm,
    KindAndAmountForm,
    LinesForm,
    NettingForm,
    PaperForm,
    ReversalForm,
    WriteOffForm,
)
from closing.web.fees import asked, bill_or_404, count_of_lines, sent
from closing.web.forms_base import Choices, RoomForm

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """The page of one act on a bill: its heading (with the bill's number), what it says first, its button."""

    heading: str
    sentence: str
    submit: str


QUESTIONS = {
    BillAct.PAY: Question("What was paid of bill {}", "", "Record it"),
    BillAct.NET: Question(
        "Net bill {} from an investor’s wire",
        "What is kept back counts as purchase price received from that investor, and becomes a reimbursement at its "
        "closing.",
        "Record the netting",
    ),
    BillAct.REVERSE: Question(
        "What came back of bill {}", "It then counts as not paid, and fits under the cap again.", "Record it"
    ),
    BillAct.CREDIT: Question(
        "Credit note to bill {}", "It takes off what is billed, and never what is paid.", "Record it"
    ),
    BillAct.WRITE_OFF: Question(
        "Write off of bill {}", "What is given up is billed to nobody, the investors included.", "Write it off"
    ),
    BillAct.PAPER: Question("The PDF of bill {}", "It is added once, and kept as it came.", "Add it"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def bill_act(request: Request, code: str, pk: int, act: str) -> HttpResponse:
    """One act on a bill. `More lines` of a credit note gives the form back as it is."""
    seat = load_counsel_or_404(request, code)
    what = BillAct(act)
    row = bill_or_404(seat, pk)
    page = fees_page(seat.deal)
    bill = page.bill(pk)
    assert bill is not None
    check_may({seat.role}, Verb.PAY_FEES if what in PAYING else bill.verb)
    gate = gate_of(seat.deal)
    form = _form(request, what, gate, row)
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        told = f"Bill {row.number}: {_told(what, form, page)}"
        if is_done(request, form, lambda: _do(what, seat, row, form), told):
            return redirect("fees", code)
    question = QUESTIONS[what]
    context = {
        "form": form,
        "bill": bill,
        "page": page,
        "counsel": next((each for each in page.counsels if each.key == bill.counsel_key), None),
        "why": bill.refusals[what],
        "heading": question.heading.format(row.number),
        "sentence": question.sentence,
        "submit": question.submit,
        "pays": what in (BillAct.PAY, BillAct.NET),
        "has_lines": isinstance(form, LinesForm),
    }
    return asked(request, "fees/bill_act.html", context)


def _form(request: Request, act: BillAct, gate: Gate, bill: Bill) -> RoomForm:
    data = sent(request)
    if act is BillAct.CREDIT:
        count = count_of_lines(request)
        if "more" in request.POST:
            return CreditNoteForm(initial=request.POST.dict(), count=count + FEWEST_LINES)
        return CreditNoteForm(data, count=count)
    if act is BillAct.PAPER:
        return PaperForm(data, request.FILES or None)
    if act is BillAct.NET:
        return NettingForm(data, investors=_owing(gate))
    if act is BillAct.REVERSE:
        return ReversalForm(data, investors=_netted(gate, bill))
    return WriteOffForm(data) if act is BillAct.WRITE_OFF else FeePaymentForm(data)


def _owing(gate: Gate) -> Choices:
    """The investors whose wires are still open, with what each still owes."""
    currency = gate.deal.agreement.currency
    closed = {name for each in gate.facts.closings for name in each.investors}
    return [
        (name, f"{name}: {money(paid.missing, currency)} of the price is open")
        for name, paid in paid_by_investor(gate.deal, gate.facts).items()
        if paid.missing and name not in closed
    ]


def _netted(gate: Gate, bill: Bill) -> Choices:
    """The investors from whose wires something stands netted towards the bill."""
    currency = gate.deal.agreement.currency
    found = netted_by_bill(gate.facts, (bill.counsel.key, bill.number))
    return [(name, f"Netted from the wire of {name}: {money(amount, currency)}") for name, amount in found.items()]


def _do(act: BillAct, seat: Seat, bill: Bill, form: RoomForm) -> None:
    said = form.cleaned_data
    if isinstance(form, KindAndAmountForm):
        _of_amount(act)(seat, bill, {**said, "kind": LineKind(said["kind"])}, form.key)
    elif isinstance(form, LinesForm):
        lines = form.bill_lines()
        record_credit_note(bill, seat.user, number=said["number"], dated=said["dated"], lines=lines)
    else:
        try:
            add_bill_paper(bill, said["paper"], seat.user)
        except UploadRefused as refused:
            raise ActionRefused(str(refused)) from refused


def _of_amount(act: BillAct) -> Callable[[Seat, Bill, Said, str], object]:
    return {BillAct.WRITE_OFF: _write_off, BillAct.REVERSE: _reverse}.get(act, _pay)


def _pay(seat: Seat, bill: Bill, said: Said, form: str) -> None:
    record_fee_payment(
        seat.deal,
        seat.user,
        bill=bill,
        kind=said["kind"],
        amount=said["amount"],
        netted_from=said.get("netted_from", ""),
        note=said["note"],
        form=form,
    )


def _reverse(seat: Seat, bill: Bill, said: Said, form: str) -> None:
    reverse_fee_payment(
        seat.deal,
        seat.user,
        bill=bill,
        kind=said["kind"],
        amount=said["amount"],
        netted_from=said.get("netted_from", ""),
        note=said["note"],
        form=form,
    )


def _write_off(seat: Seat, bill: Bill, said: Said, form: str) -> None:
    write_off(bill, seat.user, kind=said["kind"], amount=said["amount"], note=said["note"], form=form)


def _told(act: BillAct, form: RoomForm, page: FeesPage) -> str:
    if not isinstance(form, KindAndAmountForm):
        return "the credit note is on file." if act is BillAct.CREDIT else "its PDF is on file."
    done = {
        BillAct.PAY: "paid",
        BillAct.NET: "netted",
        BillAct.REVERSE: "recorded as come back",
        BillAct.WRITE_OFF: "written off",
    }
    return f"{money(form.cleaned_data['amount'], page.currency)} {done[act]}."
