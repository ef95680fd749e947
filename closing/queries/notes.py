"""The notes on conditions and deliverables that somebody may read."""

from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal, Note
from closing.rules.notes import Audience
from closing.rules.submissions import counsel_of
from closing.rules.terms import Side
from investors.models import User


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note. `condition` is the section or `deliverable` the key that it is on, the other blank.

    `is_shared` is whether the other side reads it too; `counsel` names the side that wrote it.
    """

    pk: int
    condition: str
    deliverable: str
    is_shared: bool
    side: Side
    counsel: str
    text: str
    by: str
    at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_reason: str

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return self.withdrawn_at is None


def notes_for(
    user: User, deal: Deal, *, condition: str = "", deliverable: str = "", standing_only: bool = False
) -> tuple[NoteLine, ...]:
    """The notes of `deal` that `user` may read, the latest first; on one section or one deliverable's key, if given.

    One query, however many. `standing_only` leaves out what was taken back.
    """
    rows = Note.objects.visible_to(user).filter(deal=deal)
    if condition:
        rows = rows.filter(condition__section=condition)
    if deliverable:
        rows = rows.filter(deliverable__key=deliverable)
    if standing_only:
        rows = rows.filter(withdrawn_at=None)
    found = rows.select_related("condition", "deliverable", "by", "withdrawn_by").order_by("-id")
    return tuple(map(_line, found))


def _line(row: Note) -> NoteLine:
    return NoteLine(
        pk=row.pk,
        condition=row.condition.section if row.condition else "",
        deliverable=row.deliverable.key if row.deliverable else "",
        is_shared=row.audience == Audience.SHARED,
        side=Side(row.side),
        counsel=counsel_of(Side(row.side)),
        text=row.text,
        by=str(row.by),
        at=row.at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=str(row.withdrawn_by or ""),
        withdrawn_reason=row.withdrawn_reason,
    )
