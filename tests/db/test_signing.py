"""Signing in the browser: who may, what of, when; declining; and what is kept of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.closings import close_deal
from closing.actions.declining import decline, take_back_declining
from closing.actions.facts import withdraw_fact
from closing.actions.invitations import send_pages
from closing.actions.reading import read_as_text, show_page
from closing.actions.signatures import record_signatures
from closing.actions.signing import Signing, sign
from closing.models import Declining, Deliverable, ElectronicSignature, Event, PageRead, Signature
from closing.pdf.signed_pages import DrawnSignature, TypedSignature
from closing.queries.gates import gate_of
from closing.queries.signing import reading_of, signing_room
from closing.rules import electronic_consent
from closing.rules.access import Role
from closing.rules.signatures import PageState
from closing.rules.signing_order import NOT_YOUR_TURN
from investors import clock
from investors.models import User
from tests.web.papers import CLOSING, open_room
from tests.web.signing_room import AGREEMENT, DRAWN, freeze, person, read, signing, state_of
from tests.web.world import MONDAY, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db: None) -> Iterator[World]:
    with clock.fixed(MONDAY):
        yield make_world()


class TestSigning:
    def test_a_page_signed_in_the_browser_is_in_escrow_at_once(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        (row,) = sign(room.deal, signing(version, "emily-fairbairn", typed="Emily Fairbairn"), emily)
        signature = Signature.objects.get(pk=row.signature_id)
        assert (signature.signer, signature.version, signature.at) == ("Emily Fairbairn", version.sha256, MONDAY)
        assert row.page.version == version
        assert (row.user, row.email, row.typed, row.strokes) == (emily, emily.email, "Emily Fairbairn", [])
        assert (row.address, row.agent, row.capacity) == ("198.51.100.7", "A browser", "as an individual")
        assert row.document_sha256 == version.sha256
        assert row.state == ElectronicSignature.State.QUEUED
        assert any(
            (each.document, each.block) == (AGREEMENT, "emily-fairbairn")
            for each in gate_of(room.deal).facts.signatures
        )
        event = Event.objects.filter(verb="signature-recorded").latest("id")
        assert event.actor == emily
        assert event.summary.endswith(", signed in the browser")

    def test_the_same_form_twice_signs_once(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        said = signing(version, "emily-fairbairn")
        assert sign(room.deal, said, emily) == sign(room.deal, said, emily)
        assert ElectronicSignature.objects.count() == 1

    def test_one_person_signs_once_for_each_of_his_investors(self, room: World) -> None:
        version, martin = freeze(room.deal), person("Daniel S. Martin")
        read(room.deal, version, martin)
        own = signing_room(room.deal, martin).document(AGREEMENT)
        assert own is not None
        blocks = [each.block for each in own.pages]
        assert len(blocks) == 6
        done = sign(room.deal, signing(version, *blocks, title="Partner", name="Daniel S. Martin"), martin)
        assert [each.capacity for each in done][:1] == ["for Scorpion Offshore Investment Fund, as Partner"]
        assert {each.signature.signer for each in done} == {"Daniel S. Martin"}
        assert all(state_of(room.deal, martin, block) is PageState.IN_ESCROW for block in blocks)

    def test_nobody_signs_for_another(self, room: World) -> None:
        version = freeze(room.deal)
        for name in ("Emily Fairbairn", "Andrea Martin", "Bruce D. Nye"):
            read(room.deal, version, person(name))
            with pytest.raises(NotAllowed, match="your own pages only"):
                sign(room.deal, signing(version, "malcolm-fairbairn"), person(name))
        for role in ("company", "investors", "admin", "outsider"):
            with pytest.raises(NotAllowed, match="Only the signatory may sign"):
                sign(room.deal, signing(version, "malcolm-fairbairn"), room.people[role])
        assert not ElectronicSignature.objects.exists()

    def test_one_foreign_capacity_spoils_the_whole(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        with pytest.raises(NotAllowed):
            sign(room.deal, signing(version, "emily-fairbairn", "malcolm-fairbairn"), emily)
        assert not ElectronicSignature.objects.exists()

    def test_a_version_frozen_in_between_is_read_first(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        said = signing(version, "emily-fairbairn")
        later = freeze(room.deal, title="The same, with a comma")
        with pytest.raises(ActionRefused, match="Read the new version first"):
            sign(room.deal, said, emily)
        with pytest.raises(ActionRefused, match="Read the whole document first"):
            sign(room.deal, replace(said, version=later.sha256), emily)

    def test_a_later_version_asks_for_the_page_again(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        sign(room.deal, signing(version, "emily-fairbairn"), emily)
        later = freeze(room.deal, title="The same, with a comma")
        assert state_of(room.deal, emily, "emily-fairbairn") is PageState.STALE
        read(room.deal, later, emily)
        sign(room.deal, signing(later, "emily-fairbairn"), emily)
        assert state_of(room.deal, emily, "emily-fairbairn") is PageState.IN_ESCROW

    def test_every_page_is_shown_first(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        show_page(room.deal, version, 1, emily)
        show_page(room.deal, version, 3, emily)
        show_page(room.deal, version, 3, emily)
        show_page(room.deal, version, 9, emily)
        assert reading_of(version, emily).missing == (2,)
        with pytest.raises(ActionRefused, match="Not shown to you yet: page 2"):
            sign(room.deal, signing(version, "emily-fairbairn"), emily)
        show_page(room.deal, version, 2, person("Andrea Martin"))
        assert not reading_of(version, emily).is_whole
        show_page(room.deal, version, 2, emily)
        assert sign(room.deal, signing(version, "emily-fairbairn"), emily)
        assert PageRead.objects.filter(user=emily).count() == 3

    def test_what_is_read_is_never_rewritten(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read_as_text(room.deal, version, emily)
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            PageRead.objects.update(as_text=False)

    def test_without_an_execution_version_nothing_is_signed(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        said = replace(signing(version, "emily-fairbairn"), document="registration-rights-agreement")
        with pytest.raises(ActionRefused, match="no version of this document to sign yet"):
            sign(room.deal, said, emily)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"consent": "0" * 64}, "consent have changed"),
            ({"capacities": {}}, "tick at least one"),
            ({"mark": DrawnSignature(())}, "Nothing was drawn"),
            ({"mark": DrawnSignature((((7.0, 0.1), (0.2, 0.2)),))}, "could not be read"),
            ({"mark": TypedSignature("  ")}, "Type your name"),
            ({"mark": TypedSignature("\u65e5\u672c")}, "Latin, Greek or Cyrillic"),
        ],
    )
    def test_what_is_sent_must_be_whole(self, room: World, changes: dict[str, object], told: str) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        said: Signing = signing(version, "emily-fairbairn")
        with pytest.raises(ActionRefused, match=told):
            sign(room.deal, replace(said, **changes), emily)  # type: ignore[arg-type]
        assert not ElectronicSignature.objects.exists()

    def test_the_blanks_of_the_agreement_are_filled_in(self, room: World) -> None:
        version, martin = freeze(room.deal), person("Daniel S. Martin")
        read(room.deal, version, martin)
        with pytest.raises(ActionRefused, match="Write your name"):
            sign(room.deal, signing(version, "scorpion"), martin)
        with pytest.raises(ActionRefused, match="Write your title for Scorpion"):
            sign(room.deal, signing(version, "scorpion", name="Daniel S. Martin"), martin)

    def test_a_page_that_came_back_on_paper_is_not_signed_again(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        record_signatures(room.deal, "emily-fairbairn", [AGREEMENT], by=room.people["investors"])
        read(room.deal, version, emily)
        with pytest.raises(ActionRefused, match="Signed already: "):
            sign(room.deal, signing(version, "emily-fairbairn"), emily)

    def test_a_page_withdrawn_may_be_signed_again(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        (first,) = sign(room.deal, signing(version, "emily-fairbairn"), emily)
        withdraw_fact(first.signature, "Wrong name", room.people["investors"])
        (second,) = sign(room.deal, signing(version, "emily-fairbairn", typed="Emily"), emily)
        assert second.pk != first.pk
        assert second.page == first.page


class TestOrder:
    @pytest.fixture
    def ordered(self, room: World) -> World:
        order = [["investors"], ["issuer"]]
        Deliverable.objects.filter(deal=room.deal, key=AGREEMENT).update(signing_order=order)
        return room

    def test_a_later_group_waits_in_the_browser_and_on_paper(self, ordered: World) -> None:
        version, nye = freeze(ordered.deal), person("Bruce D. Nye")
        read(ordered.deal, version, nye)
        with pytest.raises(ActionRefused, match=NOT_YOUR_TURN):
            sign(ordered.deal, signing(version, "cerplex", title="President", name="Bruce D. Nye"), nye)
        with pytest.raises(ActionRefused, match=r"The Cerplex Group, Inc. signs the Stock Purchase Agreement after"):
            record_signatures(ordered.deal, "cerplex", [AGREEMENT], by=ordered.people["company"])

    def test_it_may_once_the_others_have(self, ordered: World) -> None:
        version, nye = freeze(ordered.deal), person("Bruce D. Nye")
        of = gate_of(ordered.deal).deal
        for key in of.block_by_key:
            if key != "cerplex":
                record_signatures(ordered.deal, key, [AGREEMENT], by=ordered.people["company"])
        read(ordered.deal, version, nye)
        assert sign(ordered.deal, signing(version, "cerplex", title="President", name="Bruce D. Nye"), nye)

    def test_he_is_not_asked_before_his_turn(self, ordered: World) -> None:
        freeze(ordered.deal)
        with pytest.raises(ActionRefused, match=r"Bruce D. Nye: .*others sign first"):
            send_pages(ordered.deal, ["Bruce D. Nye"], ordered.people["company"])


class TestDeclining:
    def test_with_a_reason_and_taken_back_by_signing(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        (row,) = decline(room.deal, AGREEMENT, ["emily-fairbairn"], "The price is not what we agreed.", emily)
        assert state_of(room.deal, emily, "emily-fairbairn") is PageState.DECLINED
        assert decline(room.deal, AGREEMENT, ["emily-fairbairn"], "Again.", emily) == [row]
        read(room.deal, version, emily)
        sign(room.deal, signing(version, "emily-fairbairn"), emily)
        assert Declining.objects.get().taken_back_at == MONDAY

    def test_only_ones_own_and_counsel_on_his_word(self, room: World) -> None:
        freeze(room.deal)
        with pytest.raises(NotAllowed, match="your own pages only"):
            decline(room.deal, AGREEMENT, ["malcolm-fairbairn"], "No.", person("Emily Fairbairn"))
        (row,) = decline(room.deal, AGREEMENT, ["malcolm-fairbairn"], "By telephone: no.", room.people["company"])
        with pytest.raises(NotAllowed):
            take_back_declining(row, person("Emily Fairbairn"))
        assert take_back_declining(row, room.people["company"]).taken_back_at == MONDAY

    def test_a_reason_is_asked_and_a_signed_page_is_not_declined(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        with pytest.raises(ActionRefused, match="Say why"):
            decline(room.deal, AGREEMENT, ["emily-fairbairn"], "  ", emily)
        read(room.deal, version, emily)
        sign(room.deal, signing(version, "emily-fairbairn"), emily)
        with pytest.raises(ActionRefused, match="signed and in escrow"):
            decline(room.deal, AGREEMENT, ["emily-fairbairn"], "No.", emily)
        with pytest.raises(ActionRefused, match="must be one who signs"):
            decline(room.deal, AGREEMENT, [], "No.", emily)


def test_a_closed_deal_is_signed_no_more(db: None) -> None:
    with open_room("closing-day", CLOSING) as closed:
        counsel = User.objects.get(memberships__role=Role.COMPANY_COUNSEL.value)
        emily, names = person("Emily Fairbairn"), [each.investor.name for each in gate_of(closed.deal).investors]
        close_deal(closed.deal, None, expected=names, leave_out_confirmed=True)
        said = Signing(
            document=AGREEMENT,
            version="0" * 64,
            capacities={"emily-fairbairn": ""},
            mark=DRAWN,
            consent=electronic_consent.SHA256,
        )
        for refused in (
            lambda: sign(closed.deal, said, emily),
            lambda: decline(closed.deal, AGREEMENT, ["emily-fairbairn"], "No.", emily),
            lambda: send_pages(closed.deal, ["Emily Fairbairn"], counsel),
        ):
            with pytest.raises(ActionRefused, match="The deal has closed"):
                refused()
        assert signing_room(closed.deal, emily).to_sign == 0
