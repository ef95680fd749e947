"""The signing room: one's own pages, the document to read, signing and declining. Another's page is a 404."""

from typing import NoReturn

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.declining import decline as decline_pages
from closing.actions.page_pictures import NoSuchPage, UploadRefused, page_picture, page_texts
from closing.actions.reading import open_document, read_as_text, show_page
from closing.actions.signing import sign as sign_document
from closing.models import DocumentVersion
from closing.queries.documents import open_version
from closing.queries.electronic import is_unopened
from closing.queries.signing import OwnDocument, SigningRoom, reading_of, signing_room
from closing.rules import electronic_consent
from closing.tasks.signing import ring, ring_pictures
from closing.web.access import Request, Seat, load_signing_or_404
from closing.web.client_address import client_address
from closing.web.downloads import attachment
from closing.web.signing_forms import DeclineForm, SignForm

NOT_YOURS = "There is no such document on this deal, or you sign nothing of it."
NOT_SHOWN = (
    "The file store does not give this document at the moment. Try again; if it stays so, tell counsel, and name the "
    "document."
)


@require_safe
def signing(request: Request, code: str) -> HttpResponse:
    """Everything that the user signs in the deal, and how far it is."""
    seat = load_signing_or_404(request, code)
    return render(request, "signing/room.html", {"page": signing_room(seat.deal, seat.user)})


@require_safe
def document(request: Request, code: str, document: str) -> HttpResponse:
    """One document to read, page by page; opening it is kept as the first view."""
    seat, room, own = _own_or_404(request, code, document)
    context = {"room": room, "own": own, "sheets": (), "reading": None}
    if own.file is not None:
        if request.method == "GET" and not room.is_closed and is_unopened(seat.deal, document, own.file, seat.user):
            open_document(seat.deal, document, seat.user)
            ring_pictures(own.file)
        texts = _texts(own.file)
        numbers = range(1, (own.file.pages or 0) + 1)
        context["sheets"] = [(n, texts[n - 1] if n <= len(texts) else "") for n in numbers]
        context["reading"] = reading_of(own.file, seat.user)
    return render(request, "signing/document.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def text(request: Request, code: str, document: str) -> HttpResponse:
    """The words of the document, for a screen reader; a POST says that he has read them to the end."""
    seat, _, own = _own_or_404(request, code, document)
    file = _file_or_404(own)
    texts = _texts(file)
    has_words = any(each.strip() for each in texts)
    if request.method == "POST":
        if not has_words:
            raise ActionRefused("This document is pictures of pages, without words. Ask counsel to read it to you.")
        read_as_text(seat.deal, file, seat.user)
        return redirect("signing-sign", code, document)
    context = {"own": own, "texts": texts, "has_words": has_words}
    return render(request, "signing/text.html", context)


@require_safe
def file(request: Request, code: str, document: str) -> FileResponse:
    """The document as a file to keep."""
    _, _, own = _own_or_404(request, code, document)
    version = _file_or_404(own)
    try:
        opened = open_version(version)
    except OSError as lost:
        raise ActionRefused(NOT_SHOWN) from lost
    return attachment(opened, version.filename, version.content_type)


@require_safe
def sheet(request: Request, code: str, document: str, sha256: str, number: int) -> HttpResponse:
    """The picture of one page of the version in force; fetching it is kept as having been shown."""
    seat, _, own = _own_or_404(request, code, document)
    version = _file_or_404(own)
    if version.sha256 != sha256:
        raise Http404("Another version of this document is in force. Load the page again.")
    try:
        picture = page_picture(sha256, number)
    except NoSuchPage as none:
        raise Http404(str(none)) from none
    except (OSError, UploadRefused) as lost:
        raise ActionRefused(NOT_SHOWN) from lost
    if request.method == "GET":
        show_page(seat.deal, version, number, seat.user)
    response = HttpResponse(picture, content_type="image/png")
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: Request, code: str, document: str) -> HttpResponse:
    """Confirm, consent and sign; a POST signs for every capacity that was ticked."""
    seat, _, own = _own_or_404(request, code, document)
    if own.is_signed:
        messages.info(request, f"Every page of yours for the {own.title} is signed already.")
        return redirect("signing", code)
    if own.file is None or not own.to_sign:
        return redirect("signing-document", code, document)
    form = SignForm(request.POST or None, document=own)
    if request.method == "POST" and form.is_valid():
        said = form.signing(client_address(request), request.headers.get("User-Agent", ""))
        try:
            signed = sign_document(seat.deal, said, seat.user)
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            ring(signed)
            pages = "page is" if len(signed) == 1 else "pages are"
            messages.success(request, f"Signed. {len(signed)} {pages} in escrow for the {own.title}.")
            return redirect("signing", code)
    context = {
        "own": own,
        "form": form,
        "reading": reading_of(own.file, seat.user),
        "consent": electronic_consent.POINTS,
        "consent_version": electronic_consent.VERSION,
    }
    return render(request, "signing/sign.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: Request, code: str, document: str) -> HttpResponse:
    """Say that one does not sign, and why."""
    seat, room, own = _own_or_404(request, code, document)
    pages = tuple(each for each in own.pages if not each.state.is_signed and each.declining is None)
    if room.is_closed or not pages:
        messages.info(request, f"There is no page left to decline for the {own.title}.")
        return redirect("signing", code)
    form = DeclineForm(request.POST or None, pages=pages)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            decline_pages(seat.deal, document, said["blocks"], said["reason"], seat.user)
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, f"You declined to sign the {own.title}. Counsel are told by e-mail, with your reason."
            )
            return redirect("signing", code)
    context = {"own": own, "form": form}
    return render(request, "signing/decline.html", context, status=422 if form.errors else 200)


def _own_or_404(request: Request, code: str, document: str) -> tuple[Seat, SigningRoom, OwnDocument]:
    seat = load_signing_or_404(request, code)
    room = signing_room(seat.deal, seat.user)
    own = room.document(document)
    if own is None:
        _none()
    return seat, room, own


def _file_or_404(own: OwnDocument) -> DocumentVersion:
    if own.file is None:
        _none()
    return own.file


def _none() -> NoReturn:
    raise Http404(NOT_YOURS)


def _texts(version: DocumentVersion) -> tuple[str, ...]:
    try:
        return page_texts(version.sha256)
    except OSError:
        return ()
