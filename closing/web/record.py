"""The record of what was done, and the mail that went out."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from closing.models import Reminder
from closing.queries.mail import letter as as_letter, mail_page
from closing.queries.record import Filter, record_page
from closing.queries.reminders import where_mail_goes
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.addresses import page_asked, words_asked

MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@require_safe
def record(request: Request, code: str) -> HttpResponse:
    """Who did what, when and why; what narrows it lies in the address."""
    seat = load_counsel_or_404(request, code)
    said = words_asked(request, "verb", "who", "text")
    asked = Filter(**said, page=page_asked(request))
    page = record_page(seat.deal, seat.user, asked)
    kept = urlencode({name: value for name, value in said.items() if value})
    return render(request, "record/record.html", {"page": page, "asked": asked, "kept": kept})


@require_safe
def mail(request: Request, code: str) -> HttpResponse:
    """The mail that was sent, that waits, and that failed."""
    seat = load_counsel_or_404(request, code)
    return render(request, "record/mail.html", {"page": mail_page(seat.deal, seat.user, page_asked(request))})


@require_safe
def letter(request: Request, code: str, letter_id: int) -> HttpResponse:
    """One e-mail: its text, and its HTML in a frame that runs nothing."""
    seat = load_counsel_or_404(request, code)
    row = _load_or_404(seat, letter_id)
    context = {"letter": as_letter(row), "text": row.text, "has_html": bool(row.html), "where": where_mail_goes()}
    return render(request, "record/letter.html", context)


@xframe_options_sameorigin
@require_safe
def letter_html(request: Request, code: str, letter_id: int) -> HttpResponse:
    """The HTML of an e-mail as it went out, for the frame on its page: sandboxed, without script or pictures."""
    seat = load_counsel_or_404(request, code)
    row = _load_or_404(seat, letter_id)
    response = HttpResponse(row.html)
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


def _load_or_404(seat: Seat, letter_id: int) -> Reminder:
    found = Reminder.objects.visible_to(seat.user).filter(deal=seat.deal, pk=letter_id).first()
    if found is None:
        raise Http404("There is no such letter.")
    return found
