"""The Word versions of a document and their PDF copies, as its page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from closing.models import Deliverable, DocumentVersion, PdfCopy
from closing.pdf.uploads import MEDIA_TYPES
from investors.models import User


@dataclass(frozen=True, slots=True)
class WordVersion:
    """A Word file handed in. `state` is that of its copy, blank where nobody asked for one; `error` why it failed."""

    number: int
    filename: str
    state: str = ""
    error: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether a worker is at it or will be."""
        return self.state in (PdfCopy.State.QUEUED, PdfCopy.State.MAKING)


def word_versions(deliverable: Deliverable, user: User) -> tuple[WordVersion, ...]:
    """The Word versions that `user` may see, the newest first. Two queries."""
    rows = DocumentVersion.objects.visible_to(user).filter(deliverable=deliverable, content_type=MEDIA_TYPES["docx"])
    found = list(rows.order_by("-number"))
    copies: Mapping[int, PdfCopy] = {
        copy.version_id: copy for copy in PdfCopy.objects.filter(version__in=[row.pk for row in found])
    }
    return tuple(_word_version(row, copies.get(row.pk)) for row in found)


def _word_version(row: DocumentVersion, copy: PdfCopy | None) -> WordVersion:
    if copy is None:
        return WordVersion(row.number, row.filename)
    return WordVersion(row.number, row.filename, copy.state, copy.error)
