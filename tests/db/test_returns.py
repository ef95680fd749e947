"""Signed pages that come back: read once, filed where their codes say, and nowhere else."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import record_fact
from closing.actions.invitations import send_pages
from closing.actions.return_filing import ON_FILE, assign, confirm, confirm_recognised, put_back, set_aside, undo_filing
from closing.actions.returns import hand_in
from closing.actions.signatures import record_signatures, withdraw_signature
from closing.models import (
    Counterpart,
    Deal,
    Declining,
    DocumentVersion,
    Event,
    ExecutionVersion,
    ReturnedFile,
    ReturnedPage,
    Signature,
)
from closing.queries.counterparts import open_counterpart
from closing.queries.gates import gate_of
from closing.queries.invitations import invitations_page
from closing.queries.page_states import page_states
from closing.rules import facts
from closing.rules.returns import NOT_OF_THIS_DEAL
from closing.rules.signatures import PageState
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY
from tests.returned import (
    AGREEMENT,
    ANDREA,
    NITIN,
    RIGHTS,
    Sheet,
    company_counsel,
    page_of,
    read_in,
    send_packets,
    sent_out,
)
from tests.rules.any_facts import CERPLEX

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(cerplex: Deal) -> Deal:
    """The Cerplex deal with the packets of two people made."""
    send_packets(cerplex, ANDREA, NITIN)
    return cerplex


def found(pages: list[ReturnedPage]) -> list[tuple[str, str]]:
    return [(page.state, page.finding) for page in pages]


def test_a_mixed_scan_is_read_and_filed(deal: Deal) -> None:
    andrea, nitin = sent_out(deal, ANDREA), sent_out(deal, NITIN)
    pages = read_in(
        deal,
        Sheet(nitin[AGREEMENT], turned=180),
        Sheet(andrea[AGREEMENT], turned=90),
        Sheet(andrea[RIGHTS], is_signed=False),
        Sheet(andrea[AGREEMENT]),
        Sheet(nitin[RIGHTS], is_spoiled=True),
    )
    assert found(pages) == [
        ("to-confirm", "recognised"),
        ("to-confirm", "recognised"),
        ("to-confirm", "blank"),
        ("to-confirm", "duplicate"),
        ("tray", "unread"),
    ]
    assert [page.turned for page in pages[:2]] == [180, 90]
    assert all(page.is_compared for page in pages[:4])
    assert not Signature.objects.exists(), "nothing is filed unseen"

    done = confirm_recognised(deal, company_counsel(deal), up_to=pages[-1].pk)
    assert [outcome.refused for outcome in done] == ["", ""]
    assign(pages[4], page_of(deal, RIGHTS, NITIN), company_counsel(deal))
    set_aside(pages[3], "A copy.", company_counsel(deal))
    on_file = {(each.document, each.block): each.signer for each in gate_of(deal).facts.signatures}
    assert on_file == {
        (AGREEMENT, "nitin-mehta"): NITIN,
        (AGREEMENT, "andrea-martin"): ANDREA,
        (RIGHTS, "nitin-mehta"): NITIN,
    }
    for counterpart in Counterpart.objects.select_related("signature"):
        with open_counterpart(counterpart) as file:
            assert file.read(5) == b"%PDF-"
    with pytest.raises(ActionRefused, match="on file already"):
        confirm(put_back(pages[3], company_counsel(deal)), company_counsel(deal))


def test_a_page_of_another_deal_is_refused_and_nobody_is_told_whose(deal: Deal) -> None:
    people = tuple(replace(person, email=f"other.{person.email}") for person in CERPLEX.people)
    other = load_deal(replace(CERPLEX, code="another", issuer=replace(CERPLEX.issuer, code="another"), people=people))
    send_packets(other, ANDREA)
    (page,) = read_in(deal, Sheet(sent_out(other, ANDREA)[AGREEMENT]))
    assert (page.state, page.finding, page.page, page.reason) == ("set-aside", "unknown", None, NOT_OF_THIS_DEAL)
    with pytest.raises(ActionRefused, match="not a page of this deal"):
        put_back(page, company_counsel(deal))
    told = " ".join(Event.objects.filter(deal=deal).values_list("summary", flat=True))
    assert "another" not in told


def test_no_hand_files_a_page_against_its_code(deal: Deal) -> None:
    andrea = sent_out(deal, ANDREA)
    (page,) = read_in(deal, Sheet(andrea[AGREEMENT]))
    other = page_of(deal, RIGHTS, ANDREA)
    with pytest.raises(ActionRefused, match="in the tray no more"):
        assign(page, other, company_counsel(deal))
    ReturnedPage.objects.filter(pk=page.pk).update(state="tray", page=None)
    with pytest.raises(ActionRefused, match="says that it is another page"):
        assign(page, other, company_counsel(deal))
    assert ReturnedPage.objects.get(pk=page.pk).reason.startswith("The code on this page")
    with pytest.raises(IntegrityError, match="another page"), transaction.atomic():
        ReturnedPage.objects.filter(pk=page.pk).update(page=other)
    assert not Signature.objects.exists()


def test_what_is_taken_back_is_to_be_confirmed_by_itself(deal: Deal) -> None:
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    filed = confirm(page, company_counsel(deal))
    assert confirm(page, company_counsel(deal)) == filed
    back = undo_filing(filed, "The wrong person signed.", company_counsel(deal))
    assert (back.state, back.finding, back.signature) == ("to-confirm", "withdrawn", None)
    assert confirm_recognised(deal, company_counsel(deal), up_to=back.pk) == []
    again = confirm(back, company_counsel(deal))
    assert again.signature is not None
    withdraw_signature(again.signature, "Asked to have it back.", company_counsel(deal))
    page.refresh_from_db()
    assert (page.state, page.reason) == ("to-confirm", "Asked to have it back.")
    states = page_states(deal, gate_of(deal))
    assert states.of(AGREEMENT, "andrea-martin").state is PageState.WITHDRAWN
    assert Counterpart.objects.count() == 2


def test_a_signature_recorded_by_hand_gets_its_scan(deal: Deal) -> None:
    (signature,) = record_signatures(deal, "andrea-martin", [AGREEMENT], signer="A. Martin", by=company_counsel(deal))
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    assert page.finding == "recognised"
    filed = confirm(page, company_counsel(deal))
    assert filed.signature == signature
    assert Signature.objects.count() == 1
    (copy,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT], seed=7), name="copy.pdf")
    assert copy.finding == "duplicate"
    with pytest.raises(ActionRefused, match="on file already"):
        confirm(copy, company_counsel(deal))
    copy.refresh_from_db()
    assert (copy.state, copy.reason) == ("to-confirm", ON_FILE)


def freeze(deal: Deal, text: str, at: datetime) -> None:
    """An execution version of the agreement, put on file."""
    digest = text * 64
    document = deal.deliverables.get(key=AGREEMENT)
    number = DocumentVersion.objects.filter(deliverable=document).count() + 1
    DocumentVersion.objects.create(
        deliverable=document, number=number, filename="a.pdf", sha256=digest, size=1, content_type="a/b", at=at
    )
    record_fact(deal, facts.ExecutionVersion(at=at, document=AGREEMENT, version=digest, number=number), None)


def test_who_has_handed_in_a_page_is_not_asked_for_it_while_it_waits(deal: Deal) -> None:
    counsel = company_counsel(deal)
    freeze(deal, "a", MONDAY)
    send_packets(deal, ANDREA)
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    with pytest.raises(ActionRefused, match="Andrea Martin: came back, to be confirmed; no execution version yet"):
        send_pages(deal, [ANDREA], counsel)
    (asked,) = [each for each in invitations_page(deal).people if each.name == ANDREA]
    assert asked.ready == ()
    with clock.fixed(MONDAY + timedelta(hours=1)):
        freeze(deal, "b", clock.now())
        assert page_states(deal, gate_of(deal)).of(AGREEMENT, "andrea-martin").state is PageState.NOT_SENT
        assert send_pages(deal, [ANDREA], counsel).people == [ANDREA], "what came back is not what is to be signed now"
    set_aside(page, "Of an earlier version.", counsel)


def test_a_page_of_an_earlier_version_is_filed_as_signed_for_that(cerplex: Deal) -> None:
    freeze(cerplex, "a", MONDAY)
    send_packets(cerplex, ANDREA)
    early = sent_out(cerplex, ANDREA)[AGREEMENT]
    later = datetime.fromisoformat("1996-06-04T09:00-07:00")
    with clock.fixed(later):
        freeze(cerplex, "b", later)
        (page,) = read_in(cerplex, Sheet(early))
        assert page.finding == "stale"
        filed = confirm(page, company_counsel(cerplex))
        assert filed.signature is not None
        assert filed.signature.version == "a" * 64
        gate = gate_of(cerplex)
        assert (len(gate.facts.signatures), len(gate.stale)) == (0, 1)
        record_fact(
            cerplex,
            facts.CarryOver(at=later, document=AGREEMENT, version="b" * 64, authority="Her e-mail of June 4."),
            None,
        )
        assert len(gate_of(cerplex).facts.signatures) == 1


def test_a_page_sent_before_there_was_a_version_counts_for_none(deal: Deal) -> None:
    early = sent_out(deal, ANDREA)[AGREEMENT]
    freeze(deal, "a", MONDAY)
    (page,) = read_in(deal, Sheet(early))
    assert page.finding == "stale"
    filed = confirm(page, company_counsel(deal))
    assert filed.signature is not None
    assert filed.signature.version == facts.UNBOUND
    assert len(gate_of(deal).stale) == 1
    assert ExecutionVersion.objects.count() == 1


def test_filing_the_page_of_somebody_who_had_declined_takes_the_refusal_back(deal: Deal) -> None:
    row = Declining.objects.create(page=page_of(deal, AGREEMENT, ANDREA), at=MONDAY, reason="Not at this price.")
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    assert page.finding == "declined"
    assert confirm_recognised(deal, company_counsel(deal), up_to=page.pk) == []
    confirm(page, company_counsel(deal))
    row.refresh_from_db()
    assert row.taken_back_at is not None


def test_what_has_its_turn_later_stays_with_the_reason(deal: Deal) -> None:
    document = deal.deliverables.get(key=AGREEMENT)
    document.signing_order = [[ANDREA], ["investors"], ["issuer"]]
    document.save()
    andrea, nitin = sent_out(deal, ANDREA), sent_out(deal, NITIN)
    first, second = read_in(deal, Sheet(nitin[AGREEMENT]), Sheet(andrea[AGREEMENT]))
    with pytest.raises(ActionRefused, match="after Andrea Martin"):
        confirm(first, company_counsel(deal))
    first.refresh_from_db()
    assert (first.state, "after Andrea Martin" in first.reason) == ("to-confirm", True)
    done = confirm_recognised(deal, company_counsel(deal), up_to=second.pk)
    assert sorted((each.page.number, each.refused) for each in done) == [(1, ""), (2, "")]


def test_only_counsel_may(deal: Deal) -> None:
    open_accounts(deal)
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    andrea = User.objects.get(name=ANDREA)
    sheet = ContentFile(b"%PDF-", name="scan.pdf")
    for what in (
        lambda: hand_in(deal, [sheet], andrea),
        lambda: confirm(page, andrea),
        lambda: set_aside(page, "Why not.", andrea),
        lambda: confirm_recognised(deal, andrea, up_to=page.pk) and confirm(page, andrea),
    ):
        with pytest.raises(NotAllowed):
            what()
    assert not ReturnedPage.objects.visible_to(andrea).exists()
    assert not ReturnedFile.objects.visible_to(andrea).exists()
