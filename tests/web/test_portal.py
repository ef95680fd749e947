"""An investor's own pages: what is its own to see and to say, and nothing of another's."""

import re
from datetime import datetime

import pytest
from django.test import Client

from closing.models import Announcement, Confirmation, Consent, Event, Payment, SignOff
from closing.queries.gates import gate_of
from closing.rules.findings import State
from investors import clock
from investors.models import User
from tests.web.papers import deal_of, queries_of, signed_in
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996/mine/"
FAIRBAIRNS = "Malcolm and Emily Fairbairn"


def client_for(name: str) -> Client:
    return signed_in(User.objects.get(name=name))


def page_of(room: World, person: str, investor: str, rest: str = "") -> str:
    url = f"{BASE}{room.allotment(investor).position}/{rest}"
    response = client_for(person).get(url)
    assert response.status_code == 200, response
    return str(response.content.decode())


def answer(client: Client, room: World, investor: str, **said: str) -> int:
    url = f"{BASE}{room.allotment(investor).position}/waivers/massachusetts/"
    form = {"answer": "consent", "subject_to": "", "form_key": "00000000-0000-4000-8000-000000000001", **said}
    return int(client.post(url, form).status_code)


def test_the_portal_says_what_is_to_do_before_the_closing(room: World) -> None:
    said = page_of(room, "Daniel S. Martin", "The & Trust")
    assert "Four things to do before Monday" in said
    assert "The &amp; Trust buys 103 shares of Series B Preferred for $103,000." in " ".join(said.split())
    assert "Below 500 shares the agreement gives no right to reports under 5(a) or inspection under 5(b)." in said


@pytest.mark.parametrize("rest", ["", "waivers/massachusetts/", "sign-off/2(a)(vii)/"])
def test_a_name_that_ends_in_a_full_stop_ends_its_sentence(room: World, rest: str) -> None:
    said = page_of(room, "Daniel S. Martin", "Standard Global Equity Partners L.P.", rest)
    assert "L.P.." not in said


def test_a_holder_of_500_shares_is_told_its_rights(room: World) -> None:
    said = page_of(room, "Robert Finzi", "Sprout Growth II, L.P.")
    assert "With 2,269 shares you have the right to reports" in said
    assert "gives no right" not in said


def test_one_contact_of_six_investors_switches_between_them(room: World) -> None:
    said = page_of(room, "Daniel S. Martin", "The & Trust")
    switch = said[said.index('class="switch"') : said.index("</nav>", said.index('class="switch"'))]
    assert switch.count("<li>") == 6
    assert "Scorpion Offshore Investment Fund" in switch
    assert "Sprout" not in said


def test_no_page_names_another_investor_or_counts_others(room: World) -> None:
    names = [row.investor.name for row in room.deal.allotments.select_related("investor")]
    rests = ["", "signing/", "waivers/massachusetts/", "representations/2(b)(i)/", "sign-off/2(a)(vii)/", "payment/"]
    for rest in rests:
        said = page_of(room, "Andrea Martin", "Andrea Martin", rest)
        for name in names:
            if name != "Andrea Martin":
                assert name.replace("&", "&amp;") not in said, (rest, name)
        assert not re.search(r"\b(14|15|11) (other )?investors", said)
        assert "8,000" not in said


def test_what_another_does_changes_nothing_but_its_own_conditions(room: World) -> None:
    """The same page, byte for byte, whether or not another investor paid, consented or signed off."""
    before = _without_keys(page_of(room, "Andrea Martin", "Andrea Martin"))
    assert answer(client_for("Daniel S. Martin"), room, "The & Trust", typed_name="Daniel S. Martin") == 302
    url = f"{BASE}{room.allotment('The & Trust').position}/sign-off/2(a)(vii)/"
    assert client_for("Daniel S. Martin").post(url, {"typed_name": "Daniel S. Martin"}).status_code == 302
    assert _without_keys(page_of(room, "Andrea Martin", "Andrea Martin")) == before


def _without_keys(page: str) -> str:
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", page)


