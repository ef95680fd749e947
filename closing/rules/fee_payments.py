"""What may still be paid towards counsel's bills (Section 6(d)): the same sentence on the page and in the refusal."""

from decimal import Decimal

from closing.rules.facts import Bill, Facts
from closing.rules.fees import ZERO, fee_statement
from closing.rules.terms import Deal, LineKind
from closing.rules.words import money

PLURAL = {LineKind.FEE: "fees", LineKind.EXPENSE: "expenses"}


def left_on_bill(bill: Bill, kind: LineKind, facts: Facts) -> Decimal:
    """What a bill has of one kind of line and nobody has paid yet. `facts` are those that stand."""
    billed = sum((line.amount for line in bill.lines if line.kind is kind), ZERO)
    paid = sum((each.amount for each in facts.fee_payments if each.bill == bill.number and each.kind is kind), ZERO)
    return billed - paid


def is_capped(deal: Deal, counsel: str, kind: LineKind) -> bool:
    """Whether the cap limits payments of this kind on this counsel's bills."""
    return deal.fees.cap is not None and counsel == deal.fees.counsel and kind in deal.fees.cap_covers


def cap_sentence(deal: Deal, facts: Facts) -> str:
    """What still fits under the cap: `$1,520.00 still fits under the cap of $25,000.00 (6(d)).` Blank without a cap."""
    statement = fee_statement(deal, facts)
    if statement.cap is None or statement.payable_room is None:
        return ""
    room, cap = money(max(ZERO, statement.payable_room), statement.currency), money(statement.cap, statement.currency)
    return f"{room} still fits under the cap of {cap} ({deal.fees.section})."


def not_payable_yet(deal: Deal, facts: Facts, counsel: str) -> str:
    """Why nothing is reimbursed at all yet: only if the closing is effected, where the deal says so. Else blank."""
    if counsel != deal.fees.counsel or fee_statement(deal, facts).is_payable:
        return ""
    return f"Nothing is reimbursed before the closing is effected ({deal.fees.section})."


def payment_refusal(deal: Deal, facts: Facts, bill: Bill, kind: LineKind, amount: Decimal) -> str:
    """Why `amount` of the deal's currency may not be paid towards `bill`; blank where it may.

    `facts` are those that stand at the moment.
    """
    if bill.withdrawn_at is not None:
        return f"Bill {bill.number} was withdrawn, so nothing is paid towards it."
    if amount <= 0:
        return "Write an amount above nothing."
    refusal = not_payable_yet(deal, facts, bill.counsel)
    if refusal:
        return refusal
    currency = deal.agreement.currency
    left = left_on_bill(bill, kind, facts)
    room = fee_statement(deal, facts).payable_room if is_capped(deal, bill.counsel, kind) else None
    if room is not None and amount > room and room <= left:
        return cap_sentence(deal, facts)
    if amount > left:
        return f"Bill {bill.number} has {money(left, currency)} of {PLURAL[kind]} left to pay."
    return ""
