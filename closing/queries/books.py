"""Closing books: what belongs into one for counsel or for one investor, and what the page shows."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from closing.models import ClosedAllotment, ClosingBook, Deal, DocumentVersion, MoneyPaper, PdfCopy
from closing.pdf.book_spec import RecordLine
from closing.pdf.certificates import IssuedCertificate
from closing.queries.book_record import record_of
from closing.queries.deals import roles_in
from closing.queries.documents import FOLDER as DOCUMENTS
from closing.queries.executed import NotExecuted, Recipe, counterparts_of, recipe_of
from closing.queries.money_papers import FOLDER as MONEY_PAPERS, SUFFIX
from closing.rules import terms
from closing.rules.access import Verb, why_not
from closing.rules.executed import is_for, why_not_executed
from closing.rules.further import closed_names
from closing.rules.gate import Gate
from closing.rules.making import MakingState, may_become
from closing.rules.words import at_time, listing, number, on_day
from investors.models import User

FOLDER = "books"
SUFFIXES = {"pdf": ".pdf", "folder": ".zip"}
# Changes with the way in which books are put together, so that no older one is taken for new.
FORM = 1
PDF = "application/pdf"
TITLE = "Closing Book"
CERTIFICATES = "Stock certificates issued at the closing"


@dataclass(frozen=True, slots=True)
class Source:
    """A stored file: its folder, SHA-256 and ending."""

    folder: str
    sha256: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """A line of the index: a file as filed, an executed version, the list of certificates, or nothing, with why."""

    title: str
    part: str
    note: str
    source: Source | None = None
    recipe: Recipe | None = None
    certificates: tuple[IssuedCertificate, ...] = ()

    @property
    def is_in(self) -> bool:
        """Whether there is anything to bind."""
        return bool(self.source or self.recipe or self.certificates)


@dataclass(frozen=True, slots=True)
class BookPlan:
    """Of what a book is made. Equal keys are equal books."""

    deal_name: str
    subtitle: tuple[str, ...]
    recipient: str
    entries: tuple[PlannedEntry, ...]
    parties: tuple[tuple[str, str], ...]
    record: tuple[RecordLine, ...]
    legends: tuple[str, ...]

    @property
    def key(self) -> str:
        """SHA-256 of all that goes in."""
        said = json.dumps({"form": FORM, **asdict(self)}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def documents(self) -> int:
        """How many documents are bound."""
        return sum(1 for each in self.entries if each.is_in)


def plan_of(deal: Deal, gate: Gate, investor: str | None = None, until: datetime | None = None) -> BookPlan:
    """The book of `deal` as it would be made now: counsel's with everything, or what `investor` may see.

    The record goes `until` a moment, or until now.
    """
    of = gate.deal
    zone = of.closing.time_zone
    closed = [at_time(each.at, zone) for each in gate.facts.closings if investor in (None, *each.investors)]
    when = listing(closed) if closed else at_time(gate.closing.at, zone)
    return BookPlan(
        deal_name=f"{of.issuer.name}: {of.security.name}",
        subtitle=(of.agreement.title, f"{'Closed' if closed else 'Closing set for'} {when}", of.closing.place),
        recipient=investor or "Counsel to the company and to the investors",
        entries=(
            *_entries(deal, gate, investor),
            *_certificates(deal, gate, investor),
            *(_statements(deal, gate) if investor is None else ()),
        ),
        parties=tuple(_parties(gate, investor)),
        record=record_of(deal, gate, investor, until),
        legends=of.security.legends,
    )


def _entries(deal: Deal, gate: Gate, investor: str | None) -> Iterator[PlannedEntry]:
    """The documents in the checklist's order; acts are no papers."""
    counterparts, files = counterparts_of(deal), _files(deal)
    for each in gate.deal.deliverables:
        if each.act or (investor is not None and not is_for(each, investor)):
            continue
        if gate.deal.blocks_for(each):
            try:
                recipe = recipe_of(gate, each, counterparts, investor)
            except NotExecuted:
                # Who has not signed is another investor's affair.
                why = why_not_executed(gate, each) if investor is None else "Not executed yet."
                yield PlannedEntry(each.title, each.part, why)
            else:
                yield PlannedEntry(each.title, each.part, _executed_note(recipe), recipe=recipe)
        else:
            source, note = files.get(each.key, (None, "No copy of it is on file."))
            yield PlannedEntry(each.title, each.part, note, source=source)


