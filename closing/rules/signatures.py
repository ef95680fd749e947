"""Where one signature page is, from not sent to released: one block's, for one document."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from closing.rules.facts import Signature


class PageState(StrEnum):
    """Where a signature page is."""

    NOT_SENT = "not sent"
    SENT = "sent"
    VIEWED = "viewed"
    DECLINED = "declined"
    SIGNED = "signed"
    STALE = "stale"
    WITHDRAWN = "withdrawn"
    IN_ESCROW = "in escrow"
    RELEASED = "released"

    @property
    def is_signed(self) -> bool:
        """Whether the page counts: it is on file, for the version in force."""
        return self in (PageState.IN_ESCROW, PageState.RELEASED)

    @property
    def is_stuck(self) -> bool:
        """Whether somebody has to deal with it before it can be signed."""
        return self in (PageState.DECLINED, PageState.STALE, PageState.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTrail:
    """What is known of a page. Moments are aware, None for what did not happen.

    `signature` is the page on file that counts, `stale` one signed for an earlier version. `came_back_at` is a scan
    that waits to be confirmed. `declined` is the signatory's reason.
    """

    signature: Signature | None = None
    stale: Signature | None = None
    sent_at: datetime | None = None
    viewed_at: datetime | None = None
    came_back_at: datetime | None = None
    declined_at: datetime | None = None
    declined: str = ""
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PageStanding:
    """The state of a page, since when, and why where somebody gave a reason."""

    state: PageState
    since: datetime | None = None
    reason: str = ""


def page_standing(trail: PageTrail) -> PageStanding:
    """Where the page is: what counts comes first, then what waits for counsel, then what stands in the way.

    A page withdrawn or gone stale that was sent again since is on its way again.
    """
    return next(_standings(trail))


def _standings(trail: PageTrail) -> Iterator[PageStanding]:
    page = trail.signature
    if page is not None and page.released_at is not None:
        yield PageStanding(PageState.RELEASED, page.released_at)
    if page is not None:
        yield PageStanding(PageState.IN_ESCROW, page.at)
    if trail.came_back_at is not None:
        yield PageStanding(PageState.SIGNED, trail.came_back_at)
    if trail.declined_at is not None:
        yield PageStanding(PageState.DECLINED, trail.declined_at, trail.declined)
    gone = trail.stale.withdrawn_at if trail.stale else trail.withdrawn_at
    if gone is not None and (trail.sent_at is None or trail.sent_at <= gone):
        yield PageStanding(PageState.STALE if trail.stale else PageState.WITHDRAWN, gone)
    if trail.viewed_at is not None:
        yield PageStanding(PageState.VIEWED, trail.viewed_at)
    if trail.sent_at is not None:
        yield PageStanding(PageState.SENT, trail.sent_at)
    yield PageStanding(PageState.NOT_SENT)
