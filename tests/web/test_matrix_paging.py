"""The overview of a deal with more investors than a page shows: by page and by name, the state in the address."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from closing.actions.facts import load_facts
from investors import clock
from tests.bench.many import deal_of as terms_of, half_in
from tests.rules.build import BEFORE
from tests.web.papers import deal_of, text_of

OVERVIEW = "/deals/test/"


@pytest.fixture
def counsel(db: None) -> Iterator[Client]:
    """Counsel of a deal with 120 investors."""
    with clock.fixed(BEFORE):
        deal, client = deal_of(120)
        load_facts(deal, half_in(terms_of(120)))
        yield client


def names(client: Client, query: str) -> list[str]:
    page = client.get(OVERVIEW + query).content.decode()
    return re.findall(r'<th scope="row" class="name"><a [^>]*>([^<]+)</a>', page)


def test_fifty_investors_a_page(counsel: Client) -> None:
    assert names(counsel, "") == [f"Investor {at}" for at in range(50)]
    assert names(counsel, "?page=3") == [f"Investor {at}" for at in range(100, 120)]
    said = text_of(counsel.get(OVERVIEW + "?page=2"))
    assert "Investors 51 to 100 of 120." in said
    assert "120 investors" in said
    assert 'href="?page=1#matrix" rel="prev"' in said
    assert 'href="?page=3#matrix" rel="next"' in said


@pytest.mark.parametrize("page", ["99", "0", "-1", "x", "9" * 30, "²"])
def test_a_page_that_is_none_is_one_that_is(counsel: Client, page: str) -> None:
    assert names(counsel, f"?page={page}")[0] in ("Investor 0", "Investor 100")


def test_investors_by_a_part_of_their_names(counsel: Client) -> None:
    assert names(counsel, "?name=R+11") == ["Investor 11", *(f"Investor {at}" for at in range(110, 120))]
    assert "No investor has “nobody” in the name." in text_of(counsel.get(OVERVIEW + "?name=nobody"))
    said = text_of(counsel.get(OVERVIEW + "?name=vestor&page=1"))
    assert 'href="?name=vestor&amp;page=2#matrix" rel="next"' in said


def test_a_name_with_markup_in_it_is_a_name(counsel: Client) -> None:
    said = counsel.get(OVERVIEW, {"name": "<b>&"}).content.decode()
    assert "<b>&" not in said
    assert "&lt;b&gt;&amp;" in said


def test_what_is_owed_begins_with_the_oldest_and_is_all_there(counsel: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closing.queries.overview.OWED_SHOWN", 2)
    some = text_of(counsel.get(OVERVIEW))
    assert re.search(r"The 2 oldest of \d+ items; <a href=\"\?owed=all#owed\">show all</a>", some)
    assert "oldest of" not in text_of(counsel.get(OVERVIEW + "?owed=all"))


def test_a_small_deal_has_no_pages(db: None) -> None:
    with clock.fixed(BEFORE):
        _, client = deal_of(50)
        said = text_of(client.get(OVERVIEW))
    assert "Pages of the matrix" not in said
    assert len(names(client, "")) == 50
