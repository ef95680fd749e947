"""Making a version the one that the parties sign, and carrying signed pages over to it."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from closing.actions.base import ActionRefused
from closing.actions.documents import UploadRefused
from closing.actions.execution import (
    NeedsConfirming,
    carry_over,
    check_may_freeze,
    freeze_version,
    guess_blank_pages,
    hand_in_pdf_copy,
    is_signed_digitally,
)
from closing.models import Deliverable, DocumentVersion
from closing.queries.execution import SignedPage, change_if_frozen, execution_of, in_words
from closing.queries.gates import gate_of
from closing.rules.access import Verb, check_may
from closing.rules.execution import Change, pages_in_words
from closing.rules.gate import Gate
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.forms_base import RoomForm, SomeOf, lines

NO_SUCH_VERSION = "There is no such version of this document."
NO_SUCH_DOCUMENT = "There is no such document on this deal."
NONE_STALE = "No signed page of this document is stale, so there is none to carry over."
RANGE = re.compile(r"(\d{1,5})(?:\s*[-–]\s*(\d{1,5}))?")


class PagesField(forms.CharField):
    """Page numbers as people write them: `7, 9-12` is 7, 9, 10, 11 and 12."""

    def to_python(self, value: Any) -> Any:
        """The numbers, rising, each once. Raises ValidationError for what is none."""
        text = super().to_python(value) or ""
        found: set[int] = set()
        for part in re.split(r"[,;]", text):
            if not part.strip():
                continue
            match = RANGE.fullmatch(part.strip())
            if match is None:
                raise forms.ValidationError("Write page numbers, as in 7, 9-12.")
            first, last = int(match[1]), int(match[2] or match[1])
            if not 0 < first <= last:
                raise forms.ValidationError(f"“{part.strip()}” is no range of pages. Write it as in 9-12.")
            found |= set(range(first, last + 1))
        return tuple(sorted(found))

    def prepare_value(self, value: Any) -> Any:
        """Numbers as text: 7, 9-12."""
        return value if isinstance(value, str) or value is None else pages_in_words(value)


class FreezeForm(RoomForm):
    """The blank signature pages of the version that becomes the execution version."""

    blank_pages = PagesField(
        label="Its own blank signature pages",
        help_text="Their numbers in the file, as in 7, 9-12. In the executed version the signed pages take their "
        "places; where none are named, they come at the end.",
        required=False,
        max_length=400,
        empty_value="",
    )


class CarryOverForm(RoomForm):
    """Whose pages are carried over, and on what authority."""

    blocks = SomeOf(
        label="Whose pages are carried over?", choices=[], error_messages={"required": "Choose at least one."}
    )
    authority = forms.CharField(
        label="On what authority?",
        help_text="Who gave it, when and how, and for which change. It stays on the record with your name.",
        widget=lines(4),
        max_length=2000,
        error_messages={"required": "Write down the authority in words: without it the pages stay stale."},
    )

    def __init__(self, *args: Any, stale: tuple[SignedPage, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["blocks"].choices = [(each.block, _label(each)) for each in stale]  # type: ignore[attr-defined]


def _label(page: SignedPage) -> str:
    by = f", by {page.signer}" if page.signer and page.signer != page.party else ""
    return f"{page.party}{by}" + (f" (signed for version {page.version})" if page.version else "")


@require_http_methods(["GET", "HEAD", "POST"])
def version_freeze(request: Request, code: str, key: str, number: int) -> HttpResponse:
    """What making this version the execution version does, before it is done; a POST does it."""
    seat = load_counsel_or_404(request, code)
    version = _version_or_404(seat, key, number)
    check_may({seat.role}, Verb.FREEZE_VERSION)
    check_may_freeze(version)
    if request.method == "POST":
        form = FreezeForm(request.POST)
        if form.is_valid() and _is_frozen(request, seat, version, form):
            return redirect("document", code, key)
    else:
        form = FreezeForm(initial={"blank_pages": guess_blank_pages(version)})
    gate = gate_of(seat.deal)
    context = {
        "form": form,
        "version": version,
        "is_signed_digitally": is_signed_digitally(version),
        **_change_in_words(version, gate, seat),
    }
    return render(request, "documents/freeze.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def pages_carry_over(request: Request, code: str, key: str) -> HttpResponse:
    """Carry stale pages over to the execution version on an authority in words, beside asking for them again."""
    seat = load_counsel_or_404(request, code)
    deliverable = _document_or_404(seat, key)
    check_may({seat.role}, Verb.CARRY_OVER)
    rows = list(DocumentVersion.objects.visible_to(seat.user).filter(deliverable=deliverable))
    execution = execution_of(deliverable, gate_of(seat.deal), seat.user, None, rows)
    if execution is None or not execution.stale:
        raise ActionRefused(NONE_STALE)
    form = CarryOverForm(request.POST if request.method == "POST" else None, stale=execution.stale)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            carry_over(deliverable, said["authority"], said["blocks"], seat.user)
        except ActionRefused as refused:
            form.tell(refused)
        else:
            many = len(said["blocks"])
            told = "1 signed page counts" if many == 1 else f"{many} signed pages count"
            messages.success(request, f"{told} for the execution version now.")
            return redirect("document", code, key)
    context = {"form": form, "deliverable": deliverable, "execution": execution}
    return render(request, "documents/carry_over.html", context, status=422 if form.errors else 200)


@require_POST
def pdf_hand_in(request: Request, code: str, key: str, number: int) -> HttpResponse:
    """Hand in the PDF made of a Word version as the document's next version."""
    seat = load_counsel_or_404(request, code)
    version = _version_or_404(seat, key, number)
    try:
        made = hand_in_pdf_copy(version, seat.user)
    except UploadRefused as refused:
        raise ActionRefused(str(refused)) from refused
    messages.success(request, f"Version {made.number} is on file: {made.filename}.")
    return redirect("document", code, key)


def _is_frozen(request: Request, seat: Seat, version: DocumentVersion, form: FreezeForm) -> bool:
    pages = form.cleaned_data["blank_pages"] or ()
    try:
        freeze_version(version, seat.user, pages, seen=request.POST.getlist("stale"))
    except NeedsConfirming:
        form.add_error(None, "Other pages came in or went meanwhile. Look at the list again, and confirm it.")
        return False
    except ActionRefused as refused:
        form.tell(refused)
        return False
    messages.success(request, f"Version {version.number} is the execution version.")
    return True


def _change_in_words(version: DocumentVersion, gate: Gate, seat: Seat) -> dict[str, Any]:
    change: Change = change_if_frozen(version, gate)
    rows = list(DocumentVersion.objects.visible_to(seat.user).filter(deliverable=version.deliverable))
    return {
        "now": execution_of(version.deliverable, gate, seat.user, None, rows),
        "stale": in_words(change.stale, gate, None, rows),
        "again": in_words(change.again, gate, None, rows),
    }


def _document_or_404(seat: Seat, key: str) -> Deliverable:
    row = Deliverable.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).first()
    if row is None:
        raise Http404(NO_SUCH_DOCUMENT)
    row.deal = seat.deal
    return row


def _version_or_404(seat: Seat, key: str, number: int) -> DocumentVersion:
    found = DocumentVersion.objects.visible_to(seat.user).filter(
        deliverable__deal=seat.deal, deliverable__key=key, number=number
    )
    row = found.select_related("deliverable").first()
    if row is None:
        raise Http404(NO_SUCH_VERSION)
    row.deliverable.deal = seat.deal
    return row
