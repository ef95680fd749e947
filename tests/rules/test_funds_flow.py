"""The funds flow: sources are uses to the cent whatever the facts, in whatever order they came."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from closing.rules.facts import Bill, BillLine, Closed, Facts, FeePayment, FeeReversal, Payment, Refund
from closing.rules.funds_flow import Adjustment, FundsFlow, Source, SourceKind, Unmatched, Use, UseKind, funds_flow
from closing.rules.funds_flow_changes import changes
from closing.rules.funds_flow_versions import FlowCase, Whom, adjustments_refusal, agreement_refusal, freeze_refusal
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import Deal, LineKind, UseOfProceeds
from closing.rules.tie_out import LedgerFigures
from tests.rules.build import BEFORE, CLOSING_DAY, LATE, all_in, deal

CENT, ZERO, GAMMA = Decimal("0.01"), Decimal(0), Decimal(1000)
DEBT = "Repayment of existing indebtedness"
QUARTER = UseOfProceeds(section="5(e)", purpose=DEBT, fraction=Fraction(1, 4), about=True)
DEAL = replace(deal(), proceeds=(QUARTER,))
PAID = all_in(DEAL)
NAMES = tuple(each.name for each in DEAL.investors)
LEDGER = LedgerFigures(authorized=None, issued=0)


def flow(
    facts: Facts = PAID,
    names: Sequence[str] = NAMES,
    adjustments: Sequence[Adjustment] = (),
    unmatched: Sequence[Unmatched] = (),
    of: Deal = DEAL,
) -> FundsFlow:
    return funds_flow(evaluate(of, facts, LATE), names, adjustments, unmatched)


def amount_of(found: FundsFlow, kind: UseKind) -> Decimal:
    return sum((each.amount for each in found.uses if each.kind is kind), Decimal("0.00"))


def bill(fees: str, expenses: str = "1.00", number: str = "1") -> Bill:
    lines = (
        BillLine(kind=LineKind.FEE, description="Work", amount=Decimal(fees)),
        BillLine(kind=LineKind.EXPENSE, description="Courier", amount=Decimal(expenses)),
    )
    return Bill(at=BEFORE, number=number, counsel="investors-counsel", dated=CLOSING_DAY, lines=lines)


def netted(investor: str, amount: str, kind: LineKind = LineKind.FEE, number: str = "1") -> FeePayment:
    return FeePayment(
        at=BEFORE, counsel="investors-counsel", bill=number, kind=kind, amount=Decimal(amount), netted_from=investor
    )


def paid(investor: str, amount: str) -> Payment:
    return Payment(at=BEFORE, investor=investor, amount=Decimal(amount), currency="USD")


def without_payments(*names: str) -> Facts:
    return replace(PAID, payments=tuple(each for each in PAID.payments if each.investor not in names))


def check_balance(found: FundsFlow) -> None:
    lines: tuple[Source | Use, ...] = (*found.sources, *found.uses)
    assert sum(each.amount for each in found.sources) == sum(each.amount for each in found.uses) == found.total
    assert all(each.amount == each.amount.quantize(CENT) for each in lines)
    assert found.issuer.kind is UseKind.ISSUER
    assert bool(found.refusal) is (found.issuer.amount < 0)
    for each in found.sources:
        assert each.amount == each.received + each.netted + each.to_come


def test_the_whole_price_goes_to_counsel_debt_and_the_company() -> None:
    found = flow(replace(PAID, bills=(bill("30000.00", "500.25"),)))
    check_balance(found)
    assert found.total == Decimal("8000000.00")
    assert [(each.kind.value, each.payee, each.amount, each.section) for each in found.uses] == [
        ("fees", "Investors Counsel", Decimal("25000.00"), "6(d)"),
        ("expenses", "Investors Counsel", Decimal("500.25"), "6(d)"),
        ("proceeds", "", Decimal("2000000.00"), "5(e)"),
        ("issuer", "The Company", Decimal("5974499.75"), ""),
    ]
    assert found.is_about


def test_what_is_netted_is_part_of_the_price_and_of_the_reimbursement() -> None:
    facts = replace(PAID, bills=(bill("20000.00"),), fee_payments=(netted("Gamma", "1000.00"),))
    facts = replace(facts, payments=without_payments("Gamma").payments)
    found = flow(facts)
    check_balance(found)
    gamma = found.sources[2]
    assert (gamma.received, gamma.netted, gamma.to_come, gamma.amount) == (ZERO, GAMMA, ZERO, GAMMA)
    assert (found.uses[0].amount, found.uses[0].netted) == (Decimal("20000.00"), Decimal("1000.00"))
    elsewhere = flow(facts, names=("Alpha", "Beta"))
    check_balance(elsewhere)
    assert (elsewhere.uses[0].netted, amount_of(elsewhere, UseKind.HELD)) == (ZERO, ZERO)


def test_what_is_still_to_come_is_a_source_of_its_own_kind() -> None:
    found = flow(without_payments("Beta"))
    check_balance(found)
    assert (found.sources[1].received, found.sources[1].to_come) == (ZERO, Decimal("3999000.00"))
    assert found.to_come == Decimal("3999000.00")


def test_too_much_money_goes_back_to_whom_it_came_from() -> None:
    found = flow(replace(PAID, payments=(*PAID.payments, paid("Alpha", "12.34"))))
    check_balance(found)
    back = next(each for each in found.uses if each.kind is UseKind.REFUND)
    assert (back.payee, back.amount) == ("Alpha", Decimal("12.34"))
    assert found.issuer.amount == flow().issuer.amount
    sent = Refund(at=BEFORE, investor="Alpha", amount=Decimal("12.34"), currency="USD")
    assert (
        amount_of(
            flow(replace(PAID, payments=(*PAID.payments, paid("Alpha", "12.34")), refunds=(sent,))), UseKind.REFUND
        )
        == 0
    )


def test_money_of_those_who_stay_out_is_held_and_nobodys_money_is_sent_back() -> None:
    found = flow(names=("Alpha", "Beta"), unmatched=(Unmatched(name="Wire of May 30", amount=Decimal("5.00")),))
    check_balance(found)
    assert [(each.kind, each.name) for each in found.sources[2:]] == [
        (SourceKind.HELD, "Gamma"),
        (SourceKind.UNMATCHED, "Wire of May 30"),
    ]
    assert (amount_of(found, UseKind.HELD), amount_of(found, UseKind.REFUND)) == (GAMMA, Decimal(5))
    assert amount_of(found, UseKind.PROCEEDS) == Decimal("7999000.00") / 4


def test_who_closed_earlier_is_in_no_later_flow() -> None:
    facts = replace(PAID, closings=(Closed(at=BEFORE, investors=("Alpha",)),))
    found = flow(facts, names=("Beta", "Gamma"))
    check_balance(found)
    assert [each.name for each in found.sources] == ["Beta", "Gamma"]
    more = flow(replace(facts, payments=(*facts.payments, paid("Alpha", "2.00"))), names=("Beta", "Gamma"))
    check_balance(more)
    assert amount_of(more, UseKind.REFUND) == 2


def test_counsels_amounts_stand_for_what_the_agreement_says_about() -> None:
    exact = (
        Adjustment(purpose=DEBT, payee="Bank of the company", amount=Decimal("1500000.00")),
        Adjustment(purpose=DEBT, payee="Another lender", amount=Decimal("412345.67")),
        Adjustment(purpose="Transfer agent", payee="Transfer agent of the company", amount=Decimal("900.00")),
    )
    found = flow(adjustments=exact)
    check_balance(found)
    assert [(each.kind.value, each.payee, each.about) for each in found.uses] == [
        ("proceeds", "Bank of the company", False),
        ("proceeds", "Another lender", False),
        ("other", "Transfer agent of the company", False),
        ("issuer", "The Company", False),
    ]


@pytest.mark.parametrize("over", ["0.00", "0.01"])
def test_uses_may_take_the_last_cent_and_not_one_more(over: str) -> None:
    amount = Decimal("6000000.00") + Decimal(over)
    found = flow(adjustments=(Adjustment(purpose="Other", payee="X", amount=amount),))
    check_balance(found)
    assert bool(found.refusal) is (over == "0.01")
    if found.refusal:
        assert "come to $0.01 more than the sources" in found.refusal


amounts = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)
payments = st.lists(st.tuples(st.sampled_from(NAMES), amounts), max_size=8)
bills = st.lists(st.tuples(amounts, amounts), max_size=3)
takings = st.lists(st.tuples(st.sampled_from((*NAMES, "")), st.sampled_from(LineKind), amounts), max_size=4)
extras = st.lists(st.tuples(st.sampled_from((DEBT, "Other")), st.sampled_from("XYZ"), amounts), max_size=3)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(payments, payments, bills, takings, takings, st.sets(st.sampled_from(NAMES)), extras, st.integers(0, 10**6))
def test_sources_are_uses_for_any_facts_in_any_order(
    came: list[tuple[str, Decimal]],
    back: list[tuple[str, Decimal]],
    billed: list[tuple[Decimal, Decimal]],
    taken: list[tuple[str, LineKind, Decimal]],
    reversed_: list[tuple[str, LineKind, Decimal]],
    names: set[str],
    extra: list[tuple[str, str, Decimal]],
    seed: int,
) -> None:
    tables = {
        "payments": [Payment(at=BEFORE, investor=name, amount=amount, currency="USD") for name, amount in came],
        "refunds": [Refund(at=BEFORE, investor=name, amount=amount, currency="USD") for name, amount in back],
        "bills": [bill(f"{fees:f}", f"{costs:f}", str(at)) for at, (fees, costs) in enumerate(billed)],
        "fee_payments": [
            FeePayment(at=BEFORE, counsel="investors-counsel", bill="0", kind=kind, amount=amount, netted_from=name)
            for name, kind, amount in taken
        ],
        "fee_reversals": [
            FeeReversal(at=BEFORE, counsel="investors-counsel", bill="0", kind=kind, amount=amount, netted_from=name)
            for name, kind, amount in reversed_
        ],
    }
    adjustments = [Adjustment(purpose=what, payee=whom, amount=amount) for what, whom, amount in extra]
    facts = Facts(deal=DEAL.code, **{name: tuple(rows) for name, rows in tables.items()})  # type: ignore[arg-type]
    found = flow(facts, tuple(names), adjustments)
    check_balance(found)
    for rows in tables.values():
        Random(seed).shuffle(rows)  # type: ignore[arg-type]
    shuffled = Facts(deal=DEAL.code, **{name: tuple(rows) for name, rows in tables.items()})  # type: ignore[arg-type]
    again = flow(shuffled, tuple(sorted(names, reverse=True)), adjustments)
    assert again == found
    assert changes(found, again) == ()


def case(facts: Facts = PAID, closed: tuple[str, ...] | None = None) -> FlowCase:
    gate: Gate = evaluate(DEAL, facts, LATE)
    return FlowCase(gate=gate, number=1, ledger=LEDGER, closed=closed)


def test_for_whom_it_is() -> None:
    some = case(without_payments("Beta"))
    assert some.names("everybody") == NAMES
    assert some.names("ready") == ("Alpha", "Gamma")
    assert case(replace(PAID, closings=(Closed(at=BEFORE, investors=("Alpha",)),))).names("everybody") == NAMES[1:]
    assert case(closed=("Beta",)).names("everybody") == ("Beta",)
    nobody = case(without_payments(*NAMES)).frozen("ready", ())
    assert "No investor is ready" in freeze_refusal(nobody)
    assert freeze_refusal(case(closed=()).frozen("everybody", ())) == "Nobody is left to close."


def test_equal_flows_have_equal_digests_however_amounts_are_written() -> None:
    plain = case().frozen("everybody", ())
    written = tuple(replace(each, amount=each.amount.normalize()) for each in PAID.payments)
    assert case(replace(PAID, payments=written)).frozen("everybody", ()).digest == plain.digest
    others: list[tuple[Whom, tuple[Adjustment, ...]]] = [
        ("ready", ()),
        ("everybody", (Adjustment(purpose="Other", payee="X", amount=CENT),)),
        ("everybody", (Adjustment(purpose="Other", payee="Y", amount=CENT),)),
    ]
    digests = {plain.digest, *(case().frozen(*each).digest for each in others)}
    assert len(digests) == 4
    off = replace(
        PAID, payments=(*PAID.payments[:-1], replace(PAID.payments[-1], amount=PAID.payments[-1].amount - CENT))
    )
    assert case(off).frozen("everybody", ()).digest not in digests


def test_an_agreement_is_to_the_latest_version_and_to_what_stands() -> None:
    now = case().frozen("everybody", ())
    assert agreement_refusal(now.digest, now, is_latest=True) == ""
    assert "later version" in agreement_refusal(now.digest, now, is_latest=False)
    assert "facts changed" in agreement_refusal("0" * 64, now, is_latest=True)


@pytest.mark.parametrize(
    ("purpose", "amount", "told"),
    [
        ("", "1.00", "what it is for"),
        ("Other", "0.00", "more than nothing"),
        ("Other", "-1.00", "more than nothing"),
        ("Other", "0.005", "whole cents"),
    ],
)
def test_an_adjustment_that_cannot_be_is_told(purpose: str, amount: str, told: str) -> None:
    assert told in adjustments_refusal([Adjustment(purpose=purpose, payee="X", amount=Decimal(amount))])


def test_the_same_payment_is_not_entered_twice() -> None:
    twice = [Adjustment(purpose=what, payee="X", amount=CENT) for what in ("Other", "OTHER ")]
    assert "is there twice" in adjustments_refusal(twice)


def test_what_changed_is_told_line_by_line_in_words() -> None:
    exact = (Adjustment(purpose=DEBT, payee="Bank of the company", amount=Decimal("1900000.00")),)
    assert changes(flow(), flow(adjustments=exact)) == (
        f"{DEBT}: taken out, was $2,000,000.00",
        f"To Bank of the company, {DEBT}: new, $1,900,000.00",
        "To The Company, What is left of the proceeds: $6,100,000.00, was $6,000,000.00",
    )
    assert changes(flow(), flow(without_payments("Gamma"))) == (
        "From Gamma: received $0.00, was $1,000.00; still to come $1,000.00, was $0.00",
    )
