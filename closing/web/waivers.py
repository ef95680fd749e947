"""Answers to waivers, and facts taken back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from closing.actions.base import ActionRefused
from closing.actions.conditions import SentAlready, TakenBackAlready, take_back
from closing.actions.documents import UploadRefused
from closing.actions.waivers import answer_waiver, satisfy_consent
from closing.models import Consent, FactRow, Waiver
from closing.queries.deals import deal_terms, roles_in
from closing.queries.execution import change_if_taken_back
from closing.queries.fact_kinds import KINDS
from closing.queries.facts import fact_of
from closing.queries.gates import gate_of
from closing.queries.on_file import kinds_serving
from closing.rules import facts, terms
from closing.rules.access import NotAllowed, why_not
from closing.rules.fact_verbs import verb_of
from closing.rules.summaries import summary
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.conditions import asked_of
from closing.web.forms_base import WithdrawForm
from closing.web.waiver_forms import AnswerForm

MODELS = {kind.noun: kind.model for kind in KINDS}
NO_SUCH_FACT = "There is no such fact on file."


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: Request, code: str, pk: int) -> HttpResponse:
    """An investor's answer to a waiver, recorded by counsel."""
    seat = load_counsel_or_404(request, code)
    row = Waiver.objects.visible_to(request.user).filter(deal=seat.deal, pk=pk).first()
    if row is None:
        raise Http404(NO_SUCH_FACT)
    waiver = fact_of(row)
    assert isinstance(waiver, facts.Waiver)
    gate, roles = gate_of(seat.deal), roles_in(seat.user, seat.deal)
    condition = gate.deal.condition_by_section[waiver.sections[0]]
    refusal = AnswerForm.why_not(condition, gate.deal, roles)
    if refusal:
        raise NotAllowed(refusal)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = AnswerForm(*sent, asked=asked_of(gate, condition, roles), waiver=waiver)
    if request.method == "POST" and form.is_valid():
        said = [each for each in form.facts_at(gate.moment) if isinstance(each, facts.Consent)]
        paper = form.cleaned_data["paper"]
        if _done(request, lambda: answer_waiver(seat.deal, said, seat.user, form=form.key, paper=paper), form.tell):
            return redirect("waiver", code, waiver.key)
    context = {"form": form, "condition": condition, "waiver": waiver, "is_withdrawn": row.withdrawn_at is not None}
    return render(request, "conditions/answer.html", context, status=422 if form.errors else 200)


@require_POST
def satisfied(request: Request, code: str, pk: int) -> HttpResponse:
    """The condition stated in a consent is met."""
    seat = load_counsel_or_404(request, code)
    row = Consent.objects.visible_to(request.user).filter(deal=seat.deal, pk=pk).select_related("waiver").first()
    if row is None:
        raise Http404(NO_SUCH_FACT)
    satisfy_consent(row, seat.user)
    messages.success(request, "Recorded: the consent has its effect from now on.")
    return redirect("waiver", code, row.waiver.key)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: Request, code: str, noun: str, pk: int) -> HttpResponse:
    """Take a fact back, with a reason. `?next=` is where to go afterwards."""
    seat = load_counsel_or_404(request, code)
    row = _fact_or_404(request, seat, noun, pk)
    deal = deal_terms(seat.deal)
    fact = fact_of(row)
    refusal = why_not(roles_in(seat.user, seat.deal), verb_of(fact, deal))
    if refusal:
        raise NotAllowed(refusal)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    back = _way_back(request, seat, fact, deal)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if _done(request, lambda: take_back(row, reason, seat.user), form.tell):
            return redirect(back)
    context = {"form": form, "what": summary(fact, deal), "fact": fact, "back": back, "row": row}
    if isinstance(fact, facts.ExecutionVersion):
        context["change"] = change_if_taken_back(seat.deal, fact)
    return render(request, "conditions/withdraw.html", context, status=422 if form.errors else 200)


def _done(request: Request, act: Callable[[], object], tell: Callable[[Exception], None]) -> bool:
    """Do it, and say so. What was done before is no mistake; what is refused is told, and not done."""
    try:
        act()
    except (SentAlready, TakenBackAlready) as already:
        messages.info(request, str(already))
        return True
    except UploadRefused as refused:
        tell(ActionRefused(f"paper: {refused}"))
        return False
    except ActionRefused as refused:
        tell(refused)
        return False
    messages.success(request, "Recorded.")
    return True


def _fact_or_404(request: Request, seat: Seat, noun: str, pk: int) -> FactRow:
    model = MODELS.get(noun)
    rows = model._default_manager if model else None
    if rows is None:
        raise Http404(NO_SUCH_FACT)
    row = rows.filter(deal=seat.deal, pk=pk).select_related("withdrawn_by").first()
    if row is None:
        raise Http404(NO_SUCH_FACT)
    return row


def _way_back(request: Request, seat: Seat, fact: facts.Fact, deal: terms.Deal) -> str:
    asked = request.GET.get("next", "")
    if asked and url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()):
        return asked
    section = _section_of(fact, deal)
    return reverse("condition", args=[seat.deal.code, section]) if section else seat.url


def _section_of(fact: facts.Fact, deal: terms.Deal) -> str:
    """The condition that a fact serves first; blank for one that serves none."""
    if isinstance(fact, facts.Waiver):
        return fact.sections[0]
    for condition in deal.conditions:
        if any(isinstance(fact, kind) and concerns(fact) for kind, concerns in kinds_serving(condition)):
            return condition.section
    return ""
