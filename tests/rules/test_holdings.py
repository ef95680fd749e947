"""Holdings off a stock ledger."""

from fractions import Fraction

from hypothesis import given, strategies as st

from investors.rules.holdings import Entry, Holding, holdings, share_of, votes

entries = st.lists(
    st.builds(Entry, st.sampled_from(["Common", "Series B"]), st.sampled_from("ABC"), st.integers(-50, 50))
)


@given(entries)
def test_what_is_held_adds_up_to_what_was_entered(lines: list[Entry]) -> None:
    held = holdings(lines)
    assert sum(each.shares for each in held) == sum(each.shares for each in lines)
    assert all(each.shares for each in held)
    assert len({(each.share_class, each.holder) for each in held}) == len(held)


@given(entries, st.randoms())
def test_the_order_of_entries_does_not_matter(lines: list[Entry], random: object) -> None:
    mixed = list(lines)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert set(holdings(mixed)) == set(holdings(lines))


def test_a_transfer_moves_shares_and_a_holder_of_none_is_no_holder() -> None:
    lines = [Entry("Common", "A", 10), Entry("Common", "A", -10), Entry("Common", "B", 10)]
    assert holdings(lines) == (Holding("Common", "B", 10),)


def test_votes_count_shares_times_votes_and_leave_out_who_has_none() -> None:
    held = (Holding("Common", "A", 10), Holding("Series B", "A", 2), Holding("Plain", "B", 5))
    assert votes(held, {"Common": 1, "Series B": 10, "Plain": 0}) == {"A": 30}


def test_a_share_of_nothing_is_nothing() -> None:
    assert share_of(0, 0) == 0
    assert share_of(1, 3) == Fraction(1, 3)
