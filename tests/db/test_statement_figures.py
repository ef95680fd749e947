"""Every figure of the closing statement against the facts on file and the funds flow that both counsel agreed to."""

import re
from datetime import date
from decimal import Decimal

import pytest

from closing.actions.closings import close_deal
from closing.actions.fee_payments import record_fee_payment
from closing.actions.fees import record_bill
from closing.actions.funds_flow import agree_to_funds_flow, freeze_funds_flow
from closing.actions.payments import record_payment, refund_payment, return_payment
from closing.models import Bill, Closing, Deal, Payment
from closing.pdf.money_papers import PaperContent
from closing.queries.closing_statement import statement_of
from closing.queries.facts import facts_of
from closing.queries.funds_flow import frozen_of
from closing.rules.facts import BillLine, Facts
from closing.rules.fees import ZERO
from closing.rules.funds_flow import Adjustment, FundsFlow, SourceKind, Unmatched
from closing.rules.terms import LineKind
from investors import clock
from investors.models import User
from tests.closed_rooms import confirmed_by_both
from tests.db.test_closing_statement import ANDREA, ELEVEN, LATER, REPAYMENT, deal, eleven, section
from tests.rules.any_facts import CERPLEX

__all__ = ["deal", "eleven"]

MAHUMA, NITIN, BANK = "Mahuma N.V.", "Nitin T. Mehta", "Bank of the company"
FEE, EXPENSE = LineKind.FEE, LineKind.EXPENSE


def figures(content: PaperContent, heading: str) -> dict[str, tuple[Decimal, ...]]:
    """The amounts of a section's rows, each under its first cell; those of one first cell after each other."""
    found: dict[str, tuple[Decimal, ...]] = {}
    for row in section(content, heading).rows:
        amounts = tuple(amount for cell in row.cells[1:] for amount in in_words(cell))
        found[row.cells[0]] = (*found.get(row.cells[0], ()), *amounts)
    return found


def in_words(text: str) -> list[Decimal]:
    return [Decimal(each.replace(",", "")) for each in re.findall(r"\$([0-9,]+\.[0-9]{2})", text)]


def summed(amounts: "list[Decimal]") -> Decimal:
    return sum(amounts, ZERO)


@pytest.fixture
def agreed(deal: Deal) -> FundsFlow:
    """A flow with everything in it, agreed to by both counsel: netted fees, an overpayment sent back, money of somebody
    who stays out, money of nobody, fees over the cap, debt to the cent.
    """
    lines = [BillLine(kind=FEE, description="Closing", amount=Decimal("4000.01"))]
    record_bill(deal, None, number="2", dated=date(1996, 6, 9), lines=lines)
    bill = Bill.objects.filter(deal=deal, counsel__key="investors-counsel").order_by("id")[0]
    for name in (MAHUMA, NITIN):
        return_payment(Payment.objects.get(allotment__investor__name=name, withdrawn_at=None), "Sent anew", None)
    record_fee_payment(deal, None, bill=bill, kind=FEE, amount=Decimal("1234.56"), netted_from=MAHUMA)
    record_payment(deal, None, investor=MAHUMA, amount=Decimal("56765.44"))
    record_payment(deal, None, investor=NITIN, amount=Decimal("200500.05"), confirmed=frozenset({"over"}))
    refund_payment(deal, None, investor=NITIN, amount=Decimal("500.05"))
    record_payment(deal, None, investor=ANDREA, amount=Decimal("9999.99"))
    version = freeze_funds_flow(
        deal,
        User.objects.get(memberships__role="company-counsel"),
        whom="ready",
        adjustments=[Adjustment(purpose=REPAYMENT, amount=Decimal("1987654.32"), payee=BANK)],
        unmatched=[Unmatched(name="Somebody", amount=Decimal("77.07"))],
    )
    for role in ("company-counsel", "investors-counsel"):
        agree_to_funds_flow(version, User.objects.get(memberships__role=role))
    return frozen_of(version).flow


def received(on_file: Facts, name: str) -> Decimal:
    came = summed([each.amount for each in on_file.payments if each.investor == name])
    return came - summed([each.amount for each in on_file.refunds if each.investor == name])


def test_its_figures_are_those_of_the_facts_and_of_the_flow_that_was_agreed_to(deal: Deal, agreed: FundsFlow) -> None:
    closing = confirmed_by_both(deal, leave_out=True)
    said, on_file = statement_of(deal, closing), facts_of(deal).on(ELEVEN)
    closers = [each for each in CERPLEX.investors if each.name != ANDREA]
    netted = summed([each.amount for each in on_file.fee_payments if each.netted_from])

    certificates = figures(said, "Certificates issued")
    assert certificates == {each.name: (each.shares * Decimal("1000.00"),) for each in closers} | {
        "In all": (Decimal("7990000.00"),)
    }
    price = {name: [*row] for name, row in figures(said, "Purchase price").items()}
    for each in closers:
        kept = [netted] if each.name == MAHUMA else []
        assert price[each.name] == [each.purchase_price, received(on_file, each.name), *kept]
    assert price["In all"] == [summed([price[each.name][at] for each in closers]) for at in (0, 1)] + [netted]

    billed = {
        kind: summed([line.amount for bill in on_file.bills for line in bill.lines if line.kind is kind])
        for kind in (FEE, EXPENSE)
    }
    assert billed[FEE] == Decimal("27480.01")
    (fees,) = figures(said, "Counsel’s fees").values()
    assert fees == (Decimal("25000.00"), billed[EXPENSE], netted)
    (fixed,) = closing.reimbursements.all()
    assert (fixed.fees, fixed.expenses, fixed.netted) == fees
    over = figures(said, "Over the cap")
    assert over.pop("In all") == (billed[FEE] - fees[0],) == (summed([each[0] for each in over.values()]),)

    flow = section(said, "Funds flow")
    rows = [(row.cells[0], row.cells[1], *in_words(row.cells[2])) for row in flow.rows]
    assert rows[:-1] == [(use.payee, use.purpose, use.amount) for use in agreed.uses]
    assert rows[-1] == ("All uses", "", agreed.total) == ("All uses", "", summed([each.amount for each in agreed.uses]))
    of_investors, beside, *each_beside = in_words(flow.paragraphs[0])
    assert of_investors == price["In all"][1] + netted
    assert of_investors + beside == agreed.total
    assert each_beside == [Decimal("9999.99"), Decimal("77.07")]
    assert each_beside == [each.amount for each in agreed.sources if each.kind is not SourceKind.INVESTOR]
    to_counsel = [use.amount for use in agreed.uses if use.payee in figures(said, "Counsel’s fees")]
    assert to_counsel == [fees[0], fees[1]]


def test_two_closings_sell_all_and_reimburse_all_once(deal: Deal, agreed: FundsFlow) -> None:
    first = confirmed_by_both(deal, leave_out=True)
    with clock.fixed(LATER):
        record_payment(deal, None, investor=ANDREA, amount=Decimal("0.01"))
        second = close_deal(deal, None, expected=[ANDREA])
    both = [statement_of(deal, each) for each in (first, second)]

    def in_both(heading: str, name: str) -> Decimal:
        return summed([figures(each, heading)[name][0] for each in both])

    assert in_both("Certificates issued", "In all") == CERPLEX.security.max_amount
    assert in_both("Purchase price", "In all") == CERPLEX.security.max_amount
    counsel = next(iter(figures(both[0], "Counsel’s fees")))
    assert in_both("Counsel’s fees", counsel) == Decimal("25000.00")
    assert Closing.objects.count() == 2
