"""Signed pages that came back, as counsel see them: what is being read, what waits, what was filed or set aside."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from closing.models import Deal, ReturnedFile, ReturnedPage
from closing.models.returns import ReturnedPageQuerySet
from closing.queries.parts import percent
from closing.queries.returned_pages import SentPage, sent_pages
from closing.rules.returns import COPY_CAME, Finding, Place, is_plain, lay_in_words, remarks
from closing.rules.words import listing
from investors.models import User

PAGE = 20
LAST_FILES = 5
SHOWS: Mapping[str, Place] = {"": Place.TO_CONFIRM, "filed": Place.FILED, "set-aside": Place.SET_ASIDE}
# What a page is set aside for by one press; blank where the reason must be written.
REASONS: Mapping[Finding, str] = {
    Finding.DUPLICATE: COPY_CAME,
    Finding.BLANK: "It is not signed.",
    Finding.UNREAD: "It is no signature page.",
}
_FINDINGS: Mapping[Finding, str] = {
    Finding.RECOGNISED: "recognised",
    Finding.UNREAD: "to be assigned",
    Finding.UNKNOWN: "refused, not of this deal",
    Finding.DUPLICATE: "the same again",
    Finding.STALE: "of an earlier version",
    Finding.BLANK: "not signed",
    Finding.DECLINED: "of somebody who had declined",
    Finding.WITHDRAWN: "taken back",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many pages wait for counsel; `recognised` of those to confirm."""

    to_confirm: int
    tray: int
    recognised: int = 0

    def __bool__(self) -> bool:
        return bool(self.to_confirm or self.tray)

    def __str__(self) -> str:
        parts = []
        if self.to_confirm:
            parts.append(f"{self.to_confirm} page{'' if self.to_confirm == 1 else 's'} to confirm")
        if self.tray:
            parts.append(f"{self.tray} in the tray" if parts else f"{self.tray} to assign")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file handed in. `found` says in words what its pages were."""

    id: int
    filename: str
    state: str
    pages_total: int
    pages_made: int
    requested_at: datetime
    by: str
    found: str
    error: str

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has still to finish it."""
        return self.state in (ReturnedFile.State.QUEUED, ReturnedFile.State.MAKING)

    @property
    def has_failed(self) -> bool:
        """Whether it could not be read, and may be read again."""
        return self.state == ReturnedFile.State.FAILED

    @property
    def percent(self) -> int:
        """How much of it is read."""
        return percent(self.pages_made, self.pages_total)


