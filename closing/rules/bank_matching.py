"""What the lines of a bank's statement seem to be: purchase price received, returned, sent back (Section 2(b)(ii)).

Proposals only. Nothing is on file before a person confirms it, and what is confirmed comes to the line to the cent.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from closing.rules.bank_lines import Becomes, Ledger, Line, Part, Proposal, Told, Wire
from closing.rules.bank_names import FIRM, MOST, PERSON, WHOLE, Names, Naming
from closing.rules.fees import ZERO
from closing.rules.purchase_price import Paid, same_reference
from closing.rules.words import listing, money

EXACT, ANNOUNCED, SAME_REFERENCE, CAME_BACK = 30, 20, 60, 20
MOST_IN_A_GROUP = 10
MOST_SHOWN = 6
_CAME_BACK = re.compile(
    r"\b(return\w*|reject\w*|recall\w*|revers\w*|bounced?|nsf|unpaid|insufficient|stopped)\b", re.IGNORECASE
)


def proposals(ledger: Ledger, lines: Iterable[Line]) -> dict[int, tuple[Proposal, ...]]:
    """For every line, by its key, what it may be, the likeliest first. The order of the lines means nothing.

    A line of another currency, or one that came before in another file, has none.
    """
    names = Names(ledger.deal)
    found = {
        line.key: _looked_at(line, _sorted(_of_line(ledger, names, line)))
        for line in lines
        if line.currency == ledger.currency and not line.is_repeated
    }
    return _without_rivals(found, ledger)


def _looked_at(line: Line, found: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    """What was undone once is sure no more, so that it is not confirmed again with the others."""
    if not line.was_undone:
        return found
    return tuple(replace(each, is_sure=False, reasons=(*each.reasons, "confirmed and undone before")) for each in found)


def in_words(proposal: Proposal, currency: str) -> str:
    """What the line would be: `Received from Andrea Martin`."""
    names = listing((part.investor for part in proposal.parts), most=12)
    if proposal.becomes is Becomes.ON_FILE:
        return f"The payment that is on file already from {names}"
    if proposal.becomes is Becomes.RETURNED:
        return f"The payment from {names}, come back"
    if proposal.becomes is Becomes.REFUND:
        return f"Sent back to {names}, who paid too much"
    if len(proposal.parts) == 1:
        return f"Received from {names}"
    each = listing((f"{part.investor} {money(part.amount, currency)}" for part in proposal.parts), most=12)
    return f"Received from {len(proposal.parts)} investors: {each}"


def _of_line(ledger: Ledger, names: Names, line: Line) -> Iterator[Proposal]:
    named = names.named(line.text)
    if not line.is_credit:
        yield from _returned(ledger, line, named)
        yield from _refunded(ledger, line, named)
        return
    on_file = tuple(_on_file(ledger, line, named))
    yield from on_file
    for each in _received(ledger, line, named):
        yield replace(each, is_sure=False) if on_file else each


def _received(ledger: Ledger, line: Line, named: tuple[Naming, ...]) -> Iterator[Proposal]:
    """Whose payment it may be: who is named, who announced it, several together, whose price misses just that."""
    evidence: dict[str, tuple[int, str]] = {}
    for naming in named:
        for name in naming.investors:
            if naming.points > evidence.get(name, (0, ""))[0]:
                evidence[name] = (naming.points, naming.reason)
    announced = ledger.told_by_amount.get(line.amount, {})
    # An amount that many miss tells nothing of any of them.
    exact = ledger.by_missing.get(line.amount, [])
    for name in dict.fromkeys((*evidence, *announced, *(exact if len(exact) <= MOST_SHOWN else ()))):
        yield _single(line, name, ledger.paid[name], evidence.get(name), announced.get(name), ledger.currency)
    yield from _together(ledger, line, named)


def _single(
    line: Line, name: str, paid: Paid, named: tuple[int, str] | None, told: Told | None, currency: str
) -> Proposal:
    points, reasons = named or (0, "")
    said = [reasons] if reasons else []
    is_exact = paid.missing == line.amount
    if is_exact:
        points += EXACT
        said.append(f"exactly what {name} misses")
    is_same = told is not None and bool(told.reference) and _has_reference(line, told.reference)
    if told is not None:
        points += ANNOUNCED + (SAME_REFERENCE if is_same else 0)
        said.append("announced with this amount and reference" if is_same else "announced with this amount")
    is_over = line.amount > paid.missing
    if is_over and not is_exact:
        said.append(f"over by {money(line.amount - paid.missing, currency)}")
    is_named = (named is not None and named[0] >= MOST) or is_same
    return Proposal(
        becomes=Becomes.RECEIVED,
        parts=(Part(name, line.amount),),
        score=points,
        reasons=tuple(said),
        is_over=is_over,
        is_sure=is_exact and is_named,
    )


def _together(ledger: Ledger, line: Line, named: tuple[Naming, ...]) -> Iterator[Proposal]:
    """One wire for several investors: all that a firm or person has, or some of them, where the sum is the line."""
    groups: dict[tuple[str, ...], tuple[int, str]] = {}
    ones = tuple(each.investors[0] for each in named if each.points >= MOST)
    if len(ones) > 1:
        groups[ones] = (WHOLE, f"names {listing(ones)}")
    for each in named:
        if each.points in (FIRM, PERSON) and len(each.investors) > 1:
            groups.setdefault(each.investors, (each.points, each.reason.partition(",")[0]))
    for group, (points, reason) in groups.items():
        owing = tuple(name for name in group if name in ledger.paid and ledger.paid[name].missing)
        if len(owing) < 2:
            continue
        if _missing(ledger, owing) == line.amount:
            said = (reason, f"exactly what its {len(owing)} investors miss together")
            yield _shared(ledger, owing, points + EXACT, said, is_sure=True)
            continue
        some = _subsets(ledger, owing, line.amount)
        if len(some) == 1:
            said = (reason, f"exactly what {len(some[0])} of its {len(owing)} investors miss together")
            yield _shared(ledger, some[0], points + EXACT // 2, said, is_sure=False)


def _shared(
    ledger: Ledger, names: tuple[str, ...], points: int, reasons: tuple[str, ...], *, is_sure: bool
) -> Proposal:
    parts = tuple(Part(name, ledger.paid[name].missing) for name in names)
    return Proposal(becomes=Becomes.RECEIVED, parts=parts, score=points, reasons=reasons, is_sure=is_sure)


def _missing(ledger: Ledger, names: Iterable[str]) -> Decimal:
    return sum((ledger.paid[name].missing for name in names), ZERO)


def _subsets(ledger: Ledger, names: tuple[str, ...], amount: Decimal) -> list[tuple[str, ...]]:
    """Some of the investors that miss just the amount together; two ways are as good as none."""
    if len(names) > MOST_IN_A_GROUP:
        return []
    found: list[tuple[str, ...]] = []
    for size in range(2, len(names)):
        for some in combinations(names, size):
            if _missing(ledger, some) == amount:
                found.append(some)
                if len(found) > 1:
                    return found
    return found


def _on_file(ledger: Ledger, line: Line, named: tuple[Naming, ...]) -> Iterator[Proposal]:
    """A wire that somebody put on file by hand before the statement came."""
    for wire in ledger.wires_by_amount.get(line.amount, ()):
        if wire.is_booked:
            continue
        is_same = _has_reference(line, wire.reference)
        points, reason = _naming_of(wire, named)
        if is_same or points:
            said = (
                ("on file already, with this reference",) if is_same else ("on file already with this amount", reason)
            )
            yield Proposal(
                becomes=Becomes.ON_FILE,
                parts=wire.parts,
                score=SAME_REFERENCE + WHOLE + points if is_same else WHOLE + points,
                reasons=said,
                wire=wire.key,
                is_sure=is_same,
            )


def _returned(ledger: Ledger, line: Line, named: tuple[Naming, ...]) -> Iterator[Proposal]:
    """A wire or check on file of the same amount that the debit seems to take back."""
    says_so = line.is_reversal or bool(_CAME_BACK.search(line.text))
    for wire in ledger.wires_by_amount.get(line.amount, ()):
        is_same = _has_reference(line, wire.reference)
        points, reason = _naming_of(wire, named)
        if not (is_same or points or says_so):
            continue
        said = [f"the amount of the payment from {listing(part.investor for part in wire.parts)}"]
        said += ["with its reference"] if is_same else []
        said += [reason] if reason else []
        said += ["says that it came back"] if says_so else []
        yield Proposal(
            becomes=Becomes.RETURNED,
            parts=wire.parts,
            score=EXACT + points + (SAME_REFERENCE if is_same else 0) + (CAME_BACK if says_so else 0),
            reasons=tuple(said),
            wire=wire.key,
            is_sure=says_so and (is_same or points >= MOST),
        )


def _refunded(ledger: Ledger, line: Line, named: tuple[Naming, ...]) -> Iterator[Proposal]:
    """Money sent back to an investor that is over by just that. A person confirms each."""
    for naming in named:
        for name in naming.investors:
            if ledger.paid[name].over == line.amount:
                said = (naming.reason, f"exactly what {name} is over by")
                yield Proposal(
                    becomes=Becomes.REFUND,
                    parts=(Part(name, line.amount),),
                    score=EXACT + naming.points,
                    reasons=said,
                )


def _naming_of(wire: Wire, named: tuple[Naming, ...]) -> tuple[int, str]:
    """How surely a line names somebody of the wire."""
    of_wire = {part.investor for part in wire.parts}
    own = [(each.points, each.reason) for each in named if of_wire & set(each.investors)]
    return max(own, default=(0, ""), key=lambda each: each[0])


def _has_reference(line: Line, reference: str) -> bool:
    """Whether the line has that reference: as the bank's, or among what the payer wrote."""
    said = " ".join(reference.split()).casefold()
    if len(said) < 3:
        return False
    within = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", " ".join(line.reference.split()).casefold())
    return same_reference(reference, line.bank_reference) or within is not None


