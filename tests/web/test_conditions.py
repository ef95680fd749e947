"""Working a condition: each form puts its fact on file, once, or says why not."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from closing.actions.facts import withdraw_fact
from closing.models import (
    Allotment,
    Closing,
    Consent,
    Delivery,
    Event,
    FactRow,
    OfficerCertificate,
    Opinion,
    Payment,
    Proxy,
    Qualification,
    Signature,
    SignOff,
    StepTaken,
    ThirdPartyConsent,
    Waiver,
)
from closing.queries.gates import gate_of
from closing.rules.findings import State
from investors import clock
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996"
ALL_OF_SECTION_3 = [f"3({letter})" for letter in "abcdefghijklmnopqrstuv"]


def send(client: Client, path: str, **answers: Any) -> str:
    """Send a form as a browser does: what it shows, with these answers; the page that follows."""
    shown = client.get(f"{BASE}/{path}")
    assert shown.status_code == 200, path
    key = re.search(r'name="form_key" value="([^"]+)"', shown.content.decode())
    answers.setdefault("form_key", key.group(1) if key else "")
    response = client.post(f"{BASE}/{path}", answers, follow=True)
    return response.content.decode()


def standing(model: type[FactRow]) -> int:
    return model._default_manager.filter(withdrawn_at=None).count()


EVERY_ACT: list[tuple[str, str, type[FactRow], dict[str, Any]]] = [
    ("investors", "2(a)(ii)/sign-off", SignOff, {"parties": ["investors-counsel"]}),
    ("investors", "2(a)(vii)/sign-off", SignOff, {"parties": ["The & Trust"]}),
    ("company", "2(a)(v)/opinion", Opinion, {"dated": "1996-06-10"}),
    ("company", "2(a)(v)/delivery", Delivery, {"investors": ["Andrea Martin"]}),
    (
        "company",
        "2(a)(iv)/certificate",
        OfficerCertificate,
        {"signer": "Robert Finzi", "title": "Chief Executive Officer", "dated": "1996-06-10"},
    ),
    ("company", "2(a)(vi)/qualification", Qualification, {"jurisdiction": "US-MA", "effective_on": "June 7, 1996"}),
    (
        "company",
        "2(a)(viii)/third-party-consent",
        ThirdPartyConsent,
        {"third_party": "holders-of-prior-registration-rights"},
    ),
    ("company", "2(a)(viii)/signature", Signature, {"blocks": ["the-and-trust"]}),
    ("company", "2(b)(ii)/payment", Payment, {"investor": "Andrea Martin", "amount": "10000", "method": "wire"}),
    ("company", "2(a)(ii)/waive", Waiver, {"text": "Performance is waived.", "occasion": "this"}),
    ("company", "2(b)(i)/waive", Waiver, {"text": "Waived.", "occasion": "any", "investors": ["Andrea Martin"]}),
]


@pytest.mark.parametrize(("role", "act", "model", "answers"), EVERY_ACT)
def test_an_act_puts_its_fact_on_file(
    room: World, role: str, act: str, model: type[FactRow], answers: dict[str, Any]
) -> None:
    before, client = standing(model), room.client(role)
    text = send(client, f"conditions/{act}/", **answers)
    assert "Recorded." in text
    assert standing(model) == before + 1
    row = model._default_manager.latest("pk")
    assert row.recorded_by == room.people[role]
    assert Event.objects.filter(subject_kind=row._meta.model_name, subject_id=row.pk).exists()


@pytest.mark.parametrize(("role", "act", "model", "answers"), EVERY_ACT)
def test_a_double_click_does_nothing_twice(
    room: World, role: str, act: str, model: type[FactRow], answers: dict[str, Any]
) -> None:
    before, client, key = standing(model), room.client(role), str(uuid.uuid4())
    for _ in range(2):
        response = client.post(f"{BASE}/conditions/{act}/", {**answers, "form_key": key}, follow=True)
    if response.status_code == 200:
        assert "the second time changed nothing" in response.content.decode()
    assert standing(model) == before + 1


def test_an_amount_may_be_written_as_lawyers_write_it(room: World) -> None:
    send(
        room.client("company"),
        "conditions/2(b)(ii)/payment/",
        investor="Andrea Martin",
        amount="$10,000.00",
        method="wire",
    )
    assert state(room, "2(b)(ii)", "Andrea Martin") is State.MET


def test_a_payment_in_a_second_tab_is_not_counted_over_what_is_owed(room: World) -> None:
    client, said = room.client("company"), {"investor": "Andrea Martin", "amount": "10000", "method": "wire"}
    send(client, "conditions/2(b)(ii)/payment/", **said)
    before = standing(Payment)
    text = send(client, "conditions/2(b)(ii)/payment/", **said)
    assert "this would be over by $10,000.00." in text
    assert "record it on the money page, which asks for your word" in text
    assert standing(Payment) == before


def test_a_payment_met_opens_again_when_it_is_taken_back(room: World) -> None:
    client = room.client("company")
    send(client, "conditions/2(b)(ii)/payment/", investor="Andrea Martin", amount="10000.00", method="check")
    assert state(room, "2(b)(ii)", "Andrea Martin") is State.MET
    row = Payment.objects.latest("pk")
    text = send(client, f"facts/payment/{row.pk}/withdraw/", reason="The check came back.")
    assert state(room, "2(b)(ii)", "Andrea Martin") is State.OPEN
    assert "<s>$10,000.00 from Andrea Martin by check</s>" in text
    assert "The check came back." in text


def test_taking_back_asks_for_a_reason(room: World) -> None:
    row = Payment.objects.filter(withdrawn_at=None)[0]
    text = send(room.client("company"), f"facts/payment/{row.pk}/withdraw/", reason="  ")
    assert "A reason belongs on the record" in text
    row.refresh_from_db()
    assert row.withdrawn_at is None


def test_what_somebody_took_back_meanwhile_is_not_taken_back_again(room: World) -> None:
    row, client = Payment.objects.filter(withdrawn_at=None)[0], room.client("company")
    withdraw_fact(row, "The wire was returned.", room.people["company"])
    response = client.post(f"{BASE}/facts/payment/{row.pk}/withdraw/", {"reason": "Mine."}, follow=True)
    assert "took it back before you: The wire was returned." in response.content.decode()
    row.refresh_from_db()
    assert row.withdrawn_reason == "The wire was returned."
    assert "It is taken back already" in client.get(f"{BASE}/facts/payment/{row.pk}/withdraw/").content.decode()


def test_nothing_is_recorded_on_a_deal_that_closed_meanwhile(room: World) -> None:
    client, before = room.client("investors"), standing(SignOff)
    Closing.objects.create(
        number=1,
        deal=room.deal,
        at=MONDAY,
        shares=8000,
        purchase_price=8_000_000,
        fees_reimbursed=0,
        expenses_reimbursed=0,
        survival_until=MONDAY.date(),
    )
    response = client.post(f"{BASE}/conditions/2(a)(ii)/sign-off/", {"parties": ["investors-counsel"]})
    assert response.status_code == 422
    assert "The deal has closed" in response.content.decode()
    assert standing(SignOff) == before


def test_mistakes_are_told_together_and_nothing_is_recorded(room: World) -> None:
    before = standing(Payment)
    text = send(room.client("company"), "conditions/2(b)(ii)/payment/", investor="", amount="ten", method="wire")
    assert "Not recorded yet" in text
    assert "Choose the investor." in text
    assert "Write the amount in figures" in text
    assert standing(Payment) == before


@pytest.mark.parametrize(
    ("act", "answers", "told"),
    [
        ("2(a)(ix)/proxy", {"stockholder": "Nobody", "shares": "5"}, "Select a valid choice"),
        ("2(b)(ii)/payment", {"investor": "Andrea Martin", "amount": "-5", "method": "wire"}, "above nothing"),
        (
            "2(a)(vi)/qualification",
            {"jurisdiction": "US-MA", "effective_on": "1996-06-07", "lapses_on": "1996-06-07"},
            "It would lapse before it is effective.",
        ),
        ("2(a)(v)/opinion", {"dated": "0096-06-10"}, "Look at the year: write it in full"),
        ("2(a)(vi)/qualification", {"jurisdiction": "US-MA", "effective_on": "9999-12-31"}, "Look at the year"),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(room: World, act: str, answers: dict[str, Any], told: str) -> None:
    assert told in send(room.client("company"), f"conditions/{act}/", **answers)


def test_the_opinion_is_told_without_naming_its_counsel_twice(room: World) -> None:
    told = send(room.client("company"), "conditions/2(a)(v)/opinion/", dated="1996-06-10")
    assert "Opinion of Brobeck, Phleger &amp; Harrison, dated June 10, 1996" in told
    assert "of Brobeck, Phleger &amp; Harrison of" not in told


def test_an_answer_to_a_waiver_is_offered_to_whoever_may_record_it(room: World) -> None:
    path = f"{BASE}/conditions/2(a)(vi)/"
    may, may_not = room.client("investors").get(path), room.client("company").get(path)
    assert "Record an answer" in may.content.decode()
    assert "Record an answer" not in may_not.content.decode()
    assert "have not answered" in may_not.content.decode()


def test_the_rules_refuse_beside_the_field(room: World) -> None:
    holder = gate_of(room.deal).facts.voting_stock
    assert holder is not None
    first = holder.holders[0]
    text = send(
        room.client("company"),
        "conditions/2(a)(ix)/proxy/",
        stockholder=first.name,
        shares=str(first.shares + 1),
    )
    assert "Not recorded yet" in text
    assert 'href="#id_shares"' in text


def test_steps_are_offered_until_they_are_taken(room: World) -> None:
    steps = StepTaken.objects.filter(withdrawn_at=None)
    for row in steps:
        withdraw_fact(row, "Mistaken.", None)
    client = room.client("company")
    url = "conditions/2(a)(iii)/step/"
    send(client, url, step="adopted", on="1996-05-30", evidence="Resolutions")
    assert 'value="adopted"' not in client.get(f"{BASE}/{url}").content.decode()
    assert "Mistaken." in client.get(f"{BASE}/conditions/2(a)(iii)/").content.decode()


def test_joint_investors_consent_together_or_not_at_all(room: World) -> None:
    waiver, client = Waiver.objects.get(key="massachusetts"), room.client("investors")
    both = "Malcolm and Emily Fairbairn"
    assert state(room, "2(a)(vi)", both) is State.OPEN  # Malcolm's answer is on file
    send(client, f"waivers/{waiver.pk}/answer/", who=[f"{both}|emily-fairbairn"], answer="written")
    assert state(room, "2(a)(vi)", both) is State.WAIVED


@pytest.mark.parametrize("answer", ["oral", "declined"])
def test_an_oral_consent_and_a_refusal_waive_nothing(room: World, answer: str) -> None:
    waiver, name = Waiver.objects.get(key="massachusetts"), "Andrea Martin"
    send(room.client("investors"), f"waivers/{waiver.pk}/answer/", who=[f"{name}|andrea-martin"], answer=answer)
    assert state(room, "2(a)(vi)", name) is State.OPEN


def test_a_consent_on_a_condition_waits_for_it(room: World) -> None:
    waiver, name, client = Waiver.objects.get(key="massachusetts"), "Andrea Martin", room.client("investors")
    path = f"waivers/{waiver.pk}/answer/"
    send(client, path, who=[f"{name}|andrea-martin"], answer="written", subject_to="All others consent")
    assert state(room, "2(a)(vi)", name) is State.OPEN
    row = Consent.objects.latest("pk")
    client.post(f"{BASE}/consents/{row.pk}/satisfied/")
    assert state(room, "2(a)(vi)", name) is State.WAIVED


def test_a_waiver_may_be_limited_to_a_part(room: World) -> None:
    client = room.client("company")
    send(client, "conditions/2(a)(i)/waive/", text="As to 3(r).", items=["3(r)"], occasion="this")
    row = Waiver.objects.latest("pk")
    assert (row.items, row.for_closing_on and row.for_closing_on.isoformat()) == (["3(r)"], "1996-06-10")
    assert row.key == "waiver-2-a-i-1"


def test_several_are_recorded_together_or_not_at_all(room: World) -> None:
    names = list(Allotment.objects.filter(deal=room.deal).values_list("investor__name", flat=True))[2:5]
    before = standing(SignOff)
    text = send(room.client("investors"), "conditions/2(a)(vii)/sign-off/", parties=names)
    assert "3 recorded." in text
    assert standing(SignOff) == before + 3


def test_a_representation_that_is_not_true_stays_open(room: World) -> None:
    client = room.client("company")
    shown = client.get(f"{BASE}/conditions/2(a)(i)/confirm/").content.decode()
    refs = set(re.findall(r'value="(3\([a-z]\))"', shown))
    assert len(refs) == 22
    send(client, "conditions/2(a)(i)/confirm/", as_of="1996-06-10", representations=sorted(refs - {"3(l)"}))
    assert missing(room, "2(a)(i)") == {"3(l)"}


def test_an_exception_disclosed_later_opens_its_representation(room: World) -> None:
    client = room.client("company")
    send(client, "conditions/2(a)(i)/confirm/", as_of="1996-06-10", representations=ALL_OF_SECTION_3)
    assert missing(room, "2(a)(i)") == set()
    with clock.fixed(MONDAY + timedelta(hours=1)):
        send(client, "conditions/2(a)(i)/disclose/", representation="3(b)", text="A change since.")
        assert missing(room, "2(a)(i)") == {"3(b)"}


def test_a_proxy_counts(room: World) -> None:
    stock = gate_of(room.deal).facts.voting_stock
    assert stock is not None
    given = set(Proxy.objects.filter(withdrawn_at=None).values_list("stockholder", flat=True))
    holder = next(each for each in stock.holders if each.name not in given)
    before = standing(Proxy)
    send(room.client("company"), "conditions/2(a)(ix)/proxy/", stockholder=holder.name, shares=str(holder.shares))
    assert standing(Proxy) == before + 1


def state(room: World, section: str, name: str) -> State:
    return gate_of(room.deal).investor(name).cells[section].state


def missing(room: World, section: str) -> set[str]:
    return {each.item for each in gate_of(room.deal).investors[0].cells[section].missing}
