"""Signing in and out, and the way to one's own place."""

import pytest
from django.test import Client

from investors.models import User
from tests.web.world import World

pytestmark = pytest.mark.django_db


def with_password(room: World) -> User:
    """Company counsel, with a password to sign in by."""
    counsel = User.objects.get(pk=room.people["company"].pk)
    counsel.set_password("a good long password")
    counsel.save()
    return counsel


def test_the_right_password_leads_to_the_overview(room: World) -> None:
    counsel = with_password(room)
    client = Client()
    sent = {"username": counsel.email.upper(), "password": "a good long password"}
    response = client.post("/sign-in/", sent, follow=True)
    assert response.redirect_chain[-1][0] == "/deals/cerplex-1996/"
    assert "Sign out" in response.content.decode()


def test_a_wrong_password_says_what_to_do(room: World) -> None:
    response = Client().post("/sign-in/", {"username": room.people["company"].email, "password": "wrong"})
    assert "Check both and try again" in response.content.decode()


def test_an_empty_form_asks_for_both(room: World) -> None:
    text = Client().post("/sign-in/", {"username": "", "password": ""}).content.decode()
    assert "Write the e-mail address that you were given." in text
    assert "Write your password." in text


def test_one_comes_back_to_the_page_one_asked_for(room: World) -> None:
    response = Client().get("/deals/cerplex-1996/conditions/")
    assert response["Location"] == "/sign-in/?next=/deals/cerplex-1996/conditions/"


def test_the_way_back_leads_nowhere_else(room: World) -> None:
    counsel = with_password(room)
    sent = {"username": counsel.email, "password": "a good long password", "next": "https://elsewhere.example/"}
    assert Client().post("/sign-in/", sent)["Location"] == "/"


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("company", "/deals/cerplex-1996/"),
        ("investors", "/deals/cerplex-1996/"),
        ("investor", "/deals/cerplex-1996/mine/"),
        ("admin", "/cap-table/"),
    ],
)
def test_everybody_is_sent_to_his_own_place(room: World, role: str, place: str) -> None:
    assert room.client(role).get("/")["Location"] == place


def test_signing_out_is_no_link(room: World) -> None:
    client = room.client("company")
    assert client.get("/sign-out/").status_code == 405
    client.post("/sign-out/")
    assert client.get("/deals/").status_code == 302
