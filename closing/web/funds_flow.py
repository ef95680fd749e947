"""The funds flow: sources and uses, the tie-out, the versions and who agreed to them. Counsel only."""

from collections.abc import Sequence
from io import BytesIO

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions.base import ActionRefused
from closing.actions.funds_flow import agree_to_funds_flow, freeze_funds_flow, request_flow_paper
from closing.models import FundsFlowVersion, MoneyPaper
from closing.papers.money_sheet import money_file
from closing.queries.funds_flow import (
    FundsFlowPage,
    flow_tables,
    frozen_of,
    funds_flow_page,
    stated_uses,
    tie_of,
    version_of,
)
from closing.queries.funds_flow_paper import flow_book, flow_paper
from closing.queries.gates import gate_of
from closing.queries.money_papers import paper_of
from closing.rules.access import SIDES, Verb, check_may
from closing.rules.funds_flow_versions import Whom
from closing.rules.terms import UseOfProceeds
from closing.rules.words import at_time
from closing.tasks.money_papers import ring
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.addresses import page_asked
from closing.web.doing import is_done
from closing.web.downloads import attachment
from closing.web.funds_flow_forms import FEWEST_LINES, READY, FundsFlowForm
from investors.clock import now

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def funds_flow(request: Request, code: str) -> HttpResponse:
    """Sources and uses as they stand, whether they tie, and the versions."""
    seat = load_counsel_or_404(request, code)
    page = _page(seat, page_asked(request), _number(request.GET.get("closing", "")))
    return render(request, "money/funds_flow.html", {"page": page, "tables": page.tables})


@require_safe
def version(request: Request, code: str, number: int) -> HttpResponse:
    """A version as it was frozen."""
    seat = load_counsel_or_404(request, code)
    row = _version_or_404(seat, number)
    gate = gate_of(seat.deal)
    page = _page(seat, closing=row.closing_number)
    shown = next(each for each in page.versions if each.number == number)
    context = {
        "page": page,
        "shown": shown,
        "tables": flow_tables(frozen_of(row).flow, page_asked(request)),
        "tie": tie_of(row),
        "paper": paper_of(seat.deal, MoneyPaper.Kind.FUNDS_FLOW, flow_paper(gate.deal, row)),
    }
    return render(request, "money/funds_flow_version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def freeze(request: Request, code: str) -> HttpResponse:
    """The form that freezes the next version. `More lines` gives it back as it is, with more of them."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.FREEZE_FUNDS_FLOW)
    gate = gate_of(seat.deal)
    page = _page(seat)
    form = _form(request, page, stated_uses(gate.deal, page.tables.sums.price))
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        whom: Whom = "ready" if form.cleaned_data["whom"] == READY else "everybody"
        asked, came = form.adjustments(), form.unmatched()

        def act() -> None:
            freeze_funds_flow(seat.deal, seat.user, adjustments=asked, unmatched=came, whom=whom)

        if is_done(request, form, act, "The funds flow is frozen. Both counsel can agree to this version now."):
            return redirect("funds-flow", code)
    context = {"form": form, "page": page, "back": reverse("funds-flow", args=[code])}
    return render(request, "money/funds_flow_freeze.html", context, status=422 if form.errors else 200)


@require_POST
def agree(request: Request, code: str, number: int) -> HttpResponse:
    """Agree to a version for one's own side."""
    seat = load_counsel_or_404(request, code)
    row = _version_or_404(seat, number)
    try:
        agree_to_funds_flow(row, seat.user)
    except ActionRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"You agreed to version {number} of the funds flow.")
    return redirect("funds-flow", code)


@require_POST
def paper(request: Request, code: str, number: int) -> HttpResponse:
    """Ask for the PDF of a version."""
    seat = load_counsel_or_404(request, code)
    ring([request_flow_paper(_version_or_404(seat, number), seat.user)])
    return redirect("funds-flow-version", code, number)


@require_safe
def excel(request: Request, code: str) -> FileResponse:
    """The Excel workbook of the flow as it stands, or of `?version=` as it was frozen, each with its tie-out."""
    seat = load_counsel_or_404(request, code)
    gate, at = gate_of(seat.deal), now()
    asked = request.GET.get("version", "")
    if asked:
        row = _version_or_404(seat, _number(asked) or 0)
        title = f"Funds flow, version {row.number}"
        lines = [f"Frozen on {at_time(row.at, seat.deal.time_zone)}, digest {row.digest}"]
        book = flow_book(gate.deal, frozen_of(row), tie_of(row), title=title, lines=lines, at=row.at)
    else:
        title, page = "Funds flow", _page(seat, closing=_number(request.GET.get("closing", "")))
        lines = [f"By the facts on file on {at_time(at, seat.deal.time_zone)}; not frozen"]
        book = flow_book(gate.deal, page.now, page.tie, title=title, lines=lines, at=at)
    return attachment(BytesIO(money_file(book)), f"{seat.deal.name}, {title.lower()}.xlsx", EXCEL)


def _form(request: Request, page: FundsFlowPage, proceeds: Sequence[tuple[UseOfProceeds, str]]) -> FundsFlowForm:
    """The form as it was sent; with more lines where that was asked; or with the answers of the last version."""
    count = _number(request.POST.get("count", "")) or FEWEST_LINES
    if "more" in request.POST:
        return FundsFlowForm(initial=request.POST.dict(), proceeds=proceeds, count=count + FEWEST_LINES)
    if request.method == "POST":
        return FundsFlowForm(request.POST, proceeds=proceeds, count=count)
    now = page.now
    return FundsFlowForm(initial={"whom": now.whom}, proceeds=proceeds, given=now.adjustments, unmatched=now.unmatched)


def _page(seat: Seat, page: int = 1, closing: int | None = None) -> FundsFlowPage:
    """The page of the closing of that number, or of the one to come."""
    try:
        return funds_flow_page(seat.deal, gate_of(seat.deal), seat.user, SIDES[seat.role], page, closing)
    except KeyError as unknown:
        raise Http404("There is no such closing.") from unknown


def _number(said: str) -> int | None:
    """A number in an address or a form; None for what is none."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else None


def _version_or_404(seat: Seat, number: int) -> FundsFlowVersion:
    row = version_of(seat.deal, seat.user, number)
    if row is None:
        raise Http404("There is no such version of the funds flow.")
    return row
