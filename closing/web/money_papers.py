"""Money papers: how far one is, and its file."""

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.money_papers import ask_again
from closing.models import MoneyPaper
from closing.queries.money_papers import FOLDER, SUFFIX, paper_row
from closing.tasks.money_papers import ring
from closing.web.access import Request, Seat, load_deal_or_404
from closing.web.downloads import attachment
from closing.web.executed import open_made


@require_http_methods(["GET", "HEAD", "POST"])
def state(request: Request, code: str, pk: int) -> HttpResponse:
    """How far a paper is, as a piece of a page that asks for itself again; a POST asks anew for one that failed."""
    seat = load_deal_or_404(request, code)
    row = _paper_or_404(seat, pk)
    if request.method == "POST":
        row = ask_again(row, seat.user)
        ring([row])
        return redirect("money-paper-state", code, row.pk)
    is_piece = bool(request.headers.get("HX-Request"))
    template = "partials/money_paper.html" if is_piece else "money/paper.html"
    return render(request, template, {"paper": paper_row(row)})


@require_safe
def download(request: Request, code: str, pk: int) -> FileResponse:
    """The file of a paper, as an attachment."""
    seat = load_deal_or_404(request, code)
    row = _paper_or_404(seat, pk)
    if row.state != MoneyPaper.State.MADE:
        raise Http404("This paper is not made yet.")
    whose = f", {row.allotment.investor.name}" if row.allotment else ""
    file = open_made(FOLDER, str(row.sha256), SUFFIX)
    return attachment(file, f"{seat.deal.name}, {row.title}{whose}{SUFFIX}", "application/pdf")


def _paper_or_404(seat: Seat, pk: int) -> MoneyPaper:
    rows = MoneyPaper.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk)
    row = rows.select_related("deal", "allotment__investor").first()
    if row is None:
        raise Http404("There is no such paper, or it is not for you.")
    return row
