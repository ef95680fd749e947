"""An investor's own pages. Each begins by finding the investor among the user's own; another's is a 404."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.investors_own import (
    answer_own_waiver,
    confirm_own_representations,
    sign_off_own,
)
from closing.actions.majorities import answer_own_proposal
from closing.actions.packets import request_packets
from closing.models import Allotment
from closing.queries.packets import packet_list
from closing.queries.portal import portal_page, standing_of
from closing.queries.portal_questions import proposal_page, representations_page, waiver_page
from closing.rules.duties import asks_consent
from closing.rules.evidence import BringDown, SignedOff
from closing.rules.terms import INVESTORS
from closing.tasks.packets import ring
from closing.web.access import Request, Seat, load_investor_or_404
from closing.web.doing import is_done
from closing.web.forms_base import RoomForm
from closing.web.portal_forms import AnswerForm, ConfirmForm, DecideForm, SignOffForm

NOT_YOURS = "There is no such investor on this deal, or it is not yours."


def own_or_404(seat: Seat, position: int | None = None) -> Allotment:
    """The row of Schedule A at that position, or the first, if the user acts for its investor."""
    rows = Allotment.objects.filter(deal=seat.deal, investor__contacts__user=seat.user).select_related("investor")
    if position is not None:
        rows = rows.filter(position=position)
    found = rows.order_by("position").first()
    if found is None:
        raise Http404(NOT_YOURS)
    return found


@require_safe
def portal(request: Request, code: str, position: int | None = None) -> HttpResponse:
    """What one investor has to do, has done, owes and may expect. Without a position, the user's first."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    return render(request, "portal/portal.html", {"page": portal_page(seat.deal, seat.user, row)})


@require_http_methods(["GET", "HEAD", "POST"])
def signing(request: Request, code: str, position: int) -> HttpResponse:
    """The pages to sign, and the packet that holds them; a POST asks for the packet."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    page = portal_page(seat.deal, seat.user, row)
    person = standing_of(seat.deal, seat.user).person
    if request.method == "POST":
        try:
            ring(request_packets(seat.deal, seat.user, person))
        except ActionRefused as refused:
            messages.warning(request, str(refused))
        return redirect("portal-signing", code, position)
    packets = [each for each in packet_list(seat.deal, seat.user, page.now).rows if each.person == person]
    current = next((each for each in packets if each.is_current), None)
    left = [each for each in page.pages if each.is_own and each.signed_at is None]
    context = {"page": page, "person": person, "packet": current, "left": left, "counsel": _counsel(seat)}
    return render(request, "portal/signing.html", context)


def _counsel(seat: Seat) -> str:
    """The law firm of the investors' side, which holds the pages."""
    return seat.deal.counsel.filter(side="investors").values_list("name", flat=True).first() or "counsel"


@require_http_methods(["GET", "HEAD", "POST"])
def waiver(request: Request, code: str, position: int, key: str) -> HttpResponse:
    """A waiver to consent to or decline."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    seen = standing_of(seat.deal, seat.user)
    found = next((each for each in seen.on_file.waivers if each.key == key), None)
    if found is None or not asks_consent(seen.gate, found):
        raise Http404("There is no such waiver to answer.")
    page = waiver_page(seen, row, found)
    form = AnswerForm(request.POST if request.method == "POST" else None, person=page.person)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        declined = said["answer"] == "decline"

        def answer() -> None:
            answer_own_waiver(
                seat.deal,
                row,
                key,
                seat.user,
                typed_name=said["typed_name"],
                declined=declined,
                subject_to=said["subject_to"],
                form=form.key,
            )

        told = f"You {'declined' if declined else 'consented to'} the waiver of {page.sections}."
        if is_done(request, form, answer, told):
            return _back(seat, position)
    return _answered(request, "portal/waiver.html", page, form, position)


@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: Request, code: str, position: int, key: str) -> HttpResponse:
    """A proposal to agree to or decline."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    seen = standing_of(seat.deal, seat.user)
    found = next((each for each in seen.on_file.proposals if each.key == key), None)
    if found is None:
        raise Http404("There is no such proposal to answer.")
    page = proposal_page(seen, row, found)
    form = DecideForm(request.POST if request.method == "POST" else None, person=page.person)
    if request.method == "POST" and form.is_valid():
        name, declined = form.cleaned_data["typed_name"], form.cleaned_data["answer"] == "decline"

        def answer() -> None:
            answer_own_proposal(seat.deal, row, key, seat.user, typed_name=name, declined=declined, form=form.key)

        if is_done(request, form, answer, "You declined." if declined else "You agreed."):
            return _back(seat, position)
    return _answered(request, "portal/proposal.html", page, form, position)


@require_http_methods(["GET", "HEAD", "POST"])
def representations(request: Request, code: str, position: int, section: str) -> HttpResponse:
    """The investor's representations, confirmed as of the closing."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    seen = standing_of(seat.deal, seat.user)
    condition = seen.gate.deal.condition_by_section.get(section)
    if condition is None or not isinstance(condition.evidence, BringDown) or condition.evidence.by != INVESTORS:
        raise Http404("The investors confirm nothing under this section.")
    page = representations_page(seen, row, condition)
    form = ConfirmForm(request.POST if request.method == "POST" else None, page=page)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data

        def confirm() -> None:
            confirm_own_representations(
                seat.deal,
                row,
                section,
                said["representations"],
                seat.user,
                as_of=said["as_of"],
                typed_name=said["typed_name"],
                form=form.key,
            )

        if is_done(request, form, confirm, "Your representations are confirmed."):
            return _back(seat, position)
    return _answered(request, "portal/representations.html", page, form, position)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_off(request: Request, code: str, position: int, section: str) -> HttpResponse:
    """The investor's own sign-off on a condition."""
    seat = load_investor_or_404(request, code)
    row = own_or_404(seat, position)
    page = portal_page(seat.deal, seat.user, row)
    seen = standing_of(seat.deal, seat.user)
    condition = seen.gate.deal.condition_by_section.get(section)
    if condition is None or not isinstance(condition.evidence, SignedOff) or INVESTORS not in condition.evidence.by:
        raise Http404("The investors sign off nothing under this section.")
    form = SignOffForm(request.POST if request.method == "POST" else None, person=seen.person)
    if request.method == "POST" and form.is_valid():

        def sign() -> None:
            sign_off_own(seat.deal, row, section, seat.user, typed_name=form.cleaned_data["typed_name"], form=form.key)

        if is_done(request, form, sign, f"{condition.heading} signed off, {section}."):
            return _back(seat, position)
    signed = any(each.section == section and each.party == page.name for each in seen.gate.facts.sign_offs)
    extra = {"condition": condition, "is_done": signed}
    return _answered(request, "portal/sign_off.html", page, form, position, extra)


def _back(seat: Seat, position: int) -> HttpResponse:
    return redirect(reverse("portal-investor", args=[seat.deal.code, position]))


def _answered(
    request: Request, template: str, page: object, form: RoomForm, position: int, extra: dict[str, object] | None = None
) -> HttpResponse:
    back = reverse("portal-investor", args=[request.seat.deal.code, position])
    context = {"page": page, "form": form, "back": back, **(extra or {})}
    return render(request, template, context, status=422 if form.errors else 200)
