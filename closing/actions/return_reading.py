"""Reading the scans that came back, in a worker: page by page, each written down once, also where a worker dies.

The rows of pages are written under the lease of their file and in one transaction with its progress; whoever comes
after a worker that died begins behind the last page written.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max

from closing.actions import events
from closing.actions.base import acting
from closing.actions.leases import CannotBeMade, Held, Queue
from closing.actions.stored_files import store
from closing.models import ReturnedFile, ReturnedPage, SignaturePage
from closing.pdf.recognition import ReadPage, ScanNotRead, looks_unsigned, read_scans
from closing.queries import counterparts
from closing.queries.returned_files import PICTURE_SUFFIX, PICTURES, BlankPages, open_returned
from closing.queries.returned_pages import sent_pages
from closing.rules.returns import NOT_OF_THIS_DEAL, Finding, KnownPage, Place, Placed, placed
from closing.rules.words import number

MOST_AT_ONCE = 32
LONGEST_WAIT = 1.0  # seconds until what was read is written, so that the progress moves
NOT_IN_STORE = "The file store does not give this file. Tell whoever runs this closing room, then read it again."


def read(file_id: int) -> bool:
    """Read a file that was handed in, if nobody else is at it. True if this call finished it."""
    return QUEUE.work(file_id, _read)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A page that was read and lies in the store."""

    page: ReadPage
    upright_sha256: str
    picture_sha256: str


@dataclass(frozen=True, slots=True)
class _Compared:
    """A kept page; `is_unsigned` None where there was no page sent out to compare it with."""

    kept: _Kept
    is_unsigned: bool | None


def _read(held: Held[ReturnedFile]) -> dict[str, Any]:
    row = ReturnedFile.objects.select_related("deal").get(pk=held.row.pk)
    try:
        with open_returned(row) as file:
            content = file.read()
    except OSError as lost:
        raise CannotBeMade(NOT_IN_STORE) from lost
    last = ReturnedPage.objects.filter(file=row).aggregate(last=Max("number"))["last"] or 0
    blanks = BlankPages()
    try:
        for pages in _batches(read_scans(row.filename, content, start=last + 1)):
            _write(held, row, _compared(row, pages, blanks))
            last = pages[-1].page.number
    except ScanNotRead as refused:
        raise CannotBeMade(str(refused)) from refused
    finally:
        blanks.close()
    return {"pages_total": last, "pages_made": last}


def _batches(pages: Iterator[ReadPage], clock: Callable[[], float] = time.monotonic) -> Iterator[list[_Kept]]:
    """The pages as they come, kept, some at a time: as many as a second brings."""
    batch: list[_Kept] = []
    since = clock()
    for page in pages:
        upright = store(page.upright, counterparts.FOLDER, counterparts.SUFFIX)
        picture = store(page.picture, PICTURES, PICTURE_SUFFIX)
        # The page itself is in the store; held for a batch, colour photographs would fill the memory.
        batch.append(_Kept(replace(page, upright=b""), upright.sha256, picture.sha256))
        if len(batch) >= MOST_AT_ONCE or clock() - since >= LONGEST_WAIT:
            yield batch
            batch, since = [], clock()
    if batch:
        yield batch


def _compared(row: ReturnedFile, pages: Sequence[_Kept], blanks: BlankPages) -> list[_Compared]:
    """Each page beside the page as it was sent out: is it signed? Where a large stroke says so, nothing is compared."""
    tokens = [each.page.token for each in pages if each.page.token]
    sent = SignaturePage.objects.filter(deal=row.deal, token__in=tokens) if tokens else ()
    of = {each.token: each.pk for each in sent}
    doubtful = [of[each.page.token] for each in pages if each.page.token in of and not each.page.is_plainly_signed]
    packets = blanks.find(doubtful) if doubtful else {}
    found = []
    for each in pages:
        token = each.page.token
        if token in of and each.page.is_plainly_signed:
            found.append(_Compared(each, False))
            continue
        place = packets.get(of[token]) if token in of else None
        blank = blanks.page(*place, token) if place and token else None
        found.append(_Compared(each, _is_unsigned(each.page, blank)))
    return found


def _is_unsigned(page: ReadPage, blank: bytes | None) -> bool | None:
    if blank is None:
        return None
    try:
        return looks_unsigned(page, blank)
    except ValueError:
        return None


def _write(held: Held[ReturnedFile], row: ReturnedFile, pages: Sequence[_Compared]) -> None:
    """Write the pages down with the progress, or neither: raises LeaseLost where another worker has the file."""
    with acting(row.deal, None) as act:
        codes = {code for each in pages for code in each.kept.page.tokens}
        sent = sent_pages(act.deal, tokens=codes) if codes else {}
        known = {token: each.known() for token, each in sent.items()}
        rows = []
        for each in pages:
            found = placed(each.kept.page.tokens, known, is_unsigned=bool(each.is_unsigned))
            of = sent[found.token].row.pk if found.place is Place.TO_CONFIRM else None
            rows.append(_row(row, each, found, of, act.now))
            if of is not None and found.finding is not Finding.BLANK:
                known[found.token] = KnownPage(came_before=True)
        ReturnedPage.objects.bulk_create(rows)
        last = pages[-1].kept.page.number
        held.progress(last, max(row.pages_total, last))
        if held.row.attempts > 1:
            # It gets on, so it is not hopeless: a long file may outlive several workers.
            ReturnedFile.objects.filter(pk=row.pk).update(attempts=1)


def _row(file: ReturnedFile, each: _Compared, found: Placed, of: int | None, now: datetime) -> ReturnedPage:
    is_refused = found.place is Place.SET_ASIDE
    return ReturnedPage(
        file=file,
        number=each.kept.page.number,
        state=found.place.value,
        finding=found.finding.value,
        token=found.token,
        codes=list(each.kept.page.tokens),
        page_id=of,
        turned=each.kept.page.turned,
        skew=each.kept.page.skew,
        is_compared=each.is_unsigned is not None,
        upright_sha256=each.kept.upright_sha256,
        picture_sha256=each.kept.picture_sha256,
        settled_at=now if is_refused else None,
        reason=NOT_OF_THIS_DEAL if is_refused else "",
    )


def _told(row: ReturnedFile) -> None:
    """Within the transaction that ends the row: the event."""
    if row.state != ReturnedFile.State.MADE:
        events.record(
            row.deal, None, "returned-file-failed", row, f"{row.filename} could not be read", reason=row.error
        )
        return
    pages = ReturnedPage.objects.filter(file=row)
    found = Counter(pages.values_list("finding", flat=True))
    words = ", ".join(f"{number(count)} {Finding(finding).value}" for finding, count in sorted(found.items()))
    summary = f"{row.filename} was read, pages: {number(row.pages_total)} ({words})"
    events.record(row.deal, None, "returned-file-read", row, summary, data={"sha256": row.sha256, **found})


QUEUE = Queue(ReturnedFile, timedelta(seconds=settings.RETURN_LEASE_SECONDS), _told)
