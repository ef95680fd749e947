"""Packets: what the signatory gets is right to the letter, and every page names itself."""

import re
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from PIL import ImageDraw

from closing.pdf.codes import draw_data_matrix
from closing.pdf.signature_specs import (
    INSTRUCTIONS_OF,
    ChainLink,
    PacketOf,
    PacketSpec,
    PageCannotBeMade,
    Paper,
    SignatureBlockSpec,
)
from closing.pdf.signatures import make_packet, packet_key
from closing.pdf.tokens import human_token
from tests.pdf.reading import (
    bookmarks,
    page_count,
    page_text,
    read_codes,
    read_page,
    read_tokens,
    render,
    words_in_order,
)
from tests.pdf.samples import ANDREA, DOCUMENTS, ISSUER, MALCOLM, SPROUT, THE_TRUST, packet, page

MOSTLY_DIGITS = "1234567890123452"  # a code of 8 by 32 modules, were it left to itself


def test_sprout_signs_through_its_chain() -> None:
    text = page_text(make_packet(packet(page(SPROUT))), 1)
    assert words_in_order(
        text,
        "Sprout Growth II, L.P.",
        "By: DLJ Capital Corporation",
        "Its: General Managing Partner",
        "By:",
        "Robert Finzi, Attorney-in-Fact",
        "[Signature page to Stock Purchase Agreement]",
    )
    assert text.count("Its:") == 1
    assert "Name:" not in text


def test_an_individual_signs_on_a_bare_line() -> None:
    made = make_packet(packet(page(ANDREA), page(MALCOLM), signatory="Andrea Martin"))
    andrea, malcolm = page_text(made, 1), page_text(made, 2)
    assert "By:" not in andrea + malcolm
    assert andrea.count("Andrea Martin") == 1
    assert words_in_order(malcolm, "Malcolm and Emily Fairbairn", "Malcolm Fairbairn")
    assert "the undersigned has executed this Stock Purchase Agreement" in andrea


def test_an_unknown_signer_gets_blanks_to_fill() -> None:
    made = make_packet(packet(page(THE_TRUST), page(replace(ISSUER, signer="Robert Finzi"))))
    assert words_in_order(page_text(made, 1), "The & Trust", "By:", "Name:", "Title:")
    assert words_in_order(page_text(made, 2), "By:", "Name: Robert Finzi", "Title:")


def test_a_block_without_a_title_line_leaves_no_blank_for_one() -> None:
    block = SignatureBlockSpec(party="DLJ Capital Corporation", has_title_line=False)
    text = page_text(make_packet(packet(page(block))), 1)
    assert words_in_order(text, "DLJ Capital Corporation", "By:", "Name:")
    assert "Title:" not in text


def test_a_chain_of_two_entities_is_set_out_link_by_link() -> None:
    block = replace(SPROUT, chain=(ChainLink("Manager A", "Manager"), ChainLink("Member B")))
    text = page_text(make_packet(packet(page(block))), 1)
    assert words_in_order(text, "By: Manager A", "Its: Manager", "By: Member B", "By:", "Robert")


@pytest.mark.parametrize(
    "name", ["#strong[x]", "$x^2$", "\\ \\n", "<b>Bold</b>", "*a* _b_ `c` @d", "// gone", '"#{1+1}"']
)
def test_a_name_is_never_markup(name: str) -> None:
    block = SignatureBlockSpec(party=name, signer=name, title=name)
    made = make_packet(packet(page(block, document=name), signatory=name))
    assert page_text(made, 0).count(name) >= 3
    assert page_text(made, 1).count(name) == 6
    assert bookmarks(made)[1][0] == f"1. {name}: {name}"


def test_the_cover_lists_every_page_and_says_what_escrow_means() -> None:
    made = make_packet(packet(page(SPROUT), page(ISSUER, DOCUMENTS[3], capacity="Company")))
    assert words_in_order(
        page_text(made, 0),
        "Robert Finzi",
        "Menlo Park, CA 94025",
        "Stradling, Yocca, Carlson & Rauth",
        "June 3, 1996",
        "black ink",
        "Do not date",
        "bind nobody until counsel releases them",
        "1 Stock Purchase Agreement Sprout Growth II, L.P. Investor, Attorney-in-Fact",
        "by DLJ Capital Corporation, its General Managing Partner",
        "2 Compliance Certificate The Cerplex Group, Inc. Company",
        "Cover, page 1 of 1",
    )


