"""Signed pages as files, and the evidence of those signed in the browser."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.signed_pages import retry
from closing.models import Counterpart, ElectronicSignature
from closing.queries.counterparts import open_counterpart
from closing.queries.electronic import evidence_of
from closing.tasks.signing import ring
from closing.web.access import Request, load_seat_or_404
from closing.web.downloads import NOT_IN_STORE, attachment

NO_SUCH_PAGE = "There is no such signed page on this deal, or it is not yours."


@require_safe
def counterpart(request: Request, code: str, pk: int) -> FileResponse:
    """A signed page, one sheet, to keep: for counsel, its signatory and the investor's contacts."""
    seat = load_seat_or_404(request, code)
    rows = Counterpart.objects.visible_to(seat.user).filter(signature__deal=seat.deal, pk=pk)
    row = rows.select_related("signature__deliverable", "signature__block").first()
    if row is None:
        raise Http404(NO_SUCH_PAGE)
    try:
        file = open_counterpart(row)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    name = f"{row.signature.deliverable.key} - {row.signature.block.key} - signed.pdf"
    return attachment(file, name, "application/pdf")


@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: Request, code: str, pk: int) -> HttpResponse:
    """Who signed a page in the browser, when, from where and what: for counsel, and for whoever signed.

    A POST of counsel has a page that could not be made tried again.
    """
    seat = load_seat_or_404(request, code)
    rows = ElectronicSignature.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk)
    if not seat.is_counsel:
        rows = rows.filter(user=seat.user)
    row = rows.select_related("page__deliverable", "page__block", "page__version", "signature", "user").first()
    if row is None:
        raise Http404(NO_SUCH_PAGE)
    if request.method == "POST":
        try:
            ring([retry(row, seat.user)])
        except ActionRefused as refused:
            messages.info(request, str(refused))
        else:
            messages.success(request, "The page is in the queue again. It takes a few seconds.")
        return redirect("signing-evidence", code, pk)
    return render(request, "signing/evidence.html", {"page": evidence_of(row)})
