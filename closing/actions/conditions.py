"""Facts that a form states about a condition: all of them or none, and once however often the form is sent."""

from collections.abc import Sequence
from datetime import timedelta

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.facts import AFTER_CLOSING, record_fact, withdraw_fact
from closing.models import Deal, Event, FactRow
from closing.queries.closings import is_closed
from closing.queries.deals import deal_terms
from closing.queries.fact_kinds import KIND_OF_ROW
from closing.queries.facts import closings_of
from closing.rules.facts import Fact
from closing.rules.further import speaks_for
from closing.rules.words import listing
from investors.models import User

# How long a form's key is remembered; longer than a session.
KEPT = timedelta(days=2)

CLOSED = "The deal has closed, and what it closed on is no longer changed. Nothing was recorded."


class SentAlready(ActionRefused):
    """The same form came before, and what it says is on file."""


class TakenBackAlready(ActionRefused):
    """Somebody took the fact back before."""


def record_facts(deal: Deal, said: Sequence[Fact], by: User, *, form: str = "") -> list[FactRow]:
    """Put facts on file in one transaction. `form` is the key of the form that states them.

    Raises NotAllowed; SentAlready where that form came before; ActionRefused where one of the facts cannot be, or the
    deal has closed on them.
    """
    with acting(deal, by) as act:
        check_first_time(act, form)
        _check_open(act, [fact for fact in said if type(fact) not in AFTER_CLOSING])
        return [record_fact(act.deal, fact, by, form=form) for fact in said]


def _check_open(act: Act, said: Sequence[Fact]) -> None:
    """Raises ActionRefused for facts of a deal that has closed, or of investors who have."""
    if not said:
        return
    effected = closings_of(act.deal)
    if not effected:
        return
    if is_closed(act.deal, act.now):
        raise ActionRefused(CLOSED)
    agreed, closed = deal_terms(act.deal), {name for each in effected for name in each.investors}
    for fact in said:
        whose = speaks_for(fact, agreed)
        if whose and whose <= closed:
            raise ActionRefused(f"{listing(sorted(whose))} has closed, and what it closed on is no longer changed.")


def take_back(row: FactRow, reason: str, by: User) -> FactRow:
    """Withdraw a fact, with a reason. Raises NotAllowed, ActionRefused, and TakenBackAlready with who was first."""
    with acting(row.deal, by):
        fresh = KIND_OF_ROW[type(row)].model._default_manager.get(pk=row.pk)
        if fresh.withdrawn_at is not None:
            who = fresh.withdrawn_by or "Somebody"
            raise TakenBackAlready(f"{who} took it back before you: {fresh.withdrawn_reason} Nothing was done twice.")
        return withdraw_fact(fresh, reason, by)


def check_first_time(act: Act, form: str) -> None:
    """Raises SentAlready where an event has this form's key; a blank key is that of no form.

    The deal's lock is held: of two of one form sent at once, the second finds the first's event.
    """
    if form and Event.objects.filter(deal=act.deal, at__gte=act.now - KEPT, data__form=form).exists():
        raise SentAlready("That is on file already: the form was sent twice, and the second time changed nothing.")
