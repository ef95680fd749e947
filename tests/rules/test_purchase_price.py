"""What an investor has paid: received less sent back, and netted (Sections 1(b) and 2(b)(ii))."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from closing.rules.facts import Facts, Payment, Refund
from closing.rules.facts_checks import check_facts
from closing.rules.gate import evaluate
from closing.rules.purchase_price import Paid, paid_by_investor, received_by_investor
from tests.rules.any_facts import BEFORE, CERPLEX, INVESTOR_NAMES, amounts, valid_facts

ANDREA = "Andrea Martin"
WIRE = Payment(at=BEFORE, investor=ANDREA, amount=Decimal("12000.00"), currency="USD")
BACK = Refund(at=BEFORE, investor=ANDREA, amount=Decimal("2000.00"), currency="USD")
LATER = BEFORE + timedelta(days=1)


def said(*facts: Payment | Refund) -> Facts:
    return Facts(
        deal=CERPLEX.code,
        payments=tuple(each for each in facts if isinstance(each, Payment)),
        refunds=tuple(each for each in facts if isinstance(each, Refund)),
    )


def of_andrea(facts: Facts) -> Paid:
    return paid_by_investor(CERPLEX, facts)[ANDREA]


def open_for_andrea(facts: Facts) -> str:
    cell = evaluate(CERPLEX, facts, LATER).investor(ANDREA).cells["2(b)(ii)"]
    return "; ".join(each.lack for each in cell.missing)


def test_too_much_is_over_and_what_is_sent_back_is_not() -> None:
    assert of_andrea(said(WIRE)).over == 2_000
    whole = of_andrea(said(WIRE, BACK))
    assert whole == Paid(owed=Decimal(10_000), received=Decimal(10_000), netted=Decimal(0), refunded=Decimal(2_000))
    assert not whole.over
    assert not whole.missing
    assert not open_for_andrea(said(WIRE, BACK))


def test_a_payment_returned_after_a_refund_leaves_more_than_the_price_missing() -> None:
    returned = replace(WIRE, withdrawn_at=LATER, withdrawn_reason="Bounced")
    gone = said(returned, BACK).on(LATER)
    assert of_andrea(gone).missing == 12_000
    assert open_for_andrea(said(returned, BACK)) == "Nothing of $10,000.00 received; a payment was returned"


def test_a_payment_that_came_again_is_not_told_as_returned_any_more() -> None:
    part = replace(WIRE, amount=Decimal("6000.00"))
    returned = replace(part, withdrawn_at=BEFORE + timedelta(hours=1), withdrawn_reason="Taken for another")
    told = "$6,000.00 of $10,000.00 received, $4,000.00 missing"
    assert open_for_andrea(said(returned, replace(part, at=BEFORE + timedelta(hours=2)))) == told
    other = replace(part, at=BEFORE + timedelta(hours=2), amount=Decimal("5999.00"))
    assert open_for_andrea(said(returned, other)).endswith("; a payment was returned")
    again = replace(
        part, at=BEFORE + timedelta(hours=2), withdrawn_at=BEFORE + timedelta(hours=3), withdrawn_reason="x"
    )
    assert open_for_andrea(said(returned, again)).endswith("; a payment was returned")


@given(valid_facts())
def test_every_investor_has_paid_missing_or_over_and_never_two_of_them(facts: Facts) -> None:
    paid = paid_by_investor(CERPLEX, facts)
    assert list(paid) == [each.name for each in CERPLEX.investors]
    for each in paid.values():
        assert each.missing - each.over == each.owed - each.received - each.netted
        assert not (each.missing and each.over)


@given(valid_facts(), st.randoms())
def test_the_order_of_the_facts_means_nothing(facts: Facts, random: object) -> None:
    shuffled = list(facts.payments)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(facts, payments=tuple(shuffled), refunds=facts.refunds[::-1])
    assert received_by_investor(other, "USD") == received_by_investor(facts, "USD")


@given(st.lists(st.tuples(INVESTOR_NAMES, amounts), max_size=12))
def test_what_came_in_is_what_the_investors_paid(parts: list[tuple[str, Decimal]]) -> None:
    facts = said(*(replace(WIRE, investor=name, amount=amount) for name, amount in parts))
    assert sum(received_by_investor(facts, "USD").values()) == sum(amount for _, amount in parts)
    assert evaluate(CERPLEX, facts, LATER).price_received == sum(amount for _, amount in parts)


def problems(*facts: Payment | Refund) -> list[str]:
    return [f"{each.field}: {each.text}" for each in check_facts(said(*facts), CERPLEX)]


def test_no_more_is_sent_back_than_had_come() -> None:
    assert problems(WIRE, BACK) == []
    (told,) = problems(WIRE, replace(BACK, amount=Decimal("12000.01")))
    assert told == "amount: 12000.01 would be sent back, and 12000.00 had been received"
    assert problems(BACK, replace(WIRE, at=LATER))
    assert problems(WIRE, BACK, replace(BACK, amount=Decimal("10000.01")))


def test_a_wire_does_not_clear_and_a_check_not_before_it_came() -> None:
    assert problems(replace(WIRE, cleared_at=LATER)) == [
        "cleared_at: belongs to a check; a wire is final when it is received"
    ]
    check = replace(WIRE, method="check", cleared_at=LATER)
    assert problems(check) == []
    assert problems(replace(check, at=LATER, cleared_at=BEFORE)) == ["cleared_at: lies before the check was received"]


def test_the_parts_of_one_wire_come_and_go_together() -> None:
    one = replace(WIRE, receipt="wire-7")
    two = replace(one, investor="Nitin T. Mehta")
    assert problems(one, two) == []
    (told,) = problems(one, replace(two, withdrawn_at=LATER, withdrawn_reason="Bounced"))
    assert told == 'withdrawn_at: should be that of the other parts of "wire-7"'
    (told,) = problems(one, one)
    assert told == 'investor: has a part of "wire-7" already; write one part for both'
