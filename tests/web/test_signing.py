"""The signing room as its people see it: reading, signing, declining, and never another's."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings

from closing.actions.declining import decline
from closing.actions.stored_files import store
from closing.models import Counterpart, Declining, ElectronicSignature, PageRead, Reminder, SignaturePage
from closing.rules import electronic_consent
from investors import clock
from investors.models import User
from tests.web.papers import queries_of, text_of
from tests.web.signing_room import AGREEMENT, freeze, read
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996"
ROOM = f"{BASE}/signing"
HERE = f"{ROOM}/{AGREEMENT}"


def as_person(name: str) -> Client:
    client = Client(REMOTE_ADDR="198.51.100.7", HTTP_USER_AGENT="A browser")
    client.force_login(User.objects.get(name=name), "django.contrib.auth.backends.ModelBackend")
    return client


def answer(sha256: str, *blocks: str, **said: str) -> dict[str, object]:
    """What the form sends without script: a name typed."""
    whole: dict[str, object] = {
        "version": sha256,
        "words": electronic_consent.SHA256,
        "capacities": list(blocks),
        "agree": "on",
        "typed": "Emily Fairbairn",
    }
    return {**whole, **said}


class TestReading:
    def test_the_list_says_in_which_capacity_and_where_each_page_is(self, room: World) -> None:
        freeze(room.deal)
        said = text_of(as_person("Robert Finzi").get(f"{ROOM}/"))
        whole = (
            "for Sprout Growth II, L.P., by DLJ Capital Corporation, its General Managing Partner, as Attorney-in-Fact"
        )
        assert f"You sign {whole}." in said
        assert "You signed an earlier version; that page no longer counts." in said
        assert "Fairbairn" not in said
        waiting = text_of(as_person("Bruce D. Nye").get(f"{ROOM}/"))
        assert "Counsel have not yet put the version to sign in force" in waiting

    def test_opening_it_is_kept_once(self, room: World) -> None:
        freeze(room.deal)
        emily = as_person("Emily Fairbairn")
        emily.head(f"{HERE}/")
        pages = SignaturePage.objects.filter(block__key="emily-fairbairn", version__isnull=False)
        assert not pages.exists()
        emily.get(f"{HERE}/")
        with clock.fixed(MONDAY + timedelta(hours=1)):
            emily.get(f"{HERE}/")
        assert pages.get().viewed_at == MONDAY

    def test_a_page_fetched_is_a_page_shown_to_him_alone(self, room: World) -> None:
        version = freeze(room.deal)
        emily = as_person("Emily Fairbairn")
        emily.head(f"{HERE}/pages/{version.sha256}/1/")
        assert not PageRead.objects.exists()
        found = emily.get(f"{HERE}/pages/{version.sha256}/1/")
        assert found["Content-Type"] == "image/png"
        assert found.content.startswith(b"\x89PNG")
        assert "no-store" in found["Cache-Control"]
        assert emily.get(f"{HERE}/pages/{version.sha256}/1/").content == found.content
        assert list(PageRead.objects.values_list("user__name", "number", "as_text")) == [("Emily Fairbairn", 1, False)]
        assert emily.get(f"{HERE}/pages/{version.sha256}/4/").status_code == 404
        assert emily.get(f"{HERE}/pages/{'0' * 64}/1/").status_code == 404

    def test_the_words_of_each_page_stand_beside_its_picture(self, room: World) -> None:
        freeze(room.deal)
        said = text_of(as_person("Emily Fairbairn").get(f"{HERE}/"))
        assert "Page 2 of 3" in said
        assert "Stock Purchase Agreement" in said

    def test_without_the_last_page_he_is_sent_back_to_it(self, room: World) -> None:
        version = freeze(room.deal)
        emily = as_person("Emily Fairbairn")
        for number in (1, 2):
            emily.get(f"{HERE}/pages/{version.sha256}/{number}/")
        found = emily.get(f"{HERE}/sign/")
        assert "Read it to the end first" in text_of(found)
        assert '#page-3">3</a>.' in text_of(found)
        assert b"data-signing" not in found.content
        refused = emily.post(f"{HERE}/sign/", answer(version.sha256, "emily-fairbairn"))
        assert refused.status_code == 422
        assert "Read the whole document first" in text_of(refused)

    def test_a_screen_reader_reads_it_as_text(self, room: World) -> None:
        freeze(room.deal)
        emily = as_person("Emily Fairbairn")
        assert "Page 3 of 3" in text_of(emily.get(f"{HERE}/text/"))
        assert emily.post(f"{HERE}/text/")["Location"] == f"{HERE}/sign/"
        assert b"data-signing" in emily.get(f"{HERE}/sign/").content
        assert set(PageRead.objects.values_list("as_text", flat=True)) == {True}

    def test_the_document_is_there_to_keep(self, room: World) -> None:
        freeze(room.deal)
        found: Any = as_person("Bruce D. Nye").get(f"{HERE}/file/")
        assert "attachment" in found["Content-Disposition"]
        assert b"".join(found.streaming_content).startswith(b"%PDF")


class TestSigning:
    def test_typed_without_script(self, room: World) -> None:
        version = freeze(room.deal)
        emily = as_person("Emily Fairbairn")
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        done = emily.post(f"{HERE}/sign/", answer(version.sha256, "emily-fairbairn"), follow=True)
        said = text_of(done)
        assert "Signed. 1 page is in escrow for the Stock Purchase Agreement." in said
        assert "Your signed page is being made and sealed" in said
        row = ElectronicSignature.objects.get()
        assert (row.typed, row.strokes, row.address, row.agent) == (
            "Emily Fairbairn",
            [],
            "198.51.100.7",
            "A browser",
        )

    def test_drawn(self, room: World) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        strokes = [[[0.1, 0.2], [0.4, 0.1], [0.6, 0.3]]]
        sent = answer(version.sha256, "emily-fairbairn", how="draw", strokes=json.dumps(strokes), typed="")
        assert as_person("Emily Fairbairn").post(f"{HERE}/sign/", sent).status_code == 302
        assert ElectronicSignature.objects.get().strokes == strokes

    @pytest.mark.parametrize("strokes", ["", "[]", "nonsense", "{}", "[[[2, 2]]]", "[[[0.1]]]", "[" * 3000])
    def test_what_is_no_drawing_is_told_so(self, room: World, strokes: str) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        sent = answer(version.sha256, "emily-fairbairn", how="draw", strokes=strokes, typed="")
        found = as_person("Emily Fairbairn").post(f"{HERE}/sign/", sent)
        assert found.status_code == 422
        assert "Not signed yet" in text_of(found)
        assert not ElectronicSignature.objects.exists()

    def test_consent_and_capacity_are_asked(self, room: World) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        emily = as_person("Emily Fairbairn")
        found = emily.post(f"{HERE}/sign/", answer(version.sha256, "emily-fairbairn", agree=""))
        assert "Tick your consent" in text_of(found)
        found = emily.post(f"{HERE}/sign/", answer(version.sha256))
        assert "tick at least one" in text_of(found)

    def test_several_capacities_each_with_its_box_and_title(self, room: World) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Daniel S. Martin"))
        martin = as_person("Daniel S. Martin")
        page = martin.get(f"{HERE}/sign/").content.decode()
        assert page.count('name="capacities"') == 6
        sent = answer(version.sha256, "scorpion", "the-and-trust", typed="Daniel S. Martin", name="Daniel S. Martin")
        found = martin.post(f"{HERE}/sign/", sent)
        assert text_of(found).count("Write your title") == 2
        titles = {f"title-{number}": "Partner" for number in range(6)}
        assert martin.post(f"{HERE}/sign/", {**sent, **titles}).status_code == 302
        assert sorted(ElectronicSignature.objects.values_list("page__block__key", flat=True)) == [
            "scorpion",
            "the-and-trust",
        ]
        assert martin.get(f"{HERE}/sign/").content.decode().count('name="capacities"') == 4

    def test_another_version_in_between_is_refused(self, room: World) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        freeze(room.deal, title="The same, with a comma")
        found = as_person("Emily Fairbairn").post(f"{HERE}/sign/", answer(version.sha256, "emily-fairbairn"))
        assert found.status_code == 422
        assert "Read the new version first" in text_of(found)

    def test_behind_proxies_only_what_they_saw_is_believed(self, room: World) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        emily = as_person("Emily Fairbairn")
        lie = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9, 10.0.0.2"}
        with override_settings(PROXIES=2):
            emily.post(f"{HERE}/sign/", answer(version.sha256, "emily-fairbairn"), headers=lie)
        assert ElectronicSignature.objects.get().address == "203.0.113.9"

    def test_without_a_proxy_the_header_is_anybodys_word(self, room: World) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        emily = as_person("Emily Fairbairn")
        emily.post(f"{HERE}/sign/", answer(version.sha256, "emily-fairbairn"), headers={"X-Forwarded-For": "192.0.2.1"})
        assert ElectronicSignature.objects.get().address == "198.51.100.7"


class TestOthers:
    def test_emily_cannot_sign_for_malcolm(self, room: World) -> None:
        version = freeze(room.deal)
        read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
        emily = as_person("Emily Fairbairn")
        assert "malcolm-fairbairn" not in emily.get(f"{HERE}/sign/").content.decode()
        found = emily.post(f"{HERE}/sign/", answer(version.sha256, "malcolm-fairbairn"))
        assert found.status_code == 422
        found = emily.post(f"{HERE}/decline/", {"blocks": ["malcolm-fairbairn"], "reason": "No."})
        assert found.status_code == 422
        assert not ElectronicSignature.objects.exists()
        assert not Declining.objects.exists()

    def test_evidence_is_for_counsel_and_who_signed(self, room: World, client_of: Callable[[str], Client]) -> None:
        row = _signed(room)
        path = f"{BASE}/signatures/electronic/{row.pk}/"
        for client in (client_of("company"), client_of("investors"), as_person("Emily Fairbairn")):
            said = text_of(client.get(path))
            assert row.document_sha256 in said
            assert row.consent_sha256 in said
            assert "198.51.100.7" in said
            assert electronic_consent.POINTS[0] in said
        for client in (client_of("investor"), client_of("another"), client_of("signatory"), client_of("admin")):
            assert client.get(path).status_code == 404

    def test_counsel_have_a_page_that_failed_made_again(self, room: World, client_of: Callable[[str], Client]) -> None:
        row = _signed(room)
        path = f"{BASE}/signatures/electronic/{row.pk}/"
        assert "nothing to try again" in text_of(client_of("company").post(path, follow=True))
        ElectronicSignature.objects.update(state="failed", error="The time stamp server gave none.", attempts=5)
        assert "The time stamp server gave none." in text_of(client_of("investors").get(path))
        assert as_person("Emily Fairbairn").post(path).status_code == 403
        client_of("investors").post(path)
        row.refresh_from_db()
        assert (row.state, row.attempts, row.error) == ("queued", 0, "")

    def test_a_signed_page_is_its_investors(self, room: World, client_of: Callable[[str], Client]) -> None:
        row = _signed(room)
        kept = store(b"%PDF-1.7\n%signed\n", "counterparts", ".pdf")
        page = Counterpart.objects.create(
            signature=row.signature, page=row.page, how="browser", sha256=kept.sha256, size=kept.size, at=MONDAY
        )
        path = f"{BASE}/signatures/counterparts/{page.pk}/"
        for client in (client_of("company"), client_of("investor"), as_person("Emily Fairbairn")):
            found: Any = client.get(path)
            assert b"".join(found.streaming_content) == b"%PDF-1.7\n%signed\n"
        for role in ("another", "signatory", "outsider", "admin"):
            assert client_of(role).get(path).status_code == 404

    def test_counsel_do_not_sign_and_have_no_room_of_their_own(
        self, room: World, client_of: Callable[[str], Client]
    ) -> None:
        version = freeze(room.deal)
        for role in ("company", "investors", "outsider", "admin"):
            for path in ("/", f"/{AGREEMENT}/", f"/{AGREEMENT}/sign/", f"/{AGREEMENT}/pages/{version.sha256}/1/"):
                assert client_of(role).get(f"{ROOM}{path}").status_code == 404


class TestAround:
    def test_who_only_signs_begins_in_the_signing_room(self, room: World, client_of: Callable[[str], Client]) -> None:
        nye = client_of("signatory")
        assert nye.get("/")["Location"] == f"{ROOM}/"
        assert f'href="{ROOM}/"' in nye.get("/deals/").content.decode()

    def test_the_investors_portal_leads_here(self, room: World, client_of: Callable[[str], Client]) -> None:
        freeze(room.deal)
        malcolm = room.allotment("Malcolm and Emily Fairbairn")
        page = client_of("investor").get(f"{BASE}/mine/{malcolm.position}/signing/").content.decode()
        assert f'href="{ROOM}/"' in page

    def test_declining_is_seen_by_counsel_and_taken_back(self, room: World, client_of: Callable[[str], Client]) -> None:
        freeze(room.deal)
        emily = as_person("Emily Fairbairn")
        sent = {"blocks": ["emily-fairbairn"], "reason": "Section 3(f) is not what we agreed."}
        said = text_of(emily.post(f"{HERE}/decline/", sent, follow=True))
        assert "You declined on" in said
        signatory = f"{BASE}/signatures/by/emily-fairbairn/"
        seen = text_of(client_of("company").get(signatory))
        assert "Section 3(f) is not what we agreed." in seen
        assert "Which pages came back?" in seen
        assert "checked" not in seen, "what she declines is not ticked as come back"
        client_of("investors").post(f"{signatory}{AGREEMENT}/decline/")
        assert Declining.objects.get().taken_back_at == MONDAY

    def test_counsel_put_a_refusal_on_record(self, room: World, client_of: Callable[[str], Client]) -> None:
        path = f"{BASE}/signatures/by/andrea-martin/{AGREEMENT}/decline/"
        freeze(room.deal)
        assert client_of("investors").post(path, {"reason": ""}).status_code == 422
        client_of("investors").post(path, {"reason": "By telephone: not at this price."})
        assert "By telephone: not at this price." in text_of(as_person("Andrea Martin").get(f"{ROOM}/"))

    def test_counsel_send_and_hand_over(self, room: World, client_of: Callable[[str], Client]) -> None:
        freeze(room.deal)
        path = f"{BASE}/signatures/send/"
        said = text_of(client_of("company").get(path))
        assert "Daniel S. Martin" in said
        assert "no execution version yet" in said
        done = client_of("company").post(path, {"people": ["Daniel S. Martin", "Emily Fairbairn"]}, follow=True)
        assert "Asked to sign: Daniel S. Martin; Emily Fairbairn." in text_of(done)
        assert Reminder.objects.filter(schedule_key__startswith="sign ").count() == 2
        again = client_of("investors").post(path, {"people": ["Emily Fairbairn"]})
        assert again.status_code == 422
        assert "written to already" in text_of(again)
        over = client_of("investors").post(path, {"people": ["Andrea Martin"], "handed-over": "yes"}, follow=True)
        assert "On the record as having their pages: Andrea Martin." in text_of(over)

    def test_each_reason_why_a_page_is_not_asked_for_is_said(
        self, room: World, client_of: Callable[[str], Client]
    ) -> None:
        martin = User.objects.get(name="Daniel S. Martin")
        decline(room.deal, "registration-rights-agreement", ["chestnut-pacific"], "Not that one.", martin)
        said = text_of(client_of("company").get(f"{BASE}/signatures/send/"))
        assert "declined (for 1); no execution version yet (for 2)" in said

    def test_the_room_asks_a_fixed_number_of_queries(self, room: World) -> None:
        freeze(room.deal)
        one, six = as_person("Andrea Martin"), as_person("Daniel S. Martin")
        queries_of(one, f"{ROOM}/")
        assert len(queries_of(one, f"{ROOM}/")) == len(queries_of(six, f"{ROOM}/")) < 40


def _signed(room: World) -> ElectronicSignature:
    version = freeze(room.deal)
    read(room.deal, version, User.objects.get(name="Emily Fairbairn"))
    as_person("Emily Fairbairn").post(f"{HERE}/sign/", answer(version.sha256, "emily-fairbairn"))
    return ElectronicSignature.objects.get()
