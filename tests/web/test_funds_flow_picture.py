"""The picture of a funds flow: both bars add up to the pixel, every line has its key, labels do not meet."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings, strategies as st

from closing.queries.funds_flow_picture import HEIGHT, MOST_BANDS, THINNEST, TOP, picture_of, shared_pixels, spread
from closing.rules.facts import Refund
from closing.rules.funds_flow import Adjustment, funds_flow
from closing.rules.gate import evaluate
from tests.rules.build import BEFORE, LATE, deal, investor
from tests.rules.test_funds_flow import DEAL, PAID, flow, paid

amounts = st.integers(1, 10**12).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(amounts, min_size=1, max_size=MOST_BANDS))
def test_heights_are_whole_pixels_that_add_up_and_none_is_lost(found: list[Decimal]) -> None:
    heights = shared_pixels(found, HEIGHT)
    assert sum(heights) == HEIGHT
    assert min(heights) >= THINNEST
    order = sorted(range(len(found)), key=found.__getitem__)
    assert all(heights[low] <= heights[high] + 1 for low, high in pairwise(order))


@given(st.lists(st.integers(TOP, TOP + HEIGHT), max_size=MOST_BANDS).map(sorted))
def test_labels_stand_apart_and_within_the_bar(wanted: list[int]) -> None:
    places = spread(wanted, 38)
    assert all(after - before >= 38 for before, after in pairwise(places))
    assert all(TOP <= place <= TOP + HEIGHT for place in places)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 60), st.lists(amounts.filter(lambda each: each < 1000), max_size=12))
def test_both_bars_are_of_one_height_and_every_line_with_an_amount_has_a_key(count: int, more: list[Decimal]) -> None:
    of = deal(*(investor(f"Investor {at}", at + 20) for at in range(count)))
    others = [Adjustment(purpose=f"Use {at}", payee="X", amount=amount) for at, amount in enumerate(more)]
    names = [each.name for each in of.investors]
    drawn = funds_flow(evaluate(of, replace(PAID, payments=()), LATE), names, others)
    picture = picture_of(drawn)
    assert picture is not None
    for bands, keys, lines in (
        (picture.sources, picture.source_keys, drawn.sources),
        (picture.uses, picture.use_keys, drawn.uses),
    ):
        assert len(bands) <= MOST_BANDS
        assert sum(each.amount for each in bands) == drawn.total
        assert sum(piece.height for band in bands for piece in band.pieces) == HEIGHT
        assert set(keys) == {each.key for each in bands}
        assert len(keys) == len(lines)
    assert {piece.pattern for band in picture.sources for piece in band.pieces} == {"to-come"}


def test_what_came_what_is_netted_and_what_goes_back_are_told_apart() -> None:
    facts = replace(PAID, payments=(*PAID.payments, paid("Alpha", "500000.00")))
    picture = picture_of(flow(facts))
    assert picture is not None
    assert [piece.pattern for piece in picture.sources[0].pieces] == ["received", "back"]
    assert [name for name, _ in picture.legend] == ["received", "back", "proceeds", "issuer"]
    sent = Refund(at=BEFORE, investor="Beta", amount=Decimal("5000000.00"), currency="USD")
    under = picture_of(flow(replace(PAID, refunds=(sent,))))
    assert under is not None
    assert [piece.pattern for piece in under.sources[1].pieces] == ["to-come"]


def test_nothing_is_drawn_where_nothing_flows_or_it_cannot_be_carried_out() -> None:
    assert picture_of(flow(names=())) is not None  # held for those who stay out
    assert picture_of(flow(replace(PAID, payments=()), names=())) is None
    assert picture_of(flow(adjustments=(Adjustment(purpose="Other", payee="X", amount=DEAL.purchase_price),))) is None
