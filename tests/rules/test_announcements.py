"""What investors announced and has not come."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from closing.rules.announcements import Moved, still_announced
from tests.rules.any_facts import BEFORE, amounts

PRICE = Decimal(100)
moves = st.lists(st.builds(Moved, st.integers(0, 9).map(lambda hour: BEFORE + timedelta(hours=hour)), amounts))


def at(hour: int, amount: int) -> Moved:
    return Moved(BEFORE + timedelta(hours=hour), Decimal(amount))


def test_what_came_answers_what_was_announced_before_it() -> None:
    assert still_announced([at(1, 100)], [], PRICE) == 100
    assert still_announced([at(1, 100)], [at(2, 60)], Decimal(40)) == 40
    assert still_announced([at(1, 100)], [at(2, 100)], PRICE) == 0, "it came, and was returned"
    assert still_announced([at(1, 100), at(3, 100)], [at(2, 100)], PRICE) == 100, "announced anew"
    assert still_announced([at(2, 40)], [at(1, 60)], Decimal(40)) == 40, "sixty came unannounced"
    assert still_announced([at(1, 500)], [], PRICE) == 100, "no more than is missing"


@given(moves, moves, amounts)
def test_never_less_than_nothing_nor_more_than_is_missing(
    announced: list[Moved], came: list[Moved], missing: Decimal
) -> None:
    left = still_announced(announced, came, missing)
    assert 0 <= left <= min(missing, sum((each.amount for each in announced), Decimal(0)))
    assert still_announced(announced[::-1], came[::-1], missing) == left
