"""One document made ready for the book: links explicit, pages flat, and nothing that only a file of its own has."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pikepdf

from closing.pdf.book_spec import DocumentCannotBeBound
from closing.pdf.content import Piece, content_pieces
from closing.pdf.labels import LabelRange, read_labels
from closing.pdf.layers import Layers, read_layers
from closing.pdf.links import Places, annotations
from closing.pdf.outlines import Bookmark, read_outline

_OF_A_FILE = frozenset({"/Parent", "/AA", "/StructParents", "/Tabs", "/B", "/PieceInfo", "/Thumb", "/Metadata"})
_OF_A_LINK = frozenset({"/AA", "/PA", "/StructParent"})
_LETTER = (0, 0, 612, 792)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A document whose pages are ready: what of it the book needs."""

    pages: Sequence[pikepdf.Object]
    outline: tuple[Bookmark, ...]
    labels: tuple[LabelRange, ...]
    content: list[Piece]
    layers: Layers | None


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def checked_digest(path: Path, title: str, sha256: str) -> str:
    """The file's SHA-256; raises DocumentCannotBeBound for a file that is missing, or has another than is known."""
    try:
        found = file_digest(path)
    except OSError as missing:
        raise DocumentCannotBeBound(title, "its file is not in the store. File the document again.") from missing
    if sha256 and found != sha256.lower():
        raise DocumentCannotBeBound(
            title, "its file is not the one that was filed: its SHA-256 is another. Restore it from a backup."
        )
    return found


@contextmanager
def opened(path: Path | BinaryIO, title: str) -> Iterator[pikepdf.Pdf]:
    """Open a document for binding; raises DocumentCannotBeBound, also for what fails while it is worked on."""
    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise DocumentCannotBeBound(
                    title, "the PDF is protected against changes. Save a copy without protection, and file that."
                )
            yield pdf
    except FileNotFoundError as missing:
        raise DocumentCannotBeBound(title, "its file is not in the store. File the document again.") from missing
    except pikepdf.PasswordError as locked:
        raise DocumentCannotBeBound(
            title, "the PDF is protected by a password. Save a copy without a password, and file that."
        ) from locked
    except (pikepdf.PikepdfError, pikepdf.PdfError, pikepdf.DataDecodingError, RecursionError) as broken:
        raise DocumentCannotBeBound(
            title, "the PDF is broken and cannot be read. Print it to a new PDF, and file that."
        ) from broken


def flatten_pages(pdf: pikepdf.Pdf) -> None:
    """Every page directly under one node, with all that it inherited on itself."""
    first = pdf.pages[0]
    del pdf.pages[0]
    pdf.pages.insert(0, first)


def _clean_page(page: pikepdf.Object, places: Places) -> None:
    has = page.keys()
    for key in _OF_A_FILE & has:
        del page[key]
    if "/MediaBox" not in has:
        page["/MediaBox"] = pikepdf.Array(_LETTER)
    if "/Resources" not in has:
        page["/Resources"] = pikepdf.Dictionary()
    for annotation in annotations(page) if "/Annots" in has else ():
        places.make_explicit(annotation)
        for key in _OF_A_LINK & annotation.keys():
            del annotation[key]


def print_forms(pdf: pikepdf.Pdf) -> None:
    """Turn filled fields and seals into print: in another file they would be fields of no form."""
    if "/AcroForm" not in pdf.Root:
        return
    pdf.generate_appearance_streams()
    pdf.flatten_annotations("all")
    for page in pdf.pages:
        listed = page.obj.get("/Annots")
        if isinstance(listed, pikepdf.Array):
            kept = [one for one in annotations(page.obj) if one.get("/Subtype") != "/Widget"]
            page.obj["/Annots"] = pikepdf.Array(kept)


def prepare(pdf: pikepdf.Pdf, title: str) -> Source:
    """Make the pages of an open document ready to be copied: explicit links, nothing inherited, no parent."""
    if len(pdf.pages) == 0:
        raise DocumentCannotBeBound(title, "the PDF has no pages. File the right one.")
    flatten_pages(pdf)
    print_forms(pdf)
    places = Places(pdf)
    outline = read_outline(pdf, places)
    pages = [page.obj for page in pdf.pages]
    for page in pages:
        _clean_page(page, places)
    return Source(pages, outline, read_labels(pdf, len(pages)), content_pieces(pages), read_layers(pdf))
