"""What counsel see of pages that came back: handed in, confirmed, assigned, set aside, in a fixed number of queries."""

import re
from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from closing.actions.return_reading import read
from closing.actions.stored_files import store
from closing.models import Counterpart, Deal, ReturnedFile, ReturnedPage, Signature, SignaturePage
from closing.queries.counterparts import open_counterpart
from tests.returned import Sheet, page_of, read_in, scanned, send_packets, sent_out
from tests.web.papers import BASE, Room, encrypted, open_room, queries_of, text_of, upload

pytestmark = pytest.mark.django_db

URL = f"{BASE}/signatures/returns/"
ANDREA, NITIN = "Andrea Martin", "Nitin T. Mehta"
AGREEMENT, RIGHTS = "stock-purchase-agreement", "registration-rights-agreement"


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room("") as found:
        yield found


def test_scans_are_handed_in_and_each_that_is_not_taken_is_named(room: Room) -> None:
    send_packets(room.deal, ANDREA)
    content = scanned([Sheet(sent_out(room.deal, ANDREA)[AGREEMENT])])
    files = [upload("good.pdf", content), upload("locked.pdf", encrypted()), upload("list.txt", b"a list")]
    answer = room.company.post(URL, {"files": files}, follow=True)
    text = text_of(answer)
    assert "1 file handed in, 1 page to read." in text
    assert "locked.pdf was not taken." in text
    assert "list.txt was not taken. Signed pages are taken as PDF, TIFF, PNG or JPEG files." in text
    assert 'hx-trigger="every 1s"' in text
    again = text_of(room.counsel.post(URL, {"files": [upload("copy.pdf", content)]}, follow=True))
    assert "copy.pdf was not taken again: the same file, as good.pdf, was handed in on June 3." in again
    assert ReturnedFile.objects.count() == 1


def test_nothing_chosen_says_so(room: Room) -> None:
    answer = room.company.post(URL, {})
    assert answer.status_code == 422
    assert "Choose the scans first" in text_of(answer)


