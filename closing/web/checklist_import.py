"""Taking in a firm's own checklist: a file or pasted rows, a look at what would become of each, then the word."""

from dataclasses import dataclass

from django.contrib import messages
from django.forms import BoundField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from closing.actions.base import ActionRefused
from closing.actions.checklist_import import TakenInAlready, confirm_import, open_import, read_file, read_text
from closing.models import ChecklistImport
from closing.pdf.uploads import DEFAULT_LIMITS
from closing.queries.checklist import responsible_name
from closing.queries.deals import deal_terms
from closing.rules import terms
from closing.rules.access import SIDES, Verb, check_may
from closing.rules.checklist_import import Outcome, PlannedRow, plan
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.checklist_forms import ConfirmForm, ListForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the preview; `field` is its choice, None where there is nothing to choose."""

    row: PlannedRow
    field: BoundField | None
    owes: str


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_import(request: Request, code: str) -> HttpResponse:
    """Ask for the list; a POST reads it and leads to the preview."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.EDIT_CHECKLIST)
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file is not None:
                rows = read_file(file.name, file.read(DEFAULT_LIMITS.max_bytes + 1))
            else:
                rows = read_text(form.cleaned_data["text"])
            row = open_import(seat.deal, file.name if file is not None else "Pasted rows", rows, seat.user)
        except ActionRefused as refused:
            form.add_error("file" if file is not None else "text", str(refused))
        else:
            return redirect("checklist-import-preview", code, row.pk)
    return render(request, "checklist/import.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_import_preview(request: Request, code: str, pk: int) -> HttpResponse:
    """What would become of every row; a POST takes the list in, once."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.EDIT_CHECKLIST)
    row = ChecklistImport.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk).select_related("deal").first()
    if row is None:
        raise Http404("There is no such list.")
    deal = deal_terms(seat.deal)
    planned = plan(row.rows, deal)
    form = ConfirmForm(
        request.POST or None, deal=deal, plan=planned, initial={"default_party": _own_counsel(seat, deal)}
    )
    if request.method == "POST" and form.is_valid() and _is_taken_in(request, seat, row, form):
        return redirect("checklist", code)
    lines = [
        Line(
            row=each,
            field=form[f"row-{each.line}"] if f"row-{each.line}" in form.fields else None,
            owes=responsible_name(each.owed_by, deal) if each.owed_by else "",
        )
        for each in planned.rows
    ]
    context = {
        "row": row,
        "plan": planned,
        "lines": lines,
        "form": form,
        "created": planned.count(Outcome.CREATE),
        "matched": planned.count(Outcome.MATCH),
        "ignored": planned.count(Outcome.IGNORE),
        "comments": sum(1 for each in planned.rows if each.comment),
    }
    return render(request, "checklist/preview.html", context, status=422 if form.errors else 200)


def _is_taken_in(request: Request, seat: Seat, row: ChecklistImport, form: ConfirmForm) -> bool:
    said = form.cleaned_data
    try:
        done = confirm_import(row, form.choices_made(), said["comments"], said["default_party"], seat.user)
    except TakenInAlready as already:
        messages.info(request, str(already))
        return True
    except ActionRefused as refused:
        form.tell(refused)
        return False
    told = f"Added to the checklist: {done.created}. On it already: {done.matched}."
    messages.success(request, f"{told} Notes kept: {done.notes}." if done.notes else told)
    return True


def _own_counsel(seat: Seat, deal: terms.Deal) -> str:
    """The firm that takes the list in: what a list leaves open is mostly its own to do."""
    return next((each.key for each in deal.counsel if each.side is SIDES[seat.role]), terms.ISSUER)
