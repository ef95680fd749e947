"""Bills that cannot be, and what is paid towards them past a bill or a cap (Section 6(d)).

The first checks read one fact each, the last ones a whole table; amounts in the deal's currency.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator
from decimal import Decimal
from typing import Any

from closing.rules.facts import (
    Bill,
    BillKey,
    BillLine,
    CreditNote,
    FeePayment,
    FeeReversal,
    OfBill,
    OverCapAllotment,
    WriteOff,
)
from closing.rules.facts_known import Known
from closing.rules.facts_wrong import blank, check_amount, known_name, wrong
from closing.rules.fees import ZERO
from closing.rules.terms import FeeCap, LineKind, Side
from closing.rules.toml_form import Problem, label_of

SHA_256 = re.compile(r"[0-9a-f]{64}")


def check_bill(known: Known, fact: Bill) -> Iterator[Problem]:
    """A known counsel's bill, with a number and lines of amounts above nothing, dated and received by now."""
    yield from known_name("counsel", fact.counsel, known.deal.counsel_by_key, "counsel")
    yield from blank(fact, "number")
    yield from _check_lines(fact.lines)
    on_file = known.day(fact.at)
    if fact.dated > on_file:
        yield wrong("dated", f"{fact.dated} had not come when the bill came on file, {on_file}")
    if fact.received_on is not None and fact.received_on > on_file:
        yield wrong("received_on", f"{fact.received_on} had not come when the bill came on file, {on_file}")
    if fact.received_on is not None and fact.received_on < fact.dated:
        yield wrong("received_on", f"{fact.received_on} lies before the bill's own date, {fact.dated}")
    if fact.paper and not SHA_256.fullmatch(fact.paper):
        yield wrong("paper", f'"{fact.paper}" should be the SHA-256 of a file, 64 digits and small letters a to f')
    firm = known.deal.counsel_by_key.get(fact.counsel)
    if fact.payee and firm is not None and firm.side is not Side.ISSUER:
        yield wrong("payee", f"{firm.name} bills for itself; others bill the issuer, through its own counsel")


def check_credit_note(known: Known, fact: CreditNote) -> Iterator[Problem]:
    """A note with a number and lines above nothing, of a bill on file and not before it."""
    yield from _known_bill(known, fact)
    yield from blank(fact, "number")
    yield from _check_lines(fact.lines)
    if fact.dated > known.day(fact.at):
        yield wrong("dated", f"{fact.dated} had not come when the note came on file, {known.day(fact.at)}")


def _known_bill(known: Known, fact: OfBill) -> Iterator[Problem]:
    """The bill is on file; where two counsel have one of its number, it says whose."""
    if fact.bill_key in known.bills:
        return
    owners = [known.deal.party_name(counsel) for counsel, number in known.bills if number == fact.bill]
    if fact.counsel:
        yield from known_name("counsel", fact.counsel, known.deal.counsel_by_key, "counsel")
        of = f" of {known.deal.party_name(fact.counsel)}" if owners else ""
        yield wrong("bill", f'"{fact.bill}" is no bill{of} of this deal')
    elif len(owners) > 1:
        yield wrong("counsel", f'is missing; "{fact.bill}" is a bill of {" and of ".join(owners)}: say whose it is')
    else:
        yield from known_name("bill", fact.bill, (), "bill")


def _check_lines(lines: tuple[BillLine, ...]) -> Iterator[Problem]:
    if not lines:
        yield wrong("lines", "has no line")
    for number, line in enumerate(lines, start=1):
        yield from check_amount(f"lines row {number}, amount", line.amount)


def check_write_off(known: Known, fact: WriteOff) -> Iterator[Problem]:
    """An amount above nothing of a bill on file."""
    yield from _known_bill(known, fact)
    yield from check_amount("amount", fact.amount)


