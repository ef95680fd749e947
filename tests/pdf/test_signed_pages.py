"""Pages signed in the browser: the signature is on its line, and the page says who signed what, when and from where."""

import math
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pikepdf
import pypdf
import pytest
from hypothesis import given, settings, strategies as st

from closing.pdf.seals import seal
from closing.pdf.signature_specs import ChainLink, PageCannotBeMade, PageSpec, Paper, SignatureBlockSpec
from closing.pdf.signatures import make_packet
from closing.pdf.signed_pages import (
    MAX_POINTS,
    MAX_STROKES,
    TALLEST,
    BadSignature,
    DrawnSignature,
    SigningEvidence,
    TypedSignature,
    check_signature,
    drawing_svg,
    read_drawing,
    sign_page,
)
from closing.pdf.tokens import human_token
from tests.pdf.reading import page_count, page_text, read_page, render
from tests.pdf.samples import ANDREA, MALCOLM, SPROUT, THE_TRUST, packet, page
from tests.pdf.sealing import AT, ROOM, room_key

DEAL = "The Cerplex Group, Inc.: Series B Preferred Stock"
VERSION, CONSENT = "ab" * 32, "0c" * 32
FINZI = SigningEvidence(
    signer="Robert Finzi",
    title="Attorney-in-Fact",
    email="finzi@example.com",
    signed_at="June 8, 1996, 10:15 a.m. PDT",
    document_sha256=VERSION,
    version_label="version 3",
    from_address="192.0.2.7",
    consent_sha256=CONSENT,
)
WAVE = read_drawing(
    [
        [[0.05 + 0.9 * at / 60, 0.2 + 0.12 * math.sin(at / 3) * math.cos(at / 17)] for at in range(60)],
        [[0.1, 0.35], [0.9, 0.33]],
    ]
)
TYPED = TypedSignature("Robert Finzi")


def signed(
    spec: PageSpec, signature: DrawnSignature | TypedSignature = WAVE, evidence: SigningEvidence = FINZI
) -> bytes:
    return sign_page(spec, signature, evidence, deal_name=DEAL)


def blank(spec: PageSpec) -> bytes:
    return make_packet(packet(spec))


def test_the_foot_says_who_signed_what_when_and_from_where() -> None:
    spec = page(SPROUT)
    text = page_text(signed(spec), 0).replace("\u200b", "").replace("\ufffe", "")
    assert "Signed electronically by Robert Finzi (finzi@example.com) on June 8, 1996, 10:15 a.m. PDT" in text
    assert "signature drawn, from the address 192.0.2.7." in text
    bare = text.replace(" ", "")
    assert f"Executionversion:StockPurchaseAgreement,version3,SHA-256{VERSION}." in bare
    assert f"Consenttosignelectronically:SHA-256{CONSENT}." in bare
    assert human_token(spec.token) in text
    assert "name typed, from" in page_text(signed(spec, TYPED), 0)


@pytest.mark.parametrize("paper", ["us-letter", "a4"])
def test_both_codes_are_still_read(paper: Paper) -> None:
    spec = page(SPROUT)
    made = sign_page(spec, WAVE, FINZI, deal_name=DEAL, paper=paper)
    assert {code.token for code in read_page(made, 0).codes} == {spec.token}
    assert len(read_page(made, 0).codes) == 2


def ink_added(spec: PageSpec, made: bytes) -> tuple[float, float, float, float]:
    """Where the signed page is darker than the blank one, in mm from the top left, the evidence left out."""
    before, after = np.asarray(render(blank(spec), 1)), np.asarray(render(made, 0))
    darker = np.argwhere(before.astype(int) - after.astype(int) > 80)
    darker = darker[darker[:, 0] < before.shape[0] * 0.6] * 25.4 / 200
    (top, left), (bottom, right) = darker.min(axis=0), darker.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def line_of(spec: PageSpec) -> tuple[float, float, float]:
    """The signature line of the blank page: left, right and height, in mm."""
    picture = np.asarray(render(blank(spec), 1)) < 128
    rows = [(at, np.flatnonzero(row)) for at, row in enumerate(picture)]
    at, dark = max(rows, key=lambda row: _longest_run(row[1]))
    return float(dark.min()) * 25.4 / 200, float(dark.max()) * 25.4 / 200, at * 25.4 / 200


def _longest_run(dark: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> int:
    return max((len(run) for run in np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1)), default=0)


@pytest.mark.parametrize("signature", [WAVE, TYPED, TypedSignature("Wolfeschlegelsteinhausenbergerdorff, " * 2)])
@pytest.mark.parametrize("block", [SPROUT, ANDREA, MALCOLM])
def test_the_signature_stands_on_its_line_and_nothing_else_moves(
    block: SignatureBlockSpec, signature: DrawnSignature | TypedSignature
) -> None:
    spec = page(block)
    evidence = FINZI if block is SPROUT else replace(FINZI, signer=block.signer or block.party, title="")
    left, top, right, bottom = ink_added(spec, signed(spec, signature, evidence))
    line_left, line_right, line = line_of(spec)
    assert line_left - 1 <= left < right <= line_right + 1
    assert line - 15 < top < bottom < line + 2.5
    assert bottom > line - 3


def test_blanks_for_name_and_title_are_filled_in() -> None:
    text = page_text(signed(page(THE_TRUST)), 0)
    assert "Robert Finzi, Attorney-in-Fact" in text
    assert "Name:" not in text


def test_the_page_is_archivable_accessible_and_reads_the_signature_aloud() -> None:
    with pikepdf.open(BytesIO(signed(page(SPROUT)))) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["pdfuaid:part"] == "1"
        alternatives = [str(o.Alt) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o]
        images = [o for o in pdf.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]
    assert alternatives == ["Signature of Robert Finzi, drawn by hand"]
    assert images == []  # strokes are vectors, sharp at any size