def _sorted(found: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """The likeliest first, each of its investors once; sure of none where two are."""
    best: dict[tuple[object, ...], Proposal] = {}
    for each in found:
        key = (each.becomes, each.wire, each.parts)
        if key not in best or each.score > best[key].score:
            best[key] = each
    ordered = sorted(best.values(), key=lambda each: (-each.score, str(each.parts), each.becomes, each.wire or 0))[
        :MOST_SHOWN
    ]
    sure = [each for each in ordered if each.is_sure]
    is_sure_of_first = len(sure) == 1 and sure[0] is ordered[0]
    return tuple(each if is_sure_of_first else replace(each, is_sure=False) for each in ordered)


def _without_rivals(found: Mapping[int, tuple[Proposal, ...]], ledger: Ledger) -> dict[int, tuple[Proposal, ...]]:
    """Sure of none of several lines that are for one investor and too much together, or for one wire."""
    wanted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    wires: dict[int, int] = defaultdict(int)
    for those in found.values():
        for each in those:
            if each.is_sure and each.becomes is Becomes.RECEIVED:
                for part in each.parts:
                    wanted[part.investor] += part.amount
            elif each.is_sure and each.wire is not None:
                wires[each.wire] += 1

    def has_rival(each: Proposal) -> bool:
        if each.becomes is not Becomes.RECEIVED:
            return each.wire is not None and wires[each.wire] > 1
        return any(wanted[part.investor] > ledger.paid[part.investor].missing for part in each.parts)

    return {
        key: tuple(replace(each, is_sure=False) if each.is_sure and has_rival(each) else each for each in those)
        for key, those in found.items()
    }
