"""Small execution versions, signed pages for them, and executed versions made of both."""

from collections.abc import Sequence
from pathlib import Path

import pypdfium2
from pikepdf import Dictionary
from pypdf import PdfReader

from closing.pdf.executed import CounterpartPage, ExecutedFile, make_executed
from tests.pdf.documents import Link, make_document
from tests.pdf.reading import page_text

PARTIES = ("Andrea Martin", "Malcolm and Emily Fairbairn", "The & Trust")


def signed_by(folder: Path, *parties: str, pages: int = 1) -> list[CounterpartPage]:
    return [
        CounterpartPage(party, make_document(folder / f"signed-{at}.pdf", f"Signed {at}", pages, outline=True))
        for at, party in enumerate(parties)
    ]


def agreement(folder: Path, pages: int = 6, links: Sequence[Link] = (), labels: Dictionary | None = None) -> Path:
    return make_document(folder / "execution.pdf", "Agreement", pages, links, outline=True, labels=labels)


def texts(path: Path) -> list[str]:
    data = path.read_bytes()
    by_pdfium = [page_text(data, at) for at in range(len(PdfReader(path).pages))]
    assert [" ".join(page.extract_text().split()) for page in PdfReader(path).pages] == by_pdfium
    return by_pdfium


def labels_of(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as pdf:
        return [pdf.get_page_label(at) for at in range(len(pdf))]


def made(folder: Path, execution: Path, blanks: Sequence[int], *parties: str) -> tuple[Path, ExecutedFile]:
    out = folder / "executed.pdf"
    return out, make_executed(execution, signed_by(folder, *parties), blanks, out)
