"""One document made ready for the book: links explicit, pages flat, and nothing that only a file of its own has."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from closing.pdf.book_spec import DocumentCannotBeBound
from closing.pdf.content import ContentDigest
from closing.pdf.labels import LabelRange, read_labels
from closing.pdf.layers import Layers, read_layers
from closing.pdf.links import Places, annotations
from closing.pdf.outlines import Bookmark, read_outline

_OF_A_FILE = frozenset({"/AA", "/StructParents", "/Tabs", "/B", "/PieceInfo", "/Thumb", "/Metadata"})
_OF_A_LINK = frozenset({"/AA", "/PA", "/StructParent"})
_LETTER = (0, 0, 612, 792)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """What the book keeps of a document besides its objects."""

    pages: int
    outline: tuple[Bookmark, ...]
    labels: tuple[LabelRange, ...]
    content: str


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
def opened(path: Path, title: str) -> Iterator[pikepdf.Pdf]:
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
    except (pikepdf.PdfError, pikepdf.DataDecodingError, RecursionError) as broken:
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


def _as_bare_tree(pdf: pikepdf.Pdf, nodes: Sequence[pikepdf.Object], layers: Layers | None) -> None:
    """Leave nothing in the catalog but the trees of pages, and the layers. A new catalog would take far longer:
    to number it, every object of the file is read, those too that nothing will need.
    """
    for key in list(pdf.Root.keys()):
        if key not in ("/Type", "/Pages"):
            del pdf.Root[key]
    pdf.Root.Pages = nodes[0]
    pdf.Root.Nodes = pikepdf.Array(nodes)
    if layers is not None:
        pdf.Root.Layers = pikepdf.Array(layers.every)
        pdf.Root.LayersOff = pikepdf.Array(layers.off)


def save_plain(pdf: pikepdf.Pdf, out: Path) -> None:
    """Save in the form that `PdfStream` copies, keeping every stream's bytes."""
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    pdf.save(
        out,
        static_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        fix_metadata_version=False,
    )


def prepare(pdf: pikepdf.Pdf, title: str, out: Path) -> Source:
    """Make an open document ready and save it to `out`, with a catalog that lists `/Nodes`, its trees of pages.

    With layers the catalog has `/Layers` and `/LayersOff` as well.
    """
    if len(pdf.pages) == 0:
        raise DocumentCannotBeBound(title, "the PDF has no pages. File the right one.")
    flatten_pages(pdf)
    print_forms(pdf)
    places = Places(pdf)
    outline = read_outline(pdf, places)
    pages = [page.obj for page in pdf.pages]
    for page in pages:
        _clean_page(page, places)
    source = Source(len(pages), outline, read_labels(pdf, len(pages)), ContentDigest().of(pages))
    _as_bare_tree(pdf, [pdf.Root.Pages], read_layers(pdf))
    save_plain(pdf, out)
    return source


def prepare_front(pdf: pikepdf.Pdf, sizes: Sequence[int], out: Path) -> None:
    """Make our own sheets ready, in as many trees of pages as there are `sizes`, which add up to all of them."""
    places = Places(pdf)
    pages = [page.obj for page in pdf.pages]
    nodes, at = [], 0
    for size in sizes:
        group = pages[at : at + size]
        at += size
        node = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Pages, Kids=pikepdf.Array(group), Count=size))
        for page in group:
            _clean_page(page, places)
            page["/Parent"] = node
        nodes.append(node)
    _as_bare_tree(pdf, nodes, None)
    save_plain(pdf, out)
