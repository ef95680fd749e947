"""Which pages are taken for signature pages: those to sign and nothing more."""

from pathlib import Path

import pytest

from closing.pdf.book_spec import DocumentCannotBeBound
from closing.pdf.executed import find_blank_pages
from closing.pdf.signature_places import looks_like_signature_page
from closing.pdf.signatures import make_packet
from tests.pdf.documents import make_document
from tests.pdf.samples import ANDREA, SPROUT, packet, page

BODY = "The Company shall deliver to each Investor, at the Closing, a certificate for the Shares. " * 40


@pytest.mark.parametrize(
    "text",
    [
        "IN WITNESS WHEREOF, the parties have executed this.\nTHE CERPLEX GROUP, INC.\nBy: ____\nName:\nTitle:",
        "SPROUT GROWTH II, L.P.\nBy: DLJ Capital Corporation\nIts: General Managing Partner\nBy:",
        "Andrea Martin\n[Signature page to Stock Purchase Agreement]",
        "[COUNTERPART SIGNATURE PAGE TO THE FOURTH AMENDMENT]",
        "IN WITNESS WHEREOF\n____________________\nAndrea Martin",
    ],
)
def test_a_page_to_sign_is_found(text: str) -> None:
    assert looks_like_signature_page(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        BODY,
        BODY + "\n[Signature pages follow]",
        BODY + "\n[Signature page follows]",
        BODY + "\nIN WITNESS WHEREOF, the parties have executed this Agreement.\nBy: ______\nName:\nTitle:",
        "Table of contents\nSignature pages . . . . 24",
        "Action by: the Board",
        "If to the Investor:\nName: Andrea Martin\nTitle: none",
    ],
)
def test_any_other_page_is_not(text: str) -> None:
    assert not looks_like_signature_page(text)


def test_the_pages_of_a_file_are_counted_from_one(tmp_path: Path) -> None:
    path = tmp_path / "packet.pdf"
    path.write_bytes(make_packet(packet(page(SPROUT), page(ANDREA))))
    assert find_blank_pages(path) == (2, 3)
    assert find_blank_pages(make_document(tmp_path / "a.pdf", "Alpha")) == ()
    path.write_bytes(b"no PDF")
    with pytest.raises(DocumentCannotBeBound):
        find_blank_pages(path)
