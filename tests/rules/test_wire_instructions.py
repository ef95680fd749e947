"""Account numbers that can be, and who puts instructions in force."""

import pytest
from hypothesis import given, strategies as st

from closing.rules.wire_instructions import (
    NOT_THE_NUMBER,
    NOT_YOURSELF,
    account_problem,
    masked,
    plain,
    routing_problem,
    why_not_confirm,
)


@pytest.mark.parametrize("text", ["123456780", "1234-5678-0", "BANKDEFF", "bankdeff500"])
def test_routing_numbers_that_can_be(text: str) -> None:
    assert not routing_problem(text)


@pytest.mark.parametrize("text", ["123456781", "12345678", "000000000", "BANKDEF", "12345678X", "", "١٢٣٤٥٦٧٨٠"])
def test_routing_numbers_that_cannot(text: str) -> None:
    assert routing_problem(text)


@pytest.mark.parametrize("text", ["12344321", "DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819"])
def test_accounts_that_can_be(text: str) -> None:
    assert not account_problem(text)


@pytest.mark.parametrize("text", ["DE89 3704 0044 0532 0130 01", "123", "account", "12/34567", ""])
def test_accounts_that_cannot(text: str) -> None:
    assert account_problem(text)


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 8), st.integers(1, 9))
def test_no_single_wrong_digit_of_a_routing_number_passes(number: str, place: int, by: int) -> None:
    wrong = f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"
    assert routing_problem(number) or routing_problem(wrong)


@given(st.text("0123456789", min_size=8, max_size=20))
def test_the_mask_shows_the_last_four_alone(account: str) -> None:
    assert masked(account) == f"ending {account[-4:]}"


def test_the_second_person_types_what_was_read_to_him() -> None:
    assert why_not_confirm(1, 1, "12344321", "12344321") == NOT_YOURSELF
    assert why_not_confirm(1, 2, "12344321", "12344322") == NOT_THE_NUMBER
    assert not why_not_confirm(1, 2, plain("1234-4321"), "1234 4321")
