"""PDF copies of Word versions: watched, asked for, fetched."""

from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.pdf_copies import converter, request_pdf_copy, wants_copy
from closing.models import Deliverable, DocumentVersion, PdfCopy
from closing.pdf.uploads import MEDIA_TYPES
from closing.queries.documents import open_stored
from closing.queries.pdf_copies import word_versions
from closing.rules.access import Verb, check_may, why_not
from closing.tasks.pdf_copies import ring
from closing.web.access import Request, Seat, load_deal_or_404
from closing.web.downloads import NOT_IN_STORE, attachment

NO_SUCH_COPY = "There is no PDF copy of this version, or it is not for you."


def copies_block(seat: Seat, deliverable: Deliverable) -> dict[str, Any]:
    """What the document's page says of its Word versions; empty where it has none."""
    found = word_versions(deliverable, seat.user)
    if not found:
        return {}
    return {
        "versions": found,
        "is_under_way": any(each.is_under_way for each in found),
        "may_ask": not why_not({seat.role}, Verb.UPLOAD_DOCUMENT),
        "are_converted": converter() is not None,
    }


def ask_for_copy(seat: Seat, version: DocumentVersion) -> None:
    """After a file was handed in: have a Word file converted, where that can be done."""
    if wants_copy(version):
        ring([request_pdf_copy(version, seat.user)])


@require_safe
def pdf_copies(request: Request, code: str, key: str) -> HttpResponse:
    """The copies alone, for the page that looks again."""
    seat = load_deal_or_404(request, code)
    deliverable = Deliverable.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).first()
    if deliverable is None:
        raise Http404(NO_SUCH_COPY)
    if not request.headers.get("HX-Request"):
        return redirect("document", code, key)
    context = {"copies": copies_block(seat, deliverable), "key": key}
    return render(request, "documents/pdf_copies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def pdf_copy(request: Request, code: str, key: str, number: int) -> HttpResponse | FileResponse:
    """The PDF copy of a version, as an attachment; a POST asks for it."""
    seat = load_deal_or_404(request, code)
    found = DocumentVersion.objects.visible_to(seat.user).filter(
        deliverable__deal=seat.deal, deliverable__key=key, number=number, content_type=MEDIA_TYPES["docx"]
    )
    version = found.select_related("deliverable__deal").first()
    if version is None:
        raise Http404(NO_SUCH_COPY)
    if request.method == "POST":
        check_may({seat.role}, Verb.UPLOAD_DOCUMENT)
        ring([request_pdf_copy(version, seat.user)])
        return redirect("document", code, key)
    copy = PdfCopy.objects.filter(version=version, state=PdfCopy.State.MADE).first()
    if copy is None or copy.sha256 is None:
        raise Http404(NO_SUCH_COPY)
    try:
        file = open_stored(copy.sha256)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    return attachment(file, f"{version.filename.rpartition('.')[0]}.pdf", MEDIA_TYPES["pdf"])
