"""Error pages look like the rest, and tell what to do next."""

import pytest
from django.test import Client, RequestFactory

from closing.web import errors, overview
from tests.web.world import World

pytestmark = pytest.mark.django_db


def test_what_is_not_there_and_what_one_may_not_see_look_alike(room: World) -> None:
    client = room.client("outsider")
    hidden, absent = client.get("/deals/cerplex-1996/"), client.get("/deals/no-such-deal/")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content.split(b"<main")[1] == absent.content.split(b"<main")[1]
    assert b"There is nothing here that you may see" in hidden.content


def test_an_unknown_condition_is_not_found(room: World) -> None:
    client = room.client("company")
    assert client.get("/deals/cerplex-1996/conditions/2(a)(xx)/").status_code == 404
    assert client.get("/deals/cerplex-1996/conditions/2(a)(vi)/payment/").status_code == 404


@pytest.mark.parametrize(
    "path", ["documents/%00/", "conditions/%00/", "signatures/by/%00/", "checklist/items/%00/title/"]
)
def test_an_address_with_a_nul_in_it_is_not_found(room: World, path: str) -> None:
    assert room.client("company").get(f"/deals/cerplex-1996/{path}").status_code == 404


def test_a_refusal_names_who_may(room: World) -> None:
    response = room.client("company").get("/deals/cerplex-1996/conditions/2(a)(ii)/sign-off/")
    assert response.status_code == 403
    assert "Only the investors&#x27; counsel may sign off as the investors&#x27; counsel." in response.content.decode()


def test_a_form_without_its_token_says_to_load_it_again(room: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = room.client("investors").cookies
    response = client.post("/deals/cerplex-1996/conditions/2(a)(ii)/sign-off/", {"parties": "investors-counsel"})
    assert response.status_code == 403
    assert "load the page again and send it once more" in response.content.decode()


def test_a_failure_of_ours_says_that_nothing_is_half_done(room: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(deal: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(overview, "overview_page", fail)
    client = room.client("company")
    client.raise_request_exception = False
    response = client.get("/deals/cerplex-1996/")
    assert response.status_code == 500
    assert "recorded whole or not at all" in response.content.decode()


def test_the_page_for_a_request_that_cannot_be_read() -> None:
    response = errors.bad_request(RequestFactory().get("/"), ValueError())
    assert response.status_code == 400
    assert b"Nothing was recorded" in response.content
