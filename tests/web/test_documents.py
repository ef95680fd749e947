"""Documents: what is refused is said beside the field and kept nowhere; what is kept comes back as it went in."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage

from closing.models import Deliverable, DocumentVersion, Event
from closing.pdf.uploads import DEFAULT_LIMITS
from investors.models import User
from tests.web.papers import BASE, Room, encrypted, open_room, pdf, text_of, upload

AGREEMENT = f"{BASE}/documents/stock-purchase-agreement/"


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


def status_of(client: Any, address: str) -> int:
    answer = client.get(address)
    if answer.streaming:
        assert b"".join(answer.streaming_content)  # to its end, which closes the file
    return int(answer.status_code)


def hand_in(client: Any, name: str, content: bytes, address: str = AGREEMENT, note: str = "") -> Any:
    return client.post(address, {"file": upload(name, content), "note": note})


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("agreement.pdf", b"", "The file is empty"),
        ("agreement.pdf", b"%PDF-1.7 and then nothing of the kind", "broken"),
        ("agreement.pdf", encrypted(), "password"),
        ("agreement.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "but it is a PNG picture"),
        ("agreement.exe", b"MZ", "This kind of file is not taken"),
        ("agreement", b"words", "This kind of file is not taken"),
    ],
    ids=["empty", "broken", "encrypted", "disguised", "a program", "no ending"],
)
def test_a_bad_file_is_refused_with_the_reason_and_kept_nowhere(
    room: Room, name: str, content: bytes, reason: str
) -> None:
    answer = hand_in(room.company, name, content)
    assert answer.status_code == 422
    assert reason in text_of(answer)
    assert 'id="error_1_id_file"' in answer.content.decode() or "is-invalid" in answer.content.decode()
    assert not DocumentVersion.objects.exists()
    assert not Event.objects.filter(verb="document-version-added").exists()
    digest = hashlib.sha256(content).hexdigest()
    assert not default_storage.exists(f"documents/{digest[:2]}/{digest}")


def test_a_huge_file_is_refused_and_not_read_whole(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = hand_in(room.company, "agreement.pdf", b"%PDF-1.7\n" + b"0" * (DEFAULT_LIMITS.max_bytes + 1))
    assert answer.status_code == 422
    assert "larger than 50 MB" in text_of(answer)
    assert not DocumentVersion.objects.exists()


def test_a_form_without_a_file_says_so(room: Room) -> None:
    answer = room.company.post(AGREEMENT, {"note": "no file"})
    assert answer.status_code == 422
    assert "Choose the file first." in text_of(answer)


def test_versions_are_numbered_and_the_same_bytes_are_not_kept_twice(room: Room) -> None:
    first, second = pdf("first"), pdf("second", pages=3)
    assert hand_in(room.company, "agreement.pdf", first, note="As signed").status_code == 302
    assert hand_in(room.counsel, "agreement 2.pdf", second).status_code == 302
    again = hand_in(room.company, "same.pdf", second)
    assert again.status_code == 422
    assert "This is the same file as version 2, byte for byte" in text_of(again)
    rows = list(DocumentVersion.objects.order_by("number"))
    assert [(row.number, row.sha256, row.size, row.pages) for row in rows] == [
        (1, hashlib.sha256(first).hexdigest(), len(first), 1),
        (2, hashlib.sha256(second).hexdigest(), len(second), 3),
    ]
    assert Event.objects.filter(verb="document-version-added").count() == 2
    page = text_of(room.company.get(AGREEMENT))
    assert "As signed" in page
    assert rows[0].sha256 in page
    # An earlier version's bytes may come back: a lawyer returns to the first draft.
    assert hand_in(room.company, "agreement.pdf", first).status_code == 302
    assert DocumentVersion.objects.count() == 3


def test_a_version_comes_back_as_an_attachment_that_no_browser_runs(room: Room) -> None:
    content = pdf("ß")
    hand_in(room.company, "Vertrag über Aktien “B”.pdf", content)
    answer: Any = room.company.get(f"{AGREEMENT}versions/1/")
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Vertrag%20%C3%BCber")
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_name_with_folders_or_markup_is_only_a_name(room: Room) -> None:
    hand_in(room.company, "..\\..\\<b>The & Trust</b>.pdf", pdf())
    version = DocumentVersion.objects.get()
    assert "/" not in version.filename
    assert "\\" not in version.filename
    page = room.company.get(AGREEMENT).content.decode()
    assert "<b>The" not in page


def test_a_file_that_the_store_lost_is_said_to_be_lost(room: Room) -> None:
    hand_in(room.company, "agreement.pdf", pdf())
    version = DocumentVersion.objects.get()
    default_storage.delete(f"documents/{version.sha256[:2]}/{version.sha256}")
    answer = room.company.get(f"{AGREEMENT}versions/1/")
    assert answer.status_code == 409
    assert "The file store does not give this file" in text_of(answer)


def test_only_counsel_hand_in(room: Room) -> None:
    answer = hand_in(room.malcolm, "agreement.pdf", pdf())
    assert answer.status_code == 403
    assert not DocumentVersion.objects.exists()
    assert "Hand in" not in text_of(room.malcolm.get(AGREEMENT))


def test_an_investor_fetches_what_comes_to_it_and_what_it_signs_and_nothing_else(room: Room) -> None:
    for key in ("stock-purchase-agreement", "schedule-of-exceptions", "board-resolutions", "investor-bring-down"):
        assert hand_in(room.company, f"{key}.pdf", pdf(key), f"{BASE}/documents/{key}/").status_code == 302
    seen = {
        key: status_of(room.malcolm, f"{BASE}/documents/{key}/versions/1/")
        for key in Deliverable.objects.filter(versions__isnull=False).values_list("key", flat=True)
    }
    assert seen == {
        "stock-purchase-agreement": 200,
        "schedule-of-exceptions": 200,
        # Owed to counsel only; and what every investor owes may hold another's file.
        "board-resolutions": 404,
        "investor-bring-down": 404,
    }
    assert room.malcolm.get(f"{BASE}/documents/board-resolutions/").status_code == 404
    assert room.malcolm.get(f"{BASE}/documents/investor-bring-down/").status_code == 200
    assert "investor-bring-down.pdf" not in text_of(room.malcolm.get(f"{BASE}/documents/investor-bring-down/"))


def test_an_investor_reads_no_other_investors_name_or_state(room: Room) -> None:
    pages = [text_of(room.malcolm.get(f"{BASE}/documents/"))]
    keys = Deliverable.objects.visible_to(User.objects.get(name="Malcolm Fairbairn")).values_list("key", flat=True)
    pages += [text_of(room.malcolm.get(f"{BASE}/documents/{key}/")) for key in keys]
    assert len(pages) > 5
    for page in pages:
        for name in ("Sprout", "Finzi", "The &amp; Trust", "Whitman", "Andrea Martin", "of 17", "of 15"):
            assert name not in page


def test_the_checklist_tells_where_each_stands_from_the_facts(room: Room) -> None:
    page = text_of(room.company.get(f"{BASE}/documents/"))
    assert "14 of 17 pages signed" in page
    assert "Delivered to every investor" in page
    assert "Billed $24,692.40" in page