def test_the_progress_ends_by_itself(room: Room) -> None:
    row = ReturnedFile.objects.create(
        deal=room.deal, filename="scan.pdf", sha256="0" * 64, size=1, pages_total=4, pages_made=2,
        requested_at=room.deal.closing_at,
    )  # fmt: skip
    busy = room.company.get(f"{URL}reading/", headers={"HX-Request": "true"})
    assert "2 of 4 pages done" in text_of(busy)
    assert "HX-Refresh" not in busy
    ReturnedFile.objects.filter(pk=row.pk).update(state="failed", error="It is broken.")
    done = room.company.get(f"{URL}reading/", headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"
    assert "hx-trigger" not in text_of(done)
    assert "It is broken." in text_of(done)
    assert room.malcolm.get(f"{URL}reading/", headers={"HX-Request": "true"}).status_code == 404


def test_what_was_recognised_is_shown_filed_and_taken_back(room: Room) -> None:
    send_packets(room.deal, ANDREA, NITIN)
    andrea, nitin = sent_out(room.deal, ANDREA), sent_out(room.deal, NITIN)
    pages = read_in(
        room.deal,
        Sheet(andrea[AGREEMENT], turned=180),
        Sheet(nitin[AGREEMENT], is_signed=False),
        Sheet(andrea[AGREEMENT]),
        Sheet(nitin[RIGHTS], is_spoiled=True),
    )
    text = text_of(room.company.get(URL))
    assert "3 pages to confirm, 1 in the tray" in text
    assert "Came upside down; straightened." in text
    assert "Nobody seems to have signed it." in text
    assert "The same page came before." in text
    tracker = text_of(room.company.get(f"{BASE}/signatures/"))
    assert "3 pages came back and wait to be confirmed, 1 is in the tray" in tracker

    done = room.company.post(f"{URL}confirm/", {"up_to": pages[-1].pk}, follow=True)
    assert "1 page is filed, in escrow." in text_of(done)
    assert list(Signature.objects.values_list("block__key", flat=True)) == ["andrea-martin"]
    assert "1 copy set aside." in text_of(room.company.post(f"{URL}copies/", follow=True))
    back = room.company.post(f"{URL}{pages[0].pk}/undo/", {"reason": "The wrong pen."}, follow=True)
    assert "The signature is taken back" in text_of(back)
    assert "It was filed before, and taken back." in text_of(back)
    refused = room.company.post(f"{URL}{pages[0].pk}/set-aside/", {"reason": " "}, follow=True)
    assert "Say why it is set aside" in text_of(refused)
    assert Counterpart.objects.count() == 1


def test_the_tray_opens_the_next_page_and_offers_only_what_is_missing(room: Room) -> None:
    send_packets(room.deal, ANDREA, NITIN)
    andrea, nitin = sent_out(room.deal, ANDREA), sent_out(room.deal, NITIN)
    filed, first, second = read_in(
        room.deal,
        Sheet(andrea[AGREEMENT]),
        Sheet(andrea[RIGHTS], is_spoiled=True),
        Sheet(nitin[RIGHTS], is_spoiled=True),
    )
    room.company.post(f"{URL}{filed.pk}/confirm/")
    opened = room.company.get(f"{URL}tray/", follow=True)
    text = text_of(opened)
    assert "Which page is this?" in text
    assert f'value="{page_of(room.deal, RIGHTS, ANDREA).pk}"' in text
    assert f'value="{page_of(room.deal, AGREEMENT, ANDREA).pk}"' not in text, "that one is on file"
    narrowed = text_of(room.company.get(f"{URL}{first.pk}/?q=mehta+rights"))
    assert len(re.findall('type="radio"', narrowed)) == 1
    token = page_of(room.deal, RIGHTS, ANDREA).token
    by_code = text_of(room.company.get(f"{URL}{first.pk}/?q={token.lower()}"))
    assert len(re.findall('type="radio"', by_code)) == 1
    nothing = room.company.post(f"{URL}{first.pk}/assign/", {}, follow=True)
    assert "Choose which page it is first." in text_of(nothing)
    answer = room.company.post(f"{URL}{first.pk}/assign/", {"page": page_of(room.deal, RIGHTS, ANDREA).pk})
    assert answer["Location"] == f"{URL}{second.pk}/", "the next page opens"
    last = room.company.post(f"{URL}{second.pk}/set-aside/", {"reason": "A cover letter."})
    assert last["Location"] == URL
    assert room.company.get(f"{URL}tray/")["Location"] == URL
    assert "A cover letter." in text_of(room.company.get(f"{URL}?show=set-aside"))
    assert "Registration Rights" in text_of(room.company.get(f"{URL}?show=filed"))


def test_a_picture_is_for_counsel_and_runs_nothing(room: Room) -> None:
    send_packets(room.deal, ANDREA)
    (page,) = read_in(room.deal, Sheet(sent_out(room.deal, ANDREA)[AGREEMENT], is_spoiled=True))
    answer = room.company.get(f"{URL}{page.pk}/picture/")
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "attachment" not in answer.get("Content-Disposition", "")
    with Image.open(BytesIO(b"".join(answer))) as picture:
        assert picture.height == 900
    for nobody in (room.malcolm, room.finzi, room.admin, room.stranger):
        assert nobody.get(f"{URL}{page.pk}/picture/").status_code == 404


def test_a_page_that_lies_on_its_side_is_turned_by_hand(room: Room) -> None:
    send_packets(room.deal, ANDREA)
    (page,) = read_in(room.deal, Sheet(sent_out(room.deal, ANDREA)[AGREEMENT], turned=90, is_spoiled=True))
    for _ in range(3):
        answer = room.company.post(f"{URL}{page.pk}/turn/")
        assert answer["Location"] == f"{URL}{page.pk}/"
    page.refresh_from_db()
    assert page.turned == 90
    with Image.open(BytesIO(b"".join(room.company.get(f"{URL}{page.pk}/picture/")))) as picture:
        assert picture.height > picture.width
    room.company.post(f"{URL}{page.pk}/assign/", {"page": page_of(room.deal, AGREEMENT, ANDREA).pk})
    with open_counterpart(Counterpart.objects.get()) as file, pikepdf.open(BytesIO(file.read())) as pdf:
        (left, bottom, right, top), turned = pdf.pages[0].mediabox, pdf.pages[0].obj.get("/Rotate", 0)
        upright = (top - bottom > right - left) == (turned % 180 == 0)
    assert upright


def fill(deal: Deal, count: int) -> None:
    """So many pages to confirm, and as many in the tray."""
    kept = store(b"a page", "counterparts", ".pdf")
    file = ReturnedFile.objects.create(
        deal=deal, filename="scan.pdf", sha256=kept.sha256, size=1, state="failed", requested_at=deal.closing_at
    )
    sent = list(SignaturePage.objects.filter(deal=deal))
    common = {"file": file, "upright_sha256": kept.sha256, "picture_sha256": kept.sha256}
    ReturnedPage.objects.bulk_create(
        ReturnedPage(
            number=2 * at + 1, state="to-confirm", finding="recognised", page=sent[at % len(sent)],
            token=sent[at % len(sent)].token, codes=[sent[at % len(sent)].token], **common,
        )
        for at in range(count)
    )  # fmt: skip
    ReturnedPage.objects.bulk_create(
        ReturnedPage(number=2 * at + 2, state="tray", finding="unread", **common) for at in range(count)
    )


def test_the_pages_ask_as_often_for_1_page_as_for_200(room: Room) -> None:
    send_packets(room.deal, ANDREA, NITIN)
    counts = []
    for count in (1, 200):
        ReturnedPage.objects.all().delete()
        ReturnedFile.objects.all().delete()
        fill(room.deal, count)
        tray = ReturnedPage.objects.filter(state="tray").latest("pk")
        queries_of(room.company, URL)
        counts.append([len(queries_of(room.company, address)) for address in (URL, f"{URL}{tray.pk}/")])
    assert counts[0] == counts[1]
    assert "Page 1 of 10" in text_of(room.company.get(URL))


def test_broken_files_of_all_kinds_are_refused_or_fail_and_never_stick(room: Room) -> None:
    broken = {
        "empty.pdf": b"",
        "header.pdf": b"%PDF-1.7\n",
        "cut.pdf": scanned_blank()[:400],
        "not.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        "not.tif": b"II*\0" + b"\0" * 40,
        "not.jpg": b"\xff\xd8\xff\xe0" + b"\0" * 40,
        "wrong.png": b"%PDF-1.7\n",
    }
    files = [SimpleUploadedFile(name, content) for name, content in broken.items()]
    assert room.company.post(URL, {"files": files}).status_code == 302
    for row in ReturnedFile.objects.all():
        read(row.pk)
        row.refresh_from_db()
        assert row.state in ("failed", "made")
        assert row.error or row.pages_made
    assert room.company.get(URL).status_code == 200


def scanned_blank() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        kept = BytesIO()
        made.save(kept)
    return kept.getvalue()
