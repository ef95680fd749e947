"""The record of the closing, as a closing book binds it: counsel's whole, an investor's own."""

from collections.abc import Iterator
from datetime import datetime

from closing.models import ClosedAllotment, Deal, Event
from closing.pdf.book_spec import RecordLine
from closing.rules.gate import Gate
from closing.rules.words import at_time, number

# What tells how the room was used, and nothing of the closing.
NOT_ON_THE_RECORD = (
    "note-",
    "notes-",
    "packet-",
    "reminder",
    "closing-book-",
    "money-paper-",
    "executed-version-",
    "document-opened",
    "pages-",
    "pdf-copy-",
    "returned-file-",
)

Line = tuple[datetime, str, str]
"""When, who, what."""


def record_of(
    deal: Deal, gate: Gate, investor: str | None = None, until: datetime | None = None
) -> tuple[RecordLine, ...]:
    """What was done, in order, up to `until`: what counsel of both sides may know, or of `investor` alone.

    A book made a while after it was asked for has the record of when it was asked for.
    """
    zone = gate.deal.closing.time_zone
    lines = _done(deal) if investor is None else _done_by(deal, gate, investor)
    return tuple(RecordLine(at_time(at, zone), who, what) for at, who, what in lines if until is None or at <= until)


def _done(deal: Deal) -> Iterator[Line]:
    """What was done on the deal, in order, less what only one side may know and what tells of the room's use."""
    rows = Event.objects.filter(deal=deal, only_for="").select_related("actor").order_by("at", "id")
    for row in rows:
        if not row.verb.startswith(NOT_ON_THE_RECORD):
            who = str(row.actor) if row.actor else "The closing room"
            yield row.at, who, row.summary


def _done_by(deal: Deal, gate: Gate, investor: str) -> Iterator[Line]:
    """An investor's own: its pages, when they were released, and its closing."""
    party_of = gate.deal.party_of_block
    lines: list[tuple[datetime, str]] = []
    for page in gate.facts.signatures:
        if party_of.get(page.block) == investor:
            title = gate.deal.deliverable_by_key[page.document].title
            lines.append((page.at, f"Signature page for {title} on file"))
            if page.released_at:
                lines.append((page.released_at, f"Signature page for {title} released"))
    for row in ClosedAllotment.objects.filter(closing__deal=deal, allotment__investor__name=investor).select_related(
        "closing", "certificate"
    ):
        said = f"Closing effected; certificate {row.certificate.number} for {number(row.certificate.shares)} shares"
        lines.append((row.closing.at, said))
    for at, said in sorted(lines):
        yield at, investor, said
