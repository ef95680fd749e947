"""Which pages of an execution version are its own blank signature pages: a guess, for counsel to confirm."""

import re
from pathlib import Path

import pypdfium2

from closing.pdf.book_spec import DocumentCannotBeBound

# "[Signature page to Stock Purchase Agreement]", but not "[Signature pages follow]".
_FOOTER = re.compile(r"\[[^\[\]]{0,80}signature\s+page(?!s?\s+follow)[^\[\]]{0,200}\]", re.IGNORECASE)
_FOLLOWS = re.compile(r"signature\s+pages?\s+(?:to\s+)?follows?", re.IGNORECASE)
_WITNESS = re.compile(r"in\s+witness\s+whereof", re.IGNORECASE)
_BY = re.compile(r"^\s*by\s*:", re.IGNORECASE | re.MULTILINE)
_NAME_OR_TITLE = re.compile(r"^\s*(?:print(?:ed)?\s+)?(?:name|title|its)\s*:", re.IGNORECASE | re.MULTILINE)
_LINE_TO_SIGN = re.compile(r"_{12,}")
_MOST_LETTERS = 1800


def looks_like_signature_page(text: str) -> bool:
    """Whether a page with this text, line by line, is one to sign and nothing more.

    A page with much else on it is not taken, although it may end with a signature block: to replace
    it would take the text out of the agreement.
    """
    footer = _FOOTER.search(text)
    if footer is not None and not _FOLLOWS.search(footer[0]):
        return True
    if len("".join(text.split())) > _MOST_LETTERS:
        return False
    blocks = len(_BY.findall(text))
    lines = len(_NAME_OR_TITLE.findall(text))
    if _WITNESS.search(text):
        return blocks > 0 or lines > 0 or _LINE_TO_SIGN.search(text) is not None
    return blocks > 0 and lines > 0


def find_blank_pages(execution: Path) -> tuple[int, ...]:
    """The numbers, from 1, of the pages that look like signature pages; counsel confirm them.

    Raises DocumentCannotBeBound for a file that cannot be read. A scan has no text, so nothing is found in it.
    """
    try:
        with pypdfium2.PdfDocument(execution) as pdf:
            return tuple(at + 1 for at in range(len(pdf)) if looks_like_signature_page(_text(pdf, at)))
    except (pypdfium2.PdfiumError, FileNotFoundError) as broken:
        raise DocumentCannotBeBound("The execution version", "its text cannot be read.") from broken


def _text(pdf: pypdfium2.PdfDocument, at: int) -> str:
    page = pdf[at]
    try:
        shown = page.get_textpage()
        try:
            return str(shown.get_text_range())
        finally:
            shown.close()
    finally:
        page.close()
