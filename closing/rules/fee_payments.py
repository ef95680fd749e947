"""What may still be paid towards counsel's bills (Section 6(d)): the same sentence on the page and in the refusal.

Amounts in the deal's currency. `facts` are those that stand at the moment.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from closing.rules.facts import Bill, Facts, FeePayment, FeeReversal
from closing.rules.fees import (
    KINDS_OF_LINE,
    ZERO,
    FeeStatement,
    billed_by_bill,
    by_kind,
    fee_statements,
    is_issuers_own,
    moved,
    taken_by_bill,
)
from closing.rules.purchase_price import paid_by_investor
from closing.rules.terms import Deal, LineKind
from closing.rules.words import ended, money


def left_on_bill(bill: Bill, kind: LineKind, facts: Facts) -> Decimal:
    """What a bill has of one kind of line, net of credits and write-offs, and nobody has paid or netted yet."""
    paid, netted = taken_by_bill(facts)
    billed = billed_by_bill(facts).get(bill.key, by_kind())
    return billed[kind] - paid[bill.key][kind] - netted[bill.key][kind]


def statement_of(deal: Deal, facts: Facts, counsel: str) -> FeeStatement | None:
    """The statement of a counsel's bills; None where the issuer reimburses nothing of them."""
    return next((each for each in fee_statements(deal, facts) if each.counsel == counsel), None)


def cap_sentence(statement: FeeStatement | None) -> str:
    """What may still be paid under the cap, and why no more; blank without a cap.

    `$1,520.00 may still be paid under the cap of $25,000.00 on fees (6(d)): $23,480.00 of it is paid or netted.`
    """
    if statement is None or statement.cap is None or statement.payable_room is None:
        return ""
    taken = statement.capped_paid + statement.capped_netted
    room, cap, stands = (
        money(each, statement.currency) for each in (max(ZERO, statement.payable_room), statement.cap, taken)
    )
    which = f"under the cap of {cap} on {statement.covered} ({statement.section})"
    if not taken:
        return f"{room} may be paid {which}: nothing of it is paid or netted yet."
    if taken >= statement.cap:
        return f"Nothing more may be paid {which}: all of it is paid or netted."
    return f"{room} may still be paid {which}: {stands} of it is paid or netted."


def not_payable_yet(deal: Deal, facts: Facts, counsel: str) -> str:
    """Why nothing is reimbursed at all yet: only if the closing is effected, where the deal says so. Else blank."""
    statement = statement_of(deal, facts, counsel)
    if statement is None or statement.is_payable:
        return ""
    return f"Nothing is reimbursed before the closing is effected ({statement.section})."


def not_reimbursed(deal: Deal, bill: Bill) -> str:
    """Why the issuer never pays a bill: no cap names its counsel, and it is none of its own. Else blank."""
    if bill.counsel in deal.cap_by_counsel or is_issuers_own(deal, bill):
        return ""
    return f"The agreement has the company reimburse nothing of the bills of {ended(deal.party_name(bill.counsel))}"


def payment_refusal(
    deal: Deal, facts: Facts, bill: Bill, kind: LineKind, amount: Decimal, netted_from: str = ""
) -> str:
    """Why `amount` may not be paid towards `bill`, or netted from an investor's wire for it; blank where it may.

    Of several things in the way the narrowest is told: what it says is left does fit.
    """
    refusal = _never(deal, bill, kind, amount)
    if not refusal and netted_from:
        refusal = netting_refusal(deal, facts, bill, netted_from)
    elif not refusal:
        refusal = not_payable_yet(deal, facts, bill.counsel)
    if refusal:
        return refusal
    most, why = min(_limits(deal, facts, bill, kind, netted_from), key=lambda each: each[0])
    return why if amount > most else ""


def _limits(deal: Deal, facts: Facts, bill: Bill, kind: LineKind, netted_from: str) -> Iterator[tuple[Decimal, str]]:
    """The most that each thing lets through, with its words: the cap, the bill, and what the investor owes."""
    statement = statement_of(deal, facts, bill.counsel)
    if statement is not None and statement.payable_room is not None and kind in statement.covers:
        yield statement.payable_room, cap_sentence(statement)
    left = f"{_unpaid(deal, facts, bill, kind)}, and no more can be paid towards it."
    yield left_on_bill(bill, kind, facts), left
    if netted_from:
        missing = paid_by_investor(deal, facts)[netted_from].missing
        yield missing, _owed(netted_from, missing, deal.agreement.currency)


def _owed(investor: str, missing: Decimal, currency: str) -> str:
    if not missing:
        return f"{investor} owes nothing more of its purchase price, so there is no wire to keep anything back from."
    owes = f"{investor} still owes {money(missing, currency)} of its purchase price"
    return f"{owes}; no more than that can be kept back from its wire."


