"""Executed versions: of released pages only, each signed page in its place, conformed where no scan is here, sealed."""

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from hypothesis import given, strategies as st

from closing.actions import executed
from closing.actions.base import ActionRefused
from closing.actions.documents import add_document_version
from closing.actions.escrow import release_pages
from closing.actions.facts import record_fact
from closing.actions.signatures import record_signatures
from closing.actions.stored_files import store
from closing.models import (
    Allotment,
    Counterpart,
    Deal,
    Deliverable,
    Event,
    ExecutedVersion,
    Signature,
    SignatureBlock,
    SignaturePage,
)
from closing.pdf.tokens import human_token
from closing.pdf.verification import verify_seals
from closing.queries.executed import FOLDER, SUFFIX
from closing.queries.gates import gate_of
from closing.rules import facts
from closing.rules.escrow import digest_of, in_escrow
from closing.rules.executed import is_for, parties_bound, released_pages, why_not_executed
from closing.rules.gate import evaluate
from closing.rules.terms import Side
from investors.clock import fixed
from investors.models import User
from tests.rules.any_facts import CERPLEX

DOCUMENT = "registration-rights-agreement"
BEFORE = datetime.fromisoformat("1996-05-27T09:00-07:00")
"""A day before anybody signed."""


def blank_pdf(*pages: str) -> bytes:
    pdf = pikepdf.new()
    for said in pages:
        pdf.add_blank_page(page_size=(612, 792))
        page = pdf.pages[-1]
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = pdf.make_stream(f"BT /F1 12 Tf 72 700 Td ({said}) Tj ET".encode())
    out = BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.fixture
def frozen(cerplex: Deal) -> Deal:
    """The deal with an execution version of the Registration Rights Agreement: two pages, then a blank one."""
    with fixed(BEFORE):
        row = Deliverable.objects.get(deal=cerplex, key=DOCUMENT)
        file = ContentFile(blank_pdf("Section 1", "Section 2", "IN WITNESS WHEREOF"), name="agreement.pdf")
        version = add_document_version(row, file, "", None)
        said = facts.ExecutionVersion(at=BEFORE, document=DOCUMENT, version=version.sha256, number=1, blank_pages=(3,))
        record_fact(cerplex, said, None)
    return cerplex


def sign_all(deal: Deal) -> None:
    for block in CERPLEX.blocks_for(CERPLEX.deliverable_by_key[DOCUMENT]):
        record_signatures(deal, block.key, [DOCUMENT], signer=block.signer or "", by=None)


def release_all(deal: Deal) -> None:
    for role, side in (("company-counsel", Side.ISSUER), ("investors-counsel", Side.INVESTORS)):
        by = User.objects.get(memberships__role=role)
        shown = digest_of(in_escrow(gate_of(deal), side, document=DOCUMENT))
        release_pages(deal, by, document=DOCUMENT, shown=shown)


def text_of(row: ExecutedVersion) -> list[str]:
    with default_storage.open(f"{FOLDER}/{str(row.sha256)[:2]}/{row.sha256}{SUFFIX}") as file:
        pdf = pypdfium2.PdfDocument(file.read())
    return [page.get_textpage().get_text_bounded() for page in pdf]


def test_nothing_is_executed_before_every_page_is_released(frozen: Deal) -> None:
    sign_all(frozen)
    with pytest.raises(ActionRefused, match="17 of 17 signature pages are not released yet"):
        executed.request_executed(frozen, None, [DOCUMENT])
    assert executed.request_executed(frozen, None) == []


def test_the_pages_stand_in_the_place_of_the_blank_one_and_the_file_is_sealed(frozen: Deal, tmp_path: object) -> None:
    sign_all(frozen)
    release_all(frozen)
    (row,) = executed.request_executed(frozen, None, [DOCUMENT])
    assert executed.make(row.pk) is True
    assert executed.make(row.pk) is False
    row.refresh_from_db()
    blocks = CERPLEX.blocks_for(CERPLEX.deliverable_by_key[DOCUMENT])
    pages = text_of(row)
    assert len(pages) == row.pages_total == 2 + len(blocks)
    assert [said.strip() for said in pages[:2]] == ["Section 1", "Section 2"]
    for block, said in zip(blocks, pages[2:], strict=True):
        assert block.party in " ".join(said.split())
        assert "Conformed page" in said
    assert "/s/ Robert Finzi" in pages[3]
    assert row.conformed == len(blocks)
    with default_storage.open(f"{FOLDER}/{str(row.sha256)[:2]}/{row.sha256}{SUFFIX}") as file:
        kept = tmp_path / "executed.pdf"  # type: ignore[operator]
        kept.write_bytes(file.read())
    (finding,) = verify_seals(kept)
    assert finding.holds
    assert Event.objects.filter(verb="executed-version-made").count() == 1


