"""The pages on which a document goes to and fro between the two counsel."""

import re
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from closing.actions.documents import add_document_version
from closing.actions.submissions import move_deliverable
from closing.models import Deliverable, Submission
from closing.rules.submissions import Move
from tests.web.papers import text_of
from tests.web.world import World

pytestmark = pytest.mark.django_db
PLACE = "/deals/cerplex-1996/documents/opinion-of-company-counsel/"


def page(client: Client, url: str = PLACE) -> str:
    """The words of a page, its tags taken off."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text_of(answer))).replace("&#x27;", "'")
    return re.sub(r" ([,.;:])", r"\1", text)


def test_the_page_says_who_has_it_and_offers_each_side_its_moves(room: World) -> None:
    company, special = room.client("company"), room.client("investors")
    assert "Company counsel to submit." in page(company)
    assert f'href="{PLACE}moves/submit/"' in text_of(company.get(PLACE))
    theirs = text_of(special.get(PLACE))
    assert "moves/" not in theirs
    assert "Accept: Nothing to answer yet: company counsel has not submitted it." in page(special)
    assert 'disabled aria-describedby="why-accept"' in theirs

    assert company.post(f"{PLACE}moves/submit/", {"reason": "", "seen": "0", "version": "1"}).status_code == 302
    said = "Submitted; with the investors' counsel to accept, since June 3, 1996."
    assert said in page(company)
    assert f"With you {said}" in page(special)
    assert "hand in a later version first" in page(company)
    assert f'href="{PLACE}moves/accept/"' in text_of(special.get(PLACE))
    assert "1 waits for your answer" in page(special, "/deals/cerplex-1996/documents/")
    assert "Submitted; with the investors' counsel to accept, since June 3" in page(
        company, "/deals/cerplex-1996/documents/"
    )


def test_what_was_sent_back_says_why_and_what_was_accepted_decides_nothing(room: World) -> None:
    company, special = room.client("company"), room.client("investors")
    company.post(f"{PLACE}moves/submit/", {})
    refused = special.post(f"{PLACE}moves/send-back/", {"reason": " "})
    assert refused.status_code == 422
    assert "say in a few words why" in text_of(refused)
    assert special.post(f"{PLACE}moves/send-back/", {"reason": "It bears no date."}).status_code == 302
    told = page(company)
    assert "Sent back; with company counsel to submit again, since June 3, 1996." in told
    assert "It bears no date." in told
    company.post(f"{PLACE}moves/submit/", {})
    special.post(f"{PLACE}moves/accept/", {})
    told = page(company)
    assert "Accepted by the investors' counsel, June 3, 1996." in told
    assert "What meets a condition is the evidence on file." in told
    assert special.get(f"{PLACE}moves/reopen/").status_code == 200
    assert company.get(f"{PLACE}moves/reopen/").status_code == 403


def test_a_later_version_is_pointed_out(room: World) -> None:
    paper = Deliverable.objects.get(deal=room.deal, key="opinion-of-company-counsel")
    move_deliverable(paper, Move.SUBMIT, room.people["company"])
    add_document_version(paper, ContentFile(b"Later.", name="opinion.txt"), "", room.people["company"])
    told = page(room.client("investors"))
    assert "Version 2 came on file since. What was submitted is version 1." in told
    assert "Version 2 came on file since" in page(room.client("investors"), f"{PLACE}moves/accept/")
    assert "version 2 is later" in page(room.client("investors"), "/deals/cerplex-1996/documents/")
    assert f'href="{PLACE}moves/submit/"' in text_of(room.client("company").get(PLACE))


def test_the_same_form_sent_twice_is_one_move(room: World) -> None:
    company = room.client("company")
    form = {"form_key": str(uuid4()), "seen": "0", "version": "1"}
    assert company.post(f"{PLACE}moves/submit/", form).status_code == 302
    again = company.post(f"{PLACE}moves/submit/", form, follow=True)
    assert "sent twice" in text_of(again)
    assert Submission.objects.count() == 1


def test_a_form_of_yesterday_is_refused_with_what_happened_since(room: World) -> None:
    company, special = room.client("company"), room.client("investors")
    company.post(f"{PLACE}moves/submit/", {"seen": "0", "version": "1"})
    late = company.post(f"{PLACE}moves/submit/", {"seen": "0", "version": "1"})
    assert late.status_code == 422
    assert "Somebody was quicker" in text_of(late)
    special.post(f"{PLACE}moves/accept/", {"seen": "1"})
    assert special.get(f"{PLACE}moves/accept/").status_code == 409
    assert "It is accepted already" in text_of(special.get(f"{PLACE}moves/accept/"))


def test_an_investor_is_told_nothing_of_it(room: World) -> None:
    room.client("company").post(f"{PLACE}moves/submit/", {"reason": "Between counsel."})
    for url in (PLACE, "/deals/cerplex-1996/documents/"):
        told = text_of(room.client("investor").get(url))
        assert "Between" not in told
        assert "to accept" not in told
        assert "to submit" not in told
    assert room.client("investor").get(f"{PLACE}moves/submit/").status_code == 404


def test_there_are_four_moves_and_no_other(room: World) -> None:
    assert room.client("company").get(f"{PLACE}moves/forget/").status_code == 404


def test_the_pages_cost_the_same_however_much_was_done(room: World) -> None:
    paper = Deliverable.objects.get(deal=room.deal, key="opinion-of-company-counsel")
    company, special = room.people["company"], room.people["investors"]
    client, counts = room.client("company"), set()
    for _ in range(3):
        move_deliverable(paper, Move.SUBMIT, company, reason="By courier")
        move_deliverable(paper, Move.SEND_BACK, special, reason="No.")
        found = []
        for url in (PLACE, "/deals/cerplex-1996/documents/"):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(url).status_code == 200
            found.append(len(asked))
        counts.add(tuple(found))
    assert len(counts) == 1, counts
