"""Two versions of a document side by side, as the page shows them."""

from dataclasses import dataclass
from typing import IO

from closing.models import Deliverable, DocumentVersion, PdfCopy
from closing.pdf.comparison import Comparison, Fold, NotComparable, Paper, Row, compare, read_paper
from closing.pdf.uploads import MEDIA_TYPES
from closing.queries.documents import open_stored
from closing.rules.words import number
from investors.models import User

ROWS_A_PAGE = 300
MOST_PAGES_NAMED = 20
_WORD, _PDF = MEDIA_TYPES["docx"], MEDIA_TYPES["pdf"]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """What changed from one version to another. `why_not` says why nothing can be compared; then `found` is None.

    `rows` are those of the page that is shown. `page_of` tells on which page each change stands, by its number less
    one. `others` are the numbers of all versions.
    """

    before: DocumentVersion
    after: DocumentVersion
    others: tuple[int, ...]
    found: Comparison | None
    rows: tuple[Row | Fold, ...]
    page: int
    pages: int
    page_of: tuple[int, ...]
    warnings: tuple[str, ...]
    why_not: tuple[str, ...]

    @property
    def first_change(self) -> str:
        """Where the first change stands, as an address on this page; blank where there is none."""
        return self.address_of(1)

    def address_of(self, change: int) -> str:
        """Where a change stands, by its number; blank where there is no such change."""
        if not 1 <= change <= len(self.page_of):
            return ""
        at = self.page_of[change - 1]
        return f"#change-{change}" if at == self.page else f"?page={at}#change-{change}"


def versions_to_compare(
    deliverable: Deliverable, old: int, new: int, user: User
) -> tuple[DocumentVersion, DocumentVersion, tuple[int, ...]] | None:
    """The two versions and the numbers of all, as `user` may see them; None where one is not for him."""
    rows = DocumentVersion.objects.visible_to(user).filter(deliverable=deliverable)
    found = {row.number: row for row in rows.filter(number__in=(old, new))}
    if not {old, new} <= found.keys():
        return None
    return found[old], found[new], tuple(rows.order_by("number").values_list("number", flat=True))


def comparison_page(
    before: DocumentVersion, after: DocumentVersion, others: tuple[int, ...], page: int
) -> ComparisonPage:
    """Read both files and compare them. Raises OSError where the store has lost one of them.

    Takes up to some seconds for hundreds of pages: both are read in child processes, and the words compared here.
    """
    why_not: list[str] = []
    papers: list[Paper] = []
    mixed = before.content_type != after.content_type
    for version in (before, after):
        try:
            papers.append(_read(version, prefer_copy=mixed))
        except NotComparable as refused:
            why_not.append(f"Version {number(version.number)} {refused.reason}")
    if why_not:
        return ComparisonPage(before, after, others, None, (), 1, 1, (), (), tuple(why_not))
    found = compare(papers[0], papers[1])
    warnings = [
        said for version, paper in zip((before, after), papers, strict=True) for said in _unseen(version, paper)
    ]
    if mixed and any(_is_read_as_word(version) for version in (before, after)):
        warnings.append("Numbers that Word sets by itself are not in a Word file's text, and show as a change.")
    pages = max(1, -(-len(found.rows) // ROWS_A_PAGE))
    at = min(max(1, page), pages)
    page_of = tuple(
        place // ROWS_A_PAGE + 1 for place, row in enumerate(found.rows) if isinstance(row, Row) and row.number
    )
    rows = found.rows[(at - 1) * ROWS_A_PAGE : at * ROWS_A_PAGE]
    return ComparisonPage(before, after, others, found, rows, at, pages, page_of, tuple(warnings), ())


def _read(version: DocumentVersion, *, prefer_copy: bool) -> Paper:
    """The words of a version; of a Word file beside another kind those of its PDF copy, which has Word's numbers."""
    copy = _copy_of(version) if prefer_copy else None
    sha256, kind = (copy, _PDF) if copy else (version.sha256, version.content_type)
    with open_stored(sha256) as file:
        return read_paper(kind, _whole(file))


def _whole(file: IO[bytes]) -> bytes:
    return file.read()


def _copy_of(version: DocumentVersion) -> str | None:
    if version.content_type != _WORD:
        return None
    made = PdfCopy.objects.filter(version=version, state=PdfCopy.State.MADE)
    return made.values_list("sha256", flat=True).first()


def _is_read_as_word(version: DocumentVersion) -> bool:
    return version.content_type == _WORD and _copy_of(version) is None


def _unseen(version: DocumentVersion, paper: Paper) -> list[str]:
    """What of a version the comparison does not see, in sentences."""
    which = number(version.number)
    said = []
    if paper.has_tracked_changes:
        said.append(f"Version {which} has tracked changes; it is read with all of them accepted.")
    if len(paper.blank_pages) == 1:
        page = number(paper.blank_pages[0])
        said.append(f"Page {page} of version {which} has no text: a change on it does not show. Read it by eye.")
    elif paper.blank_pages:
        pages = ", ".join(map(number, paper.blank_pages[:MOST_PAGES_NAMED]))
        more = " and others" if len(paper.blank_pages) > MOST_PAGES_NAMED else ""
        said.append(
            f"Pages {pages}{more} of version {which} have no text: changes on them do not show. Read them by eye."
        )
    return said
