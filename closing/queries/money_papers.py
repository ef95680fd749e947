"""Money papers: where their files lie, and how far each is, for whoever may see it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from closing.models import Allotment, Deal, MoneyPaper
from closing.pdf.money_papers import PaperContent

FOLDER = "money-papers"
SUFFIX = ".pdf"


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper as `partials/money_paper.html` shows it."""

    id: int
    title: str
    state: str
    size: int | None
    sha256: str
    requested_at: datetime
    error: str

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has still to finish it."""
        return self.state in ("queued", "making")

    @property
    def may_download(self) -> bool:
        """Whether there is a file."""
        return self.state == "made"


def of_allotment(deal: Deal, kind: str, allotment: Allotment | None) -> QuerySet[MoneyPaper]:
    """The papers of that kind: of one investor, or counsel's."""
    return MoneyPaper.objects.filter(deal=deal, kind=kind, allotment=allotment)


def paper_row(row: MoneyPaper) -> PaperRow:
    """How far a paper is."""
    return PaperRow(
        id=row.pk,
        title=row.title,
        state=row.state,
        size=row.size,
        sha256=row.sha256 or "",
        requested_at=row.requested_at,
        error=row.error,
    )


def paper_of(deal: Deal, kind: str, content: PaperContent, allotment: Allotment | None = None) -> PaperRow | None:
    """The last paper asked for with this content, or None. One query."""
    row = of_allotment(deal, kind, allotment).filter(content_key=content.key).order_by("-id").first()
    return paper_row(row) if row else None
