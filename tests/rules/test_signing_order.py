"""Who signs after whom: by examples, and for any order of the reference deal's parties."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from closing.rules.deal_checks import check_deal
from closing.rules.deal_file import read_deal, write_deal
from closing.rules.facts import Facts, Signature
from closing.rules.signing_order import group_of, order_in_words, problems_of, waits_for, why_not_yet
from closing.rules.terms import INVESTORS, ISSUER, Deal
from tests.rules.any_facts import CERPLEX, SAMPLES

AT = datetime(1996, 6, 3, 16, 0, tzinfo=UTC)
KEY = "stock-purchase-agreement"
NAMES = [each.name for each in CERPLEX.investors]
SPROUT, ANDREA, FAIRBAIRNS = "Sprout Growth II, L.P.", "Andrea Martin", "Malcolm and Emily Fairbairn"


def ordered(*groups: tuple[str, ...]) -> Deal:
    """The reference deal, whose agreement asks for this order."""
    rows = tuple(replace(each, signing_order=groups) if each.key == KEY else each for each in CERPLEX.deliverables)
    return replace(CERPLEX, deliverables=rows)


def signed(*blocks: str) -> Facts:
    return Facts(deal=CERPLEX.code, signatures=tuple(Signature(at=AT, document=KEY, block=each) for each in blocks))


def wrong(deal: Deal) -> list[str]:
    return list(problems_of(deal, deal.deliverable_by_key[KEY]))


def test_without_an_order_everybody_may_sign_at_once() -> None:
    assert not any(why_not_yet(CERPLEX, signed(), KEY, block) for block in CERPLEX.block_by_key)


def test_the_company_waits_for_every_investor_and_investors_for_nobody() -> None:
    deal = ordered((INVESTORS,), (ISSUER,))
    assert waits_for(deal, signed(), KEY, "andrea-martin") == ()
    assert set(waits_for(deal, signed("sprout"), KEY, "cerplex")) == set(NAMES) - {SPROUT}
    told = why_not_yet(deal, signed("sprout"), KEY, "cerplex")
    assert told.startswith("The Cerplex Group, Inc. signs the Stock Purchase Agreement after DLJ Capital Corporation")
    assert why_not_yet(deal, signed(*(set(CERPLEX.block_by_key) - {"cerplex"})), KEY, "cerplex") == ""


def test_joint_owners_must_both_have_signed() -> None:
    deal = ordered((FAIRBAIRNS,), (INVESTORS, ISSUER))
    assert waits_for(deal, signed("malcolm-fairbairn"), KEY, "sprout") == (FAIRBAIRNS,)
    assert waits_for(deal, signed("malcolm-fairbairn", "emily-fairbairn"), KEY, "sprout") == ()


def test_investors_are_those_whom_no_other_group_names() -> None:
    deal = ordered((SPROUT,), (INVESTORS,), (ISSUER,))
    assert wrong(deal) == []
    assert waits_for(deal, signed(), KEY, "andrea-martin") == (SPROUT,)
    assert order_in_words(deal, deal.deliverable_by_key[KEY]) == (
        "First Sprout Growth II, L.P.; then each other investor; then The Cerplex Group, Inc."
    )


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (((INVESTORS,),), "leaves out issuer"),
        (((ISSUER,), (SPROUT,)), "leaves out DLJ Capital Corporation"),
        (((ISSUER, INVESTORS), (ISSUER,)), '"issuer" is named 2 times'),
        (((ISSUER, INVESTORS), ("Nobody",)), '"Nobody" does not sign this document'),
        (((ISSUER, INVESTORS), ()), "has an empty group"),
        (((ISSUER, INVESTORS), tuple(NAMES)), "every investor is named"),
    ],
)
def test_an_order_names_each_signatory_once(groups: tuple[tuple[str, ...], ...], told: str) -> None:
    assert any(told in each for each in wrong(ordered(*groups)))
    assert any("signing_order" in each.field for each in check_deal(ordered(*groups)))


def test_an_unsigned_document_has_no_order() -> None:
    deal = ordered((INVESTORS,), (ISSUER,))
    rows = tuple(replace(each, signed_by=()) if each.key == KEY else each for each in deal.deliverables)
    assert wrong(replace(deal, deliverables=rows)) == ["orders the signatures of a document that nobody signs"]


def test_a_sample_has_an_order_and_keeps_it_when_written() -> None:
    deal = read_deal((SAMPLES / "series-seed.toml").read_text())
    assert deal.deliverable_by_key["investors-agreement"].signing_order == ((INVESTORS,), (ISSUER,))
    assert read_deal(write_deal(deal)) == deal


# Any order: the parties in any groups, with those who are left together as `investors`, or all of them named.
parties = st.permutations([ISSUER, *NAMES])


@st.composite
def orders(draw: st.DrawFn) -> Deal:
    row = draw(parties)
    cuts = sorted(draw(st.sets(st.integers(1, len(row) - 1), max_size=4)))
    groups = [row[start:end] for start, end in zip([0, *cuts], [*cuts, len(row)], strict=True)]
    if draw(st.booleans()):
        at = draw(st.sampled_from([n for n, group in enumerate(groups) if set(group) - {ISSUER}]))
        groups[at] = [*(each for each in groups[at] if each == ISSUER), INVESTORS]
    return ordered(*(tuple(group) for group in groups))


@given(orders(), st.sets(st.sampled_from(list(CERPLEX.block_by_key))))
def test_a_block_waits_exactly_for_the_missing_blocks_of_earlier_groups(deal: Deal, on_file: set[str]) -> None:
    term = deal.deliverable_by_key[KEY]
    assert wrong(deal) == []
    facts = signed(*on_file)
    groups = {key: group_of(deal, term, party) for key, party in deal.party_of_block.items()}
    for block, own in groups.items():
        assert own is not None
        missing = {
            deal.party_of_block[each]
            for each, group in groups.items()
            if group is not None and group < own and each not in on_file
        }
        assert set(waits_for(deal, facts, KEY, block)) == missing
        assert bool(why_not_yet(deal, facts, KEY, block)) == bool(missing)


@given(orders())
def test_somebody_may_always_sign_until_all_have(deal: Deal) -> None:
    left, on_file = set(CERPLEX.block_by_key), set[str]()
    while left:
        free = {each for each in left if not waits_for(deal, signed(*on_file), KEY, each)}
        assert free
        chosen = sorted(free)[0]
        left.remove(chosen)
        on_file.add(chosen)
