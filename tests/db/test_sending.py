"""Pages sent out: who is asked to sign what, when, and who has seen it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.declining import decline
from closing.actions.invitations import hand_over, send_pages
from closing.actions.reading import open_document
from closing.actions.signing import sign
from closing.models import Reminder, SignaturePage
from closing.rules.signatures import PageState
from investors import clock
from tests.web.signing_room import AGREEMENT, freeze, person, read, signing, state_of
from tests.web.world import MONDAY, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db: None) -> Iterator[World]:
    with clock.fixed(MONDAY):
        yield make_world()


class TestSending:
    def test_one_mail_with_ones_own_pages_and_no_amount(self, room: World) -> None:
        freeze(room.deal)
        sent = send_pages(room.deal, ["Daniel S. Martin", "Emily Fairbairn"], room.people["company"])
        assert sent.people == ["Daniel S. Martin", "Emily Fairbairn"]
        letters = {each.person: each for each in Reminder.objects.filter(schedule_key__startswith="sign ")}
        text = letters["Daniel S. Martin"].text
        assert "You sign for Scorpion Offshore Investment Fund." in text
        assert "/deals/cerplex-1996/signing/" in text
        assert "Fairbairn" not in text + letters["Daniel S. Martin"].html
        assert "$" not in text + letters["Daniel S. Martin"].html
        assert "You sign for yourself." in letters["Emily Fairbairn"].text
        pages = SignaturePage.objects.filter(block__person="Emily Fairbairn", version__isnull=False)
        assert [each.sent_at for each in pages] == [MONDAY]

    def test_nobody_is_written_to_twice_unless_asked_again_a_day_later(self, room: World) -> None:
        freeze(room.deal)
        counsel = room.people["company"]
        send_pages(room.deal, ["Emily Fairbairn"], counsel)
        with pytest.raises(ActionRefused, match="written to already"):
            send_pages(room.deal, ["Emily Fairbairn"], counsel)
        with pytest.raises(ActionRefused, match="less than a day ago"):
            send_pages(room.deal, ["Emily Fairbairn"], counsel, again=True)
        with clock.fixed(MONDAY + timedelta(days=1)):
            send_pages(room.deal, ["Emily Fairbairn"], counsel, again=True)
        assert Reminder.objects.filter(schedule_key__startswith="sign ").count() == 2

    def test_what_is_signed_or_declined_is_not_asked_for(self, room: World) -> None:
        version, emily = freeze(room.deal), person("Emily Fairbairn")
        read(room.deal, version, emily)
        sign(room.deal, signing(version, "emily-fairbairn"), emily)
        with pytest.raises(ActionRefused, match="Emily Fairbairn"):
            send_pages(room.deal, ["Emily Fairbairn"], room.people["company"])
        decline(room.deal, AGREEMENT, ["malcolm-fairbairn"], "No.", person("Malcolm Fairbairn"))
        with pytest.raises(ActionRefused, match=r"Malcolm Fairbairn: .*declined"):
            send_pages(room.deal, ["Malcolm Fairbairn"], room.people["company"])

    def test_what_was_handed_over_counts_as_sent(self, room: World) -> None:
        freeze(room.deal)
        with clock.fixed(MONDAY + timedelta(hours=1)):
            assert hand_over(room.deal, ["Andrea Martin"], room.people["investors"]) == ["Andrea Martin"]
            assert state_of(room.deal, person("Andrea Martin"), "andrea-martin") is PageState.SENT
        assert not Reminder.objects.filter(schedule_key__startswith="sign ").exists()

    def test_only_counsel_send(self, room: World) -> None:
        for role in ("investor", "signatory", "outsider", "admin"):
            with pytest.raises(NotAllowed):
                send_pages(room.deal, ["Emily Fairbairn"], room.people[role])


def test_opening_a_document_is_its_first_view_and_no_other(room: World) -> None:
    freeze(room.deal)
    emily = person("Emily Fairbairn")
    assert open_document(room.deal, AGREEMENT, emily) == 1
    with clock.fixed(MONDAY + timedelta(hours=1)):
        assert open_document(room.deal, AGREEMENT, emily) == 0
    assert state_of(room.deal, emily, "emily-fairbairn") is PageState.VIEWED
    assert SignaturePage.objects.get(block__key="emily-fairbairn", version__isnull=False).viewed_at == MONDAY
    with pytest.raises(ActionRefused, match="sign nothing"):
        open_document(room.deal, "opinion-of-company-counsel", emily)
