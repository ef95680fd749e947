"""The demonstration's papers: ours and said to be so on every page, one blank signature page for every block."""

from io import BytesIO

import pikepdf
import pytest

from closing.management.demo_papers import HANDED_IN, papers_of
from closing.pdf.demo_documents import REMARK, DemoDocument, page_count, set_documents
from closing.pdf.signature_places import looks_like_signature_page
from closing.pdf.uploads import check_upload
from tests.pdf.reading import page_text
from tests.rules.any_facts import CERPLEX

PAPERS = papers_of(CERPLEX)
NAMES = [f"{each.document} {number}" for number, each in enumerate(HANDED_IN)]


@pytest.fixture(scope="module")
def made() -> list[bytes]:
    return set_documents(PAPERS)


def test_the_same_papers_are_the_same_bytes(made: list[bytes]) -> None:
    assert set_documents(PAPERS) == made
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(("number", "paper"), list(enumerate(PAPERS)), ids=NAMES)
def test_every_page_says_what_it_is_and_every_block_has_its_blank_page(
    made: list[bytes], number: int, paper: DemoDocument
) -> None:
    content = made[number]
    pages = page_count(content)
    texts = [page_text(content, at) for at in range(pages)]
    assert all(REMARK in " ".join(text.split()) for text in texts)
    blank = [at for at, text in enumerate(texts, start=1) if looks_like_signature_page(text)]
    assert blank == list(range(pages - len(paper.blocks) + 1, pages + 1))
    for block, text in zip(paper.blocks, texts[-len(paper.blocks) :], strict=True):
        assert block.party in " ".join(text.split())
    assert check_upload(f"{paper.title}.pdf", content).pages == pages


@pytest.mark.parametrize(("number", "paper"), list(enumerate(PAPERS)), ids=NAMES)
def test_the_headings_are_the_outline_and_the_contents_lead_to_them(
    made: list[bytes], number: int, paper: DemoDocument
) -> None:
    headings = [each.heading for each in paper.sections] + ([paper.schedule_heading] if paper.schedule else [])
    with pikepdf.open(BytesIO(made[number])) as pdf:
        with pdf.open_outline() as outline:
            assert [each.title for each in outline.root] == headings
        links = [each for page in pdf.pages for each in page.obj.get("/Annots", []) if each["/Subtype"] == "/Link"]
        assert len(links) == len(headings)