@dataclass(frozen=True, slots=True)
class Reading:
    """The files under way, those that failed, and the last ones."""

    files: tuple[FileRow, ...]

    @property
    def is_under_way(self) -> bool:
        """Whether the page asks again."""
        return any(each.is_under_way for each in self.files)


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page that came back. `remarks` are what whoever confirms it must know; `reason` why it was left or set aside.

    `set_aside_for` is the reason that one press gives, blank where it has to be written; `picture` tells one picture of
    the page from another.
    """

    id: int
    file: str
    number: int
    state: str
    title: str
    party: str
    block: str
    signer: str
    version: int | None
    lay: str
    remarks: tuple[str, ...]
    is_plain: bool
    may_confirm: bool
    has_code: bool
    assigned_by: str
    settled_at: datetime | None
    settled_by: str
    is_released: bool
    reason: str
    set_aside_for: str
    picture: str

    @property
    def called(self) -> str:
        """What it is called in a sentence."""
        return f"page {self.number} of {self.file}"


@dataclass(frozen=True, slots=True)
class ReturnsPage:
    """The page of what came back. `show` is which list; `found` how many it has; `up_to` the last page to confirm."""

    reading: Reading
    rows: tuple[PageRow, ...]
    show: str
    found: int
    page: int
    pages: int
    waiting: Waiting
    tray: tuple[PageRow, ...]
    filed: int
    set_aside: int
    recognised: int
    duplicates: int
    up_to: int


def waiting_in(deal: Deal) -> Waiting:
    """How many returned pages of `deal` wait for counsel. One query."""
    found = ReturnedPage.objects.filter(file__deal=deal, state__in=[Place.TO_CONFIRM, Place.TRAY]).aggregate(
        to_confirm=Count("pk", filter=Q(state=Place.TO_CONFIRM)),
        tray=Count("pk", filter=Q(state=Place.TRAY)),
        recognised=Count("pk", filter=Q(state=Place.TO_CONFIRM, finding=Finding.RECOGNISED, is_compared=True)),
    )
    return Waiting(found["to_confirm"], found["tray"], found["recognised"])


def reading_of(deal: Deal, user: User) -> Reading:
    """The files that are read, wait or failed, and the last few. Two queries."""
    files = ReturnedFile.objects.visible_to(user).filter(deal=deal)
    last = files.order_by("-id").values("pk")[:LAST_FILES]
    busy = Q(state__in=[ReturnedFile.State.QUEUED, ReturnedFile.State.MAKING, ReturnedFile.State.FAILED])
    rows = list(files.filter(busy | Q(pk__in=last)).select_related("requested_by").order_by("-id"))
    counts: dict[int, Counter[str]] = {row.pk: Counter() for row in rows}
    told = ReturnedPage.objects.filter(file__in=rows).values_list("file", "finding").annotate(count=Count("pk"))
    for file, finding, count in told.order_by():
        counts[file][finding] = count
    return Reading(tuple(_file_row(row, counts[row.pk]) for row in rows))


def returns_page(deal: Deal, user: User, show: str, number: int) -> ReturnsPage:
    """What came back for `deal`; `show` is a key of SHOWS, `number` its page. A fixed number of queries."""
    pages = ReturnedPage.objects.visible_to(user).filter(file__deal=deal)
    counts: Counter[str] = Counter()
    findings: Counter[str] = Counter()
    by = ("state", "finding", "is_compared")
    for state, finding, is_compared, count in pages.order_by().values_list(*by).annotate(count=Count("pk")):
        counts[state] += count
        if state == Place.TO_CONFIRM and (is_compared or finding != Finding.RECOGNISED):
            findings[finding] += count
    found = counts[SHOWS[show]]
    last = max(1, -(-found // PAGE))
    at = min(max(1, number), last)
    order = ("-settled_at", "-pk") if show else ("file", "number")
    rows = list(_whole(pages.filter(state=SHOWS[show]).order_by(*order))[(at - 1) * PAGE : at * PAGE])
    tray = list(_whole(pages.filter(state=Place.TRAY).order_by("pk"))[:PAGE])
    known = _known(deal, [*rows, *tray])
    newest = pages.filter(state=Place.TO_CONFIRM).order_by("-pk").values_list("pk", flat=True).first()
    return ReturnsPage(
        reading=reading_of(deal, user),
        rows=tuple(page_row(row, known) for row in rows),
        show=show,
        found=found,
        page=at,
        pages=last,
        waiting=Waiting(counts[Place.TO_CONFIRM], counts[Place.TRAY]),
        tray=tuple(page_row(row, known) for row in tray),
        filed=counts[Place.FILED],
        set_aside=counts[Place.SET_ASIDE],
        recognised=findings[Finding.RECOGNISED],
        duplicates=findings[Finding.DUPLICATE],
        up_to=newest or 0,
    )


def one_page(page: ReturnedPage) -> PageRow:
    """One returned page as the list shows it."""
    (row,) = _whole(ReturnedPage.objects.filter(pk=page.pk))
    return page_row(row, _known(row.file.deal, [row]))


def next_in_tray(deal: Deal, after: int = 0) -> int | None:
    """The page of the tray to look at next: behind `after`, else the first. None where the tray is empty."""
    tray = ReturnedPage.objects.filter(file__deal=deal, state=Place.TRAY).order_by("pk").values_list("pk", flat=True)
    return tray.filter(pk__gt=after).first() or tray.exclude(pk=after).first()


def _whole(pages: ReturnedPageQuerySet) -> ReturnedPageQuerySet:
    return pages.select_related(
        "file__deal",
        "page__deliverable",
        "page__block",
        "page__version",
        "signature",
        "assigned_by",
        "settled_by",
    )


def _known(deal: Deal, rows: Sequence[ReturnedPage]) -> Mapping[int, SentPage]:
    ids = {row.page_id for row in rows if row.page_id}
    return {each.row.pk: each for each in sent_pages(deal, ids=ids).values()}


def page_row(row: ReturnedPage, known: Mapping[int, SentPage]) -> PageRow:
    """A page as it is shown; `known` are the signature pages by id."""
    page = row.page
    finding = Finding(row.finding)
    sent = known[page.pk].known(but=row.pk) if page is not None else None
    is_open = row.state in (Place.TO_CONFIRM, Place.TRAY)
    is_compared = row.is_compared or row.state != Place.TO_CONFIRM
    said = remarks(finding, sent, is_compared=is_compared) if sent is not None and is_open else ()
    return PageRow(
        id=row.pk,
        file=row.file.filename,
        number=row.number,
        state=row.state,
        title=page.deliverable.title if page else "",
        party=page.block.party if page else "",
        block=page.block.key if page else "",
        signer=_signer(page.block.signer, page.block.title) if page else "",
        version=page.version.number if page and page.version else None,
        lay=lay_in_words(row.turned, row.skew),
        remarks=said,
        is_plain=sent is not None and is_plain(finding, sent, is_compared=is_compared),
        may_confirm=row.state == Place.TO_CONFIRM and sent is not None and not sent.is_on_file,
        has_code=bool(row.codes),
        assigned_by=_name(row.assigned_by),
        settled_at=row.settled_at,
        settled_by=_name(row.settled_by),
        is_released=row.signature is not None and row.signature.released_at is not None,
        reason=row.reason,
        set_aside_for=REASONS.get(finding, ""),
        picture=row.picture_sha256[:12],
    )


def _signer(signer: str, title: str) -> str:
    return ", ".join(part for part in (signer, title) if part)


def _name(user: User | None) -> str:
    return (user.name or user.email) if user else ""


def _file_row(row: ReturnedFile, found: Mapping[str, int]) -> FileRow:
    words = [f"{found[finding]} {text}" for finding, text in _FINDINGS.items() if found.get(finding)]
    return FileRow(
        id=row.pk,
        filename=row.filename,
        state=row.state,
        pages_total=row.pages_total,
        pages_made=row.pages_made,
        requested_at=row.requested_at,
        by=_name(row.requested_by),
        found=listing(words) if words else "",
        error=row.error,
    )
