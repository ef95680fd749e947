"""Counsel ask people to sign: who has pages left, who was written to when, and the mail to those chosen."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from closing.actions.base import ActionRefused
from closing.actions.declining import decline, take_back_declining
from closing.actions.invitations import hand_over, send_pages
from closing.models import Declining
from closing.queries.invitations import invitations_page
from closing.queries.signatures import SignatoryPage, signatory_page
from closing.rules.words import listing
from closing.web.access import Request, load_counsel_or_404
from closing.web.forms_base import RoomForm, SomeOf
from closing.web.signing_forms import DeclineOnWordForm


class SendForm(RoomForm):
    """Who is asked."""

    people = SomeOf(
        label="Who is asked to sign?", choices=[], error_messages={"required": "Choose at least one person."}
    )
    again = forms.BooleanField(
        label="Write again to those who were written to already for the same pages",
        help_text="At the earliest a day after the last mail.",
        required=False,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: Request, code: str) -> HttpResponse:
    """Who has pages left to sign; a POST writes to those chosen, or notes that they have their pages otherwise."""
    seat = load_counsel_or_404(request, code)
    page = invitations_page(seat.deal)
    form = SendForm(request.POST or None)
    form.fields["people"].choices = [(each.name, each.name) for each in page.people]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if "handed-over" in request.POST:
                names = hand_over(seat.deal, said["people"], seat.user)
                messages.success(request, f"On the record as having their pages: {listing(names, most=12)}.")
            else:
                sent = send_pages(seat.deal, said["people"], seat.user, again=said["again"])
                messages.success(
                    request, f"Asked to sign: {listing(sent.people, most=12)}. The mail goes out in a minute."
                )
                for name, why in sent.left_out.items():
                    messages.info(request, f"Not written to: {name}, {why}.")
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("signing-send", code)
    chosen = set(request.POST.getlist("people")) if request.method == "POST" else page.suggested
    context = {"page": page, "form": form, "chosen": chosen}
    return render(request, "signing/send.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def decline_on_word(request: Request, code: str, block: str, document: str) -> HttpResponse:
    """A signatory told counsel that he does not sign, or that he does after all."""
    seat = load_counsel_or_404(request, code)
    page = signatory_page(seat.deal, block)
    own = next((each for each in page.pages if each.document == document), None) if page else None
    if page is None or own is None:
        raise Http404("Nobody of that name signs this document.")
    rows = Declining.objects.visible_to(seat.user).filter(
        page__deal=seat.deal, page__block__key=block, page__deliverable__key=document, taken_back_at=None
    )
    standing = rows.select_related("page__deal", "page__block", "page__deliverable").last()
    form = DeclineOnWordForm(request.POST if request.method == "POST" and standing is None else None)
    if request.method == "POST" and (standing is not None or form.is_valid()):
        try:
            told = _told(request, page, document, standing, form)
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, told)
            return redirect("signatory", code, block)
    context = {"page": page, "own": own, "standing": standing, "form": form}
    return render(request, "signing/decline_on_word.html", context, status=422 if form.errors else 200)


def _told(
    request: Request, page: SignatoryPage, document: str, standing: Declining | None, form: DeclineOnWordForm
) -> str:
    if standing is not None:
        take_back_declining(standing, request.seat.user)
        return f"{page.party} no longer declines."
    decline(request.seat.deal, document, [page.block], form.cleaned_data["reason"], request.seat.user)
    return f"On the record: {page.party} declines to sign."
