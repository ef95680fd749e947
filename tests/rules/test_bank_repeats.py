"""The same line in two files."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from closing.rules.bank_repeats import Seen, repeated

ONE = Seen(
    key=1, booked_on=date(1996, 6, 7), amount=Decimal(5), currency="USD", is_credit=True, party="A", reference="R"
)
FED = replace(ONE, bank_reference="FED 1")


def again(line: Seen, **other: object) -> Seen:
    return replace(line, key=9, **other)  # type: ignore[arg-type]


def test_the_banks_reference_and_amount_are_enough() -> None:
    assert repeated([again(FED, party="Another", booked_on=date(1996, 6, 8), bank_reference="fed 1")], [FED]) == {9: 1}
    for other in ({"amount": Decimal(6)}, {"is_credit": False}, {"bank_reference": "FED 2"}, {"currency": "EUR"}):
        assert not repeated([again(FED, **other)], [FED])


def test_without_it_day_amount_payer_and_reference_are() -> None:
    assert repeated([again(ONE)], [ONE]) == {9: 1}
    assert repeated([again(ONE)], [FED]) == {9: 1}
    for other in ({"party": "B"}, {"reference": "S"}, {"booked_on": ONE.booked_on + timedelta(days=1)}):
        assert not repeated([again(ONE, **other)], [ONE])


def test_two_equal_lines_of_one_file_are_two_payments() -> None:
    assert repeated([again(ONE), replace(ONE, key=10)], [ONE]) == {9: 1}
    assert repeated([again(ONE), replace(ONE, key=10)], [ONE, replace(ONE, key=2)]) == {9: 1, 10: 2}


LINES = st.lists(
    st.builds(
        replace,
        st.just(ONE),
        amount=st.sampled_from([Decimal(1), Decimal(2)]),
        bank_reference=st.sampled_from(["", "F", "G"]),
        party=st.sampled_from(["A", "B"]),
    ),
    max_size=6,
)


@given(LINES, LINES)
def test_each_line_of_before_answers_one_and_a_file_repeats_itself_whole(new: list[Seen], old: list[Seen]) -> None:
    before = [replace(each, key=at) for at, each in enumerate(old)]
    lines = [replace(each, key=at) for at, each in enumerate(new)]
    found = repeated(lines, before)
    assert len(set(found.values())) == len(found)
    by_key = {each.key: each for each in before}
    assert all(by_key[same].amount == lines[key].amount for key, same in found.items())
    assert len(repeated(before, before)) == len(before)
