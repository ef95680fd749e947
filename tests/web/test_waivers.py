"""Waivers: sent once, answered with a paper, binding whom they bind; and what would follow from consents."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from closing.models import Consent, ConsentPaper, Reminder, Waiver
from closing.queries.gates import gate_of
from closing.rules.findings import State
from tests.web.test_conditions import send
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996"
KEY = "waiver-massachusetts"


def page(world: World, rest: str, role: str = "company") -> str:
    response = world.client(role).get(f"{BASE}/{rest}")
    assert response.status_code == 200
    return response.content.decode()


def test_a_waiver_is_sent_once_to_whoever_has_not_answered(room: World) -> None:
    client = room.client("company")
    told = client.post(f"{BASE}/waivers/massachusetts/send/", follow=True).content.decode()
    mails = Reminder.objects.filter(schedule_key=KEY)
    assert mails.exists()
    assert f"In the mail to {mails.count()} people." in told
    assert len({each.email for each in mails}) == mails.count()
    answered = set(Consent.objects.filter(withdrawn_at=None).values_list("allotment__investor__name", flat=True))
    assert not any(name in each.text for each in mails for name in answered)
    assert all("/deals/cerplex-1996/mine/" in each.text and "Massachusetts" in each.text for each in mails)
    before = mails.count()
    again = client.post(f"{BASE}/waivers/massachusetts/send/", follow=True).content.decode()
    assert "Nobody is written to twice." in again
    assert mails.count() == before


def test_every_investor_stands_on_the_waivers_page(room: World) -> None:
    text = page(room, "waivers/massachusetts/")
    for name in ("The &amp; Trust", "Malcolm and Emily Fairbairn", "Andrea Martin"):
        assert name in text
    assert re.search(r"Binds \d+ of 15 investors", text)


def test_a_consent_is_recorded_with_its_paper_and_the_investor_may_open_it(room: World) -> None:
    waiver = Waiver.objects.get(deal=room.deal, key="massachusetts")
    had = set(Consent.objects.filter(withdrawn_at=None).values_list("allotment__investor__name", flat=True))
    name = next(each for each in ("Andrea Martin", "Nitin T. Mehta", "Mahuma N.V.") if each not in had)
    block = gate_of(room.deal).deal.investor_by_name[name].blocks[0].key
    answers = {"who": [f"{name}|{block}"], "answer": "written", "subject_to": "", "form_key": str(uuid.uuid4())}
    path = f"{BASE}/waivers/{waiver.pk}/answer/"
    client = room.client("investors")
    bad = client.post(path, {**answers, "paper": SimpleUploadedFile("c.pdf", b"no PDF")})
    assert bad.status_code == 422
    assert not ConsentPaper.objects.exists()
    assert not Consent.objects.filter(allotment__investor__name=name, withdrawn_at=None).exists()
    client.post(path, {**answers, "paper": SimpleUploadedFile("consent.txt", b"I consent.\n")})
    paper = ConsentPaper.objects.get()
    assert paper.consent.allotment.investor.name == name
    got = room.client("company").get(f"{BASE}/consents/{paper.consent_id}/paper/")
    assert got.getvalue() == b"I consent.\n"
    assert room.client("investor").get(f"{BASE}/consents/{paper.consent_id}/paper/").status_code == 404


def test_a_waiver_until_a_day_does_not_reach_a_later_closing(room: World) -> None:
    client = room.client("company")
    asked = {"text": "Performance is waived.", "occasion": "until"}
    assert "Write the last day that it reaches." in send(client, "conditions/2(a)(ii)/waive/", **asked)
    assert "after that day" in send(client, "conditions/2(a)(ii)/waive/", **asked, until="1996-06-09")
    assert "Recorded." in send(client, "conditions/2(a)(ii)/waive/", **asked, until="1996-06-12")
    assert str(Waiver.objects.latest("pk").until) == "1996-06-12"


def test_a_waiver_taken_back_opens_the_condition_again(room: World) -> None:
    bound = [each for each in gate_of(room.deal).investors if each.cells["2(a)(vi)"].state is State.WAIVED]
    assert bound
    row = Waiver.objects.get(deal=room.deal, key="massachusetts")
    send(room.client("company"), f"facts/waiver/{row.pk}/withdraw/", reason="It is effective after all.")
    after = gate_of(room.deal)
    assert all(not after.investor(each.investor.name).cells["2(a)(vi)"].is_satisfied for each in bound)


def test_what_consents_would_change_is_shown_and_nothing_is_recorded(room: World) -> None:
    before = Consent.objects.count()
    text = page(room, "what-if/consents/?waiver=massachusetts")
    assert "would change if the consents came in" in text
    assert "open, then waived" in text
    assert Consent.objects.count() == before


def test_what_it_would_take_for_one_is_less_than_for_all(room: World) -> None:
    sprout = room.allotment("Sprout Growth II, L.P.").pk
    one, everybody = page(room, f"what-it-takes/?investor={sprout}"), page(room, "what-it-takes/")
    assert "for one investor" in one
    assert "for 15 investors" in everybody
    assert len(one) < len(everybody)
    assert f'value="{sprout}" id="investor-{sprout}" checked' in one
    assert "Closing without the rest" in one


def test_a_letter_lies_in_the_mail_of_the_deal(room: World) -> None:
    room.client("company").post(f"{BASE}/waivers/massachusetts/send/")
    assert "your consent is asked to a waiver" in page(room, "mail/")
    assert Reminder.objects.filter(schedule_key=KEY, due_at__lt=MONDAY + timedelta(minutes=1)).exists()
