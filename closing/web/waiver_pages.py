"""The waivers: all of them, one with every investor's answer, the mail that asks, the paper that answers."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from closing.actions.base import ActionRefused
from closing.actions.waiver_mail import send_waiver
from closing.models import ConsentPaper, Waiver
from closing.queries.documents import open_stored
from closing.queries.waiver_pages import waiver_page, waivers_page
from closing.rules.access import Verb, why_not
from closing.rules.words import number
from closing.web.access import Request, load_counsel_or_404, load_deal_or_404
from closing.web.downloads import NOT_IN_STORE, attachment

NO_SUCH_WAIVER = "There is no such waiver on this deal."


@require_safe
def waivers(request: Request, code: str) -> HttpResponse:
    """Every waiver: how far it reaches, whom it binds, who has not answered. Counsel only."""
    seat = load_counsel_or_404(request, code)
    return render(request, "waivers/waivers.html", {"page": waivers_page(seat.deal)})


@require_safe
def waiver(request: Request, code: str, key: str) -> HttpResponse:
    """One waiver with every investor: consented when, declined, on a condition, not answered. Counsel only."""
    seat = load_counsel_or_404(request, code)
    try:
        page = waiver_page(seat.deal, key, {seat.role})
    except KeyError:
        raise Http404(NO_SUCH_WAIVER) from None
    context = {"page": page, "why_not_answer": why_not({seat.role}, Verb.ANSWER_WAIVER)}
    return render(request, "waivers/waiver.html", context)


@require_POST
def waiver_send(request: Request, code: str, key: str) -> HttpResponse:
    """Write to the investors who have not answered."""
    seat = load_counsel_or_404(request, code)
    row = Waiver.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).select_related("deal").first()
    if row is None:
        raise Http404(NO_SUCH_WAIVER)
    try:
        count = send_waiver(row, seat.user)
    except ActionRefused as refused:
        messages.info(request, str(refused))
    else:
        people = "1 person" if count == 1 else f"{number(count)} people"
        messages.success(request, f"In the mail to {people}.")
    return redirect("waiver", code, key)


@require_safe
def consent_paper(request: Request, code: str, pk: int) -> FileResponse:
    """The written consent itself, for counsel and for the investor who gave it."""
    seat = load_deal_or_404(request, code)
    paper = ConsentPaper.objects.visible_to(seat.user).filter(consent__deal=seat.deal, consent=pk).first()
    if paper is None:
        raise Http404("There is no such paper on this deal, or it is not for you.")
    try:
        file = open_stored(paper.sha256)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    return attachment(file, paper.filename, paper.content_type)
