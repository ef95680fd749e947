"""Closing books: asked for, called off, and made in a worker of executed versions and files on file, sealed last."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from closing.actions import events, executed
from closing.actions.base import ActionRefused, acting
from closing.actions.leases import CannotBeMade, Held, Queue, call_off
from closing.actions.sealing import seal_file, seal_list
from closing.actions.stored_files import fetch, store_path
from closing.models import Allotment, ClosingBook, Deal, ExecutedVersion
from closing.pdf.book import make_book
from closing.pdf.book_folder import make_folder
from closing.pdf.book_spec import BookCannotBeMade, BookEntry, BookSpec, DocumentCannotBeBound
from closing.pdf.certificates import list_certificates
from closing.pdf.seals import CannotSeal
from closing.queries import executed as executed_queries
from closing.queries.books import FOLDER, SUFFIXES, TITLE, BookPlan, PlannedEntry, day_of, plan_of
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.gates import gate_of
from closing.rules.access import Verb
from closing.rules.gate import evaluate
from closing.rules.words import number
from investors.models import User

LIVE = (ClosingBook.State.QUEUED, ClosingBook.State.MAKING, ClosingBook.State.MADE)
CHANGED = "Something came on file since this book was asked for. Ask for the book again; it numbers itself anew."
NOTHING = "There is no document to bind yet. Release and execute one, or hand in a PDF."
PATIENCE = 60
"""Seconds to wait for an executed version that another worker is making."""


def request_book(deal: Deal, by: User | None, form: str, investor: str | None = None) -> ClosingBook:
    """Ask for a closing book: counsel's, or with `investor` what that investor may see.

    A book of the same documents is returned as it is. Raises NotAllowed, and ActionRefused where nothing can be bound.
    """
    with acting(deal, by, Verb.MAKE_BOOK) as act:
        if investor is not None:
            act.check_own([investor])
        elif act.is_limited:
            raise ActionRefused("Ask for your own book: choose the investor that it is for.")
        allotment = Allotment.objects.filter(deal=act.deal, investor__name=investor).first() if investor else None
        gate = evaluate(deal_terms(act.deal), facts_of(act.deal), act.now)
        plan = plan_of(act.deal, gate, investor)
        if not plan.documents:
            raise ActionRefused(NOTHING)
        same = ClosingBook.objects.filter(
            deal=act.deal, allotment=allotment, form=form, content_key=plan.key, state__in=LIVE
        ).first()
        if same is not None:
            return same
        executed.rows_for(act, gate, [each.recipe for each in plan.entries if each.recipe], investor)
        row = ClosingBook.objects.create(
            deal=act.deal,
            allotment=allotment,
            form=form,
            content_key=plan.key,
            documents=plan.documents,
            pages_total=plan.documents,
            requested_by=by,
            requested_at=act.now,
        )
        whose = f" for {investor}" if investor else ""
        act.record("closing-book-requested", row, f"A closing book{whose} of {number(plan.documents)} documents")
        return row


def cancel_book(book: ClosingBook, by: User | None) -> ClosingBook:
    """Call off a closing book that is not made yet; a worker already at it throws its work away.

    Raises NotAllowed, and ActionRefused where it is made or over.
    """
    with acting(book.deal, by, Verb.CANCEL_BOOK) as act:
        row = call_off(book, "closing book")
        whose = f" for {row.allotment.investor.name}" if row.allotment else ""
        act.record("closing-book-cancelled", row, f"The closing book{whose} was cancelled")
        return row


def _told(row: ClosingBook) -> None:
    if row.state == ClosingBook.State.MADE:
        said = f"The closing book is made and sealed, {number(row.documents)} documents"
        events.record(row.deal, None, "closing-book-made", row, said, data={"sha256": row.sha256})
    elif row.state == ClosingBook.State.FAILED:
        events.record(
            row.deal, None, "closing-book-failed", row, "The closing book could not be made", reason=row.error
        )


QUEUE: Queue[ClosingBook] = Queue(ClosingBook, timedelta(seconds=settings.BOOK_LEASE_SECONDS), _told)


def make(pk: int) -> bool:
    """Make a closing book, if nobody else is at it. True if this call made it. In worker processes only."""
    return QUEUE.work(pk, _make)


def _make(held: Held[ClosingBook]) -> dict[str, Any]:
    row = held.row
    investor = row.allotment.investor.name if row.allotment else None
    plan = plan_of(row.deal, gate_of(row.deal), investor, until=row.requested_at)
    if plan.key != row.content_key:
        raise CannotBeMade(CHANGED)
    with TemporaryDirectory() as name:
        folder = Path(name)
        spec = book_spec(held, plan, folder)
        try:
            made = _bind(held, spec, folder)
        except (BookCannotBeMade, DocumentCannotBeBound, CannotSeal) as refused:
            raise CannotBeMade(str(refused)) from refused
        kept = store_path(made, FOLDER, SUFFIXES[row.form])
        bound = sum(1 for each in spec.entries if each.path)
        return {"sha256": kept.sha256, "size": kept.size, "documents": bound}


def _bind(held: Held[ClosingBook], spec: BookSpec, folder: Path) -> Path:
    """The book sealed, alone or in a folder with the documents as they were filed and a sealed list of them."""
    bound, sealed = folder / "book.pdf", folder / "sealed.pdf"
    make_book(spec, bound, held.progress)
    seal_file(bound, sealed, f"Closing book of {held.row.deal.name}")
    if held.row.form == ClosingBook.Form.PDF:
        return sealed
    packed = folder / "book.zip"
    make_folder(spec, packed, seal_list, {"Closing book.pdf": sealed})
    return packed


def book_spec(held: Held[ClosingBook], plan: BookPlan, folder: Path) -> BookSpec:
    """The plan with its files fetched, the executed versions among them made first where they are not yet."""
    row = held.row
    return BookSpec(
        title=TITLE,
        deal_name=plan.deal_name,
        subtitle=plan.subtitle,
        recipient=plan.recipient,
        made_on=day_of(row.requested_at, row.deal.time_zone),
        entries=tuple(_entries(held, plan, folder)),
        parties=plan.parties,
        record=plan.record,
        manifest={"deal": row.deal.code, "recipient": plan.recipient, "content_key": row.content_key},
    )


def _entries(held: Held[ClosingBook], plan: BookPlan, folder: Path) -> Iterator[BookEntry]:
    for tab, each in enumerate(plan.entries, start=1):
        try:
            path, note = _file_of(held, each, plan, folder), each.note
        except CannotBeMade as refused:
            # One document that cannot be executed here keeps no other out of the book: the index says why.
            path, note = None, f"Not in this book. {refused}"
        held.progress(0)
        yield BookEntry(tab=str(tab), title=each.title, part=each.part, note=note, path=path)


def _file_of(held: Held[ClosingBook], entry: PlannedEntry, plan: BookPlan, folder: Path) -> Path | None:
    if entry.source is not None:
        return fetch(entry.source.folder, entry.source.sha256, entry.source.suffix, folder)
    if entry.recipe is not None:
        row = _executed(held, entry.recipe)
        return fetch(executed_queries.FOLDER, str(row.sha256), executed_queries.SUFFIX, folder)
    if entry.certificates:
        path = folder / "certificates.pdf"
        name = plan.deal_name
        path.write_bytes(list_certificates(entry.title, entry.note, entry.certificates, plan.legends, deal_name=name))
        return path
    return None


def _executed(held: Held[ClosingBook], recipe: executed_queries.Recipe) -> ExecutedVersion:
    """The executed version of that recipe, made here where nobody makes it."""
    rows = ExecutedVersion.objects.filter(
        deal=held.row.deal, allotment=held.row.allotment, deliverable__key=recipe.document, content_key=recipe.key
    )
    until = time.monotonic() + PATIENCE
    while True:
        row = rows.order_by("-id").first()
        if row is None or row.state in (ExecutedVersion.State.FAILED, ExecutedVersion.State.CANCELLED):
            why = row.error if row else "it was never asked for. Ask for the book again."
            raise CannotBeMade(why)
        if row.state == ExecutedVersion.State.MADE:
            return row
        if not executed.make(row.pk):
            if time.monotonic() > until:
                raise TimeoutError(f"The executed version of {recipe.title} is not made yet.")
            time.sleep(0.2)
            held.progress(0)
