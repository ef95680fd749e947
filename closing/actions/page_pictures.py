"""Pictures and words of the pages of a document: made when first asked for, the pictures kept in the store.

They are made of the file and of nothing else, so that what is kept can be thrown away and made again.
"""

from functools import lru_cache

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from closing.pdf.children import ChildGaveUp, ask_child
from closing.pdf.page_drawing import NoSuchPage, draw_page
from closing.pdf.uploads import UploadRefused
from closing.queries.documents import open_stored

__all__ = ["NoSuchPage", "UploadRefused", "page_picture", "page_texts"]

FOLDER = "page-pictures"
_END_OF_PNG = b"IEND\xaeB`\x82"
_SECONDS = 20
_MEMORY = 1 << 30


def page_picture(sha256: str, number: int) -> bytes:
    """PNG of a page, from 1, of the document with that digest.

    Raises FileNotFoundError where the store has lost the file, NoSuchPage, and UploadRefused where it cannot be drawn.
    """
    name = f"{FOLDER}/{sha256[:2]}/{sha256}/{number}.png"
    kept = _kept(name)
    if kept:
        return kept
    with open_stored(sha256) as file:
        drawn = draw_page(file.read(), number)
    default_storage.delete(name)
    saved = default_storage.save(name, ContentFile(drawn))
    if saved != name:  # somebody kept the same at the same moment
        default_storage.delete(saved)
    return drawn


@lru_cache(maxsize=16)
def page_texts(sha256: str) -> tuple[str, ...]:
    """The words of every page; blank for a page that is a picture itself. Empty where they cannot be had."""
    with open_stored(sha256) as file:
        data = file.read()
    try:
        answer = ask_child("text", data, _SECONDS, _MEMORY)
    except ChildGaveUp:
        return ()
    found = answer.get("pages")
    return tuple(str(each).replace("\u00ad", "") for each in found) if isinstance(found, list) else ()


def _kept(name: str) -> bytes:
    """The picture in the store; empty where there is none, or one that a killed process left unfinished."""
    try:
        with default_storage.open(name) as file:
            content: bytes = file.read()
    except FileNotFoundError:
        return b""
    return content if content.endswith(_END_OF_PNG) else b""
