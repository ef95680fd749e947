"""What may be done with a bill, and the reasons that stand beside the buttons."""

from dataclasses import replace
from decimal import Decimal

from closing.rules.facts import BillLine, CreditNote, WriteOff
from closing.rules.fee_acts import BillAct, act_refusals
from closing.rules.fee_payments import left_on_bill, payment_refusal, reduction_refusal
from closing.rules.fees import fee_statements
from closing.rules.terms import LineKind
from tests.rules.build import CLOSING_DAY
from tests.rules.test_fees import AT, COUNSEL, DEAL, DISPUTE, EXPENSE, FEE, bill, facts, paid, sums, with_cap


class TestWhatIsTakenOff:
    def test_credits_and_write_offs_make_room_and_never_go_below_what_is_paid(self) -> None:
        note = CreditNote(
            at=AT,
            counsel=COUNSEL,
            bill="1",
            number="C",
            dated=CLOSING_DAY,
            lines=(BillLine(kind=FEE, description="x", amount=Decimal(300)),),
        )
        off = WriteOff(at=AT, counsel=COUNSEL, bill="1", kind=FEE, amount=Decimal(100))
        of = facts(
            bill(fee="1200"), credit_notes=(note,), write_offs=(off,), fee_payments=(paid("500"),), closed=("Alpha",)
        )
        (found,) = fee_statements(with_cap("1000", FEE), of)
        assert (found.fees_billed, found.over_cap, found.room) == sums(800, 0, 200)
        assert left_on_bill(of.bills[0], FEE, of) == 300
        assert reduction_refusal(DEAL, of, of.bills[0], {FEE: Decimal(300)}) == ""
        assert "$300.00 of fees that is not paid" in reduction_refusal(DEAL, of, of.bills[0], {FEE: Decimal("300.01")})

    def test_a_kind_that_the_bill_has_not_is_not_called_paid(self) -> None:
        of = facts(bill(fee="100"), closed=("Alpha",))
        none = "Bill 1 has no expenses, net of credit notes and write-offs, and no more can be"
        refusal = reduction_refusal(DEAL, of, of.bills[0], {EXPENSE: Decimal(1)})
        assert refusal == f"{none} taken off it.", "nothing was paid of it that could come back first"
        assert payment_refusal(DEAL, of, of.bills[0], EXPENSE, Decimal(1)) == f"{none} paid towards it."
        assert "Record first" not in reduction_refusal(DEAL, of, of.bills[0], {FEE: Decimal(101)})
        some = replace(of, fee_payments=(paid("100"),))
        assert reduction_refusal(DEAL, some, of.bills[0], {FEE: Decimal(1)}).endswith("Record first what came back.")

    def test_a_bill_that_was_written_off_is_not_called_paid(self) -> None:
        off = WriteOff(at=AT, counsel=COUNSEL, bill="1", kind=FEE, amount=Decimal(100))
        of = facts(bill(fee="100"), write_offs=(off,))
        why = act_refusals(DEAL, of, of.bills[0], {kind: Decimal(0) for kind in LineKind})
        assert why[BillAct.WRITE_OFF] == "All of it was credited or written off before."
        assert why[BillAct.PAY] == "It has no fees or expenses that are not paid or netted."


def test_the_reasons_beside_the_buttons_are_those_of_the_refusals() -> None:
    of = facts(bill(fee="100"))
    left = {kind: left_on_bill(of.bills[0], kind, of) for kind in LineKind}
    why = act_refusals(DEAL, of, of.bills[0], left)
    assert why[BillAct.PAY] == "Nothing is reimbursed before the closing is effected (6(d))."
    assert (why[BillAct.NET], why[BillAct.CREDIT], why[BillAct.WITHDRAW]) == ("", "", "")
    assert why[BillAct.REVERSE] == "Nothing is paid of it."
    full = facts(bill(fee="30000"), fee_payments=(paid("25000"),), closed=("Alpha",))
    why = act_refusals(DEAL, full, full.bills[0], {FEE: Decimal(5000), EXPENSE: Decimal(0), DISPUTE: Decimal(0)})
    assert why[BillAct.PAY] == (
        "Nothing more may be paid under the cap of $25,000.00 on fees (6(d)): all of it is paid or netted."
    )
    assert "Take those back first" in why[BillAct.WITHDRAW]