def test_the_page_opens_elsewhere_and_is_sealed() -> None:
    made = signed(page(SPROUT))
    assert page_count(made) == len(pypdf.PdfReader(BytesIO(made)).pages) == 1
    assert "Signed electronically" in pypdf.PdfReader(BytesIO(made)).pages[0].extract_text()
    assert page_count(seal(made, room_key(), reason="Signature page", at=AT, name=ROOM)) == 1


def test_the_same_signing_gives_the_same_bytes() -> None:
    assert signed(page(SPROUT)) == signed(page(SPROUT))
    assert signed(page(SPROUT)) != signed(page(SPROUT), TYPED)


points = st.tuples(st.floats(0, 1), st.floats(0, TALLEST))
drawings = st.lists(st.lists(points, min_size=1, max_size=40), min_size=1, max_size=8)


def is_ink(strokes: list[list[tuple[float, float]]]) -> bool:
    try:
        check_signature(DrawnSignature(tuple(tuple(stroke) for stroke in strokes)))
    except BadSignature:
        return False
    return True


@settings(max_examples=200, deadline=None)
@given(drawings.filter(is_ink))
def test_any_drawing_fits_its_place_and_its_svg_is_well_formed(strokes: list[list[tuple[float, float]]]) -> None:
    svg, width, height = drawing_svg(read_drawing([[list(point) for point in stroke] for stroke in strokes]))
    assert 0 < width <= 62.01
    assert 0 < height <= 14.01
    root = ElementTree.fromstring(svg)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == len(strokes)
    assert "nan" not in svg
    assert "inf" not in svg


@settings(max_examples=15, deadline=None)
@given(drawings.filter(is_ink))
def test_any_drawing_is_set_on_one_sheet(strokes: list[list[tuple[float, float]]]) -> None:
    drawn = DrawnSignature(tuple(tuple(stroke) for stroke in strokes))
    assert page_count(signed(page(SPROUT), drawn)) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "could not be read"),
        ({}, "could not be read"),
        ("M0 0", "could not be read"),
        ([[1, 2]], "could not be read"),
        ([[[0.1, 0.1, 0.1], [0.5, 0.5, 0.5]]], "could not be read"),
        ([[["0.1", 0.1], [0.5, 0.5]]], "could not be read"),
        ([[[True, False], [0.5, 0.5]]], "could not be read"),
        ([[[0.1, 0.1], [1.01, 0.5]]], "could not be read"),
        ([[[0.1, -0.01], [0.5, 0.5]]], "could not be read"),
        ([[[math.nan, 0.1], [0.5, 0.5]]], "could not be read"),
        ([[[math.inf, 0.1], [0.5, 0.5]]], "could not be read"),
        ([[[10**400, 0.1], [0.5, 0.5]]], "could not be read"),
        ([], "Nothing was drawn"),
        ([[]], "Nothing was drawn"),
        ([[[0.5, 0.1]]], "Nothing was drawn"),
        ([[[0.5, 0.1], [0.51, 0.1]]], "Nothing was drawn"),
        ([[[0.5, 0.1]] * (MAX_POINTS + 1)], "too many"),
        ([[[0.5, 0.1], [0.6, 0.1]]] * (MAX_STROKES + 1), "too many"),
    ],
)
def test_what_is_no_drawing_is_refused(value: object, words: str) -> None:
    with pytest.raises(BadSignature, match=words):
        read_drawing(value)


def test_a_cross_and_a_straight_line_are_signatures() -> None:
    cross = read_drawing([[[0.4, 0.1], [0.6, 0.3]], [[0.6, 0.1], [0.4, 0.3]]])
    for drawn in (cross, read_drawing([[[0.1, 0.2], [0.9, 0.2]]]), read_drawing([[[0.5, 0], [0.5, 1]]])):
        assert page_count(signed(page(SPROUT), drawn)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type your name"),
        ("  ", "Type your name"),
        ("...", "Type your name"),
        ("R" * 81, "at most 80"),
        ("Robert\nFinzi", "invisible"),
        ("Robert\u202eFinzi", "invisible"),
        ("漢字", "cannot print"),
    ],
)
def test_what_is_no_typed_name_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadSignature, match=words):
        signed(page(SPROUT), TypedSignature(text))


@pytest.mark.parametrize("text", ["#strong[x]", "*a* _b_", "$x^2$", "<b>a</b>", '"; #panic()'])
def test_a_typed_name_is_never_markup(text: str) -> None:
    assert text in page_text(signed(page(SPROUT), TypedSignature(text)), 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda it: replace(it, document_sha256="ab"), "evidence.document_sha256"),
        (lambda it: replace(it, consent_sha256="AB" * 32), "evidence.consent_sha256"),
        (lambda it: replace(it, email=""), "evidence.email"),
        (lambda it: replace(it, from_address="192.0.2.7\n"), "evidence.from_address"),
        (lambda it: replace(it, version_label="漢"), "evidence.version_label"),
    ],
)
def test_evidence_that_cannot_be_printed_is_refused_by_field(
    change: Callable[[SigningEvidence], SigningEvidence], field: str
) -> None:
    with pytest.raises(PageCannotBeMade) as refused:
        signed(page(SPROUT), WAVE, change(FINZI))
    assert refused.value.field == field


def test_a_page_that_runs_over_is_refused() -> None:
    long = replace(SPROUT, chain=(ChainLink("Longest name " * 23, "Its " * 70),) * 6)
    with pytest.raises(PageCannotBeMade, match="one sheet"):
        signed(page(long))