def test_a_counterpart_takes_the_place_of_its_conformed_page_in_a_new_row(frozen: Deal) -> None:
    sign_all(frozen)
    release_all(frozen)
    (first,) = executed.request_executed(frozen, None, [DOCUMENT])
    assert executed.request_executed(frozen, None, [DOCUMENT]) == [first]
    signature = Signature.objects.get(deal=frozen, deliverable__key=DOCUMENT, block__key="andrea-martin")
    page = SignaturePage.objects.get(deal=frozen, deliverable__key=DOCUMENT, block__key="andrea-martin")
    kept = store(blank_pdf("The page that Andrea Martin signed"), "counterparts", ".pdf")
    Counterpart.objects.create(
        signature=signature, page=page, how="scan", sha256=kept.sha256, size=kept.size, at=signature.at
    )
    (second,) = executed.request_executed(frozen, None, [DOCUMENT])
    assert second != first
    assert executed.make(second.pk)
    second.refresh_from_db()
    assert any("The page that Andrea Martin signed" in said for said in text_of(second))
    assert executed.make(first.pk) is False
    first.refresh_from_db()
    assert (first.state, first.error) == ("failed", executed.CHANGED)


def test_a_conformed_page_is_that_of_the_version_and_not_one_made_before_there_was_any(frozen: Deal) -> None:
    earlier = SignaturePage.objects.create(
        deal=frozen,
        deliverable=Deliverable.objects.get(deal=frozen, key=DOCUMENT),
        block=SignatureBlock.objects.get(deal=frozen, key="andrea-martin"),
        token="EARLYEARLY000001",
    )
    sign_all(frozen)
    release_all(frozen)
    (row,) = executed.request_executed(frozen, None, [DOCUMENT])
    page = SignaturePage.objects.get(block=earlier.block, deliverable=earlier.deliverable, version__isnull=False)
    assert executed.make(row.pk)
    row.refresh_from_db()
    said = " ".join(text_of(row))
    assert human_token(page.token) in said
    assert human_token(earlier.token) not in said


def test_an_investors_copy_has_the_issuers_page_and_its_own_and_no_others(frozen: Deal) -> None:
    sign_all(frozen)
    release_all(frozen)
    (row,) = executed.request_executed(frozen, None, [DOCUMENT], "Andrea Martin")
    assert executed.make(row.pk)
    row.refresh_from_db()
    said = " ".join(text_of(row))
    assert "Andrea Martin" in said
    assert "Cerplex" in said
    for investor in CERPLEX.investors:
        if investor.name != "Andrea Martin":
            assert investor.name not in said
    hers = User.objects.get(name="Andrea Martin")
    other = User.objects.get(name="Malcolm Fairbairn")
    assert list(ExecutedVersion.objects.visible_to(hers)) == [row]
    assert not ExecutedVersion.objects.visible_to(other).exists()
    assert row.allotment == Allotment.objects.get(deal=frozen, investor__name="Andrea Martin")


PLACES = [(each.key, block.key) for each in CERPLEX.deliverables for block in CERPLEX.blocks_for(each)]
VERSIONS = tuple(
    facts.ExecutionVersion(at=BEFORE, document=each.key, version="a" * 64, number=1)
    for each in CERPLEX.deliverables
    if each.signed_by
)


@st.composite
def released_facts(draw: st.DrawFn) -> facts.Facts:
    at = BEFORE + timedelta(days=1)
    released = draw(st.one_of(st.just(set(PLACES)), st.sets(st.sampled_from(PLACES))))
    closed = draw(st.sets(st.sampled_from([each.name for each in CERPLEX.investors])))
    signed = tuple(
        facts.Signature(
            at=at, document=document, block=block, released_at=at if (document, block) in released else None
        )
        for document, block in PLACES
    )
    closings = (facts.Closed(at=at, investors=tuple(sorted(closed))),) if closed else ()
    return facts.Facts(deal=CERPLEX.code, execution_versions=VERSIONS, signatures=signed, closings=closings)


@given(released_facts())
def test_a_document_is_executed_exactly_when_all_it_binds_are_released(said: facts.Facts) -> None:
    gate = evaluate(CERPLEX, said, BEFORE + timedelta(days=2))
    for deliverable in CERPLEX.deliverables:
        pages = released_pages(gate, deliverable)
        bound = parties_bound(gate, deliverable)
        all_in = {
            block.key for block in CERPLEX.blocks_for(deliverable) if CERPLEX.party_of_block[block.key] in bound
        } <= {each.block for each in pages}
        assert (why_not_executed(gate, deliverable) == "") is (bool(pages) and all_in)
        for investor in CERPLEX.investors:
            shown = released_pages(gate, deliverable, investor.name)
            assert {CERPLEX.party_of_block[each.block] for each in shown} <= {"issuer", investor.name}
            assert set(shown) <= set(pages)


def test_without_an_execution_version_nothing_is_executed() -> None:
    pages = tuple(facts.Signature(at=BEFORE, document=d, block=b, released_at=BEFORE) for d, b in PLACES)
    gate = evaluate(CERPLEX, facts.Facts(deal=CERPLEX.code, signatures=pages), BEFORE + timedelta(days=2))
    for deliverable in CERPLEX.deliverables:
        assert why_not_executed(gate, deliverable)


def test_who_may_see_the_files_of_a_deliverable() -> None:
    bill = CERPLEX.deliverable_by_key["counsel-bill"]
    assert not is_for(bill, "Andrea Martin")
    assert is_for(replace(bill, owed_to="Andrea Martin"), "Andrea Martin")
    assert is_for(CERPLEX.deliverable_by_key[DOCUMENT], "Andrea Martin")