def _unpaid(deal: Deal, facts: Facts, bill: Bill, kind: LineKind) -> str:
    """What of a bill is not paid: `Bill 7 has $100.00 of fees that is not paid`."""
    if not billed_by_bill(facts).get(bill.key, by_kind())[kind]:
        return f"Bill {bill.number} has no {KINDS_OF_LINE[kind]}, net of credit notes and write-offs"
    left = left_on_bill(bill, kind, facts)
    if not left:
        return f"All {KINDS_OF_LINE[kind]} of bill {bill.number} are paid or netted"
    return f"Bill {bill.number} has {money(left, deal.agreement.currency)} of {KINDS_OF_LINE[kind]} that is not paid"


def _never(deal: Deal, bill: Bill, kind: LineKind, amount: Decimal) -> str:
    """Why nothing of this kind is ever paid towards the bill."""
    if bill.withdrawn_at is not None:
        return f"Bill {bill.number} was withdrawn, so nothing is paid towards it."
    if amount <= 0:
        return "Write an amount above nothing."
    if kind is LineKind.DISPUTE:
        return "What a dispute costs is for whoever prevails in it, and is no part of this reimbursement."
    return not_reimbursed(deal, bill)


def netting_refusal(deal: Deal, facts: Facts, bill: Bill, netted_from: str) -> str:
    """Why nothing is kept back from the wire of `netted_from` for `bill`; blank where something may be.

    Netting needs no closing: it becomes a reimbursement at the closing of that investor.
    """
    if netted_from not in deal.investor_by_name:
        return f"{netted_from} is no investor of this deal."
    if bill.counsel not in deal.cap_by_counsel:
        return "Only what the company reimburses is netted from a wire; its own costs it pays itself."
    if any(netted_from in each.investors for each in facts.closings):
        return f"{netted_from} has closed, and its wire is settled. Record what was paid as a payment."
    return ""


def reversal_refusal(
    deal: Deal, facts: Facts, bill: Bill, kind: LineKind, amount: Decimal, netted_from: str = ""
) -> str:
    """Why `amount` may not come back of what was paid towards `bill`, or netted from that wire; blank where it may."""
    if amount <= 0:
        return "Write an amount above nothing."
    if netted_from and any(netted_from in each.investors for each in facts.closings):
        return f"{netted_from} has closed on what was netted from its wire; record what came back as money paid."
    stands = stands_paid(facts, bill, kind, netted_from)
    if amount > stands:
        how = f"netted from the wire of {netted_from}" if netted_from else "paid"
        of = f"of the {KINDS_OF_LINE[kind]} of bill {bill.number}"
        return f"{money(stands, deal.agreement.currency)} stands {how} {of}, and no more can come back."
    return ""


def withdrawal_refusal(deal: Deal, facts: Facts, fact: FeePayment | FeeReversal) -> str:
    """Why a payment, netting or reversal on file may not be taken back; blank where it may."""
    if any(fact.netted_from in each.investors for each in facts.closings):
        return f"{fact.netted_from} has closed on what was netted from its wire, and that stands."
    bill = next((each for each in facts.bills if each.key == fact.bill_key), None)
    if bill is None:
        return ""
    if isinstance(fact, FeeReversal):
        return _stands_again(deal, facts, bill, fact)
    stands = stands_paid(facts, bill, fact.kind, fact.netted_from)
    if fact.amount <= stands:
        return ""
    return (
        f"{money(stands, deal.agreement.currency)} of it stands, the rest came back already. "
        "Take back the reversal first, or reverse what is left."
    )


def _stands_again(deal: Deal, facts: Facts, bill: Bill, back: FeeReversal) -> str:
    """Why what a reversal undid does not fit any more; blank where it does."""
    statement = statement_of(deal, facts, bill.counsel)
    room = statement.payable_room if statement is not None and back.kind in statement.covers else None
    if room is not None and back.amount > room:
        return f"The payment would stand again, and does not fit any more. {cap_sentence(statement)}"
    left = left_on_bill(bill, back.kind, facts)
    if back.amount > left:
        return f"The payment would stand again. {_unpaid(deal, facts, bill, back.kind)}, and it would be more."
    return ""


def stands_paid(facts: Facts, bill: Bill, kind: LineKind, netted_from: str = "") -> Decimal:
    """What stands paid of a kind, netted with effect included; or netted from the wire of one investor."""
    if not netted_from:
        return taken_by_bill(facts)[0][bill.key][kind]
    key = (netted_from, bill.key, kind)
    own = ((each, amount) for each, amount in moved(facts) if (each.netted_from, each.bill_key, each.kind) == key)
    return sum((amount for _, amount in own), ZERO)


def reduction_refusal(deal: Deal, facts: Facts, bill: Bill, lines: Mapping[LineKind, Decimal]) -> str:
    """Why these amounts, by kind, may not be credited or written off of `bill`; blank where they may.

    Never below what is paid or netted: that comes back first.
    """
    if bill.withdrawn_at is not None:
        return f"Bill {bill.number} was withdrawn, so there is nothing to take off it."
    for kind, amount in lines.items():
        left = left_on_bill(bill, kind, facts)
        if amount > left:
            paid, netted = taken_by_bill(facts)
            back = " Record first what came back." if paid[bill.key][kind] or netted[bill.key][kind] else ""
            return f"{_unpaid(deal, facts, bill, kind)}, and no more can be taken off it.{back}"
    return ""
