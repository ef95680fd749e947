"""Execution versions in the room: frozen, what they make stale, carried over, taken back, final once released."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.closings import close_deal
from closing.actions.documents import add_document_version
from closing.actions.execution import NeedsConfirming, carry_over, freeze_version, hand_in_pdf_copy, is_signed_digitally
from closing.actions.facts import record_fact, withdraw_fact
from closing.actions.signatures import record_signatures, withdraw_signature
from closing.actions.stored_files import store
from closing.models import Deal, Deliverable, DocumentVersion, Event, ExecutionVersion, PdfCopy, Signature
from closing.queries.documents import open_version
from closing.queries.gates import gate_of
from closing.rules import facts
from closing.rules.access import Role
from investors.clock import fixed, now
from investors.models import User
from tests.db.conftest import MONDAY
from tests.pdf.sealing import sealed_paper
from tests.web.papers import pdf

KEY = "registration-rights-agreement"
UserOf = Callable[[Role], User]


@pytest.fixture
def counsel(user_of: UserOf) -> User:
    return user_of(Role.COMPANY_COUNSEL)


@pytest.fixture
def agreement(cerplex: Deal) -> Deliverable:
    return Deliverable.objects.get(deal=cerplex, key=KEY)


def handed_in(agreement: Deliverable, text: str, counsel: User, name: str = "agreement.pdf") -> DocumentVersion:
    content = pdf(text, pages=3) if name.endswith("pdf") else text.encode()
    return add_document_version(agreement, ContentFile(content, name=name), "", counsel)


def sign(deal: Deal, *blocks: str) -> list[Signature]:
    return [record_signatures(deal, block, [KEY], by=None)[0] for block in blocks]


def counting(deal: Deal) -> set[str]:
    return {each.block for each in gate_of(deal).facts.signatures if each.document == KEY}


def test_pages_are_bound_to_the_version_in_force_and_go_stale_with_the_next(
    cerplex: Deal, agreement: Deliverable, counsel: User
) -> None:
    first = handed_in(agreement, "one", counsel)
    row = freeze_version(first, counsel, [3])
    assert (row.version, row.number, row.blank_pages) == (first.sha256, 1, [3])
    pages = sign(cerplex, "cerplex", "sprout")
    assert {each.version for each in pages} == {first.sha256}
    second = handed_in(agreement, "two", counsel)
    assert counting(cerplex) == {"cerplex", "sprout"}, "a later version handed in changes nothing that is frozen"
    freeze_version(second, counsel, [3])
    assert counting(cerplex) == set()
    told = Event.objects.filter(verb="execution-version-recorded").latest("id").summary
    assert "Version 2" in told
    assert "2 signed pages are now stale: The Cerplex Group, Inc.; Sprout Growth II, L.P." in told
    carry_over(agreement, "Mr. Finzi by telephone: the notice address only.", ["sprout"], counsel)
    assert counting(cerplex) == {"sprout"}
    carried = Event.objects.get(verb="carry-over-recorded").summary
    assert carried.endswith("on this authority: Mr. Finzi by telephone: the notice address only.")
    anew = sign(cerplex, "cerplex")[0]
    assert anew.version == second.sha256
    assert counting(cerplex) == {"cerplex", "sprout"}
    freeze_version(first, counsel, [3])
    assert counting(cerplex) == {"cerplex", "sprout"}, "the first file again: what was signed for it counts again"
    withdraw_signature(pages[0], "Signed in the wrong place", counsel)
    assert counting(cerplex) == {"sprout"}


def test_freezing_twice_is_once_and_other_blank_pages_make_nothing_stale(
    cerplex: Deal, agreement: Deliverable, counsel: User
) -> None:
    version = handed_in(agreement, "one", counsel)
    assert freeze_version(version, counsel, [3]) == freeze_version(version, counsel, [3])
    assert ExecutionVersion.objects.count() == 1
    sign(cerplex, "cerplex")
    freeze_version(version, counsel, [2, 3])
    assert ExecutionVersion.objects.count() == 2
    assert counting(cerplex) == {"cerplex"}


def test_taking_the_freeze_back_restores_what_was_there(cerplex: Deal, agreement: Deliverable, counsel: User) -> None:
    freeze_version(handed_in(agreement, "one", counsel), counsel, [])
    sign(cerplex, "cerplex")
    second = freeze_version(handed_in(agreement, "two", counsel), counsel, [])
    assert counting(cerplex) == set()
    with pytest.raises(ActionRefused, match="Say why"):
        withdraw_fact(second, " ", counsel)
    withdraw_fact(second, "The wrong file", counsel)
    assert counting(cerplex) == {"cerplex"}


def test_what_goes_stale_must_be_what_was_shown(cerplex: Deal, agreement: Deliverable, counsel: User) -> None:
    freeze_version(handed_in(agreement, "one", counsel), counsel, [])
    sign(cerplex, "cerplex", "sprout")
    second = handed_in(agreement, "two", counsel)
    with pytest.raises(NeedsConfirming) as asked:
        freeze_version(second, counsel, [], seen=["cerplex"])
    assert [each.block for each in asked.value.change.stale] == ["cerplex", "sprout"]
    assert ExecutionVersion.objects.count() == 1
    freeze_version(second, counsel, [], seen=["sprout", "cerplex"])
    assert counting(cerplex) == set()


def test_the_blank_pages_are_guessed_where_nobody_names_them(agreement: Deliverable, counsel: User) -> None:
    assert freeze_version(handed_in(agreement, "nothing to read on it", counsel), counsel).blank_pages == []


@pytest.mark.parametrize(
    ("name", "pages", "refusal"),
    [("agreement.txt", [], "is no PDF"), ("agreement.pdf", [4], "has 3 pages"), ("agreement.pdf", [0], "has 3 pages")],
)
def test_what_cannot_be_frozen_is_refused(
    agreement: Deliverable, counsel: User, name: str, pages: list[int], refusal: str
) -> None:
    with pytest.raises(ActionRefused, match=refusal):
        freeze_version(handed_in(agreement, "one", counsel, name), counsel, pages)
    assert not ExecutionVersion.objects.exists()


def test_a_signed_pdf_is_frozen_and_kept_byte_for_byte(agreement: Deliverable, counsel: User) -> None:
    content = sealed_paper()
    version = add_document_version(agreement, ContentFile(content, name="signed.pdf"), "", counsel)
    assert is_signed_digitally(version)
    row = freeze_version(version, counsel)
    assert row.version == hashlib.sha256(content).hexdigest()
    with open_version(version) as kept:
        assert kept.read() == content
    assert not is_signed_digitally(handed_in(agreement, "one", counsel))


def test_a_document_that_nobody_signs_has_no_execution_version(cerplex: Deal, counsel: User) -> None:
    paper = Deliverable.objects.get(deal=cerplex, key="opinion-of-company-counsel")
    with pytest.raises(ActionRefused, match="Nobody signs"):
        freeze_version(handed_in(paper, "one", counsel), counsel, [])


def test_only_counsel_freeze_and_carry_over(
    cerplex: Deal, agreement: Deliverable, counsel: User, user_of: UserOf
) -> None:
    version = handed_in(agreement, "one", counsel)
    for role in (Role.INVESTOR, Role.SIGNATORY):
        with pytest.raises(NotAllowed):
            freeze_version(version, user_of(role), [])
        with pytest.raises(NotAllowed):
            carry_over(agreement, "By telephone", ["cerplex"], user_of(role))


def test_once_a_page_is_released_what_it_was_signed_for_stands(
    cerplex: Deal, agreement: Deliverable, counsel: User
) -> None:
    first = freeze_version(handed_in(agreement, "one", counsel), counsel, [])
    page = sign(cerplex, "cerplex")[0]
    second = handed_in(agreement, "two", counsel)
    page.released_at = now()
    page.save(update_fields=["released_at"])
    with pytest.raises(ActionRefused, match="are released"):
        freeze_version(second, counsel, [])
    with pytest.raises(ActionRefused, match="are released"):
        withdraw_fact(first, "The wrong file", counsel)


def test_a_stale_page_is_carried_over_also_when_another_is_released(
    cerplex: Deal, agreement: Deliverable, counsel: User
) -> None:
    freeze_version(handed_in(agreement, "one", counsel), counsel, [])
    sign(cerplex, "cerplex", "sprout")
    freeze_version(handed_in(agreement, "two", counsel), counsel, [])
    first = carry_over(agreement, "Mr. Nye by telephone", ["cerplex"], counsel)
    Signature.objects.filter(block__key="cerplex").update(released_at=now())
    carry_over(agreement, "Mr. Finzi by telephone", ["sprout"], counsel)
    assert counting(cerplex) == {"cerplex", "sprout"}
    with pytest.raises(ActionRefused, match="are released"):
        withdraw_fact(first, "He meant another document", counsel)


def test_after_the_closing_nothing_is_frozen(db: None) -> None:
    from tests.web.papers import CLOSING, open_room

    with open_room("closing-day", CLOSING) as room:
        counsel = User.objects.get(memberships__role=Role.COMPANY_COUNSEL.value)
        agreement = Deliverable.objects.get(deal=room.deal, key=KEY)
        version = handed_in(agreement, "one", counsel)
        close_deal(room.deal, None, expected=[each.investor.name for each in gate_of(room.deal).ready])
        with pytest.raises(ActionRefused, match="The deal has closed"):
            freeze_version(version, counsel, [])
        said = facts.ExecutionVersion(at=now(), document=KEY, version="0" * 64)
        with pytest.raises(ActionRefused, match="The deal has closed"):
            record_fact(room.deal, said, counsel)


@pytest.mark.parametrize(
    ("authority", "blocks", "refusal"),
    [
        (" ", ["cerplex"], "authority: Write down who"),
        ("By telephone", [], "blocks: Choose"),
        ("By telephone", ["sprout"], "No stale page of Sprout Growth II, L.P. is on file"),
        ("By telephone", ["nobody"], "No stale page of nobody is on file"),
    ],
)
def test_an_authority_is_in_words_and_for_pages_that_are_stale(
    cerplex: Deal, agreement: Deliverable, counsel: User, authority: str, blocks: list[str], refusal: str
) -> None:
    freeze_version(handed_in(agreement, "one", counsel), counsel, [])
    sign(cerplex, "cerplex")
    freeze_version(handed_in(agreement, "two", counsel), counsel, [])
    with pytest.raises(ActionRefused, match=refusal):
        carry_over(agreement, authority, blocks, counsel)


def test_carrying_over_twice_is_once_and_without_an_execution_version_it_is_refused(
    cerplex: Deal, agreement: Deliverable, counsel: User
) -> None:
    with pytest.raises(ActionRefused, match="no execution version"):
        carry_over(agreement, "By telephone", ["cerplex"], counsel)
    freeze_version(handed_in(agreement, "one", counsel), counsel, [])
    sign(cerplex, "cerplex")
    freeze_version(handed_in(agreement, "two", counsel), counsel, [])
    first = carry_over(agreement, "By telephone", ["cerplex"], counsel)
    assert carry_over(agreement, "By telephone ", ["cerplex"], counsel) == first


def test_a_page_on_file_before_anything_was_frozen_counts_until_then(
    cerplex: Deal, agreement: Deliverable, counsel: User
) -> None:
    page = sign(cerplex, "cerplex")[0]
    assert page.version == ""
    assert counting(cerplex) == {"cerplex"}
    with fixed(MONDAY.replace(hour=12)):
        freeze_version(handed_in(agreement, "one", counsel), counsel, [])
        assert counting(cerplex) == set()


def test_the_same_page_is_on_file_once_for_each_version(cerplex: Deal, agreement: Deliverable, counsel: User) -> None:
    freeze_version(handed_in(agreement, "one", counsel), counsel, [])
    page = sign(cerplex, "cerplex")[0]
    said: dict[str, Any] = {"at": now(), "document": KEY, "block": "cerplex"}
    with pytest.raises(ActionRefused, match="on file already"):
        record_fact(cerplex, facts.Signature(**said, version=page.version, signer="Bruce D. Nye"), counsel)
    with pytest.raises(ActionRefused, match="is no execution version"):
        record_fact(cerplex, facts.Signature(**said, version="0" * 64), counsel)


def test_the_pdf_of_a_word_file_is_handed_in_as_a_version_of_its_own(agreement: Deliverable, counsel: User) -> None:
    version = handed_in(agreement, "in words", counsel, "Agreement as signed.txt")
    with pytest.raises(ActionRefused, match="no PDF of this version yet"):
        hand_in_pdf_copy(version, counsel)
    kept = store(pdf("made of it", pages=3), "documents")
    PdfCopy.objects.create(
        version=version, state="made", sha256=kept.sha256, size=kept.size, requested_at=now(), made_at=now()
    )
    copy = hand_in_pdf_copy(version, counsel)
    assert (copy.number, copy.filename, copy.sha256, copy.pages) == (2, "Agreement as signed.pdf", kept.sha256, 3)
    with pytest.raises(ActionRefused, match="byte for byte"):
        hand_in_pdf_copy(version, counsel)
    freeze_version(copy, counsel, [])
