"""The pages of papers ask the database as often for 1 investor as for 200."""

import pytest

from investors.clock import fixed
from tests.db.conftest import MONDAY
from tests.web.papers import deal_of, queries_of

PAGES = [
    "documents/",
    "documents/{document}/",
    "signatures/",
    "signatures/release/?document={document}",
    "signatures/by/{block}/",
    "close/",
    "book/",
    "record/",
    "mail/",
]


@pytest.mark.parametrize("page", PAGES)
def test_the_number_of_queries_does_not_grow_with_the_investors(db: None, page: str) -> None:
    counts = {}
    with fixed(MONDAY):
        for count in (1, 15, 200):
            deal, client = deal_of(count)
            signed = deal.deliverables.exclude(signed_by=[]).first()
            block = deal.blocks.first()
            assert signed is not None
            assert block is not None
            address = f"/deals/{deal.code}/{page.format(document=signed.key, block=block.key)}"
            counts[count] = len(queries_of(client, address))
    assert len(set(counts.values())) == 1, counts
