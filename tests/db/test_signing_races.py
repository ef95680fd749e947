"""Signing while a version is frozen, and twice at once: what is signed is what was in force, and it is signed once."""

from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile

from closing.actions.base import ActionRefused
from closing.actions.documents import add_document_version
from closing.actions.facts import record_fact
from closing.actions.signing import sign
from closing.models import Deliverable, DocumentVersion, ElectronicSignature
from closing.queries.gates import gate_of
from closing.rules import facts
from investors import clock
from investors.models import User
from tests.db.turns import Turns
from tests.web.papers import open_room
from tests.web.signing_room import AGREEMENT, freeze, paper, read, signing
from tests.web.world import MONDAY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(transactional_db: None) -> Iterator[DocumentVersion]:
    """The agreement in force, read by Emily Fairbairn."""
    with clock.fixed(MONDAY), open_room() as room:
        made = freeze(room.deal)
        read(room.deal, made, User.objects.get(name="Emily Fairbairn"))
        yield made


def later(version: DocumentVersion) -> facts.ExecutionVersion:
    """Another version of it, handed in and not frozen yet."""
    document = Deliverable.objects.get(deal=version.deliverable.deal, key=AGREEMENT)
    made = add_document_version(document, ContentFile(paper("With a comma"), name="later.pdf"), "", None)
    return facts.ExecutionVersion(at=clock.now(), document=AGREEMENT, version=made.sha256, number=made.number)


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_version_frozen_while_somebody_signs(
    version: DocumentVersion, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    deal, emily, fact = version.deliverable.deal, User.objects.get(name="Emily Fairbairn"), later(version)
    turns = Turns(monkeypatch)
    if not is_locked:
        turns.without_the_lock()
    _, signed = turns.run(
        lambda: record_fact(deal, fact, None), lambda: sign(deal, signing(version, "emily-fairbairn"), emily)
    )
    if is_locked:
        assert turns.waited
        assert isinstance(signed, ActionRefused)
        assert "Read the new version first" in str(signed)
    assert ElectronicSignature.objects.count() == (0 if is_locked else 1)
    counting = [each.block for each in gate_of(deal).facts.signatures if each.document == AGREEMENT]
    assert "emily-fairbairn" not in counting


def test_the_same_form_twice_at_once_signs_once(version: DocumentVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    deal, emily = version.deliverable.deal, User.objects.get(name="Emily Fairbairn")
    said = signing(version, "emily-fairbairn")
    turns = Turns(monkeypatch)
    first, second = turns.run(lambda: sign(deal, said, emily), lambda: sign(deal, said, emily))
    assert turns.waited
    assert first == second
    assert ElectronicSignature.objects.count() == 1
