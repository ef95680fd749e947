"""Parts of a packet, set one after another, put together as one file that is still PDF/A-2a and PDF/UA-1.

The typesetter's own output is joined and nothing else: each part has one tree of tags with flat lists of parents, and
only the first part, which has the cover, has tables and page labels. The labels count on by themselves.
"""

import re
from collections.abc import Sequence
from io import BytesIO

import pikepdf

_SHEETS = re.compile(rb"(<xmpTPg:NPages>)\d+(</xmpTPg:NPages>)")


def join_parts(parts: Sequence[bytes]) -> bytes:
    """The parts as one file with all the pages, bookmarks and tags. The same parts give the same bytes."""
    with pikepdf.open(BytesIO(parts[0])) as joined:
        bookmarks = [entry for part in parts[1:] for entry in _append(joined, part)]
        with joined.open_outline() as outline:
            outline.root.extend(bookmarks)
        _count_sheets(joined)
        made = BytesIO()
        joined.save(made, deterministic_id=True)
        return made.getvalue()


def _append(joined: pikepdf.Pdf, part: bytes) -> list[pikepdf.OutlineItem]:
    """Append the part's pages and tags, and return its bookmarks: one for each page, since it has no cover."""
    before = len(joined.pages)
    with pikepdf.open(BytesIO(part)) as source:
        with source.open_outline() as outline:
            titles = [str(entry.title) for entry in outline.root]
        for page in source.pages:
            joined.pages.append(page)
        _append_tags(joined, source, before)
    return [pikepdf.OutlineItem(title, at) for at, title in enumerate(titles, start=before)]


def _append_tags(joined: pikepdf.Pdf, source: pikepdf.Pdf, before: int) -> None:
    """Hang the part's tags under the one document, and its pages into the list that leads from pages to tags."""
    whole = joined.Root.StructTreeRoot
    part = joined.copy_foreign(source.Root.StructTreeRoot)
    document = _document_of(whole)
    for element in _document_of(part).K:
        element.P = document
        document.K.append(element)
    shift = int(whole.ParentTreeNextKey)
    for key, row in zip(*_parents(part), strict=True):
        whole.ParentTree.Nums.append(key + shift)
        whole.ParentTree.Nums.append(row)
    whole.ParentTreeNextKey = shift + int(part.ParentTreeNextKey)
    for page in joined.pages[before:]:
        page.obj.StructParents = int(page.obj.StructParents) + shift


def _parents(root: pikepdf.Object) -> tuple[list[int], list[pikepdf.Object]]:
    row = list(root.ParentTree.Nums)
    return [int(key) for key in row[::2]], row[1::2]


def _document_of(root: pikepdf.Object) -> pikepdf.Object:
    """The one element at the top of the tags."""
    top = root.K[0] if isinstance(root.K, pikepdf.Array) else root.K
    if "/ParentTree" not in root or "/Nums" not in root.ParentTree or not isinstance(top.K, pikepdf.Array):
        raise TypeError("The typesetter no longer tags a page as it did; packets of many pages cannot be joined.")
    return top


def _count_sheets(joined: pikepdf.Pdf) -> None:
    """The metadata says how many sheets there are."""
    metadata = joined.Root.Metadata
    count = str(len(joined.pages)).encode()
    metadata.write(_SHEETS.sub(rb"\g<1>" + count + rb"\g<2>", metadata.read_bytes()))
