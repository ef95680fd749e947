"""What the lines of a statement seem to be: never more than the line, whatever the order, and sure only where it is."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from closing.rules.bank_lines import Becomes, Ledger, Line, Part, Proposal, Told, Wire
from closing.rules.bank_matching import proposals
from closing.rules.bank_names import Names, plain
from closing.rules.facts import Facts
from closing.rules.purchase_price import Paid, paid_by_investor
from tests.rules.any_facts import CERPLEX

UNPAID = paid_by_investor(CERPLEX, Facts(deal=CERPLEX.code))
ANDREA, NITIN, MAHUMA, TRUST = "Andrea Martin", "Nitin T. Mehta", "Mahuma N.V.", "The & Trust"
LEDGER = Ledger(deal=CERPLEX, paid=UNPAID)
SIX = tuple(each.name for each in CERPLEX.investors if "Standard Pacific" in each.care_of)
TOGETHER = sum((UNPAID[name].owed for name in SIX), Decimal(0))


def credit(amount: str | Decimal, party: str = "", **more: object) -> Line:
    said: dict[str, object] = {"key": 1, "currency": "USD", "is_credit": True, "party": party, **more}
    return Line(amount=Decimal(amount), **said)  # type: ignore[arg-type]


def of(line: Line, ledger: Ledger = LEDGER) -> tuple[Proposal, ...]:
    return proposals(ledger, [line]).get(line.key, ())


def sure(line: Line, ledger: Ledger = LEDGER) -> Proposal | None:
    return next((each for each in of(line, ledger) if each.is_sure), None)


def test_what_was_confirmed_and_undone_is_not_sure_again() -> None:
    line = credit("10000.00", ANDREA)
    assert sure(line) is not None
    again = of(replace(line, was_undone=True))
    assert [each.is_sure for each in again] == [False]
    assert again[0].reasons[-1] == "confirmed and undone before"


@pytest.mark.parametrize(
    ("party", "name"),
    [
        ("ANDREA MARTIN", ANDREA),
        ("MEHTA, NITIN", NITIN),
        ("MAHUMA NV", MAHUMA),
        ("Mahuma N. V., Curaçao", MAHUMA),
        ("THE & TRUST", TRUST),
        ("Sprout Growth II LP", "Sprout Growth II, L.P."),
        ("PEAK INVESTMENT LTD PARTNERSHIP", "Peak Investment Limited Partnership"),
        ("Scorpion Offshore", "Scorpion Offshore Investment Fund"),
        ("MALCOLM & EMILY FAIRBAIRN", "Malcolm and Emily Fairbairn"),
    ],
)
def test_an_investor_named_with_the_exact_amount_is_sure(party: str, name: str) -> None:
    found = sure(credit(UNPAID[name].owed, party))
    assert found is not None
    assert found.parts == (Part(name, UNPAID[name].owed),)


@pytest.mark.parametrize("party", ["Trust department", "Martin", "Standard", "Partners L.P.", "", "Growth fund"])
def test_a_word_that_many_names_have_is_no_name(party: str) -> None:
    assert not [each for each in Names(CERPLEX).named(party) if each.points >= 45]


def test_the_amount_alone_is_proposed_and_never_sure() -> None:
    (found,) = of(credit("58000", "Nobody of this deal"))
    assert (found.parts, found.is_sure) == ((Part(MAHUMA, Decimal(58_000)),), False)
    assert found.reasons == (f"exactly what {MAHUMA} misses",)


def test_one_wire_of_a_firm_is_split_over_all_that_are_in_its_care() -> None:
    found = sure(credit(TOGETHER, "STANDARD PACIFIC CAPITAL LLC"))
    assert found is not None
    assert tuple(part.investor for part in found.parts) == SIX
    assert sum(part.amount for part in found.parts) == TOGETHER


def test_some_of_a_firms_investors_are_proposed_where_there_is_one_way() -> None:
    two = UNPAID[SIX[0]].owed + UNPAID[SIX[1]].owed
    best = of(credit(two, "Daniel S. Martin"))[0]
    assert {part.investor for part in best.parts} == set(SIX[:2])
    assert not best.is_sure


def test_too_much_and_too_little_are_said_and_not_sure() -> None:
    over = of(credit("10500", ANDREA))[0]
    assert over.is_over
    assert "over by $500.00" in over.reasons
    assert not over.is_sure
    assert not of(credit("400", ANDREA))[0].is_sure


def test_an_announced_reference_is_as_good_as_the_name() -> None:
    told = replace(LEDGER, told=(Told(MAHUMA, Decimal(58_000), "FW-77"),))
    assert sure(credit("58000", "Bank of somebody", bank_reference="fw-77"), told)
    assert sure(credit("58000", reference="Series B FW-77 thanks"), told)
    assert not sure(credit("58000", reference="Series B FW-771"), told)


def test_two_lines_for_one_price_are_both_left_to_a_person() -> None:
    lines = [credit("10000", ANDREA), credit("10000", ANDREA, key=2)]
    assert not any(each.is_sure for those in proposals(LEDGER, lines).values() for each in those)


def test_what_is_on_file_already_is_proposed_as_that_and_not_booked_anew() -> None:
    wire = Wire(key=7, parts=(Part(ANDREA, Decimal(10_000)),), reference="FED 9")
    ledger = replace(LEDGER, wires=(wire,))
    best = of(credit("10000", ANDREA, bank_reference="fed 9"), ledger)[0]
    assert (best.becomes, best.wire, best.is_sure) == (Becomes.ON_FILE, 7, True)
    found = of(credit("10000", ANDREA), ledger)
    assert found[0].becomes is Becomes.ON_FILE
    assert not any(each.is_sure for each in found)


def test_another_currency_and_a_line_that_came_before_have_no_proposal() -> None:
    assert not of(credit("10000", ANDREA, currency="EUR"))
    assert not of(credit("10000", ANDREA, is_repeated=True))


def debit(amount: str, party: str = "", **more: object) -> Line:
    return replace(credit(amount, party, **more), is_credit=False)


WIRE = Wire(key=7, parts=(Part(ANDREA, Decimal(6_000)), Part(NITIN, Decimal(4_000))), reference="FED 9", is_booked=True)


def test_a_debit_that_takes_a_wire_back() -> None:
    ledger = replace(LEDGER, wires=(WIRE,))
    assert not of(debit("10000", "Rent"), ledger)
    assert not of(debit("9999"), ledger)
    best = of(debit("10000", reference="RETURN OF FED 9"), ledger)[0]
    assert (best.becomes, best.wire, best.parts, best.is_sure) == (Becomes.RETURNED, 7, WIRE.parts, True)
    reversal = of(debit("10000", is_reversal=True), ledger)[0]
    assert (reversal.becomes, reversal.is_sure) == (Becomes.RETURNED, False)


def test_a_debit_that_sends_back_what_was_too_much() -> None:
    over = Paid(owed=Decimal(10_000), received=Decimal(10_500), netted=Decimal(0), refunded=Decimal(0))
    ledger = replace(LEDGER, paid={**UNPAID, ANDREA: over})
    best = of(debit("500", ANDREA), ledger)[0]
    assert (best.becomes, best.parts, best.is_sure) == (Becomes.REFUND, (Part(ANDREA, Decimal(500)),), False)


def test_letters_that_stand_alone_are_joined() -> None:
    assert plain("Whitman Partners, L. P.") == "whitman partners lp"
    assert plain("Ådel & Co") == "adel and co"


NAMES = [each.name for each in CERPLEX.investors]
AMOUNTS = st.sampled_from([each.purchase_price for each in CERPLEX.investors] + [TOGETHER, Decimal(1), Decimal("0.01")])
TEXTS = st.sampled_from([*NAMES, "Standard Pacific Capital LLC", "Daniel S. Martin", "return FED 9", "", "x" * 400])
WIRES = st.lists(
    st.builds(
        Wire,
        key=st.integers(1, 5),
        parts=st.lists(st.builds(Part, st.sampled_from(NAMES), AMOUNTS), min_size=1, max_size=3).map(tuple),
        reference=st.sampled_from(["", "FED 9"]),
        is_booked=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda wire: wire.key,
).map(tuple)
PAID = st.fixed_dictionaries(
    {
        name: st.sampled_from([Decimal(0), Decimal(1), each.owed, each.owed * 2]).map(
            lambda received, owed=each.owed: Paid(owed, received, Decimal(0), Decimal(0))  # type: ignore[misc]
        )
        for name, each in UNPAID.items()
    }
)
LEDGERS = st.builds(
    Ledger,
    deal=st.just(CERPLEX),
    paid=PAID,
    told=st.lists(st.builds(Told, st.sampled_from(NAMES), AMOUNTS, st.sampled_from(["", "FED 9"]))).map(tuple),
    wires=WIRES,
)
LINES = st.lists(
    st.builds(
        Line,
        key=st.integers(1, 9),
        amount=AMOUNTS,
        currency=st.sampled_from(["USD", "USD", "EUR"]),
        is_credit=st.booleans(),
        is_reversal=st.booleans(),
        party=TEXTS,
        reference=TEXTS,
        bank_reference=st.sampled_from(["", "FED 9"]),
        is_repeated=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda line: line.key,
)


@given(LEDGERS, LINES, st.randoms(use_true_random=False))
def test_a_proposal_comes_to_its_line_and_the_order_means_nothing(
    ledger: Ledger, lines: list[Line], order: random.Random
) -> None:
    found = proposals(ledger, lines)
    by_key = {line.key: line for line in lines}
    for key, those in found.items():
        for each in those:
            assert sum(part.amount for part in each.parts) == by_key[key].amount
            assert all(part.amount > 0 for part in each.parts)
            assert len({part.investor for part in each.parts}) == len(each.parts) or each.wire is not None
            assert each.reasons
        assert [each.score for each in those] == sorted((each.score for each in those), reverse=True)
        assert sum(each.is_sure for each in those) <= 1
    shuffled = list(lines)
    order.shuffle(shuffled)
    other = replace(ledger, wires=ledger.wires[::-1], paid=dict(reversed(list(ledger.paid.items()))))
    assert proposals(other, shuffled) == found


@given(LEDGERS, LINES)
def test_all_that_is_sure_together_is_no_more_than_is_missing(ledger: Ledger, lines: list[Line]) -> None:
    booked: dict[str, Decimal] = {}
    wires: list[int] = []
    for those in proposals(ledger, lines).values():
        for each in those:
            if each.is_sure and each.becomes is Becomes.RECEIVED:
                for part in each.parts:
                    booked[part.investor] = booked.get(part.investor, Decimal(0)) + part.amount
            elif each.is_sure and each.wire is not None:
                wires.append(each.wire)
    assert all(amount <= ledger.paid[name].missing for name, amount in booked.items())
    assert len(wires) == len(set(wires))
