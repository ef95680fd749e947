"""What a closing would do, and what forbids it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from closing.rules.certificates import certificate_numbers
from closing.rules.closings import ClosingReview, closing_review, confirmation_refusal
from closing.rules.facts import Bill, BillLine, Closed, Facts, FeePayment, Payment
from closing.rules.facts_file import read_facts
from closing.rules.fee_payments import payment_refusal
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import LineKind
from closing.rules.tie_out import LedgerFigures
from tests.rules.any_facts import CERPLEX, SAMPLES

MORNING = datetime.fromisoformat("1996-06-10T10:30-07:00")


def closing_day() -> Facts:
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    return read_facts(path.read_text(), CERPLEX, path.name)


def gate(facts: Facts | None = None, at: datetime = MORNING) -> Gate:
    return evaluate(CERPLEX, facts or closing_day(), at)


LEDGER = LedgerFigures(authorized=None, issued=0)


def review_of(found: Gate) -> ClosingReview:
    return closing_review(found, LEDGER)


def without_price_of(*names: str) -> Facts:
    facts = closing_day()
    left: tuple[Payment, ...] = tuple(each for each in facts.payments if each.investor not in names)
    return replace(facts, payments=left)


def test_the_whole_deal() -> None:
    review = review_of(gate())
    assert (len(review.ready), review.shares, review.purchase_price) == (15, 8000, Decimal(8000000))
    assert review.left_out == ()
    assert len(review.pages) == 36
    assert review.survival_until == date(1997, 12, 10)
    assert (review.fees_reimbursed, review.expenses_reimbursed) == (Decimal("23480.00"), Decimal("1212.40"))
    assert confirmation_refusal(review, review.expected, leave_out_confirmed=False) == ""


@pytest.mark.parametrize("section", ["5(a)", "5(b)"])
def test_reports_and_inspection_are_for_holders_of_500_shares(section: str) -> None:
    items = [each.heading for each in review_of(gate()).after if each.section == section]
    assert [item.partition(": ")[2] for item in items] == [
        "Sprout Growth II, L.P.",
        "Scorpion Offshore Investment Fund",
        "Peak Investment Limited Partnership",
        "Whitman Partners, L.P.",
    ]


def test_filings_after_the_sale_have_their_days_and_covenants_have_none() -> None:
    after = review_of(gate()).after
    filings = {each.heading: each.due_on for each in after if each.key.startswith("filing-")}
    assert len(filings) == 3
    assert set(filings.values()) == {date(1996, 6, 25)}
    covenants = [each for each in after if each.key.startswith("covenant-")]
    assert {each.section for each in covenants} == {"4(f)", "5(a)", "5(b)", "5(c)", "5(d)", "5(e)", "5(f)"}
    assert {each.due_on for each in covenants} == {None}
    assert len({each.key for each in after}) == len(after)


def test_whoever_is_left_out_is_named_with_the_reason_and_must_be_confirmed() -> None:
    review = review_of(gate(without_price_of("Andrea Martin", "The & Trust")))
    assert [each.investor.name for each in review.left_out] == ["The & Trust", "Andrea Martin"]
    assert all("2(b)(ii)" in each.reasons[0] for each in review.left_out)
    assert (len(review.ready), review.shares) == (13, 8000 - 113)
    refusal = confirmation_refusal(review, review.expected, leave_out_confirmed=False)
    assert "The & Trust; Andrea Martin" in refusal
    assert confirmation_refusal(review, review.expected, leave_out_confirmed=True) == ""


def test_the_pages_of_those_left_out_stay_in_escrow() -> None:
    review = review_of(gate(without_price_of("Andrea Martin")))
    released = {block for _, block, _ in review.pages}
    assert "andrea-martin" not in released
    assert {"cerplex", "sprout", "emily-fairbairn"} <= released


def test_another_list_than_the_one_seen_is_refused() -> None:
    seen = review_of(gate()).expected
    now = review_of(gate(without_price_of("Andrea Martin")))
    assert "Andrea Martin is no longer ready" in confirmation_refusal(now, seen, leave_out_confirmed=True)
    more = review_of(gate())
    assert "Andrea Martin became ready" in confirmation_refusal(more, now.expected, leave_out_confirmed=True)


@pytest.mark.parametrize("days", [-1, 1])
def test_only_on_the_day_of_the_closing(days: int) -> None:
    review = review_of(gate(at=MORNING + timedelta(days=days)))
    assert "Monday, June 10, 1996, 11:00 a.m." in review.refusal
    assert "1(b)" in review.refusal


def test_not_without_anybody_ready_and_not_twice() -> None:
    nobody = replace(closing_day(), qualifications=())
    assert "No investor is ready" in review_of(gate(nobody)).refusal
    done = replace(closing_day(), closings=(Closed(at=MORNING, investors=("Andrea Martin",)),))
    assert "already" in review_of(gate(done)).refusal


@given(
    st.lists(st.integers(1, 99).map(lambda n: f"B-{n}") | st.sampled_from(["CS-7", "B-", "B-x1", ""])),
    st.integers(0, 20),
)
def test_certificate_numbers_are_new_and_follow_each_other(taken: list[str], count: int) -> None:
    numbers = certificate_numbers("B-", taken, count)
    assert len(set(numbers)) == count
    assert not set(numbers) & set(taken)
    values = [int(number[2:]) for number in numbers]
    assert values == list(range(values[0], values[0] + count)) if values else not count


def bill(fees: str, expenses: str = "1.00") -> Bill:
    lines = (
        BillLine(kind=LineKind.FEE, description="Fees", amount=Decimal(fees)),
        BillLine(kind=LineKind.EXPENSE, description="Travel", amount=Decimal(expenses)),
    )
    return Bill(at=MORNING, number="1", counsel="investors-counsel", dated=MORNING.date(), lines=lines)


def paid(of: Bill, amount: str, kind: LineKind = LineKind.FEE) -> Facts:
    payments = (FeePayment(at=MORNING, counsel=of.counsel, bill=of.number, kind=kind, amount=Decimal(amount)),)
    closed = (Closed(at=MORNING, investors=("Andrea Martin",)),)
    return Facts(deal=CERPLEX.code, bills=(of,), fee_payments=payments, closings=closed)


def test_the_refusal_says_what_still_fits_under_the_cap() -> None:
    of = bill("30000.00")
    refusal = payment_refusal(CERPLEX, paid(of, "23480.00"), of, LineKind.FEE, Decimal("1520.01"))
    assert refusal == (
        "$1,520.00 may still be paid under the cap of $25,000.00 on fees (6(d)): $23,480.00 of it is paid or netted."
    )
    assert payment_refusal(CERPLEX, paid(of, "23480.00"), of, LineKind.FEE, Decimal("1520.00")) == ""


def test_no_more_than_the_bill_has() -> None:
    of = bill("1000.00")
    refusal = payment_refusal(CERPLEX, paid(of, "900.00"), of, LineKind.FEE, Decimal("100.01"))
    assert refusal == "Bill 1 has $100.00 of fees that is not paid, and no more can be paid towards it."


def test_a_bill_that_is_paid_says_so() -> None:
    of = bill("1000.00")
    refusal = payment_refusal(CERPLEX, paid(of, "1000.00"), of, LineKind.FEE, Decimal("0.01"))
    assert refusal == "All fees of bill 1 are paid or netted, and no more can be paid towards it."


def test_expenses_pass_no_cap_and_nothing_is_due_before_the_closing() -> None:
    of = bill("30000.00", "40000.00")
    assert payment_refusal(CERPLEX, paid(of, "25000.00"), of, LineKind.EXPENSE, Decimal("40000.00")) == ""
    before = replace(paid(of, "1.00"), closings=())
    assert "before the closing is effected (6(d))" in payment_refusal(CERPLEX, before, of, LineKind.FEE, Decimal(1))