def check_fee_payment(known: Known, fact: FeePayment | FeeReversal) -> Iterator[Problem]:
    """Money above nothing for a bill that is reimbursed at all; what it may come to is checked over the table."""
    yield from _known_bill(known, fact)
    yield from check_amount("amount", fact.amount)
    if fact.kind is LineKind.DISPUTE:
        yield wrong("kind", "what a dispute costs is no part of this reimbursement; it is never paid here")
    if fact.netted_from:
        yield from known_name("netted_from", fact.netted_from, known.deal.investor_by_name, "investor")
    if fact.bill_key in known.bills:
        firm = known.deal.counsel_by_key.get(fact.counsel)
        is_capped = fact.counsel in known.deal.cap_by_counsel
        if firm is not None and firm.side is Side.INVESTORS and not is_capped:
            yield wrong("bill", f"the issuer reimburses nothing of the bills of {firm.name}: no [[fees]] names it")
        if fact.netted_from and not is_capped:
            yield wrong("netted_from", "only what the issuer reimburses is netted from a wire")


def check_over_cap_allotment(known: Known, fact: OverCapAllotment) -> Iterator[Problem]:
    """Investors of Schedule A, once each, with parts of which some are above nothing."""
    seen: set[str] = set()
    for number, each in enumerate(fact.parts, start=1):
        yield from known_name(f"parts row {number}, investor", each.investor, known.deal.investor_by_name, "investor")
        if each.investor in seen:
            yield wrong(f"parts row {number}, investor", f"{each.investor} is listed twice")
        seen.add(each.investor)
        if each.parts < 0:
            yield wrong(f"parts row {number}, parts", f"{each.parts} is negative")
    if not any(each.parts > 0 for each in fact.parts):
        yield wrong("parts", "nobody bears anything; give some investor a part above nothing")


def check_credit_notes(known: Known, rows: tuple[CreditNote, ...]) -> Iterator[Problem]:
    """A bill's credit notes have numbers of their own, and take off no more of a kind than it has."""
    first: dict[Hashable, int] = {}
    credited: dict[tuple[BillKey, LineKind], Decimal] = defaultdict(lambda: ZERO)
    for row, fact in enumerate(rows, start=1):
        earlier = first.setdefault((fact.bill_key, fact.number), row)
        place = Problem("", "credit_notes", row, label_of(fact))
        if earlier != row:
            yield place.inside("number").saying(f'"{fact.number}" is the number of row {earlier} too')
        if fact.withdrawn_at is not None:
            continue
        for kind in dict.fromkeys(line.kind for line in fact.lines):
            credited[fact.bill_key, kind] += sum((line.amount for line in fact.lines if line.kind is kind), ZERO)
            has = _lines_of(known, fact.bill_key, kind)
            if has is not None and not _is_gone(known, fact.bill_key) and credited[fact.bill_key, kind] > has:
                told = f"credits of {kind} come to {credited[fact.bill_key, kind]}, and the bill has {has}"
                yield place.inside("lines").saying(told)


def check_write_offs(known: Known, rows: tuple[WriteOff, ...]) -> Iterator[Problem]:
    """What is written off of a bill is no more than its credit notes leave."""
    given_up: dict[tuple[BillKey, LineKind], Decimal] = defaultdict(lambda: ZERO)
    for row, fact in enumerate(rows, start=1):
        if fact.withdrawn_at is not None:
            continue
        key = (fact.bill_key, fact.kind)
        given_up[key] += fact.amount
        has = _credited(known, *key)
        if has is not None and not _is_gone(known, fact.bill_key) and given_up[key] > has:
            place = Problem("", "write_offs", row, label_of(fact), "amount")
            yield place.saying(f"what is written off of {fact.kind} comes to {given_up[key]}, and the bill has {has}")


