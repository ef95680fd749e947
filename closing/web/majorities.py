"""What is put to a majority: moving the closing, amendments, the first public disclosure. Counsel only."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions.base import ActionRefused
from closing.actions.conditions import SentAlready
from closing.actions.majorities import NeedsConfirming, agree_for_issuer, answer_proposal, propose
from closing.models import Proposal
from closing.queries.deals import deal_terms
from closing.queries.majorities import DEEDS, MATTERS, MajorityPage, majorities_page, majority_page, title_of
from closing.rules.access import Verb, check_may, why_not
from closing.rules.what_if import Stale
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.doing import is_done
from closing.web.majority_forms import ApprovalForm, MoveForm, TextForm
from investors.clock import now

NO_SUCH_PROPOSAL = "There is no such proposal on this deal."


@require_safe
def majorities(request: Request, code: str) -> HttpResponse:
    """Every matter with its rule, and where each proposal stands."""
    seat = load_counsel_or_404(request, code)
    page = majorities_page(seat.deal, {seat.role})
    return render(request, "majorities/majorities.html", {"page": page})


@require_safe
def majority(request: Request, code: str, key: str) -> HttpResponse:
    """One proposal: who has agreed, by how many shares, what is missing, whether it can still pass."""
    seat = load_counsel_or_404(request, code)
    context = {
        "page": _page_or_404(seat, key),
        "why_not_answer": why_not({seat.role}, Verb.APPROVE),
        "why_not_agree": why_not({seat.role}, Verb.AGREE_FOR_ISSUER),
    }
    return render(request, "majorities/majority.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def majority_propose(request: Request, code: str, matter: str) -> HttpResponse:
    """Put something to the investors. Moving the closing is shown with what it opens again before it is done."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.PROPOSE)
    deal = deal_terms(seat.deal)
    if matter not in {each.matter for each in deal.thresholds}:
        raise Http404("The agreement puts no such matter to a majority.")
    data = request.POST if request.method == "POST" else None
    form = MoveForm(data, deal=deal) if matter == "move-closing" else TextForm(data, deal=deal, matter=matter)
    stale: tuple[Stale, ...] | None = None
    if request.method == "POST" and form.is_valid():
        said = form.proposal(now())
        seen = request.POST.getlist("stale") if "confirmed" in request.POST else None
        try:
            row = propose(seat.deal, said, seat.user, form=form.key, seen=seen)
        except NeedsConfirming as asked:
            stale = asked.stale
        except SentAlready as already:
            messages.info(request, str(already))
            return redirect("majorities", code)
        except ActionRefused as refused:
            form.tell(refused)
        else:
            assert isinstance(row, Proposal)
            messages.success(request, "Put to the investors; each sees it on its own page.")
            return redirect("majority", code, row.key)
    context: dict[str, object] = {"form": form, "heading": DEEDS[matter], "matter": MATTERS[matter]}
    if stale is not None:
        context |= {"stale": stale, "title": title_of(form.proposal(now()), deal)}
        return render(request, "majorities/confirm.html", context)
    return render(request, "majorities/propose.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def majority_answer(request: Request, code: str, key: str) -> HttpResponse:
    """Investors' answers, recorded by their counsel."""
    seat = load_counsel_or_404(request, code)
    page = _page_or_404(seat, key)
    check_may({seat.role}, Verb.APPROVE)
    form = ApprovalForm(request.POST if request.method == "POST" else None, page=page)
    if request.method == "POST" and form.is_valid():
        said = form.approvals(now())
        told = f"{len(said)} answers recorded." if len(said) > 1 else "Recorded."
        if is_done(request, form, lambda: answer_proposal(seat.deal, said, seat.user, form=form.key), told):
            return redirect("majority", code, key)
    status = 422 if form.errors else 200
    return render(request, "majorities/answer.html", {"page": page, "form": form}, status=status)


@require_POST
def majority_agree(request: Request, code: str, key: str) -> HttpResponse:
    """The company agrees to the proposal."""
    seat = load_counsel_or_404(request, code)
    row = Proposal.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).first()
    if row is None:
        raise Http404(NO_SUCH_PROPOSAL)
    agree_for_issuer(row, seat.user)
    messages.success(request, "Recorded: the company agrees.")
    return redirect("majority", code, key)


def _page_or_404(seat: Seat, key: str) -> MajorityPage:
    try:
        return majority_page(seat.deal, key, {seat.role})
    except KeyError:
        raise Http404(NO_SUCH_PROPOSAL) from None