@pytest.mark.parametrize(
    "rest", ["", "signing/", "waivers/massachusetts/", "representations/2(b)(i)/", "sign-off/2(a)(vii)/", "payment/"]
)
def test_another_investors_pages_do_not_exist(room: World, rest: str) -> None:
    url = f"{BASE}{room.allotment('The & Trust').position}/{rest}"
    client = client_for("Andrea Martin")
    assert client.get(url).status_code == 404
    assert client.post(url, {"typed_name": "Andrea Martin", "answer": "consent"}).status_code in (404, 405)


def test_a_consent_in_writing_binds_the_one_who_gave_it(room: World) -> None:
    assert answer(client_for("Andrea Martin"), room, "Andrea Martin", typed_name="andrea  martin") == 302
    cells = gate_of(room.deal)
    assert cells.investor("Andrea Martin").cells["2(a)(vi)"].state is State.WAIVED
    assert cells.investor("Nitin T. Mehta").cells["2(a)(vi)"].state is State.OPEN


def test_a_consent_needs_the_signers_own_name(room: World) -> None:
    assert answer(client_for("Andrea Martin"), room, "Andrea Martin", typed_name="Nitin T. Mehta") == 422
    assert answer(client_for("Andrea Martin"), room, "Andrea Martin") == 422
    assert not Consent.objects.filter(allotment=room.allotment("Andrea Martin")).exists()


def test_joint_owners_answer_each_for_himself(room: World) -> None:
    """Malcolm has consented in the opening facts; without Emily the waiver has no effect on the two."""
    assert gate_of(room.deal).investor(FAIRBAIRNS).cells["2(a)(vi)"].state is State.OPEN
    assert answer(client_for("Emily Fairbairn"), room, FAIRBAIRNS, typed_name="Emily Fairbairn") == 302
    given = Consent.objects.filter(allotment=room.allotment(FAIRBAIRNS), withdrawn_at=None)
    assert {tuple(each.blocks) for each in given} == {("malcolm-fairbairn",), ("emily-fairbairn",)}
    assert gate_of(room.deal).investor(FAIRBAIRNS).cells["2(a)(vi)"].state is State.WAIVED


def test_a_consent_on_a_condition_has_no_effect_until_it_is_met(room: World) -> None:
    client = client_for("Andrea Martin")
    said = {"typed_name": "Andrea Martin", "subject_to": "A copy of the filing reaches me first."}
    assert answer(client, room, "Andrea Martin", **said) == 302
    assert gate_of(room.deal).investor("Andrea Martin").cells["2(a)(vi)"].state is State.OPEN
    assert "without effect until it is met" in page_of(room, "Andrea Martin", "Andrea Martin")


def test_a_new_answer_takes_the_place_of_the_old(room: World) -> None:
    client = client_for("Andrea Martin")
    assert answer(client, room, "Andrea Martin", typed_name="Andrea Martin") == 302
    key = "00000000-0000-4000-8000-000000000002"
    changed = {"typed_name": "Andrea Martin", "answer": "decline", "form_key": key}
    assert answer(client, room, "Andrea Martin", **changed) == 302
    rows = Consent.objects.filter(allotment=room.allotment("Andrea Martin")).order_by("id")
    assert [(row.declined, row.withdrawn_at is None) for row in rows] == [(False, False), (True, True)]
    assert gate_of(room.deal).investor("Andrea Martin").cells["2(a)(vi)"].state is State.OPEN


def test_a_double_click_answers_once(room: World) -> None:
    client = client_for("Andrea Martin")
    for _ in range(2):
        assert answer(client, room, "Andrea Martin", typed_name="Andrea Martin") == 302
    assert Consent.objects.filter(allotment=room.allotment("Andrea Martin")).count() == 1


def test_a_waiver_taken_back_cannot_be_answered(room: World) -> None:
    from closing.actions.facts import withdraw_fact
    from closing.models import Waiver

    withdraw_fact(Waiver.objects.get(deal=room.deal, key="massachusetts"), "Not needed.", None)
    assert answer(client_for("Andrea Martin"), room, "Andrea Martin", typed_name="Andrea Martin") == 422
    assert "taken back" in page_of(room, "Andrea Martin", "Andrea Martin", "waivers/massachusetts/")


