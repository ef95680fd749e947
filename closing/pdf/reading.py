"""The words of a file: of a PDF page by page, of a Word document paragraph by paragraph.

To be run where a crash or a hang does no harm: see `check_child`. Whoever wants the words asks `comparison`.
"""

import ctypes
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from closing.pdf.uploads import UploadRefused

SOFT_HYPHEN = "\u00ad"
MOST_LETTERS = 4_000_000
TOO_LONG = "The file holds more text than can be compared. Split it, and compare the parts."
UNREADABLE = "The file cannot be read. Open it, save it again, and hand that copy in as the next version."

_BROKEN_WORD = 2  # how pdfium writes a hyphen at the end of a line that may be the typesetter's own
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_WIDE_GAP = 1.35
_SHORT_LINE = 0.85
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEFT_OUT = ("del", "moveFrom", "instrText", "delText")
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WordText:
    """A Word document's paragraphs as they read with every tracked change accepted, footnotes last.

    `has_tracked_changes` says that there were some.
    """

    paragraphs: list[str]
    has_tracked_changes: bool


@dataclass(slots=True)
class _Line:
    """A line of a page; `left`, `right` and `bottom` in points from the lower left, None where pdfium knows no box."""

    text: str
    box: tuple[float, float, float] | None


def read_pages(data: bytes) -> list[str]:
    """The text of every page: lines end in a line feed, paragraphs in an empty line.

    A soft hyphen stands where a word was broken at the end of a line. A page without text, a scan, is blank. Raises
    UploadRefused where the file cannot be opened, or holds more than MOST_LETTERS.
    """
    import pypdfium2

    letters = 0
    pages: list[str] = []
    try:
        document = pypdfium2.PdfDocument(data)
        with document:
            for at in range(len(document)):
                pages.append(_page_text(document, at))
                letters += len(pages[-1])
                if letters > MOST_LETTERS:
                    raise UploadRefused(TOO_LONG)
    except pypdfium2.PdfiumError as broken:
        raise UploadRefused(UNREADABLE) from broken
    return pages


def _page_text(document: Any, at: int) -> str:
    import pypdfium2

    try:
        page = document[at]
        words = page.get_textpage()
    except pypdfium2.PdfiumError:
        return ""  # a page that cannot be drawn has no text either
    try:
        return _in_paragraphs(list(_lines(words.raw)))
    finally:
        words.close()
        page.close()


def _lines(words: Any) -> Iterator[_Line]:
    import pypdfium2.raw as pdfium

    count = max(0, pdfium.FPDFText_CountChars(words))
    if count > MOST_LETTERS:
        raise UploadRefused(TOO_LONG)
    letters: list[str] = []
    first = last = -1
    for at in range(count):
        code = pdfium.FPDFText_GetUnicode(words, at)
        if code in (0x0A, 0x0D):
            if letters:
                yield _Line("".join(letters), _box(words, first, last))
            letters, first = [], -1
            continue
        letters.append(_letter(code))
        if code == _BROKEN_WORD:  # pdfium runs the two lines together
            yield _Line("".join(letters), _box(words, first, last))
            letters, first = [], -1
        elif code > 0x20:
            first, last = (at if first < 0 else first), at
    if letters:
        yield _Line("".join(letters), _box(words, first, last))


def _letter(code: int) -> str:
    if code == _BROKEN_WORD:
        return SOFT_HYPHEN
    if code < 0x20 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return " "
    return _LIGATURES.get(code) or chr(code)


def _box(words: Any, first: int, last: int) -> tuple[float, float, float] | None:
    import pypdfium2.raw as pdfium

    if first < 0:
        return None
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not pdfium.FPDFText_GetCharBox(words, last, left, right, bottom, top):
        return None
    end = right.value
    # The origin stands on the baseline, which a comma or a "g" does not pull down.
    if not pdfium.FPDFText_GetCharOrigin(words, first, left, bottom):
        return None
    return left.value, end, bottom.value


def _in_paragraphs(lines: list[_Line]) -> str:
    """A paragraph ends before a wide gap, after a line that stops short, and where the place is not known."""
    boxes = [line.box for line in lines if line.box]
    gaps = sorted(a[2] - b[2] for a, b in pairwise(boxes) if a[2] - b[2] > 1)
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    edge = max((box[1] for box in boxes), default=0.0)
    start = min((box[0] for box in boxes), default=0.0)
    said: list[str] = []
    before: _Line | None = None
    for line in lines:
        text = " ".join(line.text.split())
        if not text:
            continue
        if before is not None and not before.text.endswith(SOFT_HYPHEN):
            said.append("\n\n" if _is_apart(before, line, usual, start, edge) else "\n")
        said.append(text)
        before = line
    return "".join(said)


def _is_apart(before: _Line, line: _Line, usual: float, start: float, edge: float) -> bool:
    if before.box is None or line.box is None:
        return True
    gap = before.box[2] - line.box[2]
    if abs(gap) <= 1:
        return False
    return gap < 0 or gap > usual * _WIDE_GAP or before.box[1] < start + (edge - start) * _SHORT_LINE


def read_paragraphs(data: bytes) -> WordText:
    """The text of a Word document. Raises UploadRefused where it cannot be read, or holds more than MOST_LETTERS."""
    from lxml import etree

    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            parts = [packed.read(name) for name in _text_parts(packed)]
        if any(_DECLARATION.search(part.replace(b"\x00", b"")) for part in parts):
            raise UploadRefused(UNREADABLE)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        trees = [etree.fromstring(part, parser) for part in parts]
    except (UploadRefused, MemoryError):
        raise
    except Exception as broken:  # whatever a damaged package makes the readers say
        raise UploadRefused(UNREADABLE) from broken
    paragraphs = [text for tree in trees for text in _tree_paragraphs(tree)]
    if sum(map(len, paragraphs)) > MOST_LETTERS:
        raise UploadRefused(TOO_LONG)
    tracked = any(next(tree.iter(f"{_W}ins", f"{_W}del", f"{_W}moveFrom"), None) is not None for tree in trees)
    return WordText(paragraphs, tracked)


def _text_parts(packed: zipfile.ZipFile) -> list[str]:
    names = set(packed.namelist())
    edges = sorted(name for name in names if re.fullmatch(r"word/(header|footer)\d*\.xml", name))
    notes = [name for name in ("word/footnotes.xml", "word/endnotes.xml") if name in names]
    return [*edges, "word/document.xml", *notes]


def _tree_paragraphs(tree: Any) -> Iterator[str]:
    for paragraph in tree.iter(f"{_W}p"):
        if _is_left_out(paragraph):
            continue
        text = " ".join("".join(_own_text(paragraph)).split())
        if text:
            yield text


def _is_left_out(element: Any) -> bool:
    return any(above.tag == _FALLBACK for above in element.iterancestors())


def _own_text(paragraph: Any) -> Iterator[str]:
    """The text of the paragraph without that of paragraphs in it: a text box has its own."""
    stack = list(reversed(paragraph))
    while stack:
        found = stack.pop()
        if not isinstance(found.tag, str) or found.tag == _FALLBACK:
            continue
        name = found.tag.removeprefix(_W)
        if name == "p" or name in _LEFT_OUT:
            continue
        if name == "t":
            yield found.text or ""
        elif name in ("tab", "br", "cr"):
            yield " "
        elif name == "noBreakHyphen":
            yield "-"
        else:
            stack.extend(reversed(found))
