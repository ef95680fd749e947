"""Closing books: what belongs into one for counsel or for one investor."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from closing.models import ClosedAllotment, Deal, DocumentVersion, MoneyPaper, PdfCopy
from closing.pdf.book_spec import RecordLine
from closing.pdf.certificates import IssuedCertificate
from closing.queries.book_record import record_of
from closing.queries.documents import FOLDER as DOCUMENTS
from closing.queries.executed import NotExecuted, Recipe, counterparts_of, recipe_of
from closing.queries.money_papers import FOLDER as MONEY_PAPERS, SUFFIX
from closing.rules import terms
from closing.rules.executed import is_for, why_not_executed
from closing.rules.further import closed_names
from closing.rules.gate import Gate
from closing.rules.words import at_time, listing, number, on_day

FOLDER = "books"
SUFFIXES = {"pdf": ".pdf", "folder": ".zip"}
# Changes with the way in which books are put together, so that no older one is taken for new.
FORM = 2
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
        note += ", in comments" if row.stage == DocumentVersion.Stage.COMMENTS else ""
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
