"""Users and their roles, kept by the admin."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from closing.actions import users as actions
from closing.actions.base import ActionRefused
from closing.models import Event, Membership
from closing.rules.access import NotAllowed, Role
from investors import clock
from investors.models import Contact, User
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db


def admin_of(room: World) -> User:
    return room.people["admin"]


def act(room: World, user: User, what: str, **said: str) -> None:
    assert room.client("admin").post(f"/users/{user.pk}/{what}/", said).status_code == 302
    user.refresh_from_db()


def test_a_user_is_added_and_sets_a_password_by_a_link(room: World) -> None:
    admin = room.client("admin")
    said = {"name": "Somebody <b>New</b>", "email": "New@Room.example"}
    added = admin.post("/users/new/", said)
    user = User.objects.get(email="new@room.example")
    assert added["Location"] == f"/users/{user.pk}/"
    assert "&lt;b&gt;New" in admin.get(f"/users/{user.pk}/").content.decode()
    made = admin.post(f"/users/{user.pk}/password-link/")
    assert "no-store" in made["Cache-Control"]
    found = re.search(r'value="http://[^/]+(/welcome/[^"]+)"', made.content.decode())
    assert found
    stranger = Client()
    form = stranger.get(found[1], follow=True)
    url = form.redirect_chain[-1][0]
    words = {"new_password1": "four thousand and one", "new_password2": "four thousand and one"}
    assert stranger.post(url, words).status_code == 302
    assert Client().login(request=None, username="new@room.example", password="four thousand and one")
    assert "This link counts no more" in Client().get(found[1]).content.decode()


def test_a_link_runs_out(room: World) -> None:
    user = User.objects.get(name="Andrea Martin")
    made = room.client("admin").post(f"/users/{user.pk}/password-link/").content.decode()
    found = re.search(r'value="http://[^/]+(/welcome/[^"]+)"', made)
    assert found
    with clock.fixed(MONDAY + timedelta(days=4)):
        assert "This link counts no more" in Client().get(found[1]).content.decode()


def test_an_address_that_is_taken_is_refused_in_words(room: World) -> None:
    said = {"name": "Andrea", "email": "ANDREA.MARTIN@willowbrook.example"}
    response = room.client("admin").post("/users/new/", said)
    assert response.status_code == 422
    assert "has an account already" in response.content.decode()


def test_an_admin_neither_closes_nor_demotes_himself(room: World) -> None:
    admin = admin_of(room)
    for what in ("close", "take-admin"):
        act(room, admin, what)
    assert admin.is_active
    assert admin.is_admin


def test_the_last_admin_stays(room: World) -> None:
    with pytest.raises(ActionRefused, match="last admin"):
        actions.take_admin(None, admin_of(room))
    with pytest.raises(ActionRefused, match="last admin"):
        actions.close_account(None, admin_of(room))


def test_a_second_admin_may_take_the_first_ones_role(room: World) -> None:
    second = User.objects.get(name="Andrea Martin")
    act(room, second, "make-admin")
    actions.take_admin(second, admin_of(room))
    assert not User.objects.get(pk=admin_of(room).pk).is_admin
    with pytest.raises(NotAllowed):
        actions.take_admin(admin_of(room), second)


def test_a_closed_account_signs_in_no_more_and_is_opened_again(room: World) -> None:
    user = User.objects.get(name="Andrea Martin")
    client = room.client("another")
    assert client.get("/deals/cerplex-1996/mine/").status_code == 200
    act(room, user, "close")
    assert client.get("/deals/cerplex-1996/mine/").status_code == 302
    act(room, user, "open")
    assert user.is_active


def test_nobody_sits_on_both_sides_of_a_deal(room: World) -> None:
    user = room.people["company"]
    act(room, user, "seat", seat=f"cerplex-1996|{Role.INVESTORS_COUNSEL.value}")
    assert Membership.objects.get(user=user, deal=room.deal).role == Role.COMPANY_COUNSEL.value
    investor = room.allotment("Andrea Martin").investor
    act(room, user, "link", investor=str(investor.pk))
    assert not Contact.objects.filter(user=user).exists()
    contact = User.objects.get(name="Andrea Martin")
    act(room, contact, "seat", seat=f"cerplex-1996|{Role.INVESTORS_COUNSEL.value}")
    assert not Membership.objects.filter(user=contact).exists()


def test_a_seat_and_an_investor_are_given_and_taken(room: World) -> None:
    user = actions.add_user(admin_of(room), name="New", email="new@room.example")
    act(room, user, "seat", seat=f"cerplex-1996|{Role.COMPANY_COUNSEL.value}")
    assert Membership.objects.filter(user=user, deal=room.deal).count() == 1
    act(room, user, "unseat", seat="cerplex-1996")
    assert not Membership.objects.filter(user=user).exists()
    investor = room.allotment("Andrea Martin").investor
    act(room, user, "link", investor=str(investor.pk))
    assert Contact.objects.filter(user=user, investor=investor).count() == 1
    act(room, user, "unlink", investor=str(investor.pk))
    assert not Contact.objects.filter(user=user).exists()
    verbs = set(Event.objects.filter(subject_kind="user", subject_id=user.pk).values_list("verb", flat=True))
    assert verbs == {"user-added", "counsel-seated", "counsel-unseated", "contact-linked", "contact-unlinked"}


@pytest.mark.parametrize("said", [{}, {"seat": "nowhere|admin"}, {"seat": "cerplex-1996|admin"}])
def test_a_seat_that_is_none_is_refused(room: World, said: dict[str, str]) -> None:
    user = User.objects.get(name="Andrea Martin")
    act(room, user, "seat", **said)
    act(room, user, "link", investor="x")
    assert not Membership.objects.filter(user=user).exists()


@pytest.mark.parametrize("role", ["company", "investors", "investor", "another", "outsider"])
def test_users_are_the_admins(room: World, role: str) -> None:
    client = room.client(role)
    assert client.get("/users/").status_code == 404
    assert client.post(f"/users/{room.people['another'].pk}/make-admin/").status_code == 404
    with pytest.raises(NotAllowed):
        actions.make_admin(room.people[role], room.people["another"])
