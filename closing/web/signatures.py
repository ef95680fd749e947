"""The signature pages: the tracker, one signatory, pages that come back and pages withdrawn."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.signatures import record_signatures, withdraw_signature
from closing.models import Signature
from closing.queries.signatures import SignatoryPage, signatory_page
from closing.queries.tracker import Narrowed, tracker_page
from closing.rules.access import SIDES, Verb, why_not
from closing.rules.signatures import PageState
from closing.web.access import Request, load_counsel_or_404
from closing.web.addresses import page_asked, words_asked
from closing.web.forms_base import RoomForm, SomeOf, WithdrawForm, lines

NO_SUCH_SIGNATORY = "Nobody of that name signs anything in this deal."


class SignaturesForm(RoomForm):
    """The pages of one signatory that came back."""

    documents = SomeOf(label="Which pages came back?", choices=[], error_messages={"required": "Choose at least one."})
    signer = forms.CharField(label="Signed by", required=False, max_length=200)
    title = forms.CharField(label="Title as signed", required=False, max_length=200)
    note = forms.CharField(label="Note", required=False, widget=lines(2), max_length=2000)

    def __init__(self, *args: Any, page: SignatoryPage, chosen: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.document, each.title) for each in page.to_record]
        self.fields["documents"].choices = choices  # type: ignore[attr-defined]
        self.initial.update(signer=page.signer, title=page.signer_title)
        # What the signatory declines is never ticked for him.
        awaited = [each.document for each in page.to_record if each.standing.state is not PageState.DECLINED]
        if chosen or (len(choices) == 1 and awaited):
            self.initial["documents"] = [chosen or awaited[0]]


@require_safe
def signatures(request: Request, code: str) -> HttpResponse:
    """Who has signed what, and the packets."""
    seat = load_counsel_or_404(request, code)
    said = words_asked(request, "state", "side", "document", "text")
    page = tracker_page(seat.deal, seat.user, SIDES[seat.role], Narrowed(**said, page=page_asked(request)))
    context = {
        "page": page,
        "kept": urlencode({name: value for name, value in said.items() if value}),
        "why_no_packets": why_not({seat.role}, Verb.REQUEST_PACKET)
        or ("" if page.unsigned else "Every page is signed."),
    }
    return render(request, "signatures/signatures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def signatory(request: Request, code: str, block: str) -> HttpResponse:
    """One signatory and its pages; a POST records those that came back."""
    seat = load_counsel_or_404(request, code)
    page = signatory_page(seat.deal, block)
    if page is None:
        raise Http404(NO_SUCH_SIGNATORY)
    if _is_on_file(request, page):
        messages.info(request, "Those pages are on file already; nothing was recorded again.")
        return redirect("signatory", code, block)
    form = SignaturesForm(request.POST or None, page=page, chosen=request.GET.get("document", ""))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            rows = record_signatures(
                seat.deal,
                block,
                said["documents"],
                signer=said["signer"],
                title=said["title"],
                note=said["note"],
                by=seat.user,
            )
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            pages = "page is" if len(rows) == 1 else "pages are"
            messages.success(request, f"{len(rows)} {pages} on file for {page.party}, in escrow.")
            return redirect("signatory", code, block)
    why = why_not({seat.role}, Verb.RECORD_SIGNATURE)
    context = {"page": page, "form": form, "why_not": why}
    return render(request, "signatures/signatory.html", context, status=422 if form.errors else 200)


def _is_on_file(request: Request, page: SignatoryPage) -> bool:
    """Whether everything sent is on file: a form sent twice, or somebody else was quicker."""
    sent = set(request.POST.getlist("documents"))
    return bool(sent) and sent <= {each.document for each in page.pages if not each.may_record}


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: Request, code: str, block: str, document: str) -> HttpResponse:
    """Take a page back out of escrow, with a reason."""
    seat = load_counsel_or_404(request, code)
    standing = Signature.objects.visible_to(seat.user).filter(
        deal=seat.deal, block__key=block, deliverable__key=document, withdrawn_at=None
    )
    row = standing.select_related("deal", "block", "deliverable").order_by("-at", "-id").first()
    if row is None:
        raise Http404("This page is not on file.")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_signature(row, form.cleaned_data["reason"], seat.user)
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"The page of {row.block.party} is withdrawn.")
            return redirect("signatory", code, block)
    context = {"row": row, "form": form}
    return render(request, "signatures/withdraw.html", context, status=422 if form.errors else 200)
