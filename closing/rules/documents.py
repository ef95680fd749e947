"""Where a deliverable stands, told from the facts on file and from nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass

from closing.rules.evidence import ProxyTally
from closing.rules.fees import in_all
from closing.rules.findings import State
from closing.rules.gate import Gate
from closing.rules.terms import ISSUER, Deliverable, SignatureBlock
from closing.rules.words import listing, money, number, on_day


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a deliverable stands, in words. `is_waiting` is whether somebody must still act on it."""

    words: tuple[str, ...]
    is_waiting: bool

    def __str__(self) -> str:
        return "; ".join(self.words)


def own_blocks(gate: Gate, deliverable: Deliverable, own: frozenset[str] | None) -> tuple[SignatureBlock, ...]:
    """Who signs `deliverable`; with `own`, those investors' blocks only: one never sees another's."""
    blocks = gate.deal.blocks_for(deliverable)
    if own is None:
        return blocks
    return tuple(each for each in blocks if gate.deal.party_of_block[each.key] in own)


def standing(gate: Gate, deliverable: Deliverable, versions: int, own: frozenset[str] | None = None) -> Standing:
    """Where `deliverable` stands, with `versions` files handed in; with `own`, as those investors may know it."""
    parts = list(_parts(gate, deliverable, own))
    if not parts:
        parts = [_copy(gate, deliverable, versions, own)]
    return Standing(tuple(said for said, _ in parts), any(is_open for _, is_open in parts))


def beside_pages(gate: Gate, deliverable: Deliverable) -> tuple[str, ...]:
    """What is on file about `deliverable` besides its signature pages, in words."""
    parts = (*_papers(gate, deliverable), *_counted(gate, deliverable), *_delivered(gate, deliverable, None))
    return tuple(said for said, _ in parts)


def _copy(gate: Gate, deliverable: Deliverable, versions: int, own: frozenset[str] | None) -> tuple[str, bool]:
    """A deliverable about which no fact speaks: whether a copy is here, and whether anything depends on it."""
    if versions:
        return f"Version {number(versions)} on file", False
    if deliverable.act:
        return "No condition depends on it", False
    if deliverable.serves and all(satisfied_state(gate, section, own) for section in deliverable.serves):
        return "No copy on file; its condition is met or waived", False
    return "Not handed in", not gate.is_closed


def _parts(gate: Gate, deliverable: Deliverable, own: frozenset[str] | None) -> Iterable[tuple[str, bool]]:
    yield from _papers(gate, deliverable)
    if own is None:
        yield from _counted(gate, deliverable)
    yield from _signed(gate, deliverable, own)
    yield from _delivered(gate, deliverable, own)
    if deliverable.act:
        yield from _served(gate, deliverable, own)


def _papers(gate: Gate, deliverable: Deliverable) -> Iterable[tuple[str, bool]]:
    for each in gate.facts.certificates:
        if each.document == deliverable.key:
            yield f"Signed by {each.signer}, {each.title}, dated {on_day(each.dated)}", False
    for opinion in gate.facts.opinions:
        if opinion.document == deliverable.key:
            yield f"Dated {on_day(opinion.dated)}", False


def _counted(gate: Gate, deliverable: Deliverable) -> Iterable[tuple[str, bool]]:
    """What is on file for a tally's proxies and for counsel's bills, which are facts of their own."""
    currency, facts = gate.deal.agreement.currency, gate.facts
    tallies = (each.evidence for each in gate.deal.conditions if isinstance(each.evidence, ProxyTally))
    if facts.proxies and deliverable.key in {tally.document for tally in tallies}:
        is_open = any(satisfied_state(gate, section) is None for section in deliverable.serves)
        yield f"Proxies on file: {number(len(facts.proxies))}", is_open
    fees = [each for each in gate.fees if each.section == deliverable.section]
    own = [each for each in fees if each.counsel == deliverable.owed_by]
    if own and facts.bills:
        billed = in_all(own, lambda each: each.fees_billed + each.expenses_billed)
        yield f"Billed {money(billed, currency)}", False
    if fees and deliverable.owed_by == ISSUER and deliverable.act:
        paid = in_all(fees, lambda each: each.fees_paid + each.expenses_paid)
        yield (f"Paid {money(paid, currency)}" if paid else "Due when the closing is effected"), False


def _signed(gate: Gate, deliverable: Deliverable, own: frozenset[str] | None) -> Iterable[tuple[str, bool]]:
    keys = {each.key for each in own_blocks(gate, deliverable, own)}
    if not keys:
        return
    pages_on_file = (each for each in gate.facts.signatures if each.document == deliverable.key and each.block in keys)
    found = list({each.block: each for each in pages_on_file}.values())
    whose = "" if own is None else "Your "
    pages = "page" if len(keys) == 1 else "pages"
    if not found:
        yield (f"{whose}{pages} not signed" if whose else "Not signed"), True
    elif len(found) < len(keys):
        yield f"{number(len(found))} of {whose.lower()}{number(len(keys))} pages signed", True
    else:
        released = all(each.released_at and each.released_at <= gate.moment for each in found)
        where = "released" if released else "in escrow"
        yield (f"Your {pages} signed, {where}" if whose else f"Signed by all, {where}"), False
    stale = {each.block for each in gate.stale if each.document == deliverable.key} & keys
    stale -= {each.block for each in found}
    if stale:
        many = "1 page" if len(stale) == 1 else f"{number(len(stale))} pages"
        yield f"{many} signed for an earlier version", True


def _delivered(gate: Gate, deliverable: Deliverable, own: frozenset[str] | None) -> Iterable[tuple[str, bool]]:
    to = {each.investor for each in gate.facts.deliveries if each.document == deliverable.key}
    if not to:
        return
    names = {each.name for each in gate.deal.investors} if own is None else own
    got = len(names) if None in to else len(names & to)
    if own is not None:
        if got:
            yield "Delivered to you" if got == len(names) else f"Delivered to {number(got)} of yours", got < len(names)
    elif got == len(names):
        yield "Delivered to every investor", False
    else:
        yield f"Delivered to {number(got)} of {number(len(names))} investors", True


def _served(gate: Gate, deliverable: Deliverable, own: frozenset[str] | None) -> Iterable[tuple[str, bool]]:
    for state, word in ((State.MET, "met"), (State.WAIVED, "waived"), (None, "open")):
        sections = [each for each in deliverable.serves if satisfied_state(gate, each, own) is state]
        if sections:
            yield f"{listing(sections)} {word}", state is None


def satisfied_state(gate: Gate, section: str, own: frozenset[str] | None = None) -> State | None:
    """Met or waived, or None where the condition is open; with `own`, for those investors alone."""
    if own is None:
        state = gate.condition(section).state
        return state if state in (State.MET, State.WAIVED) else None
    cells = [each.cells[section] for each in gate.investors if each.investor.name in own]
    if not all(each.is_satisfied for each in cells):
        return None
    return State.WAIVED if any(each.state is State.WAIVED for each in cells) else State.MET


def signatories(gate: Gate, deliverable: Deliverable, own: frozenset[str] | None = None) -> str:
    """Who signs, in a line: `The Cerplex Group, Inc.; each investor`. With `own`, no other investor is named."""
    named = [
        gate.deal.party_name(each)
        for each in deliverable.signed_by
        if own is None or each in own or each not in gate.deal.investor_by_name
    ]
    return listing((name if name != "Each investor" or not at else "each investor" for at, name in enumerate(named)))