def _executed_note(recipe: Recipe) -> str:
    pages = len(recipe.parts)
    said = f"Executed; {number(pages)} signature page{'' if pages == 1 else 's'}"
    return f"{said}, {number(recipe.conformed)} conformed" if recipe.conformed else said


def _files(deal: Deal) -> dict[str, tuple[Source | None, str]]:
    """The last file of each document by key, with a note; without a source where it is no PDF. Two queries."""
    rows = DocumentVersion.objects.filter(deliverable__deal=deal).select_related("deliverable").order_by("number")
    last = {row.deliverable.key: row for row in rows}
    made = PdfCopy.objects.filter(version__deliverable__deal=deal, state=PdfCopy.State.MADE)
    copies = dict(made.values_list("version_id", "sha256"))
    found: dict[str, tuple[Source | None, str]] = {}
    for key, row in last.items():
        note = f"Version {number(row.number)}"
        if row.content_type == PDF:
            found[key] = Source(DOCUMENTS, row.sha256), note
        elif copies.get(row.pk):
            found[key] = Source(DOCUMENTS, str(copies[row.pk])), f"{note}, converted from {row.filename}"
        else:
            found[key] = None, f"{note} is on file as {row.filename}. Hand in a PDF of it to bind it."
    return found


def _certificates(deal: Deal, gate: Gate, investor: str | None) -> Iterator[PlannedEntry]:
    rows = ClosedAllotment.objects.filter(closing__deal=deal).select_related("certificate").order_by("certificate")
    if investor is not None:
        rows = rows.filter(allotment__investor__name=investor)
    issued = tuple(
        IssuedCertificate(
            row.certificate.number,
            row.certificate.registered_name,
            number(row.certificate.shares),
            on_day(row.certificate.issued_on),
        )
        for row in rows
    )
    if issued:
        note = f"{number(len(issued))} certificate{'' if len(issued) == 1 else 's'}"
        yield PlannedEntry(CERTIFICATES, gate.deal.deliverables[-1].part, note, certificates=issued)


def _statements(deal: Deal, gate: Gate) -> Iterator[PlannedEntry]:
    """The closing statements that are made: counsel's, and in no investor's book."""
    made = MoneyPaper.objects.filter(
        deal=deal, kind=MoneyPaper.Kind.CLOSING_STATEMENT, state=MoneyPaper.State.MADE
    ).order_by("id")
    for row in made:
        source = Source(MONEY_PAPERS, str(row.sha256), SUFFIX)
        yield PlannedEntry(row.title, gate.deal.deliverables[-1].part, "Made from the facts", source=source)


def _parties(gate: Gate, investor: str | None) -> Iterator[tuple[str, str]]:
    yield gate.deal.issuer.name, "The company"
    closed = closed_names(gate.facts)
    for each in gate.deal.investors:
        if each.name == investor or (investor is None and (not closed or each.name in closed)):
            yield each.name, f"Investor, {number(each.shares)} shares"
    for firm in gate.deal.counsel:
        side = "Company counsel" if firm.side is terms.Side.ISSUER else "Special counsel to the investors"
        yield firm.name, side


def day_of(moment: datetime, time_zone: str) -> str:
    """The day of a moment, as a cover prints it."""
    return on_day(moment.astimezone(ZoneInfo(time_zone)).date())


# --- What the page shows


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
