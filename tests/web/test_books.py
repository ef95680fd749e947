"""The closing book's page: asked for, watched until made, fetched; to each investor its own and no other's name."""

from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
from django.core.files.base import ContentFile

from closing.actions.books import make
from closing.actions.documents import add_document_version
from closing.actions.facts import load_facts
from closing.models import ClosingBook, Deliverable, Event, Signature
from closing.queries.deals import deal_terms
from closing.rules import facts
from investors.clock import fixed
from investors.models import User
from tests.closed_rooms import BEFORE, close_for_all, freeze_signed, pages as paper
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX
from tests.rules.meeting import facts_that_meet
from tests.web.papers import BASE, CLOSING, Room, deal_of, open_room, queries_of, signed_in, text_of

PAGE = f"{BASE}/book/"
OWN = "Malcolm and Emily Fairbairn"
SPROUT, DLJ = "Sprout Growth II, L.P.", "DLJ Capital Corporation"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room("closing-day", CLOSING) as found:
        freeze_signed(found.deal)
        close_for_all(found.deal)
        yield found


def names_of_others(*own: str) -> list[str]:
    return [each.name.replace("&", "&amp;") for each in CERPLEX.investors if each.name not in own]


def test_counsel_asks_for_a_book_watches_it_and_fetches_it(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    before = text_of(room.company.get(PAGE))
    assert "5 of 16 documents can be bound" in before
    assert "Not in it. No copy of it is on file." in before
    with django_capture_on_commit_callbacks():
        for _ in range(2):  # a double click
            assert room.company.post(PAGE, {"recipient": "counsel", "form": "pdf"}).status_code == 302
    book = ClosingBook.objects.get()
    waiting = text_of(room.counsel.get(PAGE, headers=HTMX))
    assert 'hx-trigger="every 1s"' in waiting
    assert "<html" not in waiting
    assert room.company.get(f"{PAGE}{book.pk}/").status_code == 404
    assert make(book.pk)
    done = text_of(room.company.get(PAGE, headers=HTMX))
    assert "hx-trigger" not in done
    assert "Made, 5 documents" in done
    assert "The closing book is made" in text_of(room.company.get(PAGE))
    answer: Any = room.counsel.get(f"{PAGE}{book.pk}/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "Cerplex Series B, closing book.pdf" in answer["Content-Disposition"]
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert len(pypdfium2.PdfDocument(b"".join(answer.streaming_content))) > 40


def test_an_investors_page_and_book_are_its_own(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    page = text_of(room.malcolm.get(PAGE))
    assert OWN in page
    assert "Bill of" not in page
    assert [name for name in names_of_others(OWN) if name in page] == []
    with django_capture_on_commit_callbacks():
        room.malcolm.post(PAGE, {"recipient": OWN, "form": "folder"})
        room.company.post(PAGE, {"recipient": "counsel", "form": "pdf"})
    own, whole = ClosingBook.objects.order_by("id")
    assert (own.form, own.allotment.investor.name, whole.allotment) == ("folder", OWN, None)  # type: ignore[union-attr]
    assert make(own.pk)
    assert make(whole.pk)
    answer: Any = room.malcolm.get(f"{PAGE}{own.pk}/")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert room.malcolm.get(f"{PAGE}{whole.pk}/").status_code == 404
    assert room.finzi.get(f"{PAGE}{own.pk}/").status_code == 404
    assert room.stranger.get(f"{PAGE}{own.pk}/").status_code == 404
    counsels: Any = room.counsel.get(f"{PAGE}{own.pk}/")
    assert b"".join(counsels.streaming_content).startswith(b"PK")
    assert text_of(room.malcolm.get(PAGE)).count(">Download<") == 1


def test_who_acts_for_two_investors_chooses_between_them(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    first = text_of(room.finzi.get(PAGE))
    assert f'aria-current="page">{SPROUT}</a>' in first
    second = room.finzi.get(PAGE, {"for": DLJ})
    assert f'aria-current="page">{DLJ}</a>' in text_of(second)
    assert [name for name in names_of_others(SPROUT, DLJ) if name in text_of(second)] == []
    others = text_of(room.finzi.get(PAGE, {"for": OWN}))  # not his: his first one's
    assert f'aria-current="page">{SPROUT}</a>' in others
    with django_capture_on_commit_callbacks():
        asked = room.finzi.post(f"{PAGE}?for=DLJ+Capital+Corporation", {"recipient": DLJ, "form": "pdf"})
    assert asked["Location"] == f"{PAGE}?for=DLJ+Capital+Corporation"
    assert f'hx-get="{PAGE}?for=DLJ+Capital+Corporation"' in text_of(room.finzi.get(asked["Location"]))
    assert "No book has been made." in text_of(room.finzi.get(PAGE))


def test_nobody_asks_for_anothers_book(room: Room) -> None:
    for recipient in ("counsel", SPROUT, "", "nobody"):
        answer = room.malcolm.post(PAGE, {"recipient": recipient, "form": "pdf"})
        assert answer.status_code in (302, 422)
    assert not ClosingBook.objects.exclude(allotment__investor__name=OWN).exists()
    assert room.company.post(PAGE, {"recipient": "nobody", "form": "pdf"}).status_code == 422
    assert room.company.post(PAGE, {"recipient": "counsel", "form": "scroll"}).status_code == 422
    assert room.stranger.post(PAGE, {"recipient": "counsel", "form": "pdf"}).status_code == 404


def test_a_book_that_failed_says_why_and_is_tried_again(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks():
        room.company.post(PAGE, {"recipient": "counsel", "form": "pdf"})
        ClosingBook.objects.update(state=ClosingBook.State.FAILED, error="The disk is full.")
        page = text_of(room.company.get(PAGE))
        assert "The disk is full." in page
        assert "Make again" in page
        assert room.company.post(PAGE, {"recipient": "counsel", "form": "pdf"}).status_code == 302
    assert list(ClosingBook.objects.order_by("id").values_list("state", flat=True)) == ["failed", "queued"]


def test_a_book_is_cancelled_and_asked_for_again(room: Room, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks():
        room.company.post(PAGE, {"recipient": OWN, "form": "pdf"})
        book = ClosingBook.objects.get()
        cancel = f"{PAGE}{book.pk}/cancel/"
        assert cancel in text_of(room.counsel.get(PAGE))
        theirs = text_of(room.malcolm.get(PAGE))
        assert cancel not in theirs
        assert "Only company counsel or the investors&#x27; counsel may cancel a closing book." in theirs
        assert room.malcolm.post(cancel).status_code == 403
        assert room.finzi.post(cancel).status_code == 404
        for said in (f"The closing book for {OWN} is cancelled.", "This closing book is cancelled already."):
            assert room.counsel.post(cancel).status_code == 302
            assert said in text_of(room.counsel.get(PAGE))
        again = text_of(room.malcolm.get(PAGE))
        assert "Cancelled" in again
        assert "Make again" in again
        assert "hx-trigger" not in again
        room.malcolm.post(PAGE, {"recipient": OWN, "form": "pdf"})
    assert list(ClosingBook.objects.order_by("id").values_list("state", flat=True)) == ["cancelled", "queued"]
    assert "Make again" not in text_of(room.malcolm.get(PAGE))
    assert Event.objects.filter(verb="closing-book-cancelled").count() == 1


def test_a_late_document_is_said_beside_the_book_that_lacks_it(room: Room) -> None:
    with fixed(CLOSING):
        room.company.post(PAGE, {"recipient": "counsel", "form": "pdf"})
        assert make(ClosingBook.objects.get().pk)
        row = Deliverable.objects.select_related("deal").get(deal=room.deal, key="opinion-of-company-counsel")
        add_document_version(row, ContentFile(paper("The opinion"), name="opinion.pdf"), "", None)
    page = text_of(room.company.get(PAGE))
    assert "Something came on file since: make it anew." in page
    assert "6 of 16 documents can be bound" in page


def test_without_anything_to_bind_there_is_no_form(db: None) -> None:
    with open_room("") as blank:
        page = text_of(blank.company.get(PAGE))
        assert "Nothing to bind yet" in page
        assert "Make the book" not in page
        refused = blank.company.post(PAGE, {"recipient": "counsel", "form": "pdf"})
    assert refused.status_code == 422
    assert not ClosingBook.objects.exists()


@pytest.mark.parametrize("role", ["counsel", "investor"])
def test_the_number_of_queries_does_not_grow_with_the_investors(db: None, role: str) -> None:
    counts = {}
    with fixed(MONDAY):
        for count in (1, 15, 200):
            deal, client = deal_of(count)
            of = deal_terms(deal)
            frozen = tuple(
                facts.ExecutionVersion(at=BEFORE, document=each.key, version="a" * 64, number=1)
                for each in of.deliverables
                if each.signed_by
            )
            load_facts(deal, facts.Facts(deal=deal.code, execution_versions=frozen))
            load_facts(deal, facts_that_meet(of, MONDAY))
            Signature.objects.filter(deal=deal).update(released_at=MONDAY)
            if role == "investor":
                user = User.objects.create_user(f"investor-{count}@closing-room.example", name="Investor")
                allotment = deal.allotments.select_related("investor").order_by("position")[0]
                allotment.investor.contacts.create(name="Investor", email=user.email, user=user)
                client = signed_in(user)
            counts[count] = len(queries_of(client, f"/deals/{deal.code}/book/"))
    assert len(set(counts.values())) == 1, counts
