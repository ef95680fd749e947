"""What is reimbursed of counsel's bills, by caps of every shape (6(d))."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, strategies as st

from closing.rules.facts import (
    Bill,
    BillLine,
    Closed,
    Facts,
    FeePayment,
    FeeReversal,
    Payment,
)
from closing.rules.fee_payments import (
    left_on_bill,
    netting_refusal,
    payment_refusal,
    reversal_refusal,
    stands_paid,
)
from closing.rules.fees import cap_in_all, fee_statements, in_all, is_issuers_own, netted_by_investor
from closing.rules.over_cap import over_cap_by_investor
from closing.rules.purchase_price import paid_by_investor
from closing.rules.terms import Counsel, Deal, FeeCap, LineKind, Side
from tests.rules.build import ADDRESS, CLOSING_DAY, deal

FEE, EXPENSE, DISPUTE = LineKind
AT = datetime(1996, 6, 1, 12, 0, tzinfo=UTC)
DEAL = deal()
COUNSEL = "investors-counsel"
MONEY = st.integers(1, 5_000_000).map(lambda cents: Decimal(cents) / 100)


def sums(*amounts: int | None) -> tuple[Decimal | None, ...]:
    return tuple(None if each is None else Decimal(each) for each in amounts)


def with_cap(cap: str | None, *covers: LineKind, only_if_closed: bool = True) -> Deal:
    amount = None if cap is None else Decimal(cap)
    fees = FeeCap(
        section="6(d)", counsel="investors-counsel", cap=amount, cap_covers=covers, only_if_closed=only_if_closed
    )
    return replace(DEAL, fees=(fees,))


def bill(number: str = "1", counsel: str = "investors-counsel", /, **lines: Any) -> Bill:
    """A bill with a line for each kind given: `fee="100"`."""
    said = tuple(BillLine(kind=LineKind(kind), description="x", amount=Decimal(each)) for kind, each in lines.items())
    return Bill(at=AT, number=number, counsel=counsel, dated=CLOSING_DAY, lines=said)


def paid(
    amount: Decimal | str, kind: LineKind = FEE, wire: str = "", number: str = "1", counsel: str = COUNSEL
) -> FeePayment:
    return FeePayment(at=AT, counsel=counsel, bill=number, kind=kind, amount=Decimal(amount), netted_from=wire)


def back(amount: Decimal | str, kind: LineKind = FEE, wire: str = "") -> FeeReversal:
    return FeeReversal(at=AT, counsel=COUNSEL, bill="1", kind=kind, amount=Decimal(amount), netted_from=wire)


def facts(*bills: Bill, closed: tuple[str, ...] = (), **tables: object) -> Facts:
    closings = (Closed(at=AT, investors=closed),) if closed else ()
    return Facts(deal=DEAL.code, bills=bills, closings=closings, **tables)  # type: ignore[arg-type]


class TestShapesOfACap:
    """None, fees only, fees and expenses together, one for each counsel, payable without a closing."""

    def test_fees_only(self) -> None:
        (found,) = fee_statements(with_cap("1000", FEE), facts(bill(fee="1200", expense="500", dispute="9000")))
        assert (found.fees_reimbursable, found.expenses_reimbursable) == sums(1000, 500)
        assert (found.over_cap, found.room) == sums(200, 0)
        assert (found.recoverable(FEE), found.recoverable(EXPENSE), found.recoverable(DISPUTE)) == sums(0, None, 0)

    def test_none(self) -> None:
        (found,) = fee_statements(with_cap(None, FEE), facts(bill(fee="90000", expense="500")))
        assert (found.fees_reimbursable, found.over_cap, found.room, found.recoverable(FEE)) == sums(
            90000, 0, None, None
        )

    def test_fees_and_expenses_together_cut_the_fees_first(self) -> None:
        (found,) = fee_statements(with_cap("1000", FEE, EXPENSE), facts(bill(fee="900", expense="300")))
        assert (found.fees_reimbursable, found.expenses_reimbursable, found.over_cap) == sums(700, 300, 200)
        (more,) = fee_statements(with_cap("1000", FEE, EXPENSE), facts(bill(fee="900", expense="1300")))
        assert (more.fees_reimbursable, more.expenses_reimbursable, more.over_cap) == sums(0, 1000, 1200)

    def test_fees_paid_under_a_cap_over_both_stay_reimbursed(self) -> None:
        of = facts(bill(fee="900", expense="300"), fee_payments=(paid("900"),), closed=("Alpha",))
        (found,) = fee_statements(with_cap("1000", FEE, EXPENSE), of)
        assert (found.fees_reimbursable, found.expenses_reimbursable) == sums(900, 100)

    def test_expenses_only_leave_the_fees_alone(self) -> None:
        (found,) = fee_statements(with_cap("100", EXPENSE), facts(bill(fee="900", expense="300")))
        assert (found.fees_reimbursable, found.expenses_reimbursable) == sums(900, 100)

    def test_payable_without_a_closing(self) -> None:
        free = with_cap("1000", FEE, only_if_closed=False)
        assert payment_refusal(free, facts(bill(fee="100")), bill(fee="100"), FEE, Decimal(100)) == ""
        bound = with_cap("1000", FEE)
        refusal = payment_refusal(bound, facts(bill(fee="100")), bill(fee="100"), FEE, Decimal(100))
        assert refusal == "Nothing is reimbursed before the closing is effected (6(d))."

    def test_one_for_each_counsel(self) -> None:
        second = Counsel(key="second", name="Second Counsel", short="2C", side=Side.INVESTORS, address=ADDRESS)
        caps = (*with_cap("1000", FEE).fees, FeeCap(section="6(e)", counsel="second", cap=Decimal(50)))
        of = replace(DEAL, counsel=(*DEAL.counsel, second), fees=caps)
        on_file = facts(bill("1", fee="1500"), bill("2", "second", fee="20"), closed=("Alpha",))
        one, two = fee_statements(of, on_file)
        assert (one.over_cap, two.over_cap, two.room) == sums(500, 0, 30)
        assert cap_in_all((one, two)) == 1050
        assert in_all((one, two), lambda each: each.fees_reimbursable) == 1020
        assert payment_refusal(of, on_file, on_file.bills[1], FEE, Decimal(20)) == ""
        no_second = replace(of, fees=caps[:1])
        refusal = payment_refusal(no_second, on_file, on_file.bills[1], FEE, Decimal(20))
        assert refusal == "The agreement has the company reimburse nothing of the bills of Second Counsel."


def test_two_counsel_may_have_a_bill_of_one_number_and_what_is_paid_is_of_its_own() -> None:
    own = bill("1", "company-counsel", fee="700")
    of = facts(
        bill("1", fee="1500"),
        own,
        fee_payments=(paid("400"), paid("650", counsel="company-counsel")),
        closed=("Alpha",),
    )
    (found,) = fee_statements(with_cap("1000", FEE), of)
    assert (found.fees_billed, found.fees_paid) == sums(1500, 400)
    assert [left_on_bill(each, FEE, of) for each in of.bills] == [1100, 50]
    refusal = payment_refusal(with_cap("1000", FEE), of, own, FEE, Decimal(51))
    assert refusal == "Bill 1 has $50.00 of fees that is not paid, and no more can be paid towards it."


def test_the_issuers_own_costs_stand_apart_and_are_paid_without_a_closing() -> None:
    own = bill("P", "company-counsel", fee="80000")
    on_file = facts(own)
    (found,) = fee_statements(DEAL, on_file)
    assert is_issuers_own(DEAL, own)
    assert found.fees_billed == 0
    assert payment_refusal(DEAL, on_file, own, FEE, Decimal(80000)) == ""
    assert "pays itself" in payment_refusal(DEAL, on_file, own, FEE, Decimal(1), "Alpha")


def test_nothing_is_paid_for_a_dispute() -> None:
    of = facts(bill(dispute="100"), closed=("Alpha",))
    assert "whoever prevails" in payment_refusal(DEAL, of, of.bills[0], DISPUTE, Decimal(1))


class TestNetting:
    def test_it_counts_against_the_cap_at_once_and_is_paid_from_the_closing_on(self) -> None:
        before = facts(bill(fee="1200"), fee_payments=(paid("400", wire="Alpha"),))
        (found,) = fee_statements(with_cap("1000", FEE), before)
        assert (found.netted, found.fees_paid, found.payable_room, found.due_by_kind[FEE]) == sums(400, 0, 600, 600)
        (after,) = fee_statements(
            with_cap("1000", FEE), replace(before, closings=(Closed(at=AT, investors=("Alpha",)),))
        )
        assert (after.netted, after.fees_paid, after.payable_room, after.due_by_kind[FEE]) == sums(0, 400, 600, 600)

    def test_it_stays_netted_while_the_others_close(self) -> None:
        (found,) = fee_statements(DEAL, facts(bill(fee="9"), fee_payments=(paid("9", wire="Alpha"),), closed=("Beta",)))
        assert (found.netted, found.fees_paid) == sums(9, 0)

    def test_it_is_purchase_price_until_it_is_undone(self) -> None:
        of = facts(
            bill(fee="500"), fee_payments=(paid("500", wire="Alpha"),), fee_reversals=(back("200", wire="Alpha"),)
        )
        assert netted_by_investor(of) == {"Alpha": 300}
        assert paid_by_investor(DEAL, of)["Alpha"].missing == 4_000_000 - 300

    def test_no_more_than_the_investor_owes_and_not_once_it_has_closed(self) -> None:
        got = Payment(at=AT, investor="Gamma", amount=Decimal("999.50"), currency="USD")
        of = facts(bill(fee="500"), payments=(got,))
        assert payment_refusal(DEAL, of, of.bills[0], FEE, Decimal("0.50"), "Gamma") == ""
        assert "still owes $0.50" in payment_refusal(DEAL, of, of.bills[0], FEE, Decimal("0.51"), "Gamma")
        full = replace(of, payments=(replace(got, amount=Decimal(1000)),))
        assert "owes nothing more" in payment_refusal(DEAL, full, of.bills[0], FEE, Decimal("0.01"), "Gamma")
        closed = facts(bill(fee="500"), closed=("Alpha",))
        assert "has closed, and its wire is settled" in netting_refusal(DEAL, closed, closed.bills[0], "Alpha")

    def test_netted_with_effect_comes_back_as_money_paid(self) -> None:
        of = facts(bill(fee="500"), fee_payments=(paid("500", wire="Alpha"),), closed=("Alpha",))
        assert "record what came back as money paid" in reversal_refusal(
            DEAL, of, of.bills[0], FEE, Decimal(1), "Alpha"
        )
        assert reversal_refusal(DEAL, of, of.bills[0], FEE, Decimal(500)) == ""
        assert stands_paid(of, of.bills[0], FEE) == 500


AMOUNTS = st.fixed_dictionaries({}, optional={kind.value: MONEY for kind in LineKind}).filter(bool)
SHAPES = st.builds(
    lambda cap, covers, free: with_cap(cap and str(cap), *covers, only_if_closed=not free),
    st.none() | MONEY,
    st.sampled_from([(FEE,), (EXPENSE,), (FEE, EXPENSE)]),
    st.booleans(),
)


@given(SHAPES, AMOUNTS, MONEY, MONEY, MONEY, st.sampled_from(["", "Gamma"]), st.sampled_from([FEE, EXPENSE]))
def test_what_a_refusal_says_would_fit_does_and_not_a_cent_more(
    of: Deal,
    billed: dict[str, Decimal],
    before: Decimal,
    got: Decimal,
    amount: Decimal,
    wire: str,
    kind: LineKind,
) -> None:
    came = Payment(at=AT, investor="Gamma", amount=min(got, Decimal(1000)), currency="USD")
    now = facts(bill(**billed), bill("2", fee="100", expense="100"), closed=("Beta",), payments=(came,))
    if not payment_refusal(of, now, now.bills[1], FEE, before):
        now = replace(now, fee_payments=(paid(before, number="2"),))
    refusal = payment_refusal(of, now, now.bills[0], kind, amount, wire)
    if said := re.match(r"(?:Gamma still owes |Bill 1 has )?\$([0-9,]+\.[0-9]{2})", refusal):
        fits = Decimal(said[1].replace(",", ""))
        assert payment_refusal(of, now, now.bills[0], kind, fits, wire) == ""
        assert payment_refusal(of, now, now.bills[0], kind, fits + Decimal("0.01"), wire)
    elif refusal:
        assert payment_refusal(of, now, now.bills[0], kind, Decimal("0.01"), wire), "it says that nothing fits"


@given(SHAPES, st.lists(AMOUNTS, max_size=4), st.data())
def test_whatever_is_paid_the_statement_adds_up(
    of: Deal, billed: list[dict[str, Decimal]], data: st.DataObject
) -> None:
    on_file = facts(*(bill(str(number), **lines) for number, lines in enumerate(billed)), closed=("Beta",))
    moved: list[FeePayment] = []
    for each in on_file.bills:
        kind, wire = data.draw(st.sampled_from([FEE, EXPENSE])), data.draw(st.sampled_from(["", "Alpha"]))
        amount = data.draw(MONEY)
        now = replace(on_file, fee_payments=tuple(moved))
        if not payment_refusal(of, now, each, kind, amount, wire):
            moved.append(paid(amount, kind, wire, each.number))
    now = replace(on_file, fee_payments=tuple(moved))
    (found,) = fee_statements(of, now)
    for kind in (FEE, EXPENSE):
        assert found.billed[kind] == sum((lines.get(kind.value, Decimal(0)) for lines in billed), Decimal(0))
        assert 0 <= found.taken(kind) <= found.reimbursable_by_kind[kind] <= found.billed[kind]
    capped = sum((found.reimbursable_by_kind[kind] for kind in found.covers), Decimal(0))
    assert capped + found.over_cap == found.capped_billed
    assert found.cap is None or (capped <= found.cap and found.capped_paid + found.capped_netted <= found.cap)
    if found.cap is not None and found.room is not None:
        assert found.room == 0 or found.over_cap == 0
    assert sum(over_cap_by_investor(of, now).values()) == found.over_cap
    assert netted_by_investor(now).get("Alpha", 0) == found.netted
