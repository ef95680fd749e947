"""The cap table and the stock ledger, kept by the admin and read by counsel."""

from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from closing.models import Event
from closing.queries.holdings import hundredths
from investors.models import Certificate, Investor, LedgerEntry, ShareClass
from tests.web.papers import queries_of, text_of
from tests.web.world import World

pytestmark = pytest.mark.django_db

BASE = "/cap-table/cerplex/"
COMMON, SERIES_B = "Common Stock", "Series B Preferred Stock"


def class_of(name: str) -> ShareClass:
    return ShareClass.objects.get(issuer__code="cerplex", name=name)


def move(client: Client, kind: str, name: str, **said: Any) -> tuple[int, str]:
    seen = LedgerEntry.objects.filter(share_class__issuer__code="cerplex").count()
    form = {"seen": seen, "share_class": class_of(name).pk, "on": "1996-06-03", **said}
    response = client.post(f"{BASE}entries/{kind}/", form)
    return response.status_code, text_of(response)


def held(holder: str, name: str) -> int:
    rows = LedgerEntry.objects.filter(share_class=class_of(name), investor__name=holder)
    return sum(rows.values_list("shares", flat=True))


def test_the_cap_table_has_holders_percents_and_the_ledger(room: World) -> None:
    said = text_of(room.client("admin").get(BASE))
    assert "13,000,000 votes outstanding" in said
    assert "22.31%" in said
    assert "0 outstanding of 8,000 authorized" in said


def test_a_day_in_the_address_is_the_day_shown(room: World) -> None:
    said = text_of(room.client("admin").get(BASE, {"on": "1996-05-19"}))
    assert "0 votes outstanding" in said
    assert "8 later entries are not counted" in said
    assert "is no day" in text_of(room.client("admin").get(BASE, {"on": "tomorrow"}))


def test_shares_are_issued_under_a_certificate(room: World) -> None:
    said = {"holder": "Andrea Martin", "shares": 10, "certificate": "B-1"}
    assert move(room.client("admin"), "issued", SERIES_B, **said)[0] == 302
    paper = Certificate.objects.get(number="B-1", share_class=class_of(SERIES_B))
    assert (paper.registered_name, paper.shares) == ("Andrea Martin", 10)
    again = move(room.client("admin"), "issued", SERIES_B, **said)
    assert again[0] == 422
    assert "A certificate B-1 of Series B Preferred Stock exists already" in again[1]


def test_past_the_number_authorized_the_refusal_is_in_words(room: World) -> None:
    status, said = move(room.client("admin"), "issued", SERIES_B, holder="Andrea Martin", shares=8001)
    assert status == 422
    assert "8,000 authorized, 0 outstanding. Record fewer, or raise the number authorized first." in said
    assert not LedgerEntry.objects.filter(share_class=class_of(SERIES_B)).exists()


def test_fewer_cannot_be_authorized_than_are_outstanding(room: World) -> None:
    move(room.client("admin"), "issued", SERIES_B, holder="Andrea Martin", shares=10)
    url = f"{BASE}classes/{class_of(SERIES_B).pk}/"
    response = room.client("admin").post(url, {"authorized": "9"})
    assert response.status_code == 422
    assert "10 shares of Series B Preferred Stock are outstanding" in text_of(response)
    assert room.client("admin").post(url, {"authorized": "10"}).status_code == 302


def test_a_transfer_moves_and_neither_makes_nor_loses(room: World) -> None:
    said = {"holder": "Nitin T. Mehta", "to": "A new & other holder", "shares": 150_000}
    assert move(room.client("admin"), "transferred", COMMON, **said)[0] == 302
    assert (held("Nitin T. Mehta", COMMON), held("A new & other holder", COMMON)) == (0, 150_000)
    status, page = move(room.client("admin"), "transferred", COMMON, **said)
    assert status == 422
    assert "Nitin T. Mehta has 0 Common Stock, fewer than 150,000." in page


def test_a_conversion_goes_out_of_one_class_into_the_other(room: World) -> None:
    move(room.client("admin"), "issued", SERIES_B, holder="Andrea Martin", shares=10)
    said = {"holder": "Andrea Martin", "shares": 4, "into_class": class_of(COMMON).pk, "into_shares": 400}
    assert move(room.client("admin"), "converted", SERIES_B, **said)[0] == 302
    assert (held("Andrea Martin", SERIES_B), held("Andrea Martin", COMMON)) == (6, 400)


def test_shares_are_cancelled(room: World) -> None:
    assert move(room.client("admin"), "cancelled", COMMON, holder="Nitin T. Mehta", shares=1)[0] == 302
    assert held("Nitin T. Mehta", COMMON) == 149_999


def test_a_form_sent_twice_enters_one_line(room: World) -> None:
    said: dict[str, Any] = {"holder": "Andrea Martin", "shares": 10}
    said["seen"] = LedgerEntry.objects.filter(share_class__issuer__code="cerplex").count()
    assert move(room.client("admin"), "issued", SERIES_B, **said)[0] == 302
    status, page = move(room.client("admin"), "issued", SERIES_B, **said)
    assert status == 422
    assert "changed since you opened this form" in page
    assert held("Andrea Martin", SERIES_B) == 10


def test_a_class_is_added_once(room: World) -> None:
    said = {"name": "Series C Preferred Stock", "kind": "preferred", "votes_per_share": "1", "authorized": "100"}
    assert room.client("admin").post(f"{BASE}classes/new/", said).status_code == 302
    response = room.client("admin").post(f"{BASE}classes/new/", said | {"name": "series c preferred stock"})
    assert response.status_code == 422
    assert Event.objects.filter(deal=None, verb="share-class-added").count() == 1


@pytest.mark.parametrize("shares", ["", "0", "-1", "1.5", "ten", "9" * 40])
def test_shares_that_cannot_be_are_refused(room: World, shares: str) -> None:
    assert move(room.client("admin"), "issued", SERIES_B, holder="Andrea Martin", shares=shares)[0] == 422


def test_counsel_reads_and_does_not_write(room: World) -> None:
    assert room.client("company").get(BASE).status_code == 200
    assert "Issue shares" not in text_of(room.client("company").get(BASE))
    assert room.client("company").get(f"{BASE}entries/issued/").status_code == 404
    assert room.client("outsider").get(BASE).status_code == 404
    assert room.client("investor").get(BASE).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_holders(room: World) -> None:
    client = room.client("admin")
    counts = []
    for more in (0, 15, 200):
        issuer = class_of(COMMON).issuer
        holders = Investor.objects.bulk_create([Investor(issuer=issuer, name=f"H {more} {n}") for n in range(more)])
        LedgerEntry.objects.bulk_create(
            LedgerEntry(share_class=class_of(COMMON), investor=each, kind="issued", shares=1, on="1996-06-01")
            for each in holders
        )
        counts.append(len(queries_of(client, BASE)))
    assert len(set(counts)) == 1, counts


@pytest.mark.parametrize(
    ("part", "said"),
    [(Fraction(1, 3), "33.33"), (Fraction(2, 3), "66.67"), (Fraction(1), "100.00"), (Fraction(0), "0.00")],
)
def test_percents_are_exact_to_the_hundredth(part: Fraction, said: str) -> None:
    assert hundredths(part) == said
