"""Putting facts on file and taking them back: the one way in for every kind of fact.

Rules are asked under the deal's lock, the same that refuse a wrong facts file.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from closing.actions.base import Act, ActionRefused, acting, told_by_database
from closing.actions.fact_rows import References, insert, without_ends
from closing.models import (
    CarryOver,
    Deal,
    Deliverable,
    ExecutionVersion,
    FactRow,
    Payment,
    ReturnedPage,
    Signature,
)
from closing.queries.closings import is_closed
from closing.queries.deals import deal_terms
from closing.queries.fact_kinds import KIND_OF_FACT, KIND_OF_ROW, KINDS, LATCHES, Kind
from closing.queries.facts import fact_of, facts_of, rows_of, voting_stock_of
from closing.rules import facts, terms
from closing.rules.access import Verb
from closing.rules.closings import stood_on
from closing.rules.execution import signed_for, split_stale, versions_by_document
from closing.rules.fact_verbs import investors_of, verb_of
from closing.rules.facts_file import check_facts, check_new
from closing.rules.further import is_of_move
from closing.rules.gate import evaluate
from closing.rules.signing_order import NOT_YOUR_TURN, why_not_yet
from closing.rules.summaries import summary
from investors.actions.ledger import has_ledger, open_ledger
from investors.models import User

AFTER_CLOSING = frozenset(
    {
        facts.Bill,
        facts.CreditNote,
        facts.WriteOff,
        facts.FeePayment,
        facts.FeeReversal,
        facts.OverCapAllotment,
        facts.Proposal,
        facts.Approval,
    }
)


def record_fact(deal: Deal, fact: facts.Fact, by: User | None, *, form: str = "") -> FactRow:
    """Put one fact on file and return its row. `form` is the key of the form that stated it, kept in the event.

    What stands already in the same words is not written again, nor told again: the row that stands
    is returned. Raises NotAllowed, and ActionRefused where the fact cannot be.
    """
    if type(fact) not in KIND_OF_FACT:
        raise ActionRefused("A closing is effected, not put on file.")
    with acting(deal, by) as act:
        agreed = deal_terms(act.deal)
        act.check_may(verb_of(fact, agreed))
        act.check_own(investors_of(fact, agreed))
        return put_on_file(act, fact, agreed, form=form)[0]


def put_on_file(
    act: Act, fact: facts.Fact, agreed: terms.Deal, *, form: str = "", how: str = ""
) -> tuple[FactRow, bool]:
    """Put a fact on file within an action that has asked who may; its row, and whether it is new.

    A signature page that names no version is one of the execution version in force. `how` is added to what the event
    says. Raises ActionRefused where the fact cannot be.
    """
    kind = KIND_OF_FACT[type(fact)]
    if fact.at > act.now:
        raise ActionRefused("A fact comes on file when it is recorded, not later.")
    on_file = facts_of(act.deal)
    if isinstance(fact, facts.Signature) and not fact.version:
        fact = replace(fact, version=signed_for(fact, versions_by_document(on_file).get(fact.document, ())))
    standing = _standing(kind, fact, act)
    if standing is not None:
        return standing, False
    problems = check_new(kind.table, fact, on_file, agreed)
    if problems:
        raise ActionRefused("\n".join(_in_words(problem) for problem in problems))
    if isinstance(fact, facts.ExecutionVersion):
        check_may_change(Deliverable.objects.get(deal=act.deal, key=fact.document), act.now)
    if isinstance(fact, facts.Signature):
        _check_turn(act, fact, on_file, agreed)
    row = _write(act, kind, fact)
    told = f"{summary(fact, agreed)}{how}"
    act.record(f"{kind.noun}-recorded", row, told, data={"form": form} if form else None)
    return row, True


def _check_turn(act: Act, page: facts.Signature, on_file: facts.Facts, agreed: terms.Deal) -> None:
    """Raises ActionRefused where the document's signing order has others sign first: to them, named by counsel only."""
    standing, _ = split_stale(on_file.on(act.now), on_file, act.now)
    refusal = why_not_yet(agreed, standing, page.document, page.block)
    if refusal:
        raise ActionRefused(NOT_YOUR_TURN if act.is_limited else refusal)


