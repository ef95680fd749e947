"""The overview and the checklist: the answer, who owes what, the matrix, and their cost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from closing.actions.deals import load_deal
from closing.models import Deal, Membership
from closing.rules import terms
from closing.rules.access import Role
from investors import clock
from investors.models import User
from tests.db.conftest import terms_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db


def page(world: World, role: str = "company", rest: str = "") -> str:
    response = world.client(role).get(f"/deals/{world.deal.code}/{rest}")
    assert response.status_code == 200
    return response.content.decode()


def test_it_opens_with_the_answer(room: World) -> None:
    text = page(room)
    assert "Ten conditions stand between you and the closing" in text
    assert "Monday, June 10, 1996, 11:00 a.m. Pacific" in text
    assert "In 7 days." in text
    assert "The clock is set to Monday, June 3, 1996, 9:00 a.m. Pacific" in text


def test_a_button_that_cannot_be_pressed_says_why(room: World) -> None:
    text = page(room)
    assert "0 of 15 investors are ready" in text
    assert 'disabled aria-describedby="why"' in text


def test_the_same_lack_of_several_investors_is_one_line(room: World) -> None:
    text = page(room)
    missing = "Signature page missing: The &amp; Trust; Chestnut Pacific Ltd. Partners; Standard Global"
    assert text.count(missing) == 1
    assert "Standard Pacific Capital LLC" in text  # in whose care all three are


def test_what_was_done_and_undone_says_so(room: World) -> None:
    assert "open again" in page(room)


def test_only_what_one_may_do_is_offered(room: World) -> None:
    theirs = "/deals/cerplex-1996/conditions/2(a)(ii)/sign-off/"
    assert theirs in page(room, "investors")
    assert theirs not in page(room, "company")


def test_a_name_is_no_markup(room: World) -> None:
    for rest in ("", "conditions/", "conditions/2(a)(viii)/"):
        text = page(room, rest=rest)
        assert "The &amp; Trust" in text
        assert "The & Trust" not in text


def test_a_name_with_markup_in_it_is_shown_as_it_is(db: None) -> None:
    name = '<script>alert("x")</script>'
    one = terms_of(1)
    wicked = replace(one, investors=(replace(one.investors[0], name=name),))
    client = counsel_of(wicked)
    for rest in ("", "conditions/"):
        text = client.get(f"/deals/{wicked.code}/{rest}").content.decode()
        assert name not in text
        assert escape(name) in text


def test_states_are_words_as_well_as_colours(room: World) -> None:
    text = page(room)
    for words in ("met", "waived", "open", "not yet possible", "open again"):
        assert f'<span class="visually-hidden">{words}</span>' in text


def test_the_checklist_counts_investors(room: World) -> None:
    text = page(room, rest="conditions/")
    assert "4 of 14 conditions are met or waived" in text
    assert "Open for 11, waived for 4 of 15 investors" in text


def test_the_closing_time_passes_into_the_past(room: World) -> None:
    with clock.fixed(MONDAY + timedelta(days=9)):
        assert "2 days ago." in page(room)


def counsel_of(deal: terms.Deal) -> Client:
    """A client in which the company's counsel of a new deal is signed in."""
    with clock.fixed(MONDAY):
        row: Deal = load_deal(deal)
    user = User.objects.create_user(f"{deal.code}@counsel.example", name="Counsel")
    Membership.objects.create(user=user, deal=row, role=Role.COMPANY_COUNSEL.value)
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "conditions/",
        "conditions/2(a)(vi)/",
        "conditions/2(b)(ii)/",
        "majorities/",
        "waivers/",
        "what-it-takes/",
        "what-if/consents/",
        "?on=2020-01-01",
    ],
)
def test_the_cost_is_the_same_for_one_investor_and_many(db: None, rest: str) -> None:
    spent = {}
    for count in (1, 15, 200):
        deal = replace(terms_of(count), code=f"deal-of-{count}")
        client = counsel_of(deal)
        client.get(f"/deals/{deal.code}/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/deals/{deal.code}/{rest}").status_code == 200
        spent[count] = len(queries)
    assert len(set(spent.values())) == 1, spent
