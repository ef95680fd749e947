"""Signature pages: recorded once, in escrow, withdrawn with a reason; packets asked for, watched, fetched."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client

from closing.actions.stored_files import store
from closing.models import Deliverable, Event, Packet, Signature
from closing.queries import signatures
from tests.web.papers import BASE, CLOSING, Room, open_room, text_of

PAGE = f"{BASE}/signatures/"
NITIN = f"{BASE}/signatures/by/nitin-mehta/"


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


def packets_page(room: Room) -> str:
    return text_of(room.company.get(f"{PAGE}packets/", headers={"HX-Request": "true"}))


def test_the_tracker_counts_what_the_gate_counts(room: Room) -> None:
    page = text_of(room.counsel.get(PAGE))
    assert "29 of 36 signature pages are in escrow" in page
    assert "17 signatories" in page
    assert "The &amp; Trust" in page


def test_a_page_that_came_back_is_on_file_once(room: Room) -> None:
    form = {"documents": ["stock-purchase-agreement"], "signer": "Nitin T. Mehta", "title": "", "note": "By courier"}
    assert room.company.post(NITIN, form).status_code == 302
    again = room.company.post(NITIN, form, follow=True)  # a double click
    assert "Those pages are on file already" in text_of(again)
    row = Signature.objects.get(block__key="nitin-mehta", deliverable__key="stock-purchase-agreement")
    assert (row.signer, row.note, row.released_at) == ("Nitin T. Mehta", "By courier", None)
    assert Event.objects.filter(verb="signature-recorded").count() == 1
    assert "30 of 36 signature pages are in escrow" in text_of(room.company.get(PAGE))


def test_another_signer_does_not_replace_a_page_on_file(room: Room) -> None:
    block = f"{BASE}/signatures/by/andrea-martin/"
    form = {"documents": ["stock-purchase-agreement"], "signer": "Somebody"}
    assert "Those pages are on file already" in text_of(room.company.post(block, form, follow=True))
    assert not Signature.objects.filter(signer="Somebody").exists()


def test_pages_are_recorded_all_or_none(room: Room) -> None:
    before = Signature.objects.count()
    form = {"documents": ["certificate-of-designation", "compliance-certificate", "stock-purchase-agreement"]}
    assert room.company.post(f"{BASE}/signatures/by/cerplex/", form).status_code == 422
    assert Signature.objects.count() == before


def test_no_page_chosen_says_so(room: Room) -> None:
    answer = room.company.post(NITIN, {"signer": "Nitin T. Mehta"})
    assert answer.status_code == 422
    assert "Choose at least one." in text_of(answer)


def test_a_page_is_withdrawn_with_a_reason_and_the_tracker_shows_it(room: Room) -> None:
    address = f"{BASE}/signatures/by/peak/stock-purchase-agreement/withdraw/"
    assert room.company.post(address, {"reason": " "}).status_code == 422
    assert room.company.post(address, {"reason": "Signed the wrong draft"}).status_code == 302
    row = Signature.objects.get(block__key="peak", deliverable__key="stock-purchase-agreement")
    assert (row.withdrawn_at is not None, row.withdrawn_reason) == (True, "Signed the wrong draft")
    assert "28 of 36 signature pages are in escrow" in text_of(room.company.get(PAGE))
    assert "Signed the wrong draft" in text_of(room.company.get(f"{BASE}/signatures/by/peak/"))
    assert room.company.get(address).status_code == 404


def test_packets_are_asked_for_once_however_often(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks():
        for client in (room.company, room.company, room.counsel):
            assert client.post(f"{PAGE}packets/").status_code == 302
    assert Packet.objects.count() == 4
    assert sum(Packet.objects.values_list("pages_total", flat=True)) == 7


def test_the_part_asks_again_while_packets_are_made_and_then_no_more(
    room: Room, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks():
        room.company.post(f"{PAGE}packets/")
    waiting = packets_page(room)
    assert 'hx-trigger="every 1s"' in waiting
    assert "0 of 4 made" in waiting
    for packet in Packet.objects.all():
        _made(packet)
    done = packets_page(room)
    assert "hx-trigger" not in done
    assert done.count(">Download<") == 4


def test_without_script_the_part_is_the_page(room: Room) -> None:
    answer = room.company.get(f"{PAGE}packets/")
    assert (answer.status_code, answer["Location"]) == (302, PAGE)


def test_a_packet_is_cancelled_and_asked_for_again(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks():
        room.company.post(f"{PAGE}packets/")
        packet = Packet.objects.get(person="Emily Fairbairn")
        assert room.company.post(f"{PAGE}packets/{packet.pk}/cancel/").status_code == 302
        assert room.company.post(f"{PAGE}packets/{packet.pk}/cancel/").status_code == 302
        assert Event.objects.filter(verb="packet-cancelled").count() == 1
        assert "This packet is cancelled already." in text_of(room.company.get(PAGE))
        assert room.company.post(f"{PAGE}packets/{packet.pk}/retry/").status_code == 302
    packet.refresh_from_db()
    assert packet.state == Packet.State.QUEUED


def test_a_packet_goes_to_counsel_and_to_who_signs_it_alone(
    room: Room, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks():
        room.company.post(f"{PAGE}packets/")
    his, hers = Packet.objects.get(person="Nitin T. Mehta"), Packet.objects.get(person="Emily Fairbairn")
    assert room.company.get(f"{PAGE}packets/{hers.pk}/").status_code == 404  # not made yet
    for packet in (his, hers):
        _made(packet, b"%PDF-1.7 of " + packet.person.encode())
    answer: Any = room.company.get(f"{PAGE}packets/{hers.pk}/")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 of Emily Fairbairn"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"].startswith("sandbox")
    joint: Any = room.malcolm.get(f"{PAGE}packets/{hers.pk}/")  # one investor, two signatories
    assert b"".join(joint.streaming_content)
    for client in (room.malcolm, room.finzi, room.stranger, room.admin):
        assert client.get(f"{PAGE}packets/{his.pk}/").status_code == 404


def test_when_every_page_is_signed_the_button_says_why_not(db: None) -> None:
    with open_room("closing-day", CLOSING) as room:
        page = text_of(room.company.get(PAGE))
    assert "Every page is signed." in page
    assert "disabled" in page


def _made(packet: Packet, content: bytes = b"%PDF-1.7") -> None:
    """As the worker leaves it, without typesetting in this process."""
    kept = store(content, "packets", ".pdf")
    Packet.objects.filter(pk=packet.pk).update(
        state=Packet.State.MADE,
        pages_made=packet.pages_total,
        sha256=kept.sha256,
        size=kept.size,
        made_at=packet.requested_at,
    )


def test_the_tracker_is_narrowed_by_state_side_document_and_name(room: Room) -> None:
    table = text_of(room.company.get(f"{PAGE}?state=not+sent")).split('id="tracker"')[1]
    assert "Nitin T. Mehta" in table
    assert "Andrea Martin" not in table
    assert "2 signatories." in text_of(room.company.get(f"{PAGE}?text=finzi&document=stock-purchase-agreement"))
    assert "No signatory fits this" in text_of(room.company.get(f"{PAGE}?side=issuer&text=whitman"))
    assert room.company.get(f"{PAGE}?page=99999999999&state=%00&side=nobody&document=none").status_code == 200


def test_who_to_call_names_who_has_pages_to_sign_and_nobody_else(room: Room) -> None:
    calls = text_of(room.company.get(PAGE)).split('id="to-call"')[1].split("</table>")[0]
    assert "nitin.mehta@greenoaks.example" in calls
    assert "Andrea Martin" not in calls


def test_whose_turn_is_later_is_called_last_and_it_is_said(room: Room) -> None:
    document = Deliverable.objects.filter(key="stock-purchase-agreement")
    document.update(signing_order=[["issuer", "investors"], ["Nitin T. Mehta"]])
    *others, nitin = called(room)
    assert "Nitin T. Mehta" in nitin
    assert "others sign it first" in nitin
    assert "others sign it first" not in "".join(others)
    document.update(signing_order=[["Nitin T. Mehta"], ["issuer", "investors"]])
    assert ["others sign it first" in each for each in called(room) if "Nitin T. Mehta" in each] == [False]
    assert any("others sign it first" in each for each in called(room))


def called(room: Room) -> list[str]:
    """The rows of who to call."""
    return text_of(room.company.get(PAGE)).split('id="to-call"')[1].split("</table>")[0].split("<tr>")[2:]


def test_each_counsel_releases_the_pages_of_its_own_side(room: Room) -> None:
    address = f"{PAGE}release/?document=stock-purchase-agreement"
    assert "The &amp; Trust" not in text_of(room.company.get(address))
    assert "The &amp; Trust" in text_of(room.counsel.get(address))
    assert room.company.post(address, {"shown": "of something else"}).status_code == 422
    assert room.company.post(address, shown_at(room.company, address)).status_code == 302
    released = Signature.objects.filter(released_at__isnull=False)
    assert [each.block.key for each in released] == ["cerplex"]
    assert "Nothing to release" in text_of(room.company.get(address))
    assert room.company.get(f"{PAGE}release/?document=no-such").status_code == 404
    assert "1 signature pages" in Event.objects.get(verb="signatures-released").summary


def test_of_as_many_pages_others_than_were_shown_are_not_released(room: Room) -> None:
    address = f"{PAGE}release/?document=stock-purchase-agreement"
    shown = shown_at(room.counsel, address)
    away = {"reason": "Signed by mistake."}
    assert room.counsel.post(f"{BASE}/signatures/by/peak/stock-purchase-agreement/withdraw/", away).status_code == 302
    assert room.company.post(NITIN, {"documents": ["stock-purchase-agreement"]}).status_code == 302
    refused = room.counsel.post(address, shown)
    assert refused.status_code == 422
    assert "A page came in or was taken back in the meantime" in text_of(refused)
    assert not Signature.objects.filter(released_at__isnull=False).exists()
    now_shown = shown_at(room.counsel, address)["shown"]
    assert f'value="{now_shown}"' in text_of(refused), "pressed again it releases what it shows"


def shown_at(client: Client, address: str) -> dict[str, str]:
    """What the form of a release sends back."""
    return {"shown": client.get(address).context["page"].shown}


def test_what_is_released_is_not_taken_back(room: Room) -> None:
    investor = "investor=Peak%20Investment%20Limited%20Partnership"
    assert f"release/?{investor}" in text_of(room.counsel.get(f"{BASE}/signatures/by/peak/"))
    assert "release/" not in text_of(room.company.get(f"{BASE}/signatures/by/peak/"))
    shown = shown_at(room.counsel, f"{PAGE}release/?{investor}")
    assert room.counsel.post(f"{PAGE}release/?{investor}", shown).status_code == 302
    answer = room.company.post(f"{BASE}/signatures/by/peak/stock-purchase-agreement/withdraw/", {"reason": "Late"})
    assert answer.status_code == 422
    assert "released" in text_of(answer)


def test_packets_are_asked_for_by_firm_and_by_document(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks():
        assert room.company.post(f"{PAGE}packets/", {"kind": "document"}).status_code == 302
        said = text_of(room.company.post(f"{PAGE}packets/", {"kind": "firm"}, follow=True))
    assert "Packets for 1 firm are asked for" in said
    (firm,) = Packet.objects.filter(kind=Packet.Kind.FIRM)
    assert firm.person == "Standard Pacific Capital LLC"
    documents = Packet.objects.filter(kind=Packet.Kind.DOCUMENT)
    assert sum(documents.values_list("pages_total", flat=True)) == 7
    page = packets_page(room)
    assert "all who sign through the firm" in page
    assert "all who sign the document" in page
    refused = room.company.post(f"{PAGE}packets/", {"kind": "everything"}, follow=True)
    assert "by person, by firm or by document" in text_of(refused)


def test_all_packets_come_in_one_zip_of_those_that_are_current(
    room: Room, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks():
        room.company.post(f"{PAGE}packets/")
        room.company.post(f"{PAGE}packets/", {"kind": "firm"})
    assert room.company.get(f"{PAGE}packets/all/").status_code == 404
    for packet in Packet.objects.exclude(person="Nitin T. Mehta"):
        _made(packet, b"%PDF-1.7 of " + packet.person.encode())
    answer: Any = room.counsel.get(f"{PAGE}packets/all/")
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.testzip() is None
        assert "People/Emily Fairbairn.pdf" in archive.namelist()
        assert "Firms/Standard Pacific Capital LLC.pdf" in archive.namelist()
        assert "People/Nitin T. Mehta.pdf" not in archive.namelist()
        assert archive.read("People/Emily Fairbairn.pdf") == b"%PDF-1.7 of Emily Fairbairn"
    assert room.malcolm.get(f"{PAGE}packets/all/").status_code == 404


def test_of_many_packets_those_that_failed_are_listed_first(
    room: Room, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "MOST_SHOWN", 1)
    with django_capture_on_commit_callbacks():
        room.company.post(f"{PAGE}packets/")
    Packet.objects.filter(person="Nitin T. Mehta").update(state=Packet.State.FAILED, error="Its paper is out.")
    page = packets_page(room)
    assert "Its paper is out." in page
    assert "3 more packets are not listed" in page
