"""Executed versions on the page of their document: asked for, watched, fetched."""

from dataclasses import dataclass
from typing import IO

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.executed import request_executed
from closing.actions.stored_files import name_of
from closing.models import Deliverable, ExecutedVersion
from closing.queries.executed import FOLDER, SUFFIX, ExecutedRow, executed_row
from closing.rules.access import Verb, check_may, why_not
from closing.tasks.executed import ring
from closing.web.access import Request, Seat, load_deal_or_404
from closing.web.downloads import NOT_IN_STORE, attachment

NO_SUCH_DOCUMENT = "There is no such document on this deal, or it is not for you."


@dataclass(frozen=True, slots=True)
class ExecutedBlock:
    """The executed version on a document's page. `why_not` is why it cannot be made, or asked for by this user."""

    key: str
    row: ExecutedRow
    may_ask: bool


def executed_block(seat: Seat, deliverable: Deliverable) -> ExecutedBlock:
    """What the page of a signed document shows: counsel the whole, an investor its own copy."""
    investor = None if seat.is_counsel else next(iter(seat.investors), None)
    row = executed_row(seat.deal, deliverable.key, seat.user, investor)
    may_ask = not why_not({seat.role}, Verb.MAKE_EXECUTED) and not row.why_not and not row.is_current
    return ExecutedBlock(deliverable.key, row, may_ask)


@require_http_methods(["GET", "HEAD", "POST"])
def executed(request: Request, code: str, key: str) -> HttpResponse:
    """The block alone, for the page that looks again; a POST asks for the executed version."""
    seat = load_deal_or_404(request, code)
    deliverable = Deliverable.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).first()
    if deliverable is None or not deliverable.signed_by:
        raise Http404(NO_SUCH_DOCUMENT)
    if request.method == "POST":
        check_may({seat.role}, Verb.MAKE_EXECUTED)
        try:
            ring(request_executed(seat.deal, seat.user, [key]))
        except ActionRefused as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, "The executed version is asked for. It appears here when it is made.")
        return redirect(f"{reverse('document', args=[code, key])}#executed")
    if not request.headers.get("HX-Request"):
        return redirect("document", code, key)
    return render(request, "documents/executed.html", {"executed": executed_block(seat, deliverable)})


@require_safe
def download(request: Request, code: str, pk: int) -> FileResponse:
    """The file of an executed version, as an attachment."""
    seat = load_deal_or_404(request, code)
    rows = ExecutedVersion.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk, state=ExecutedVersion.State.MADE)
    row = rows.select_related("deliverable").first()
    if row is None:
        raise Http404("There is no such executed version, or it is not for you.")
    file = open_made(FOLDER, str(row.sha256), SUFFIX)
    return attachment(file, f"{row.deliverable.title}, executed.pdf", "application/pdf")


def open_made(folder: str, sha256: str, suffix: str) -> IO[bytes]:
    """A made file, for reading. Raises ActionRefused, in words, where the store does not give it."""
    try:
        return default_storage.open(name_of(folder, sha256, suffix))
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
