"""What is added to a fact once, with its moment: a consent's condition met, a check cleared, the issuer's agreement."""

from closing.actions.base import ActionRefused, acting
from closing.actions.facts import check_still_holds, end_fact, parts_of
from closing.models import FactRow, Payment
from closing.queries.deals import deal_terms
from closing.queries.fact_kinds import KIND_OF_ROW
from closing.queries.facts import fact_of, facts_of
from closing.rules.access import Verb
from closing.rules.summaries import summary
from investors.models import User


def satisfy_consent(row: FactRow, by: User | None) -> FactRow:
    """The condition stated in a consent is met: from now on the consent has its effect."""
    return _latch(row, "satisfied_at", Verb.PROPOSE_WAIVER, "satisfied", by)


def clear_check(row: FactRow, by: User | None) -> FactRow:
    """The check cleared, with all of its parts where it was for several investors. Raises as `satisfy_consent` does."""
    if isinstance(row, Payment) and row.method != Payment.Method.CHECK:
        raise ActionRefused("Only a check clears; a wire is final when it is received.")
    return _latch(row, "cleared_at", Verb.RECORD_PAYMENT, "cleared", by)


def agree_for_issuer(row: FactRow, by: User | None) -> FactRow:
    """The issuer agrees to a proposal."""
    return _latch(row, "issuer_agreed_at", Verb.AGREE_FOR_ISSUER, "agreed", by)


def _latch(row: FactRow, field: str, verb: Verb, event: str, by: User | None) -> FactRow:
    """Set a time on a fact, once; twice is the same as once. Raises NotAllowed and ActionRefused."""
    kind = KIND_OF_ROW[type(row)]
    with acting(row.deal, by, verb) as act:
        fresh = kind.model._default_manager.get(pk=row.pk)
        if getattr(fresh, field) is not None:
            return fresh
        if fresh.withdrawn_at is not None:
            raise ActionRefused("This was withdrawn; put it on file again first.")
        agreed, before = deal_terms(act.deal), facts_of(act.deal)
        together = parts_of(fresh)
        for part in together:
            end_fact(part, **{field: act.now})
        check_still_holds(act, before, agreed)
        for part in together:
            act.record(f"{kind.noun}-{event}", part, summary(fact_of(part), agreed))
    return next(part for part in together if part.pk == fresh.pk)
