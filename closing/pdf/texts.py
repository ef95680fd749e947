"""The words of one version of a document, as paragraphs to compare: read out of PDF, Word or text.

PDF and Word files are read in a child process with limits; pages become paragraphs here.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from closing.pdf.children import ChildGaveUp, ask_child
from closing.pdf.uploads import DEFAULT_LIMITS, MEDIA_TYPES, UploadLimits

SOFT_HYPHEN = "\u00ad"
EVERY_PAGE = 0

TOO_HARD = (
    "takes more time or memory to read than is allowed. Print it to a new PDF, and hand that in as the next version."
)
A_SCAN = (
    "has no text: it is a scan or a picture. Hand in the file that it was printed from, or a scan to which your "
    "scanner's program has added the text, as the next version."
)
_NO_WORDS = {
    MEDIA_TYPES["png"]: A_SCAN,
    MEDIA_TYPES["jpeg"]: A_SCAN,
    MEDIA_TYPES["xlsx"]: "is an Excel workbook, whose cells are not compared. Save it as a PDF, and hand that in.",
}
_EDGE_LINES = 3
_FEWEST_PAGES = 3
_SHARE_OF_PAGES = 0.4
_COUNTED = re.compile(r"#[+-]\d+#")
_PAGE_NUMBER = re.compile(r"[-\u2013\u2014 ]*(page )?#[+-]\d+#( of \d+)?[-\u2013\u2014 ]*", re.IGNORECASE)


class NotComparable(ValueError):
    """The file's words cannot be had. `reason` goes on from the words "Version 2"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some words. `page` counts from 1; None in a file without pages, EVERY_PAGE for what stands on many."""

    words: tuple[str, ...]
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """The words of one file. `blank_pages` have no text but running heads, so a change on them is not seen."""

    paragraphs: tuple[Paragraph, ...]
    blank_pages: tuple[int, ...] = ()
    has_tracked_changes: bool = False


def extract_pages(pdf: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> list[str]:
    """The text of every page of a PDF, read in a child process; a scanned page is blank.

    Lines end in a line feed, paragraphs in an empty line. Raises NotComparable.
    """
    pages = _ask("text", pdf, limits)["pages"]
    if not isinstance(pages, list):
        raise RuntimeError("The child read no pages.")
    return [str(page) for page in pages]


def extract_docx(data: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> Paper:
    """The paragraphs of a Word document, read in a child process, tracked changes as accepted. Raises NotComparable.

    Numbers that Word sets by itself are no text and are missing.
    """
    answer = _ask("paragraphs", data, limits)
    said = answer["paragraphs"]
    if not isinstance(said, list):
        raise RuntimeError("The child read no paragraphs.")
    paragraphs = tuple(Paragraph(tuple(str(text).split())) for text in said)
    return Paper(paragraphs, has_tracked_changes=answer["has_tracked_changes"] is True)


def _ask(job: str, data: bytes, limits: UploadLimits) -> dict[str, object]:
    try:
        answer = ask_child(job, data, limits.seconds, limits.memory_bytes)
    except ChildGaveUp as gave_up:
        raise NotComparable(TOO_HARD) from gave_up
    refused = answer.get("refused")
    if refused is not None:
        raise NotComparable(f"cannot be compared. {refused}")
    return answer


def read_paper(media_type: str, data: bytes) -> Paper:
    """The words of a file of one of `uploads.MEDIA_TYPES`. Raises NotComparable where it has none."""
    if media_type in _NO_WORDS:
        raise NotComparable(_NO_WORDS[media_type])
    if media_type == MEDIA_TYPES["pdf"]:
        paper = paper_of_pages(extract_pages(data))
    elif media_type == MEDIA_TYPES["docx"]:
        paper = extract_docx(data)
    else:
        texts = data.decode("utf-8", errors="replace").replace("\r\n", "\n").split("\n\n")
        paper = Paper(tuple(Paragraph(tuple(text.split())) for text in texts if text.split()))
    if not paper.paragraphs:
        raise NotComparable(A_SCAN if paper.blank_pages else "has no text in it.")
    return paper


def paper_of_pages(pages: Sequence[str]) -> Paper:
    """Pages as paragraphs. What stands at the edge of many pages is said once, first; page numbers are not."""
    by_page = [page.split("\n\n") for page in pages]
    running = _running(by_page)
    said: dict[str, None] = {}
    paragraphs: list[Paragraph] = []
    blank: list[int] = []
    for number, texts in enumerate(by_page, start=1):
        gone = _running_on(texts, number, running)
        said |= dict.fromkeys(key for keys in gone.values() for key in keys)
        if not any(text.strip() for at, text in enumerate(texts) if at not in gone):
            blank.append(number)
        for at, text in enumerate(texts):
            words = () if at in gone else _joined(paragraphs, tuple(text.split()))
            if words:
                paragraphs.append(Paragraph(words, number))
    heads = [
        Paragraph(tuple(_COUNTED.sub("#", key).split()), EVERY_PAGE) for key in said if not _PAGE_NUMBER.fullmatch(key)
    ]
    return Paper((*heads, *paragraphs), tuple(blank))


def _running_on(texts: Sequence[str], page: int, running: Collection[str]) -> dict[int, list[str]]:
    """The paragraphs of a page that are running lines throughout, and as which: from its edge inwards."""
    gone: dict[int, list[str]] = {}
    for edge in _edges(texts):
        for at in edge:
            known = [next((key for key in _keys(line, page) if key in running), None) for line in texts[at].split("\n")]
            if None in known:
                break
            gone[at] = [key for key in known if key]
    return gone


def _joined(paragraphs: list[Paragraph], words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without the first where it is the rest of a word that the last page broke."""
    if not (words and paragraphs and paragraphs[-1].words[-1].endswith(SOFT_HYPHEN)):
        return words
    last = paragraphs[-1]
    paragraphs[-1] = Paragraph((*last.words[:-1], last.words[-1] + words[0]), last.page)
    return words[1:]


def _edges(texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """Which short paragraphs are the first and the last of a page, each from the edge inwards."""
    short = [at for at, text in enumerate(texts) if text and text.count("\n") < _EDGE_LINES]
    first = [at for at in range(min(_EDGE_LINES, len(texts))) if at in short]
    last = [at for at in range(len(texts) - 1, max(-1, len(texts) - 1 - _EDGE_LINES), -1) if at in short]
    return first, last


def _keys(line: str, page: int) -> Iterator[str]:
    """The line itself, and the line with its first or last number told from the page that it stands on."""
    yield line
    numbers = list(re.finditer(r"\d{1,4}", line))
    for each in dict.fromkeys((numbers[0], numbers[-1])) if numbers else ():
        yield f"{line[: each.start()]}#{int(each.group()) - page:+d}#{line[each.end() :]}"


def _running(pages: Sequence[Sequence[str]]) -> set[str]:
    """The keys of the lines at the edges of pages that stand on many of them."""
    found: dict[str, int] = {}
    for number, texts in enumerate(pages, start=1):
        lines = [line for edge in _edges(texts) for at in edge for line in texts[at].split("\n")]
        for key in dict.fromkeys(key for line in lines for key in _keys(line, number)):
            found[key] = found.get(key, 0) + 1
    fewest = max(_FEWEST_PAGES, _SHARE_OF_PAGES * len(pages))
    return {key for key, count in found.items() if count >= fewest or (count > 1 and _PAGE_NUMBER.fullmatch(key))}
