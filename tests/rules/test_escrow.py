"""Where a page is, and who may release which pages: each side's counsel its own, and nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from closing.rules.escrow import digest_of, holder, in_escrow, left_unsigned, why_not_release
from closing.rules.facts import Facts, Signature
from closing.rules.gate import evaluate
from closing.rules.signatures import PageState, PageTrail, page_standing
from closing.rules.terms import Side
from tests.rules.any_facts import CERPLEX

AT = datetime(1996, 5, 28, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(days=2)
PAGE = Signature(at=AT, document="stock-purchase-agreement", block="sprout")
STALE = replace(PAGE, withdrawn_at=LATER)
PLACES = [(document.key, block.key) for document in CERPLEX.deliverables for block in CERPLEX.blocks_for(document)]


@pytest.mark.parametrize(
    ("trail", "state", "since"),
    [
        (PageTrail(), PageState.NOT_SENT, None),
        (PageTrail(sent_at=AT), PageState.SENT, AT),
        (PageTrail(sent_at=AT, viewed_at=LATER), PageState.VIEWED, LATER),
        (PageTrail(sent_at=AT, declined_at=LATER, declined="Price"), PageState.DECLINED, LATER),
        (PageTrail(sent_at=AT, came_back_at=LATER), PageState.SIGNED, LATER),
        (PageTrail(stale=STALE), PageState.STALE, LATER),
        (PageTrail(stale=STALE, sent_at=AT), PageState.STALE, LATER),
        (PageTrail(stale=STALE, sent_at=LATER + timedelta(hours=1)), PageState.SENT, LATER + timedelta(hours=1)),
        (PageTrail(withdrawn_at=AT), PageState.WITHDRAWN, AT),
        (PageTrail(withdrawn_at=AT, sent_at=LATER), PageState.SENT, LATER),
        (PageTrail(signature=PAGE, withdrawn_at=AT, declined_at=AT), PageState.IN_ESCROW, AT),
        (PageTrail(signature=replace(PAGE, released_at=LATER)), PageState.RELEASED, LATER),
    ],
)
def test_a_page_is_where_its_trail_ends(trail: PageTrail, state: PageState, since: datetime | None) -> None:
    found = page_standing(trail)
    assert (found.state, found.since) == (state, since)


def test_a_page_that_counts_is_never_anywhere_else() -> None:
    other = PageTrail(stale=STALE, came_back_at=LATER, declined_at=LATER, withdrawn_at=LATER, sent_at=LATER)
    assert page_standing(replace(other, signature=PAGE)).state is PageState.IN_ESCROW


@st.composite
def some_pages(draw: st.DrawFn) -> Facts:
    signed = draw(st.lists(st.sampled_from(PLACES), unique=True))
    released = draw(st.sets(st.sampled_from(signed))) if signed else set()
    return Facts(
        deal=CERPLEX.code,
        signatures=tuple(
            Signature(at=AT, document=document, block=block, released_at=LATER if place in released else None)
            for place in signed
            for document, block in [place]
        ),
    )


@given(some_pages())
def test_the_two_sides_hold_every_page_in_escrow_and_none_twice(facts: Facts) -> None:
    gate = evaluate(CERPLEX, facts, LATER + timedelta(days=1))
    held = [*in_escrow(gate, Side.ISSUER), *in_escrow(gate, Side.INVESTORS)]
    assert sorted(held, key=repr) == sorted((each for each in facts.signatures if not each.released_at), key=repr)
    assert all(holder(CERPLEX, each.block) is Side.ISSUER for each in in_escrow(gate, Side.ISSUER))


@given(some_pages())
def test_a_document_is_released_exactly_where_there_is_something_to_release(facts: Facts) -> None:
    gate = evaluate(CERPLEX, facts, LATER + timedelta(days=1))
    for side in Side:
        for document in CERPLEX.deliverables:
            pages = in_escrow(gate, side, document=document.key)
            assert all(each.document == document.key for each in pages)
            assert bool(why_not_release(gate, side, document=document.key)) is not bool(pages)


def test_an_investors_pages_are_its_counsels_to_release() -> None:
    gate = evaluate(CERPLEX, Facts(deal=CERPLEX.code, signatures=(PAGE,)), LATER)
    assert in_escrow(gate, Side.INVESTORS, investor="Sprout Growth II, L.P.") == (PAGE,)
    assert in_escrow(gate, Side.ISSUER, document=PAGE.document) == ()
    assert "other side" in why_not_release(gate, Side.ISSUER, document=PAGE.document)
    assert "one document, or of one investor" in why_not_release(gate, Side.ISSUER)
    assert left_unsigned(gate, [PAGE.document]) == ("Stock Purchase Agreement",)


def test_a_list_of_pages_is_told_from_every_other() -> None:
    other = replace(PAGE, block="dlj")
    assert digest_of([PAGE, other]) == digest_of([other, PAGE])
    unlike = [[PAGE], [other], [PAGE, other], [replace(PAGE, at=LATER)], [replace(PAGE, version="a" * 64)], []]
    assert len({digest_of(each) for each in unlike}) == len(unlike)
