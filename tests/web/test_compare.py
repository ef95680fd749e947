"""The page of two versions side by side: what changed is marked in words too, and what cannot be compared says so."""

from collections.abc import Iterator
from typing import Any

import pytest

from closing.queries import comparisons
from tests.pdf.test_comparison import typeset, word_file
from tests.web.papers import BASE, Room, open_room, pdf, text_of, upload

AGREEMENT = f"{BASE}/documents/stock-purchase-agreement/"


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


def hand_in(room: Room, name: str, content: bytes, key: str = "stock-purchase-agreement") -> None:
    answer = room.company.post(f"{BASE}/documents/{key}/", {"file": upload(name, content), "note": ""})
    assert answer.status_code == 302, text_of(answer)


def look(room: Room, old: int = 1, new: int = 2, more: str = "") -> Any:
    return room.company.get(f"{AGREEMENT}compare/{old}/{new}/{more}")


def test_a_change_is_marked_in_words_for_whoever_sees_no_colour(room: Room) -> None:
    hand_in(room, "a.pdf", typeset("The price is \\$1.00 a Share.\n\nIt is paid by wire."))
    hand_in(room, "b.pdf", typeset("The price is \\$1.25 a Share.\n\nIt is paid by wire.\n\nTime is of the essence."))
    assert "Compare with version 1" in text_of(room.company.get(AGREEMENT))
    page = text_of(look(room))
    assert "2 changes from version 1 to version 2" in page
    assert '<del><span class="visually-hidden">removed: </span>$1.00' in page
    assert '<ins><span class="visually-hidden">added: </span>$1.25' in page
    assert "Time is of the essence." in page
    assert 'href="#change-1">Go to the first change' in page
    assert 'id="change-2"' in page
    assert 'href="#change-2">Next' in page
    assert "1 word removed, 6 added." in page


def test_word_beside_pdf_says_what_it_does_not_see(room: Room) -> None:
    hand_in(room, "a.docx", word_file("The price is $1.00 a Share."))
    hand_in(room, "b.pdf", typeset("The price is \\$1.00 a Share.\n#pagebreak()\n#rect()"))
    page = text_of(look(room))
    assert "The words of versions 1 and 2 are the same" in page
    assert "Page 2 of version 2 has no text: a change on it does not show." in page
    assert "Numbers that Word sets by itself" in page


def test_a_scan_says_what_to_do(room: Room) -> None:
    hand_in(room, "a.pdf", pdf("scan"))
    hand_in(room, "b.pdf", typeset("Words."))
    answer = look(room)
    assert answer.status_code == 200
    assert "Versions 1 and 2 cannot be compared" in text_of(answer)
    assert "Version 1 has no text: it is a scan or a picture. Hand in the file" in text_of(answer)


def test_markup_in_a_version_is_only_text(room: Room) -> None:
    hand_in(room, "a.txt", b"One.")
    hand_in(room, "b.txt", b"One. <script>alert(1)</script>")
    assert "<script>alert" not in look(room).content.decode()
    assert "&lt;script&gt;alert(1)" in look(room).content.decode()


def test_many_changes_come_by_pages_and_the_steps_lead_over_them(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "ROWS_A_PAGE", 5)
    lines = [f"Investor {n} buys {n} Shares." for n in range(30)]
    hand_in(room, "a.txt", "\n\n".join(lines).encode())
    hand_in(room, "b.txt", "\n\n".join(f"Investor {n} buys {n + 100} Shares." for n in range(30)).encode())
    first = text_of(look(room))
    assert 'href="?page=2#change-6">Next' in first
    assert "Page 1 of 6" in first
    last = text_of(look(room, more="?page=99"))
    assert "Page 6 of 6" in last
    assert 'id="change-30"' in last


def test_the_form_leads_to_the_pair_and_a_version_is_not_compared_with_itself(room: Room) -> None:
    for text in (b"One.", b"Two.", b"Three."):
        hand_in(room, "a.txt", text)
    answer = look(room, more="?old=3&new=1")
    assert (answer.status_code, answer["Location"]) == (302, f"{AGREEMENT}compare/3/1/")
    assert look(room, 2, 2).status_code == 409
    assert look(room, 1, 4).status_code == 404
    assert look(room, more="?old=x&new=99999999999").status_code == 200


def test_an_investor_compares_what_it_may_read_and_nothing_else(room: Room) -> None:
    for key in ("stock-purchase-agreement", "board-resolutions"):
        hand_in(room, "a.txt", b"One.", key)
        hand_in(room, "b.txt", b"Two.", key)
    assert room.malcolm.get(f"{AGREEMENT}compare/1/2/").status_code == 200
    assert room.malcolm.get(f"{BASE}/documents/board-resolutions/compare/1/2/").status_code == 404


def test_a_file_that_the_store_lost_is_said_to_be_lost(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(room, "a.txt", b"One.")
    hand_in(room, "b.txt", b"Two.")

    def lost(sha256: str) -> None:
        raise FileNotFoundError(sha256)

    monkeypatch.setattr(comparisons, "open_stored", lost)
    assert look(room).status_code == 409
