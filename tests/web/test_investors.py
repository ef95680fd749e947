"""Schedule A and one investor's whole status, for counsel."""

import pytest

from tests.web.papers import text_of
from tests.web.world import World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/investors/"


def test_schedule_a_has_addresses_contacts_blocks_and_readiness(room: World) -> None:
    said = text_of(room.client("company").get(BASE))
    assert "0 of 15 investors are ready" in said
    assert "Schedule A: 8,000 shares for $8,000,000." in said
    assert "By: DLJ Capital Corporation, General Managing Partner<br>By: Robert Finzi, Attorney-in-Fact" in said
    assert "Attn: Daniel S. Martin" in said
    assert "The &amp; Trust" in said


def test_one_investor_is_told_whole(room: World) -> None:
    row = room.allotment("Malcolm and Emily Fairbairn")
    said = text_of(room.client("investors").get(f"{BASE}{row.pk}/"))
    assert "Malcolm and Emily Fairbairn:" in said
    assert "$40,000 missing" in said
    assert "Consented to the waiver of 2(a)(vi), by Malcolm Fairbairn" in said
    assert "What is open" in said
    assert "no, below 500 shares" in said


@pytest.mark.parametrize("role", ["investor", "another", "outsider", "admin"])
def test_nobody_but_counsel_sees_them(room: World, role: str) -> None:
    row = room.allotment("Malcolm and Emily Fairbairn")
    assert room.client(role).get(BASE).status_code == 404
    assert room.client(role).get(f"{BASE}{row.pk}/").status_code == 404
    assert room.client(role).get("/deals/cerplex-1996/money/").status_code == 404


def test_an_investor_of_another_deal_is_not_on_this_one(room: World) -> None:
    from closing.models import Allotment

    other = Allotment.objects.exclude(deal=room.deal).values_list("pk", flat=True)[0]
    assert room.client("company").get(f"{BASE}{other}/").status_code == 404