def withdraw_fact(row: FactRow, reason: str, by: User | None) -> FactRow:
    """Take a fact back, with a reason. Withdrawing what is withdrawn changes nothing.

    Raises NotAllowed, and ActionRefused without a reason, for a signature that is released, and
    for what the closing was effected on.
    """
    kind = KIND_OF_ROW[type(row)]
    with acting(row.deal, by) as act:
        agreed = deal_terms(act.deal)
        fact = fact_of(row)
        act.check_may(verb_of(fact, agreed))
        act.check_own(investors_of(fact, agreed))
        fresh = kind.model._default_manager.get(pk=row.pk)
        if fresh.withdrawn_at is not None:
            return fresh
        before = facts_of(act.deal)
        together = parts_of(fresh)
        for part in together:
            _check_withdrawable(act, part, fact_of(part), reason, before)
        for part in together:
            end_fact(part, withdrawn_at=act.now, withdrawn_reason=reason.strip(), withdrawn_by=by)
        check_still_holds(act, before, agreed)
        for part in together:
            act.record(f"{kind.noun}-withdrawn", part, summary(fact_of(part), agreed), reason=reason.strip())
    return next(part for part in together if part.pk == fresh.pk)


def parts_of(row: FactRow) -> list[FactRow]:
    """The facts that come and go with this one: the parts of a wire or check for several investors, else itself."""
    if isinstance(row, Payment) and row.receipt:
        return list(Payment.objects.filter(deal=row.deal, receipt=row.receipt, withdrawn_at=None).order_by("id"))
    return [row]


def load_facts(deal: Deal, said: facts.Facts, by: User | None = None) -> Counter[str]:
    """Put the facts of a facts file on file; how many were written or ended, by table.

    A fact on file in the same words is not written again; where the file has its end (withdrawn,
    released, satisfied, agreed) and the row has not, the row gets it. The voting stock opens the
    issuer's stock ledger where that is empty. Raises ActionRefused, and then nothing is loaded.
    """
    with acting(deal, by, Verb.LOAD_FACTS) as act:
        agreed, before = deal_terms(act.deal), facts_of(act.deal)
        if said.closings and set(said.closings) - set(before.closings):
            raise ActionRefused("[[closings]]: a closing is effected in the room, not loaded.")
        done: Counter[str] = Counter()
        try:
            done["voting_stock"] = _load_voting_stock(act.deal, said.voting_stock)
            references = References(act.deal)
            for kind in KINDS:
                done[kind.table] = _load_kind(act, kind, getattr(said, kind.table), references)
        except IntegrityError as error:
            raise ActionRefused(told_by_database(error)) from error
        done = +done
        if done:
            check_still_holds(act, before, agreed)
            act.record("facts-loaded", act.deal, f"{done.total()} facts loaded", data=dict(done))
    return done


def _load_kind(act: Act, kind: Kind, said: tuple[facts.Fact, ...], references: References) -> int:
    """Write or end what a file says of one kind; how many rows that touched."""
    on_file: dict[facts.Fact, list[tuple[int, facts.Fact]]] = {}
    for pk, fact in rows_of(kind, act.deal):
        on_file.setdefault(without_ends(fact), []).append((pk, fact))
    new, touched = [], 0
    for fact in said:
        same = on_file.get(without_ends(fact))
        if not same:
            new.append(fact)
            continue
        pk, known = same.pop(0)
        ends = _ends_missing(known, fact)
        if ends:
            end_fact(kind.model._default_manager.get(pk=pk), **ends, withdrawn_by=act.user)
            touched += 1
    insert(act.deal, kind, new, references, act.user)
    return touched + len(new)


def _ends_missing(known: facts.Fact, said: facts.Fact) -> dict[str, Any]:
    """The ends that a file gives a fact and the fact on file has not."""
    fields = [name for name in ("withdrawn_at", *LATCHES) if hasattr(said, name)]
    ends = {name: getattr(said, name) for name in fields if not getattr(known, name) and getattr(said, name)}
    if "withdrawn_at" in ends:
        ends["withdrawn_reason"] = said.withdrawn_reason
    return {} if known.withdrawn_at is not None else ends