def check_fee_payments(known: Known, rows: tuple[FeePayment, ...]) -> Iterator[Problem]:
    """Payments that stand, less what came back, come to no more than the bill has of their kind, nor past a cap."""
    of_bill: dict[tuple[BillKey, LineKind], Decimal] = defaultdict(lambda: ZERO)
    under: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for back in known.facts.fee_reversals:
        if back.withdrawn_at is None:
            of_bill[back.bill_key, back.kind] -= back.amount
            under[back.counsel] -= back.amount if _cap_of(known, back) else ZERO
    for row, fact in enumerate(rows, start=1):
        if fact.withdrawn_at is not None:
            continue
        place = Problem("", "fee_payments", row, label_of(fact), "amount")
        key = (fact.bill_key, fact.kind)
        of_bill[key] += fact.amount
        has = _left(known, *key)
        if has is not None and of_bill[key] > has:
            yield place.saying(f"payments of {fact.kind} come to {of_bill[key]}, and the bill has {has}")
        cap = _cap_of(known, fact)
        if cap is not None:
            under[cap.counsel] += fact.amount
            if cap.cap is not None and under[cap.counsel] > cap.cap:
                told = f"payments come to {under[cap.counsel]}, past the cap of {cap.cap}, Section {cap.section}"
                yield place.saying(told)


def _cap_of(known: Known, fact: FeePayment | FeeReversal) -> FeeCap | None:
    """The cap that limits a payment of this kind towards this bill, if any does."""
    cap = known.deal.cap_by_counsel.get(fact.counsel)
    return cap if cap is not None and fact.kind in cap.cap_covers else None


def check_fee_reversals(known: Known, rows: tuple[FeeReversal, ...]) -> Iterator[Problem]:
    """No more comes back than stands paid there; what was netted with effect comes back as money paid."""
    closed = {name for each in known.facts.closings for name in each.investors}

    def pot(fact: FeePayment | FeeReversal) -> tuple[BillKey, LineKind, str]:
        return fact.bill_key, fact.kind, "" if fact.netted_from in closed else fact.netted_from

    paid: dict[tuple[BillKey, LineKind, str], Decimal] = defaultdict(lambda: ZERO)
    for payment in known.facts.fee_payments:
        if payment.withdrawn_at is None:
            paid[pot(payment)] += payment.amount
    for row, fact in enumerate(rows, start=1):
        if fact.withdrawn_at is not None:
            continue
        stands = paid[pot(fact)]
        paid[pot(fact)] -= fact.amount
        if paid[pot(fact)] < 0:
            place = Problem("", "fee_reversals", row, label_of(fact), "amount")
            yield place.saying(f"{fact.amount} is more than stands paid there, {max(ZERO, stands)}")


def _is_gone(known: Known, bill: BillKey) -> bool:
    """Whether a bill was withdrawn: what was taken off it then takes off nothing."""
    return all(each.withdrawn_at is not None for each in known.bills.get(bill, ()))


def _lines_of(known: Known, bill: BillKey, kind: LineKind) -> Decimal | None:
    """What a bill's own lines have of a kind; nothing where it was withdrawn, None for no such bill."""
    bills = known.bills.get(bill)
    if not bills:
        return None
    return _sum(line.amount for each in bills if each.withdrawn_at is None for line in each.lines if line.kind is kind)


def _credited(known: Known, bill: BillKey, kind: LineKind) -> Decimal | None:
    """What a bill has of a kind, net of its credit notes."""
    has = _lines_of(known, bill, kind)
    if has is None:
        return None
    notes = (note for note in known.facts.credit_notes if note.bill_key == bill and note.withdrawn_at is None)
    return has - _sum(line.amount for note in notes for line in note.lines if line.kind is kind)


def _left(known: Known, bill: BillKey, kind: LineKind) -> Decimal | None:
    """What a bill has of a kind, net of its credit notes and of what is written off."""
    has = _credited(known, bill, kind)
    if has is None:
        return None
    same = (each for each in known.facts.write_offs if each.bill_key == bill and each.kind is kind)
    return has - _sum(each.amount for each in same if each.withdrawn_at is None)


def _sum(amounts: Any) -> Decimal:
    return sum(amounts, ZERO)