def test_a_signature_page_carries_its_code_in_print_and_no_date_to_fill() -> None:
    spec = page(SPROUT)
    text = page_text(make_packet(packet(spec)), 1)
    assert human_token(spec.token) in text
    assert "Page 1 of 1" in text
    assert "Date:" not in text


def test_a_long_list_flows_and_its_numbers_agree() -> None:
    pages = [page(SPROUT, key=str(at)) for at in range(100)]
    made = make_packet(packet(*pages))
    covers = page_count(made) - 100
    assert covers > 2
    for at in range(covers):
        assert f"Cover, page {at + 1} of {covers}" in page_text(made, at)
    for at in (0, 49, 99):
        assert f"Page {at + 1} of 100" in page_text(made, covers + at)
        assert human_token(pages[at].token) in page_text(made, covers + at)
    with pikepdf.open(BytesIO(made)) as document:
        labels = [str(p.label) for p in document.pages]
    assert labels[:2] == ["i", "ii"]
    assert labels[covers:] == [str(at + 1) for at in range(100)]


def test_a_page_says_which_text_it_is_signed_for() -> None:
    version = "Execution version 3, SHA-256 beginning 4f1c 9a0b 11d2 33ef"
    made = make_packet(packet(replace(page(SPROUT), version=version), page(SPROUT, DOCUMENTS[1])))
    assert "Execution version 3" in page_text(made, 0)
    assert words_in_order(page_text(made, 1), "[Signature page to Stock Purchase Agreement]", version)
    assert "SHA-256" not in page_text(made, 2)


@pytest.mark.parametrize(
    ("of", "name", "words"),
    [
        ("firm", "Standard Pacific Capital LLC", "everybody who signs through the firm"),
        ("document", "Stock Purchase Agreement", "everybody who has still to sign the document"),
    ],
)
def test_a_shared_packet_says_on_its_cover_who_signs_which_page(of: PacketOf, name: str, words: str) -> None:
    pages = (replace(page(SPROUT), person="Robert Finzi"), replace(page(ANDREA), person="Andrea Martin"))
    spec = replace(packet(*pages, signatory=name), of=of, instructions=INSTRUCTIONS_OF[of])
    assert words_in_order(
        page_text(make_packet(spec), 0),
        f"SIGNATURE PACKET OF A {of.upper()}",
        name,
        words,
        "Do not date any page",
        "bind nobody",
        "to be signed by Robert Finzi",
        "to be signed by Andrea Martin",
    )


def test_a_token_of_almost_only_digits_gets_a_square_code() -> None:
    spec = replace(page(SPROUT), token=MOSTLY_DIGITS)
    (drawn,) = re.findall(r'width="(\d+)" height="(\d+)"', draw_data_matrix(MOSTLY_DIGITS))
    assert drawn[0] == drawn[1]
    assert [code.token for code in read_page(make_packet(packet(spec)), 1).codes] == [MOSTLY_DIGITS] * 2


def test_bookmarks_lead_to_the_cover_and_to_each_page() -> None:
    made = make_packet(packet(page(SPROUT), page(THE_TRUST, DOCUMENTS[1])))
    assert bookmarks(made) == [
        ("Signature packet for Robert Finzi", 0),
        ("1. Stock Purchase Agreement: Sprout Growth II, L.P.", 1),
        ("2. Fourth Amendment to Registration Rights Agreement: The & Trust", 2),
    ]