def _load_voting_stock(deal: Deal, said: facts.VotingStock | None) -> int:
    """Open the stock ledger with the holders of voting stock; how many."""
    if said is None or said == voting_stock_of(deal):
        return 0
    if has_ledger(deal.issuer):
        raise ActionRefused(
            f"[voting_stock]: the stock ledger of {deal.issuer.name} says otherwise already; correct it there."
        )
    note = "Outstanding on the record date"
    open_ledger(deal.issuer, said.record_date, {each.name: each.shares for each in said.holders}, note)
    return len(said.holders)


def _write(act: Act, kind: Kind, fact: facts.Fact) -> FactRow:
    try:
        return insert(act.deal, kind, [fact], References(act.deal), act.user)[0]
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error


def _standing(kind: Kind, fact: facts.Fact, act: Act) -> FactRow | None:
    """The row that says the same and stands, for kinds where saying it twice is saying it once."""
    if not kind.once:
        return None
    blank = {"at": fact.at, "note": ""}
    wanted = replace(without_ends(fact), **blank)
    for pk, known in rows_of(kind, act.deal, withdrawn_at__isnull=True):
        if replace(without_ends(known), **blank) == wanted:
            return kind.model._default_manager.get(pk=pk)
    return None


def _check_withdrawable(act: Act, row: FactRow, fact: facts.Fact, reason: str, on_file: facts.Facts) -> None:
    if not reason.strip():
        raise ActionRefused("Say why: whoever reads the file later will ask.")
    if isinstance(row, Signature) and row.released_at is not None:
        raise ActionRefused("This signature is released; what is released cannot be taken back.")
    if isinstance(row, ExecutionVersion | CarryOver):
        check_may_change(row.deliverable, act.now)
    if not on_file.closings or (type(fact) in AFTER_CLOSING and not is_of_move(fact, on_file)):
        return
    gate = evaluate(deal_terms(act.deal), on_file, act.now)
    if gate.is_closed or stood_on(fact, gate.deal, on_file):
        raise ActionRefused("The deal has closed on this; what the closing stood on is not taken back.")


def check_may_change(document: Deliverable, moment: datetime) -> None:
    """Raises ActionRefused where what a document's pages were signed for stands for good: one of them is released."""
    if is_closed(document.deal, moment):
        raise ActionRefused("The deal has closed on the execution version; it is no longer changed.")
    if Signature.objects.filter(deliverable=document, withdrawn_at=None, released_at__isnull=False).exists():
        raise ActionRefused(
            f"Signed pages of {document.title} are released, so what they were signed for stands. "
            "A change of it is an amendment, and a document of its own."
        )


def check_still_holds(act: Act, before: facts.Facts, agreed: terms.Deal) -> None:
    """Raises ActionRefused where the facts on file now have a problem that they had not before."""
    known = set(check_facts(before, agreed))
    problems = [each for each in check_facts(facts_of(act.deal), agreed) if each not in known]
    if problems:
        raise ActionRefused("\n".join(_in_words(problem) for problem in problems))


def _in_words(problem: Any) -> str:
    """A problem of a facts file, said of one fact on a page: the row has no meaning there."""
    return ", ".join(part for part in (problem.label, problem.field) if part) + f": {problem.text}"


def end_fact(row: FactRow, **ends: datetime | str | User | None) -> None:
    """Save the ends of a fact, and nothing else of it."""
    if "withdrawn_at" not in ends:
        ends.pop("withdrawn_by", None)
    for name, value in ends.items():
        setattr(row, name, value)
    try:
        row.save(update_fields=list(ends))
    except IntegrityError as error:
        raise ActionRefused(told_by_database(error)) from error
    if isinstance(row, Signature) and row.withdrawn_at is not None:
        _give_back_scan(row)


def _give_back_scan(signature: Signature) -> None:
    """The scan that was filed as a signature now withdrawn is one to be confirmed again, and by itself."""
    ReturnedPage.objects.filter(signature=signature).update(
        state=ReturnedPage.State.TO_CONFIRM,
        finding=ReturnedPage.Finding.WITHDRAWN,
        signature=None,
        settled_at=None,
        settled_by=None,
        reason=signature.withdrawn_reason,
    )