def test_representations_left_unmarked_stay_open(room: World) -> None:
    url = f"{BASE}{room.allotment('Andrea Martin').position}/representations/2(b)(i)/"
    said = {"representations": ["4(a)", "4(b)"], "as_of": "1996-06-10", "typed_name": "Andrea Martin"}
    assert client_for("Andrea Martin").post(url, said).status_code == 302
    left = gate_of(room.deal).investor("Andrea Martin").cells["2(b)(i)"].missing
    assert [each.item for each in left] == ["4(c)", "4(d)", "4(e)", "4(f)"]


def test_representations_read_of_another_closing_day_are_refused(room: World) -> None:
    url = f"{BASE}{room.allotment('Andrea Martin').position}/representations/2(b)(i)/"
    said = {"representations": ["4(a)"], "as_of": "1996-06-07", "typed_name": "Andrea Martin"}
    response = client_for("Andrea Martin").post(url, said)
    assert response.status_code == 422
    assert "The closing is now set for June 10, 1996" in response.content.decode()
    assert not Confirmation.objects.filter(party="Andrea Martin").exists()


def test_an_investor_signs_off_for_itself(room: World) -> None:
    url = f"{BASE}{room.allotment('Andrea Martin').position}/sign-off/2(a)(vii)/"
    assert client_for("Andrea Martin").post(url, {"typed_name": "Andrea Martin"}).status_code == 302
    assert SignOff.objects.filter(party="Andrea Martin", condition__section="2(a)(vii)", withdrawn_at=None).count() == 1


def test_a_payment_announced_is_no_payment_received(room: World) -> None:
    url = f"{BASE}{room.allotment('Andrea Martin').position}/payment/"
    said = {"amount": "10000", "method": "wire", "sent_on": "1996-06-03", "reference": "FW 77"}
    key = {"form_key": "00000000-0000-4000-8000-000000000009"}
    before = Payment.objects.count()
    for _ in range(2):
        assert client_for("Andrea Martin").post(url, said | key).status_code == 302
    assert Payment.objects.count() == before
    assert Event.objects.filter(verb="payment-announced").count() == 1
    assert Announcement.objects.count() == 1
    assert not gate_of(room.deal).investor("Andrea Martin").cells["2(b)(ii)"].is_satisfied
    assert "$10,000.00 by wire, sent on June 3, 1996, FW 77" in page_of(room, "Andrea Martin", "Andrea Martin")
    money = room.client("company").get("/deals/cerplex-1996/money/").content.decode()
    assert "$10,000.00 by wire, sent on June 3, 1996, FW 77" in money


def test_a_payment_of_tomorrow_is_not_announced(room: World) -> None:
    url = f"{BASE}{room.allotment('Andrea Martin').position}/payment/"
    said = {"amount": "10000", "method": "wire", "sent_on": "1996-06-04"}
    assert client_for("Andrea Martin").post(url, said).status_code == 422


def test_a_returned_payment_is_told_with_its_reason(room: World) -> None:
    said = page_of(room, "Andrea Martin", "Andrea Martin")
    assert "$10,000 returned" in said
    assert "Wire returned by the sending bank: account number." in said


def test_own_packet_is_asked_for_once(room: World) -> None:
    url = f"{BASE}{room.allotment('Andrea Martin').position}/signing/"
    said = page_of(room, "Andrea Martin", "Andrea Martin", "signing/")
    assert "Registration Rights Agreement" in said
    for _ in range(2):
        response = client_for("Andrea Martin").post(url)
        assert (response.status_code, response["Location"]) == (302, url)


def test_the_headline_tells_the_day_of_the_closing(room: World) -> None:
    with clock.fixed(datetime.fromisoformat("1996-06-10T08:00-07:00")):
        assert "before today’s closing" in page_of(room, "Andrea Martin", "Andrea Martin")


def test_the_number_of_queries_does_not_grow_with_the_investors(db: None) -> None:
    counts = {}
    with clock.fixed(MONDAY):
        for count in (1, 15, 200):
            deal, _ = deal_of(count)
            row = deal.allotments.order_by("position").first()
            assert row is not None
            contact = row.investor.contacts.first() or row.investor.contacts.create(name="A", email="a@a.example")
            user = User.objects.create_user(f"a{count}@a.example", name="A")
            contact.user = user
            contact.save()
            counts[count] = len(queries_of(signed_in(user), f"/deals/{deal.code}/mine/"))
    assert len(set(counts.values())) == 1, counts
