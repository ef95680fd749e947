"""The cap table: for the admin to keep, for counsel of the issuer's deals to read."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions import holdings as actions
from closing.queries.holdings import (
    LedgerForm,
    cap_table_page,
    issuer_rows,
    issuers_seen_by,
    ledger_form,
    today_of,
)
from closing.web.access import Request, admin_or_404
from closing.web.doing import is_done
from closing.web.forms_base import AmountField, DateField, OneOf, RoomForm
from investors.clock import now
from investors.models import Issuer, ShareClass

NO_SUCH_ISSUER = "There is no such issuer, or it is not yours to see."
MOVES = {
    "issued": ("Issue shares", "Issued"),
    "transferred": ("Transfer shares", "Transferred"),
    "converted": ("Convert shares", "Converted"),
    "cancelled": ("Cancel shares", "Cancelled"),
}


def _whole(label: str, **kwargs: Any) -> forms.IntegerField:
    messages = {
        "required": "Write a number.",
        "invalid": "Write a whole number.",
        "min_value": "At least 1.",
    }
    return forms.IntegerField(
        label=label, min_value=1, max_value=10**15, error_messages=messages, localize=False, **kwargs
    )


class ShareClassForm(RoomForm):
    """A class or series of shares."""

    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Write the name of the class."})
    kind = OneOf(
        label="Kind",
        choices=list(ShareClass.Kind.choices),
        error_messages={"required": "Choose common or preferred."},
    )
    authorized = _whole("Shares authorized", required=False, help_text="Left blank, nothing is checked against it.")
    votes_per_share = forms.IntegerField(
        label="Votes a share",
        min_value=0,
        max_value=1_000_000,
        initial=1,
        error_messages={"required": "Write 0 for shares without a vote.", "invalid": "Write a whole number."},
    )
    price = AmountField(label="Original issue price of a share", required=False)


class AuthorizedForm(RoomForm):
    """How many shares of a class are authorized."""

    authorized = _whole("Shares authorized")


class MoveForm(RoomForm):
    """A line of the stock ledger. Which questions are asked depends on the move."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    share_class = forms.ChoiceField(label="Class", choices=[], error_messages={"required": "Choose the class."})

    def __init__(self, *args: Any, move: str, of: LedgerForm, today: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"seen": of.seen, "on": today}, **kwargs)
        classes: list[tuple[int | str, str]] = [("", "Choose"), *of.classes]
        self.fields["share_class"].choices = classes  # type: ignore[attr-defined]
        holders = [("", "Choose"), *((name, name) for name in of.holders)]
        if move == "issued":
            self._ask_name("holder", "Issued to", "The registered name, as it stands on the certificate.")
        else:
            self.fields["holder"] = forms.ChoiceField(
                label="Holder", choices=holders, error_messages={"required": "Choose the holder."}
            )
        self.fields["shares"] = _whole("Shares")
        if move == "transferred":
            self._ask_name("to", "Transferred to", "A holder of record, or the registered name of a new one.")
        if move == "converted":
            self.fields["into_class"] = forms.ChoiceField(
                label="Into which class?", choices=classes, error_messages={"required": "Choose the class."}
            )
            self.fields["into_shares"] = _whole("Into how many shares?")
        self.fields["on"] = DateField(label="On", error_messages={"required": "Write the day."})
        if move == "issued":
            self.fields["certificate"] = forms.CharField(
                label="Certificate number (optional)", required=False, max_length=40
            )
        self.fields["note"] = forms.CharField(label="Note (optional)", required=False, max_length=500)

    def _ask_name(self, name: str, label: str, help_text: str) -> None:
        self.fields[name] = forms.CharField(
            label=label, help_text=help_text, max_length=200, error_messages={"required": "Write the name."}
        )


@require_safe
def cap_tables(request: Request) -> HttpResponse:
    """The issuers; where there is one only, its cap table."""
    rows = issuer_rows(request.user)
    if not rows and not request.user.is_admin:
        raise Http404(NO_SUCH_ISSUER)
    if len(rows) == 1:
        return redirect("cap-table-issuer", rows[0].code)
    return render(request, "holdings/issuers.html", {"rows": rows})


