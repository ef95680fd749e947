"""What may be done about a bill at the moment, and why not (Section 6(d)): the reasons beside the disabled buttons."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from closing.rules.facts import Bill, Facts
from closing.rules.fee_payments import cap_sentence, not_payable_yet, not_reimbursed, statement_of
from closing.rules.fees import ZERO, ByKind, FeeStatement, is_issuers_own, moved, taken_by_bill
from closing.rules.terms import REIMBURSED, Deal, LineKind

NOTHING_LEFT = "It has no fees or expenses that are not paid or netted."

ALL_PAID = "All of it is paid. Record first what came back; then it can be taken off."
NOTHING_BILLED = "All of it was credited or written off before."


class BillAct(StrEnum):
    """What may be done about a bill on file."""

    PAY = "pay"
    NET = "net"
    REVERSE = "reverse"
    CREDIT = "credit"
    WRITE_OFF = "write-off"
    PAPER = "paper"
    WITHDRAW = "withdraw"


PAYING = (BillAct.PAY, BillAct.NET, BillAct.REVERSE)
"""What whoever pays does; the rest is the counsel's whose bill it is."""


def act_refusals(deal: Deal, facts: Facts, bill: Bill, left: ByKind) -> dict[BillAct, str]:
    """For each act on the bill why it is not possible now, blank where it is.

    `facts` are those that stand, `left` what the bill has of each kind and nobody has paid or netted.
    """
    if bill.withdrawn_at is not None:
        return dict.fromkeys(BillAct, f"Bill {bill.number} was withdrawn.")
    paid, netted = (each.get(bill.key, {}) for each in taken_by_bill(facts))
    stands = sum((*paid.values(), *netted.values()), ZERO)
    payable = not_reimbursed(deal, bill) or _nothing_fits(statement_of(deal, facts, bill.counsel), left)
    unpaid = sum(left.values(), ZERO)
    reduce = "" if unpaid > 0 else ALL_PAID if stands > 0 else NOTHING_BILLED
    return {
        BillAct.PAY: payable or not_payable_yet(deal, facts, bill.counsel),
        BillAct.NET: payable or _netting(deal, facts, bill),
        BillAct.REVERSE: "" if stands > 0 else "Nothing is paid of it.",
        BillAct.CREDIT: reduce,
        BillAct.WRITE_OFF: reduce,
        BillAct.PAPER: "Its PDF is on file." if bill.paper else "",
        BillAct.WITHDRAW: _paid_already(bill, facts),
    }


def _nothing_fits(statement: FeeStatement | None, left: Mapping[LineKind, Decimal]) -> str:
    open_kinds = [kind for kind in REIMBURSED if left[kind] > 0]
    if not open_kinds:
        return NOTHING_LEFT
    room = statement.payable_room if statement is not None else None
    if (
        statement is not None
        and room is not None
        and room <= 0
        and all(kind in statement.covers for kind in open_kinds)
    ):
        return cap_sentence(statement)
    return ""


def _netting(deal: Deal, facts: Facts, bill: Bill) -> str:
    if is_issuers_own(deal, bill):
        return "Only what the company reimburses is netted from a wire; its own costs it pays itself."
    closed = {name for each in facts.closings for name in each.investors}
    if closed.issuperset(deal.investor_by_name):
        return "Every investor has closed, and the wires are settled."
    return ""


def _paid_already(bill: Bill, facts: Facts) -> str:
    if any(each.bill_key == bill.key for each, _ in moved(facts)):
        return "Payments towards it are on file. Take those back first."
    return ""
