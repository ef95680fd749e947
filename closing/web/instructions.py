"""Wire instructions: proposed by company counsel, in force on a second person's word. Counsel only."""

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.instructions import confirm_instructions, propose_instructions, reject_instructions
from closing.models import WireInstruction
from closing.queries.instructions import instructions_page, said
from closing.rules.access import NotAllowed, Verb, check_may
from closing.rules.wire_instructions import NOT_YOURSELF
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.forms_base import RoomForm
from closing.web.instruction_forms import CheckedForm, ProposeForm, RejectForm


@require_safe
def instructions(request: Request, code: str) -> HttpResponse:
    """The version in force, the one proposed, and those before. Account numbers are covered until a press."""
    seat = load_counsel_or_404(request, code)
    page = instructions_page(seat.deal, seat.user, seat.role)
    return render(request, "money/instructions.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def instructions_propose(request: Request, code: str) -> HttpResponse:
    """Put a new version forward."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.PROPOSE_INSTRUCTIONS)
    initial = {"holder": seat.deal.issuer.name}
    form = ProposeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        answers = {name: form.cleaned_data[name] for name in form.fields if name != "form_key"}
        told = "Proposed. Another counsel on the deal telephones the company, and puts them in force."
        if is_done(request, form, lambda: propose_instructions(seat.deal, seat.user, **answers, form=form.key), told):
            return redirect("instructions", code)
    context = {
        "heading": "New wire instructions",
        "says": "No investor sees them before another counsel has checked them by telephone and put them in force.",
        "submit": "Propose them",
    }
    return _asked(request, seat, form, context)


@require_http_methods(["GET", "HEAD", "POST"])
def instructions_confirm(request: Request, code: str, pk: int) -> HttpResponse:
    """Put a proposal in force, checked by telephone."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.CONFIRM_INSTRUCTIONS)
    row = _row_or_404(seat, pk)
    if row.by_id == seat.user.pk and row.confirmed_at is None:
        raise NotAllowed(NOT_YOURSELF)
    form = CheckedForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answers = {name: form.cleaned_data[name] for name in ("heard", "checked_with")}
        told = f"Wire instructions {row.number} are in force. Every investor is told, by name, without the account."
        if is_done(request, form, lambda: confirm_instructions(row, seat.user, **answers), told):
            return redirect("instructions", code)
    context = {
        "heading": f"Put wire instructions {row.number} in force",
        "says": f"{row.holder}, at {row.bank}, routing {row.routing}. Telephone the company, have the account number "
        "read to you, and type it here.",
        "already": "They are in force." if row.confirmed_at else row.rejected_reason,
        "submit": "Put them in force",
    }
    return _asked(request, seat, form, context)


@require_http_methods(["GET", "HEAD", "POST"])
def instructions_reject(request: Request, code: str, pk: int) -> HttpResponse:
    """Turn a proposal down, with a reason."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.CONFIRM_INSTRUCTIONS)
    row = _row_or_404(seat, pk)
    form = RejectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if is_done(request, form, lambda: reject_instructions(row, seat.user, reason), "The proposal is rejected."):
            return redirect("instructions", code)
    context = {
        "heading": f"Reject wire instructions {row.number}",
        "says": f"{row.holder}, at {row.bank}, account {said(row).ending}.",
        "already": "They are in force." if row.confirmed_at else row.rejected_reason,
        "submit": "Reject them",
        "quiet_submit": True,
    }
    return _asked(request, seat, form, context)


def _row_or_404(seat: Seat, pk: int) -> WireInstruction:
    rows = WireInstruction.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk)
    row = rows.select_related("deal", "by", "confirmed_by", "rejected_by").first()
    if row is None:
        raise Http404("There are no such wire instructions.")
    return row


def _asked(request: Request, seat: Seat, form: RoomForm, context: Mapping[str, object]) -> HttpResponse:
    found = {"form": form, "back": reverse("instructions", args=[seat.deal.code]), **context}
    return render(request, "money/instruction.html", found, status=422 if form.errors else 200)
