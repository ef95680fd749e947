"""Money papers on the web: how far one is, asked for anew where it failed, fetched by whom it is for."""

from typing import Any

import pytest

from closing.actions import money_papers
from closing.actions.money_papers import request_money_paper
from closing.models import MoneyPaper
from tests.pdf.test_money_papers import paper_of
from tests.web.papers import text_of
from tests.web.world import World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/money/papers"
RECEIPT = paper_of(("Andrea Martin", "$10,000.00"), title="Receipt")


def receipt(room: World) -> MoneyPaper:
    return request_money_paper(room.deal, None, "receipt", RECEIPT, room.allotment("Andrea Martin"))


def test_it_is_watched_as_a_piece_of_a_page_until_it_is_made_and_then_fetched(room: World) -> None:
    row, client = receipt(room), room.client("another")
    piece: Any = client.get(f"{BASE}/{row.pk}/state/", headers={"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in text_of(piece)
    assert "<html" not in text_of(piece)
    assert client.get(f"{BASE}/{row.pk}/").status_code == 404
    assert money_papers.make(row.pk)
    piece = client.get(f"{BASE}/{row.pk}/state/", headers={"HX-Request": "true"})
    assert "hx-trigger" not in text_of(piece)
    assert "Download the PDF" in text_of(piece)
    file: Any = client.get(f"{BASE}/{row.pk}/")
    assert file.headers["Content-Disposition"] == 'attachment; filename="Cerplex Series B, Receipt, Andrea Martin.pdf"'
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.getvalue().startswith(b"%PDF-")


def test_one_that_failed_says_why_and_is_asked_for_anew(room: World) -> None:
    row, client = receipt(room), room.client("another")
    MoneyPaper.objects.filter(pk=row.pk).update(state="failed", error="The disk is full.")
    said = text_of(client.get(f"{BASE}/{row.pk}/state/"))
    assert "The disk is full." in said
    assert "Try again" in said
    answer: Any = client.post(f"{BASE}/{row.pk}/state/")
    again = MoneyPaper.objects.latest("id")
    assert answer.headers["Location"] == f"{BASE}/{again.pk}/state/"
    assert (again.pk != row.pk, again.state) == (True, "queued")


def test_another_investor_finds_none_of_it(room: World) -> None:
    row = receipt(room)
    for address in (f"{BASE}/{row.pk}/", f"{BASE}/{row.pk}/state/"):
        assert room.client("investor").get(address).status_code == 404
