"""A firm's own list: looked through first, taken in once, refused in plain words, and nothing of it becomes met."""

import threading
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import connection

from closing.actions.checklist_import import TakenInAlready, confirm_import, open_import
from closing.models import ChecklistImport, Deliverable, Event, Note
from closing.pdf.uploads import DEFAULT_LIMITS
from closing.queries.gates import gate_of
from investors.models import User
from tests.papers.test_tables import WORD, excel, repacked
from tests.web.papers import BASE, Room, open_room, text_of, upload

IMPORT = f"{BASE}/checklist/import/"
OWN = (
    "No.\tItem\tResponsible party\tStatus\tComments\n"
    "Corporate and charter\t\t\t\t\n"
    "1\tGood standing certificate\tBrobeck\tDone\tOrdered on Friday\n"
    "2\tCompliance Certificate\tCompany\tDone, met\tCFO signs\n"
    "3\tSide letter <b>x</b>\tNobody & Co.\tDone\t\n"
)


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


def paste(client: Any, text: str = OWN) -> str:
    answer = client.post(IMPORT, {"text": text})
    assert answer.status_code == 302
    return str(answer["Location"])


def confirm(client: Any, where: str, **choices: str) -> Any:
    return client.post(where, {"default_party": "company-counsel", **choices})


def test_every_row_is_shown_before_anything_is_added(room: Room) -> None:
    before = Deliverable.objects.count()
    where = paste(room.company)
    page = room.company.get(where)
    text = text_of(page)
    assert "2 items would be added, 1 is on the list already" in text
    assert "It is: Compliance Certificate" in text
    assert "“Nobody &amp; Co.” is no party of the deal." in text
    assert "Nothing is read from" not in text
    assert b"<b>x</b>" not in page.content
    assert Deliverable.objects.count() == before


def test_it_is_taken_in_once_and_nothing_becomes_met(room: Room) -> None:
    before = gate_of(room.deal)
    where = paste(room.company)
    assert confirm(room.company, where).status_code == 302
    assert confirm(room.company, where).status_code == 302
    rows = {row.title: row for row in Deliverable.objects.filter(added_at__isnull=False)}
    assert set(rows) == {"Good standing certificate", "Side letter <b>x</b>"}
    assert rows["Good standing certificate"].part == "Corporate and charter"
    assert {row.owed_by for row in rows.values()} == {"company-counsel"}
    assert Event.objects.filter(verb="checklist-imported").count() == 1
    assert not Note.objects.exists()
    after = gate_of(room.deal)
    assert [(each.condition, each.state) for each in after.conditions] == [
        (each.condition, each.state) for each in before.conditions
    ]
    assert after.blockers == before.blockers
    page = room.company.get(f"{BASE}/checklist/").context["page"]
    assert all(row.standing.is_waiting for row in page.rows if row.is_added)
    assert "This list was taken in" in text_of(room.company.get(where))


def test_the_same_list_a_second_time_finds_everything(room: Room) -> None:
    confirm(room.company, paste(room.company))
    where = paste(room.counsel)
    assert "0 items would be added, 3 are on the list already" in text_of(room.counsel.get(where))
    confirm(room.counsel, where)
    assert Deliverable.objects.filter(added_at__isnull=False).count() == 2


def test_comments_become_notes_of_the_side_that_was_chosen(room: Room) -> None:
    confirm(room.company, paste(room.company), comments="own")
    assert set(Note.objects.values_list("audience", "side", "text")) == {
        ("issuer", "issuer", "Ordered on Friday"),
        ("issuer", "issuer", "CFO signs"),
    }
    assert "CFO signs" in text_of(room.company.get(f"{BASE}/checklist/"))
    assert "CFO signs" not in text_of(room.counsel.get(f"{BASE}/checklist/"))
    assert "kept as notes" in text_of(room.company.get(f"{BASE}/record/"))
    assert "kept as notes" not in text_of(room.counsel.get(f"{BASE}/record/"))
    confirm(room.counsel, paste(room.counsel), comments="shared")
    assert "CFO signs" in text_of(room.company.get(f"{BASE}/checklist/"))
    assert Note.objects.filter(audience="shared").count() == 2


def test_rows_go_as_their_sender_chooses(room: Room) -> None:
    where = paste(room.company)
    confirm(room.company, where, **{"row-3": "leave", "row-4": "create"})
    added = Deliverable.objects.filter(added_at__isnull=False).order_by("position")
    assert sorted(added.values_list("title", flat=True)) == ["Compliance Certificate", "Side letter <b>x</b>"]
    wrong = confirm(room.company, paste(room.company), **{"row-3": "same:nothing"})
    assert wrong.status_code == 422


