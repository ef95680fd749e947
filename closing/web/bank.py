"""The company's bank: statements taken in, and what their lines are. To others than company counsel there are none."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions.bank import (
    SettledAlready,
    confirm_line,
    confirm_sure,
    ignore_lines,
    undo_booking,
)
from closing.actions.bank_statements import import_statement
from closing.actions.base import ActionRefused
from closing.actions.payments import Part
from closing.models import BankBooking, BankLine, BankStatement
from closing.queries.bank import (
    StatementPage,
    as_line,
    ledger_of,
    open_lines_of,
    statement_page,
    statement_rows,
)
from closing.queries.gates import gate_of
from closing.rules.access import Role
from closing.rules.bank_lines import Becomes, Proposal
from closing.rules.bank_matching import in_words, proposals
from closing.rules.words import ended, money, number
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.bank_forms import IgnoreForm, LineForm, StatementForm, UndoForm
from closing.web.doing import is_done
from closing.web.forms_base import RoomForm
from closing.web.payments import parts_asked

UNDONE = {
    BankBooking.Becomes.RECEIVED: (
        "The payment booked from it is taken back, with the reason, which its investor reads; the line is open again."
    ),
    BankBooking.Becomes.ON_FILE: "The payment stays on file, and the line is open again.",
    BankBooking.Becomes.RETURNED: "The payment counts as received again from now on, and the line is open again.",
    BankBooking.Becomes.REFUND: "The refund booked from it is taken back, and the line is open again.",
    BankBooking.Becomes.IGNORED: "The line is open again.",
}
"""What undoing a line does, by what the line was confirmed to be."""


def _load(request: Request, code: str) -> Seat:
    seat = load_counsel_or_404(request, code)
    if seat.role is not Role.COMPANY_COUNSEL:
        raise Http404("The account is the company’s.")
    return seat


@require_http_methods(["GET", "HEAD", "POST"])
def bank(request: Request, code: str) -> HttpResponse:
    """The statements; a POST takes one in and leads to it."""
    seat = _load(request, code)
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            statement, left_out = import_statement(seat.deal, seat.user, file.name, file.read())
        except ActionRefused as refused:
            for line in str(refused).splitlines():
                form.add_error("file", line)
        else:
            for told in left_out:
                messages.info(request, told)
            return redirect("bank-statement", code, statement.pk)
    context = {"form": form, "statements": statement_rows(seat.deal, seat.user), "time_zone": seat.deal.time_zone}
    return render(request, "money/bank.html", context, status=422 if form.errors else 200)


@require_safe
def bank_statement(request: Request, code: str, pk: int) -> HttpResponse:
    """One statement: what each open line may be, and what the others were confirmed to be."""
    seat = _load(request, code)
    return render(request, "money/statement.html", {"page": _page_or_404(seat, pk), "ignore": IgnoreForm()})


@require_POST
def bank_confirm(request: Request, code: str, pk: int) -> HttpResponse:
    """Confirm every line that can be but one thing."""
    seat = _load(request, code)
    statement = _statement_or_404(seat, pk)
    try:
        count = confirm_sure(seat.deal, seat.user, statement)
    except ActionRefused as refused:
        messages.error(request, str(refused))
    else:
        told = f"{number(count)} line{'' if count == 1 else 's'} confirmed." if count else "There was none to confirm."
        messages.success(request, told)
    return redirect("bank-statement", code, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def bank_line(request: Request, code: str, pk: int) -> HttpResponse:
    """What one line is: one of what is proposed, or parts by hand. `More parts` gives the form back."""
    seat = _load(request, code)
    row = _line_or_404(seat, pk)
    back = reverse("bank-statement", args=[code, row.statement_id])
    gate = gate_of(seat.deal)
    found = proposals(ledger_of(seat.deal, gate), map(as_line, open_lines_of(seat.deal))).get(row.pk, ())
    investors = [(each.name, each.name) for each in gate.deal.investors]
    by_hand = row.is_credit and row.currency == seat.deal.currency
    about: dict[str, Any] = {"proposed": found, "investors": investors, "by_hand": by_hand}
    if "more" in request.POST:
        form = LineForm(initial=request.POST.dict(), count=parts_asked(request, more=True), **about)
    else:
        data = request.POST if request.method == "POST" else None
        form = LineForm(data, initial={"choice": "0"} if found else {}, count=parts_asked(request), **about)
        if request.method == "POST" and form.is_valid() and _is_confirmed(request, seat, row, form):
            return redirect(back)
    said = [(str(at), in_words(each, row.currency), each) for at, each in enumerate(found)]
    context = {"form": form, "row": row, "back": back, "said": said, "asked": form.data.get("choice", "0")}
    return render(request, "money/line.html", context, status=422 if form.errors else 200)


def _is_confirmed(request: Request, seat: Seat, row: BankLine, form: LineForm) -> bool:
    """Whether the line is settled now; otherwise the form tells why, or asks what is to be confirmed."""
    becomes, parts, wire = _asked_for(form.chosen, form)
    try:
        confirm_line(row, seat.user, becomes, parts=parts, wire=wire, confirmed=form.confirmed)
    except SettledAlready as already:
        messages.info(request, str(already))
        return True
    except ActionRefused as refused:
        form.tell(refused)
        return False
    messages.success(request, f"{money(row.amount, row.currency)} of row {row.row} is confirmed.")
    return True


def _asked_for(chosen: Proposal | None, form: LineForm) -> tuple[Becomes, tuple[Part, ...], int | None]:
    if chosen is None:
        return Becomes.RECEIVED, form.parts(), None
    return chosen.becomes, tuple(Part(each.investor, each.amount) for each in chosen.parts), chosen.wire


@require_http_methods(["GET", "HEAD", "POST"])
def bank_line_ignore(request: Request, code: str, pk: int) -> HttpResponse:
    """Set one line aside, with a reason."""
    seat = _load(request, code)
    row = _line_or_404(seat, pk)
    form = IgnoreForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if is_done(request, form, lambda: ignore_lines([row], seat.user, reason), f"Row {row.row} is set aside."):
            return redirect("bank-statement", code, row.statement_id)
    context = {"heading": f"Set row {row.row} aside", "says": _named(row), "submit": "Set it aside"}
    return _asked(request, form, row.statement_id, context)


@require_POST
def bank_ignore_rest(request: Request, code: str, pk: int) -> HttpResponse:
    """Set every line aside of which nothing is proposed, with one reason."""
    seat = _load(request, code)
    statement = _statement_or_404(seat, pk)
    form = IgnoreForm(request.POST)
    if form.is_valid():
        found = proposals(ledger_of(seat.deal, gate_of(seat.deal)), map(as_line, open_lines_of(seat.deal)))
        rest = [each for each in open_lines_of(seat.deal).filter(statement=statement) if not found.get(each.pk)]
        count = ignore_lines(rest, seat.user, form.cleaned_data["reason"])
        messages.success(request, f"{number(count)} line{'' if count == 1 else 's'} set aside.")
    else:
        messages.error(request, "Say why they are set aside: whoever reads the file later will ask.")
    return redirect("bank-statement", code, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def bank_undo(request: Request, code: str, pk: int) -> HttpResponse:
    """Take back what a line was confirmed to be."""
    seat = _load(request, code)
    rows = BankBooking.objects.visible_to(seat.user).filter(line__statement__deal=seat.deal, pk=pk)
    row = rows.select_related("line__statement__deal", "payment").first()
    if row is None:
        raise Http404("There is no such line.")
    form = UndoForm(request.POST if request.method == "POST" else None)
    then = UNDONE[BankBooking.Becomes(row.becomes)]
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data["reason"]
        act = partial(undo_booking, row, seat.user, said, confirmed=form.confirmed)
        if is_done(request, form, act, f"It is undone. {then}"):
            return redirect("bank-statement", code, row.line.statement_id)
    context = {
        "heading": f"Undo: row {row.line.row} is {row.get_becomes_display().lower()}",
        "says": f"{ended(_named(row.line))} {then}",
        "already": row.undone_reason,
        "submit": "Undo it",
        "quiet_submit": True,
    }
    return _asked(request, form, row.line.statement_id, context)


def _named(row: BankLine) -> str:
    words = ", ".join(filter(None, (row.party, row.reference, row.bank_reference)))
    return f"{money(row.amount, row.currency)} {'received' if row.is_credit else 'paid out'}, {words}".rstrip(", ")


def _page_or_404(seat: Seat, pk: int) -> StatementPage:
    page = statement_page(seat.deal, seat.user, pk)
    if page is None:
        raise Http404("There is no such statement.")
    return page


def _statement_or_404(seat: Seat, pk: int) -> BankStatement:
    row = BankStatement.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk).first()
    if row is None:
        raise Http404("There is no such statement.")
    return row


def _line_or_404(seat: Seat, pk: int) -> BankLine:
    rows = BankLine.objects.visible_to(seat.user).filter(statement__deal=seat.deal, pk=pk)
    row = rows.select_related("statement__deal").first()
    if row is None:
        raise Http404("There is no such line.")
    return row


def _asked(request: Request, form: RoomForm, statement: int, context: Mapping[str, object]) -> HttpResponse:
    back = reverse("bank-statement", args=[request.seat.deal.code, statement])
    found = {"form": form, "back": back, **context}
    return render(request, "money/bank_ask.html", found, status=422 if form.errors else 200)