@require_safe
def cap_table(request: Request, issuer: str) -> HttpResponse:
    """One issuer's cap table at the end of the day `?on=`, or of today."""
    row = _issuer_or_404(request, issuer)
    today = today_of(row, now())
    said = request.GET.get("on", "")
    try:
        on, mistake = (date.fromisoformat(said) if said else today), ""
    except ValueError:
        on, mistake = today, f"“{said}” is no day. Write it as 1996-06-10; shown is today."
    page = cap_table_page(row, on, today)
    context = {"page": page, "mistake": mistake, "may_edit": request.user.is_admin, "moves": MOVES}
    return render(request, "holdings/cap_table.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def share_class_add(request: Request, issuer: str) -> HttpResponse:
    """Add a class or series."""
    admin, row = admin_or_404(request), _issuer_or_404(request, issuer)
    form = ShareClassForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("name", "kind", "authorized", "votes_per_share", "price")}
        if is_done(request, form, lambda: actions.add_share_class(admin, row, **said), f"{said['name']} is added."):
            return redirect("cap-table-issuer", issuer)
    return _asked(request, row, form, "Add a class of shares", "Add the class")


@require_http_methods(["GET", "HEAD", "POST"])
def share_class(request: Request, issuer: str, pk: int) -> HttpResponse:
    """Change how many shares of a class are authorized."""
    admin, row = admin_or_404(request), _issuer_or_404(request, issuer)
    found = ShareClass.objects.filter(issuer=row, pk=pk).first()
    if found is None:
        raise Http404("There is no such class of shares.")
    form = AuthorizedForm(request.POST if request.method == "POST" else None, initial={"authorized": found.authorized})
    if request.method == "POST" and form.is_valid():
        authorized = form.cleaned_data["authorized"]
        told = f"The number authorized of {found} is changed."
        if is_done(request, form, lambda: actions.set_authorized(admin, found, authorized), told):
            return redirect("cap-table-issuer", issuer)
    return _asked(request, row, form, f"{found}: shares authorized", "Change it")


@require_http_methods(["GET", "HEAD", "POST"])
def ledger_record(request: Request, issuer: str, move: str) -> HttpResponse:
    """Record a movement of shares: issued, transferred, converted or cancelled."""
    admin, row = admin_or_404(request), _issuer_or_404(request, issuer)
    if move not in MOVES:
        raise Http404("The ledger has no such entry.")
    of = ledger_form(row)
    form = MoveForm(request.POST if request.method == "POST" else None, move=move, of=of, today=today_of(row, now()))
    heading, done = MOVES[move]
    if request.method == "POST" and form.is_valid():
        classes = {each.pk: each for each in ShareClass.objects.filter(issuer=row)}
        said = dict(form.cleaned_data)
        said.pop("form_key")
        acts: dict[str, Callable[..., object]] = {
            "issued": actions.issue_shares,
            "transferred": actions.transfer_shares,
            "converted": actions.convert_shares,
            "cancelled": actions.cancel_shares,
        }
        act = acts[move]
        of_class = classes[int(said.pop("share_class"))]
        if "into_class" in said:
            said["into_class"] = classes[int(said["into_class"])]
        if is_done(request, form, lambda: act(admin, of_class, **said), f"{done}: {said['shares']:,} {of_class}."):
            return redirect("cap-table-issuer", issuer)
    extra = {"holders": of.holders}
    return _asked(request, row, form, heading, "Enter it in the ledger", extra)


def _issuer_or_404(request: Request, code: str) -> Issuer:
    found = next((each for each in issuers_seen_by(request.user) if each.code == code), None)
    if found is None:
        raise Http404(NO_SUCH_ISSUER)
    return found


def _asked(
    request: Request, row: Issuer, form: RoomForm, heading: str, submit: str, extra: dict[str, Any] | None = None
) -> HttpResponse:
    back = reverse("cap-table-issuer", args=[row.code])
    context = {"issuer": row, "form": form, "heading": heading, "submit": submit, "back": back, **(extra or {})}
    return render(request, "holdings/ask.html", context, status=422 if form.errors else 200)