def test_a_list_is_its_senders_alone(room: Room) -> None:
    where = paste(room.company)
    for client in (room.counsel, room.malcolm, room.admin, room.stranger):
        assert client.get(where).status_code == 404
        assert confirm(client, where).status_code == 404
    assert not Deliverable.objects.filter(added_at__isnull=False).exists()


def bomb() -> bytes:
    return repacked(WORD, "word/document.xml", b"0" * (DEFAULT_LIMITS.max_unpacked_bytes + 1))


def macro() -> bytes:
    target = BytesIO(WORD)
    with zipfile.ZipFile(target, "a") as packed:
        packed.writestr("word/vbaProject.bin", b"x")
    return target.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("list.docx", b"", "The file is empty"),
        ("list.csv", b"", "The file is empty"),
        ("list.docx", b"PK\x03\x04 broken", "not what its name says"),
        ("list.docx", WORD[: len(WORD) // 2], "not what its name says"),
        ("list.xlsx", OLE, "protected by a password"),
        ("list.xlsx", WORD, "but it is a Word document"),
        ("list.docx", macro, "contains macros"),
        ("list.docx", bomb, "unpacks to more"),
        ("list.doc", OLE, "Save it as .docx"),
        ("list.xlsm", WORD, "without macros"),
        ("list.pdf", b"%PDF-1.7", "Choose a Word"),
        ("list", b"Item", "Choose a Word"),
        ("list.csv", b"\x00\x01\x02", "not what its name says"),
        ("list.txt", b"  \n \n", "no table in the file"),
        ("list.csv", b"0" * (DEFAULT_LIMITS.max_bytes + 1), "larger than 50 MB"),
        ("list.xlsx", excel(*[[at] for at in range(801)]), "more than 800 rows"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason_and_nothing_is_kept(
    room: Room, name: str, content: Any, reason: str
) -> None:
    data = content() if callable(content) else content
    answer = room.company.post(IMPORT, {"file": upload(name, data)})
    assert answer.status_code == 422
    assert reason in text_of(answer)
    assert not ChecklistImport.objects.exists()


def test_a_file_or_text_is_asked_for_and_not_both(room: Room) -> None:
    assert "Choose a file, or paste" in text_of(room.company.post(IMPORT, {"text": "  "}))
    both = {"file": upload("list.txt", b"Item\nBylaws"), "text": "Item\nBylaws"}
    assert "not both" in text_of(room.company.post(IMPORT, both))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Liste.CSV", "No.;Item;Bemerkung\n1;Größe;x".encode("cp1252")),
        ("list.xlsx", excel(["No.", "Item"], [1, "Größe"])),
        ("list.txt", "Item\nGröße".encode("utf-16")),
    ],
)
def test_lists_of_every_kind_are_read(room: Room, name: str, content: bytes) -> None:
    answer = room.company.post(IMPORT, {"file": upload(name, content)})
    assert answer.status_code == 302
    assert "Größe" in text_of(room.company.get(answer["Location"]))


def words_of(content: bytes) -> str:
    page: Any = openpyxl.load_workbook(BytesIO(content)).active
    return "\n".join(str(cell.value) for row in page.iter_rows() for cell in row)


@pytest.mark.parametrize("ending", ["docx", "xlsx"])
def test_what_was_exported_is_recognised_whole(room: Room, ending: str) -> None:
    sent = b"".join(room.company.get(f"{BASE}/checklist/export/full/{ending}/"))
    answer = room.counsel.post(IMPORT, {"file": upload(f"list.{ending}", sent)})
    assert "0 items would be added, 24 are on the list already" in text_of(room.counsel.get(answer["Location"]))


def test_the_abridged_list_has_nothing_that_is_private(room: Room) -> None:
    confirm(room.company, paste(room.company), comments="own")
    sent = {which: b"".join(room.company.get(f"{BASE}/checklist/export/{which}/xlsx/")) for which in ("full", "shared")}
    texts = {which: words_of(content) for which, content in sent.items()}
    assert "CFO signs" in texts["full"]
    assert "Whose move" in texts["full"]
    for word in ("CFO signs", "private", "Whose move", "Owed to"):
        assert word not in texts["shared"]
    theirs = b"".join(room.counsel.get(f"{BASE}/checklist/export/full/xlsx/"))
    assert "CFO signs" not in words_of(theirs)


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_add_once(transactional_db: None) -> None:
    with open_room() as room:
        by = User.objects.get(memberships__role="company-counsel")
        row = open_import(room.deal, "list", [["Item"], ["Bylaws"]], by)
        came: list[str] = []
        barrier = threading.Barrier(2)

        def take_in() -> None:
            try:
                barrier.wait()
                confirm_import(row, {}, "", "issuer", by)
                came.append("done")
            except TakenInAlready:
                came.append("already")
            finally:
                connection.close()

        threads = [threading.Thread(target=take_in) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(came) == ["already", "done"]
    assert Deliverable.objects.filter(title="Bylaws").count() == 1
