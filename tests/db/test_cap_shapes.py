"""Caps of other shapes, each from its deal file to the page, the wall, the funds flow and the closing (6(d))."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from closing.actions.base import ActionRefused
from closing.actions.closings import close_deal
from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import load_facts
from closing.actions.fee_payments import record_fee_payment
from closing.actions.fees import record_bill
from closing.models import Bill, Deal, FeePayment
from closing.queries.deals import deal_terms
from closing.queries.fees import fees_page
from closing.queries.gates import gate_of
from closing.queries.tie_out import ledger_of
from closing.rules.deal_file import read_deal, write_deal
from closing.rules.facts import BillLine
from closing.rules.facts_file import read_facts
from closing.rules.funds_flow import UseKind, funds_flow
from closing.rules.over_cap import over_cap_by_investor
from closing.rules.terms import LineKind
from closing.rules.tie_out import tie_out
from investors import clock
from tests.db.test_closings import ALL, ELEVEN
from tests.db.walls import refused
from tests.rules.any_facts import SAMPLES

FEES = re.compile(r"(?m)^\[fees\]\n(?:.+\n)+")
SECOND = """
[[counsel]]
key = "second-counsel"
name = "Second Counsel"
short = "Second"
side = "investors"
address = { lines = ["1 Main Street"], jurisdiction = "US-CA" }
"""
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Shape:
    """A `[[fees]]` table, what the page says of it, and what it reimburses of $28,480.00 of fees and $2,212.40 of
    expenses of the investors' counsel and $900.00 of fees of the second: fees, expenses, and what lies over the cap.

    `most` is what the wall lets through of the first counsel's bills, and not a cent more of the last kind.
    """

    fees: str
    limits: str
    fees_reimbursed: str
    expenses_reimbursed: str
    over_cap: str
    most: tuple[tuple[LineKind, str], ...]
    second: str = "0.00"


def of(cap: str, *more: str, counsel: str = "investors-counsel", section: str = "6(d)") -> str:
    said = (f'section = "{section}"', f'counsel = "{counsel}"', f'cap = "{cap}"', *more)
    return "\n".join(("[[fees]]", *said, ""))


FEE, EXPENSE = LineKind.FEE, LineKind.EXPENSE
SHAPES = {
    "fees only": Shape(
        of("25000.00"),
        "Fees up to $25,000 in all; expenses past no cap; if the closing is effected.",
        "25000.00",
        "2212.40",
        "3480.00",
        ((FEE, "25000.00"),),
    ),
    "none": Shape(
        of("none"),
        "Fees and expenses, without a cap; if the closing is effected.",
        "28480.00",
        "2212.40",
        "0.00",
        ((FEE, "28480.00"),),
    ),
    "fees and expenses together": Shape(
        of("20000.00", 'cap_covers = ["fee", "expense"]'),
        "Fees and expenses together up to $20,000 in all; if the closing is effected.",
        "17787.60",
        "2212.40",
        "10692.40",
        ((EXPENSE, "1000.00"), (FEE, "19000.00")),
    ),
    "expenses only": Shape(
        of("1000.00", 'cap_covers = ["expense"]'),
        "Expenses up to $1,000 in all; fees past no cap; if the closing is effected.",
        "28480.00",
        "1000.00",
        "1212.40",
        ((FEE, "28480.00"), (EXPENSE, "1000.00")),
    ),
    "per counsel": Shape(
        of("25000.00") + of("500.00", counsel="second-counsel", section="6(e)"),
        "Fees up to $25,000 in all; expenses past no cap; if the closing is effected.",
        "25000.00",
        "2212.40",
        "3880.00",
        ((FEE, "25000.00"),),
        second="500.00",
    ),
    "payable without a closing": Shape(
        of("25000.00", "only_if_closed = false"),
        "Fees up to $25,000 in all; expenses past no cap; closing or no closing.",
        "25000.00",
        "2212.40",
        "3480.00",
        ((FEE, "25000.00"),),
    ),
}


@pytest.fixture(params=list(SHAPES))
def shape(request: pytest.FixtureRequest) -> Shape:
    """Each shape in turn."""
    return SHAPES[request.param]


@pytest.fixture
def deal(db: None, shape: Shape) -> Iterator[Deal]:
    """The Cerplex deal on the day of its closing with a cap of that shape, and a further bill of each counsel."""
    text = (SAMPLES / "cerplex-1996.toml").read_text()
    terms = read_deal(FEES.sub(shape.fees, text).replace("\n[schedule_a]", f"{SECOND}\n[schedule_a]"))
    assert read_deal(write_deal(terms)) == terms
    with clock.fixed(ELEVEN):
        row = load_deal(terms)
        open_accounts(row)
        load_facts(row, read_facts((SAMPLES / "cerplex-1996.closing-day.toml").read_text(), terms))
        billed(row, "investors-counsel", fee="5000.00", expense="1000.00")
        billed(row, "second-counsel", fee="900.00")
        yield row


def billed(deal: Deal, counsel: str, **amounts: str) -> Bill:
    lines = [
        BillLine(kind=LineKind(kind), description="Closing", amount=Decimal(each)) for kind, each in amounts.items()
    ]
    return record_bill(deal, None, number="2", dated=date(1996, 6, 9), lines=lines, counsel=counsel)


def test_the_deal_keeps_it_and_the_page_says_it(deal: Deal, shape: Shape) -> None:
    terms = deal_terms(deal)
    assert terms.fees == read_deal(write_deal(terms)).fees
    page = fees_page(deal)
    assert page.counsels[0].limits == shape.limits
    first = page.counsels[0].together
    assert first.reimbursable == Decimal(shape.fees_reimbursed) + Decimal(shape.expenses_reimbursed)
    assert page.over_cap == Decimal(shape.over_cap)
    gate = gate_of(deal)
    assert sum(over_cap_by_investor(gate.deal, gate.facts).values()) == Decimal(shape.over_cap)
    assert bool(page.not_reimbursed) is (shape.second == "0.00"), "of a counsel that no cap names nothing is reimbursed"


def test_the_wall_stands_at_the_cap_of_that_shape(deal: Deal, shape: Shape) -> None:
    bills = list(Bill.objects.filter(deal=deal, counsel__key="investors-counsel").order_by("id"))

    def pay(bill: Bill, kind: LineKind, amount: Decimal) -> None:
        FeePayment.objects.create(deal=deal, bill=bill, kind=kind.value, amount=amount, at=ELEVEN)

    for kind, most in shape.most:
        left = Decimal(most)
        for bill in bills:
            has = sum((line.amount for line in bill.lines.filter(kind=kind.value)), Decimal(0))
            if left:
                pay(bill, kind, min(has, left))
                left -= min(has, left)
    is_capped = "without a cap" not in shape.limits
    with refused("fees_within_cap" if is_capped else "fees_within_bill"):
        pay(bills[1], kind, CENT)
    if Decimal(shape.second):
        second = Bill.objects.get(counsel__key="second-counsel")
        pay(second, FEE, Decimal(shape.second))
        with refused("fees_within_cap"):
            pay(second, FEE, CENT)


def test_the_closing_reimburses_it_and_the_funds_flow_shows_it_and_ties(deal: Deal, shape: Shape) -> None:
    gate = gate_of(deal)
    flow = funds_flow(gate, ALL)
    shown = {
        kind: sum((each.amount for each in flow.uses if each.kind is kind), Decimal(0))
        for kind in (UseKind.FEES, UseKind.EXPENSES)
    }
    fees = Decimal(shape.fees_reimbursed) + Decimal(shape.second)
    assert shown == {UseKind.FEES: fees, UseKind.EXPENSES: Decimal(shape.expenses_reimbursed)}
    assert tie_out(gate, ALL, ledger_of(deal)).ties
    closing = close_deal(deal, None, expected=ALL)
    assert closing.fees_reimbursed == fees
    assert closing.expenses_reimbursed == Decimal(shape.expenses_reimbursed)


def test_what_may_be_paid_before_the_closing_is_not_reimbursed_again_at_it(deal: Deal, shape: Shape) -> None:
    bill = Bill.objects.get(deal=deal, number="1996-0531")

    def pay() -> FeePayment:
        return record_fee_payment(deal, None, bill=bill, kind=FEE, amount=Decimal("10000.00"))

    if "if the closing is effected" in shape.limits:
        with pytest.raises(ActionRefused, match=r"Nothing is reimbursed before the closing is effected \(6\(d\)\)"):
            pay()
        return
    pay()
    assert funds_flow(gate_of(deal), ALL).uses[0].amount == Decimal("15000.00")
    assert close_deal(deal, None, expected=ALL).fees_reimbursed == Decimal("15000.00")
