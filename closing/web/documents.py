"""The documents: the checklist of deliverables, one of them, its versions in and out."""

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.documents import UploadRefused, add_document_version
from closing.models import Deliverable, DocumentVersion
from closing.queries import documents as queries
from closing.rules.access import SIDES, Verb, check_may, why_not
from closing.web.access import Request, Seat, load_deal_or_404
from closing.web.downloads import NOT_IN_STORE, attachment
from closing.web.executed import executed_block
from closing.web.forms_base import RoomForm, lines
from closing.web.notes import notes_block
from closing.web.pdf_copies import ask_for_copy, copies_block
from closing.web.submissions import between

NO_SUCH_DOCUMENT = "There is no such document on this deal, or it is not for you."


class StageField(forms.ChoiceField):
    """What a version is handed in as: a draft, unless it is said."""

    def clean(self, value: object) -> DocumentVersion.Stage:
        """The stage. Raises ValidationError for what is none."""
        return DocumentVersion.Stage(super().clean(value or DocumentVersion.Stage.DRAFT))


class VersionForm(RoomForm):
    """A file handed in for a deliverable."""

    file = forms.FileField(
        label="File",
        help_text="PDF, Word, Excel, PNG, JPEG or text, at most 50 MB.",
        max_length=1000,
        error_messages={
            "required": "Choose the file first.",
            "empty": "The file is empty. Choose the file again.",
            "invalid": "The file did not arrive whole. Choose it again.",
        },
    )
    stage = StageField(
        label="How far is it?",
        help_text="The version that the parties sign is chosen from the list of versions.",
        choices=DocumentVersion.Stage.choices,
        widget=forms.RadioSelect,
        initial=DocumentVersion.Stage.DRAFT,
    )
    note = forms.CharField(
        label="Note",
        help_text="What changed, for example. Whoever may see the document reads it.",
        required=False,
        widget=lines(2),
        max_length=2000,
    )


@require_safe
def documents(request: Request, code: str) -> HttpResponse:
    """The checklist of deliverables: all of them for counsel, his own for an investor."""
    seat = load_deal_or_404(request, code)
    page = queries.documents_page(seat.deal, seat.user, seat.is_counsel)
    side = SIDES.get(seat.role)
    balls = [row.ball for part in page.parts for row in part.rows if row.ball]
    with_you = sum(1 for ball in balls if ball.is_answer_due and ball.holder is side)
    return render(request, "documents/documents.html", {"page": page, "side": side, "with_you": with_you})


@require_http_methods(["GET", "HEAD", "POST"])
def document(request: Request, code: str, key: str) -> HttpResponse:
    """One deliverable; a POST hands in a file for it."""
    seat = load_deal_or_404(request, code)
    deliverable = _load_or_404(seat, key)
    if request.method == "POST":
        check_may({seat.role}, Verb.UPLOAD_DOCUMENT)
    form = VersionForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            said = form.cleaned_data
            version = add_document_version(deliverable, said["file"], said["note"], seat.user, stage=said["stage"])
        except (UploadRefused, ActionRefused) as refused:
            form.add_error("file", str(refused))
        else:
            ask_for_copy(seat, version)
            messages.success(request, f"Version {version.number} is on file: {version.filename}.")
            return redirect("document", code, key)
    page = queries.document_page(deliverable, seat.user, seat.is_counsel)
    why = why_not({seat.role}, Verb.UPLOAD_DOCUMENT)
    context = {
        "page": page,
        "form": form,
        "why_no_upload": why,
        "between": between(seat, deliverable, page.versions[0].number if page.versions else 0),
        "notes": notes_block(seat, deliverable=key),
        "copies": copies_block(seat, deliverable),
        "executed": executed_block(seat, deliverable) if page.is_signed else None,
        "key": key,
    }
    return render(request, "documents/document.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def document_version(request: Request, code: str, key: str, number: int) -> FileResponse:
    """The file of a version, as an attachment."""
    seat = load_deal_or_404(request, code)
    found = DocumentVersion.objects.visible_to(seat.user).filter(
        deliverable__deal=seat.deal, deliverable__key=key, number=number
    )
    version = found.select_related("deliverable").first()
    if version is None:
        raise Http404(NO_SUCH_DOCUMENT)
    try:
        file = queries.open_version(version)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    return attachment(file, version.filename, version.content_type)


def _load_or_404(seat: Seat, key: str) -> Deliverable:
    row = Deliverable.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).select_related("deal").first()
    if row is None:
        raise Http404(NO_SUCH_DOCUMENT)
    row.deal = seat.deal
    return row
