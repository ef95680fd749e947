"""The page of the closing books: what there is, how far it is, and what one made now would hold."""

from dataclasses import dataclass
from datetime import datetime

from closing.models import ClosingBook, Deal
from closing.queries.books import PlannedEntry, plan_of
from closing.queries.deals import roles_in
from closing.rules.access import Verb, why_not
from closing.rules.gate import Gate
from closing.rules.making import MakingState, may_become
from investors.models import User


@dataclass(frozen=True, slots=True)
class BookRow:
    """A closing book: for whom, in which form, how far it is. `is_current` is whether it holds what is on file now.

    `whose` is the investor's name, blank for counsel's. `is_latest` is whether no other like it was asked for later.
    """

    id: int
    whose: str
    recipient: str
    form: str
    state: str
    pages_made: int
    pages_total: int
    documents: int
    size: int | None
    sha256: str
    requested_at: datetime
    made_at: datetime | None
    error: str
    is_current: bool
    is_latest: bool

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has still to finish it."""
        return self.state in ("queued", "making")

    @property
    def may_cancel(self) -> bool:
        """Whether it can still be cancelled."""
        return may_become(MakingState(self.state), MakingState.CANCELLED)

    @property
    def may_make_again(self) -> bool:
        """Whether the like of it can be asked for again, where it failed or was called off."""
        return self.is_latest and self.state in ("failed", "cancelled")

    @property
    def may_download(self) -> bool:
        """Whether there is a file."""
        return self.state == "made"

    @property
    def percent(self) -> int:
        """How far it is."""
        return self.pages_made * 100 // self.pages_total if self.pages_total else 0


@dataclass(frozen=True, slots=True)
class BooksPage:
    """The books of a deal that somebody may see, and what one made now would hold. `is_made`: such a one is there.

    `investor` is whose page it is, blank for counsel's. `why_not_cancel` says why the user may cancel none.
    """

    entries: tuple[PlannedEntry, ...]
    documents: int
    rows: tuple[BookRow, ...]
    investor: str
    recipients: tuple[str, ...]
    is_made: bool
    why_not_cancel: str

    @property
    def is_under_way(self) -> bool:
        """Whether one is still being made."""
        return any(each.is_under_way for each in self.rows)

    @property
    def missing(self) -> int:
        """How many lines of the index have nothing behind them."""
        return sum(1 for each in self.entries if not each.is_in)


def books_page(deal: Deal, gate: Gate, user: User, investor: str | None = None) -> BooksPage:
    """The books that `user` may see: all of the deal, or with `investor` that investor's."""
    plan = plan_of(deal, gate, investor)
    rows = ClosingBook.objects.visible_to(user).filter(deal=deal).select_related("allotment__investor").order_by("-id")
    if investor is not None:
        rows = rows.filter(allotment__investor__name=investor)
    keys = {investor: plan.key}
    latest: dict[tuple[int | None, str], int] = {}
    shown = tuple(
        _row(each, keys, is_latest=latest.setdefault((each.allotment_id, each.form), each.pk) == each.pk)
        for each in rows[:40]
    )
    return BooksPage(
        entries=plan.entries,
        documents=plan.documents,
        rows=shown,
        investor=investor or "",
        recipients=tuple(each.name for each in gate.deal.investors) if investor is None else (),
        is_made=any(each.may_download and each.is_current for each in shown if each.whose == (investor or "")),
        why_not_cancel=why_not(roles_in(user, deal), Verb.CANCEL_BOOK),
    )


def _row(row: ClosingBook, keys: dict[str | None, str], *, is_latest: bool) -> BookRow:
    name = row.allotment.investor.name if row.allotment else None
    return BookRow(
        id=row.pk,
        whose=name or "",
        recipient=name or "Counsel",
        form=row.form,
        state=row.state,
        pages_made=row.pages_made,
        pages_total=row.pages_total,
        documents=row.documents,
        size=row.size,
        sha256=row.sha256 or "",
        requested_at=row.requested_at,
        made_at=row.made_at,
        error=row.error,
        is_current=keys.get(name, row.content_key) == row.content_key,
        is_latest=is_latest,
    )
