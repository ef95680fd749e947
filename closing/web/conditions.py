"""The conditions, and what changes them."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from closing.actions.base import ActionRefused
from closing.actions.conditions import SentAlready, record_facts
from closing.actions.payments import NeedsConfirming, record_payment
from closing.actions.waivers import propose_waiver
from closing.queries import conditions as queries
from closing.queries.deals import roles_in
from closing.queries.gates import gate_of
from closing.rules.access import NotAllowed, Role
from closing.rules.facts import Payment, Waiver
from closing.rules.gate import Gate
from closing.rules.terms import Condition
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.acts import ACTS, acts_of, offers
from closing.web.as_of import asked_moment, closed_at
from closing.web.forms_base import Asked, FactForm
from closing.web.notes import notes_block
from closing.web.waiver_forms import AnswerForm
from investors.clock import now

NO_SUCH_CONDITION = "The agreement has no such condition."


@require_safe
def conditions(request: Request, code: str) -> HttpResponse:
    """The checklist, by whose obligation each condition conditions. Counsel only."""
    seat = load_counsel_or_404(request, code)
    effected = closed_at(seat)
    as_of = asked_moment(request, seat, effected)
    page = queries.conditions_page(seat.deal, as_of.moment if as_of else None)
    return render(request, "conditions/conditions.html", {"page": page, "as_of": as_of, "closed_at": effected})


@require_safe
def condition(request: Request, code: str, section: str) -> HttpResponse:
    """One condition: its words, where it stands for whom, what is on file, what may be done. Counsel only."""
    seat = load_counsel_or_404(request, code)
    roles = roles_in(seat.user, seat.deal)
    try:
        page = queries.condition_page(seat.deal, section, roles)
    except KeyError:
        raise Http404(NO_SUCH_CONDITION) from None
    may = [] if page.is_closed else list(offers(page.condition, page.gate.deal, roles))
    notes = notes_block(seat, condition=section)
    no_answer = AnswerForm.why_not(page.condition, page.gate.deal, roles)
    context = {"page": page, "offers": may, "notes": notes, "why_not_answer": no_answer}
    return render(request, "conditions/condition.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def condition_act(request: Request, code: str, section: str, act: str) -> HttpResponse:
    """The form of one act, and what it states put on file. 404 for an act that the condition does not offer."""
    seat = load_counsel_or_404(request, code)
    gate = gate_of(seat.deal)
    found = gate.deal.condition_by_section.get(section)
    if found is None or act not in acts_of(found):
        raise Http404(NO_SUCH_CONDITION)
    roles = roles_in(seat.user, seat.deal)
    refusal = ACTS[act].why_not(found, gate.deal, roles)
    if refusal:
        raise NotAllowed(refusal)
    form = ACTS[act](
        request.POST if request.method == "POST" else None,
        asked=asked_of(gate, found, roles),
        initial=first_answers(request),
    )
    if request.method == "POST" and form.is_valid() and _put_on_file(request, seat, form):
        return redirect("condition", code, section)
    return render(request, "conditions/act.html", {"form": form, "condition": found}, status=_status(request, form))


def asked_of(gate: Gate, condition: Condition, roles: frozenset[Role]) -> Asked:
    """What a form about `condition` is asked for, off the gate."""
    zone = ZoneInfo(gate.deal.closing.time_zone)
    return Asked(
        deal=gate.deal,
        condition=condition,
        facts=gate.facts,
        closing_day=gate.closing.at.astimezone(zone).date(),
        today=gate.moment.astimezone(zone).date(),
        roles=roles,
    )


def first_answers(request: Request) -> dict[str, str]:
    """Answers that the link to the form gave along: `?investor=...`."""
    name = request.GET.get("investor", "")
    return {"investor": name, "party": name} if name else {}


def _put_on_file(request: Request, seat: Seat, form: FactForm) -> bool:
    """Whether it is on file now; otherwise the form tells why."""
    said = form.facts_at(now())
    try:
        if isinstance(said[0], Waiver):
            propose_waiver(seat.deal, said[0], seat.user, form=form.key)
        elif isinstance(said[0], Payment):
            _record_payment(seat, said[0], form.key)
        else:
            record_facts(seat.deal, said, seat.user, form=form.key)
    except SentAlready as done:
        messages.info(request, str(done))
        return True
    except NeedsConfirming as refused:
        form.add_error(None, f"{refused} If it came, record it on the money page, which asks for your word.")
        return False
    except ActionRefused as refused:
        form.tell(refused)
        return False
    messages.success(request, f"{len(said)} recorded." if len(said) > 1 else "Recorded.")
    return True


def _record_payment(seat: Seat, said: Payment, key: str) -> None:
    """By the same door as the money page, which takes more than the investor still owes on an explicit word only."""
    record_payment(
        seat.deal,
        seat.user,
        investor=said.investor,
        amount=said.amount,
        currency=said.currency,
        method=said.method,
        reference=said.reference,
        form=key,
    )


def _status(request: Request, form: FactForm) -> int:
    """200 for the empty form, 422 for one with mistakes: nothing was recorded."""
    return 422 if request.method == "POST" and form.errors else 200