@pytest.mark.parametrize("paper", ["us-letter", "a4"])
def test_both_codes_of_every_page_are_read_at_200_dpi(paper: Paper) -> None:
    pages = [page(SPROUT, document) for document in DOCUMENTS]
    spec = replace(packet(*pages), paper=paper)
    made = make_packet(spec)
    assert read_tokens(made) == [set(), *({p.token} for p in pages)]
    for at in range(1, 9):
        read = read_page(made, at)
        matrix, qr = read.codes
        assert (matrix.kind, qr.kind) == ("DataMatrix", "QR")
        assert qr.top >= 14
        assert read.width - qr.right >= 14
        assert matrix.left >= 14
        assert read.height - matrix.bottom >= 14
        for code in read.codes:
            assert code.right - code.left >= 12
            assert code.bottom - code.top >= 12


@pytest.mark.parametrize("lost", ["QR", "DataMatrix"])
def test_one_spoiled_code_leaves_the_other(lost: str) -> None:
    spec = page(SPROUT)
    picture = render(make_packet(packet(spec)), 1)
    spoiled = next(code for code in read_codes(picture) if code.kind == lost)
    box = [side * 200 / 25.4 for side in (spoiled.left, spoiled.top, spoiled.right, spoiled.bottom)]
    ImageDraw.Draw(picture).ellipse(box, fill=0)
    assert [(code.kind != lost, code.token) for code in read_codes(picture)] == [(True, spec.token)]


def test_the_same_spec_gives_the_same_bytes_and_another_gives_another_key() -> None:
    spec = packet(page(SPROUT), page(THE_TRUST))
    assert make_packet(spec) == make_packet(packet(page(SPROUT), page(THE_TRUST)))
    assert packet_key(spec) == packet_key(packet(page(SPROUT), page(THE_TRUST)))
    others = [
        replace(spec, pages=spec.pages[::-1]),
        replace(spec, prepared_on="June 4, 1996"),
        replace(spec, pages=(page(SPROUT), page(replace(THE_TRUST, signer="Robert Finzi")))),
    ]
    assert len({packet_key(other) for other in [spec, *others]}) == 4


def test_the_file_is_archivable_accessible_and_embeds_its_fonts() -> None:
    with pikepdf.open(BytesIO(make_packet(packet(page(SPROUT))))) as document:
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["pdfuaid:part"] == "1"
        fonts = [o for o in document.objects if isinstance(o, pikepdf.Dictionary)]
        described = [o for o in fonts if o.get("/Type") == "/FontDescriptor"]
    assert described
    assert all({"/FontFile2", "/FontFile3"} & set(o.keys()) for o in described)


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (packet(page(SPROUT), signatory="漢 Ltd"), "signatory", '"漢"'),
        (packet(page(SPROUT), page(SignatureBlockSpec("漢"))), "pages[1].block.party", "Page 2"),
        (packet(page(replace(SPROUT, chain=(ChainLink("A\U0001f600"),)))),
         "pages[0].block.chain[0].entity", "Page 1, chain 1, entity"),
        (packet(page(SignatureBlockSpec("Trust\u202etsurT"))), "pages[0].block.party", "U+202E"),
        (packet(page(SignatureBlockSpec("Two\nLines"))), "pages[0].block.party", "one line"),
        (packet(page(SignatureBlockSpec(" "))), "pages[0].block.party", "empty"),
        (packet(page(SignatureBlockSpec("A" * 301))), "pages[0].block.party", "Shorten"),
        (packet(), "pages", "no page to sign"),
        (packet(page(SPROUT), page(SPROUT)), "pages[1].token", "same code"),
        (packet(replace(page(SPROUT), token="1" * 16)), "pages[0].token", "wrong character"),
        (packet(page(replace(ANDREA, chain=(ChainLink("A"),)))), "pages[0].block.chain", "alone"),
        (packet(page(replace(SPROUT, chain=(ChainLink("A"),) * 7))), "pages[0].block.chain", "6"),
        (packet(page(replace(SPROUT, chain=(ChainLink("Longest name " * 23, "Its " * 70),) * 6))),
         "pages[0]", "does not fit on one sheet"),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_refused_by_field(spec: PacketSpec, field: str, words: str) -> None:
    with pytest.raises(PageCannotBeMade) as refused:
        make_packet(spec)
    assert refused.value.field == field
    assert words in str(refused.value)
