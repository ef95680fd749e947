"""What is put to a majority of the investors: moving the closing, amendments, the first public disclosure."""

from collections.abc import Sequence
from dataclasses import replace

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.conditions import record_facts
from closing.actions.facts import withdraw_fact
from closing.actions.latches import agree_for_issuer
from closing.models import Allotment, Approval, Deal, FactRow, Proposal
from closing.queries.gates import gate_of
from closing.queries.portal import person_of
from closing.rules import facts
from closing.rules.access import Verb
from closing.rules.duties import blocks_of, why_not_decide
from closing.rules.gate import Gate
from closing.rules.what_if import Stale, if_closing_moved
from investors.models import User

__all__ = ["NeedsConfirming", "agree_for_issuer", "answer_own_proposal", "answer_proposal", "propose"]

STEMS = {"move-closing": "move", "amendment": "amendment", "public-disclosure": "disclosure"}


class NeedsConfirming(ActionRefused):
    """Moving the closing opens conditions again, which whoever proposes it has not confirmed to know."""

    def __init__(self, stale: tuple[Stale, ...]) -> None:
        super().__init__("Look at what moving the closing opens again, and confirm it.")
        self.stale = stale


def propose(
    deal: Deal, proposal: facts.Proposal, by: User, *, form: str = "", seen: Sequence[str] | None = None
) -> FactRow:
    """Put a proposal to the investors. Its key is given here.

    `seen` are the sections that the proposer was told would open again, None where nothing was told. Raises NotAllowed;
    NeedsConfirming for a move that would open others; ActionRefused for a move that cannot be.
    """
    with acting(deal, by, Verb.PROPOSE) as act:
        if proposal.matter == "move-closing":
            _check_move(act, proposal, seen)
        taken = set(Proposal.objects.filter(deal=act.deal).values_list("key", flat=True))
        stem = STEMS[proposal.matter]
        key = next(name for name in (f"{stem}-{n}" for n in range(1, len(taken) + 2)) if name not in taken)
        return record_facts(act.deal, [replace(proposal, key=key)], by, form=form)[0]


def answer_proposal(deal: Deal, answers: Sequence[facts.Approval], by: User, *, form: str = "") -> list[FactRow]:
    """Record investors' answers, for one or more of their signature blocks. Raises NotAllowed and ActionRefused."""
    with acting(deal, by, Verb.APPROVE) as act:
        gate = gate_of(act.deal)
        for key in {each.proposal for each in answers}:
            _check_open(gate, key)
        return record_facts(act.deal, answers, by, form=form)


def answer_own_proposal(
    deal: Deal, row: Allotment, key: str, by: User, *, typed_name: str, declined: bool = False, form: str = ""
) -> None:
    """Agree in writing to the proposal of that key, or decline it, by the blocks that the user signs by.

    A new answer takes the place of the one that stood before, until the proposal has passed. Raises NotAllowed;
    ActionRefused where it cannot be answered (any more) or the name is not the user's.
    """
    with acting(deal, by, Verb.APPROVE) as act:
        name = row.investor.name
        act.check_own([name])
        gate, person = gate_of(act.deal), person_of(by)
        if " ".join(typed_name.split()).casefold() != " ".join(person.split()).casefold():
            raise ActionRefused(f"Type your name as it stands in the agreement’s papers: {person}.")
        investor = gate.deal.investor_by_name[name]
        refused = why_not_decide(gate, key, investor, person)
        if refused:
            raise ActionRefused(refused)
        keys = [block.key for block in blocks_of(investor, person)]
        note = f"Answered in the closing room by {person}"
        said = [
            facts.Approval(at=act.now, proposal=key, investor=name, blocks=(block,), declined=declined, note=note)
            for block in keys
        ]
        standing = Approval.objects.filter(
            deal=act.deal, proposal__key=key, allotment=row, blocks__overlap=keys, withdrawn_at=None
        )
        for each in standing:
            if each.declined != declined or not each.written:
                withdraw_fact(each, f"Answered anew by {person}.", by)
        record_facts(act.deal, said, by, form=form)


def _check_move(act: Act, proposal: facts.Proposal, seen: Sequence[str] | None) -> None:
    gate = gate_of(act.deal)
    if gate.is_closed:
        raise ActionRefused("The closing has been effected; it is moved no more.")
    if proposal.to is None or proposal.to <= act.now:
        raise ActionRefused("to: That time has passed. Propose one that is still to come.")
    if proposal.to == gate.closing.at and proposal.place in ("", gate.closing.place):
        raise ActionRefused("to: The closing is set for that time and place already.")
    stale = if_closing_moved(gate.deal, gate.facts, gate.moment, proposal.to)
    if seen is None or {each.section for each in stale} - set(seen):
        raise NeedsConfirming(stale)


def _check_open(gate: Gate, key: str) -> None:
    """Moving the closing is agreed to before it, or not at all."""
    proposal = next((each for each in gate.facts.proposals if each.key == key), None)
    if proposal is None:
        raise ActionRefused("This proposal was taken back, so there is nothing to answer any more.")
    if proposal.matter == "move-closing" and gate.is_closed:
        raise ActionRefused("The closing has been effected; it is moved no more.")
