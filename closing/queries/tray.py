"""The tray: a page whose code could not be read, beside the pages that it may be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from closing.models import Deal, ReturnedPage, SignaturePage
from closing.pdf.tokens import human_token
from closing.queries.gates import gate_of
from closing.queries.returns import PageRow, next_in_tray, one_page
from closing.rules.execution import versions_by_document
from closing.rules.gate import Gate
from closing.rules.returns import Place

SHOWN = 80


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that is still missing. `code` is printed at its foot; `version` is its document's, None where it has none.

    `is_earlier`: it was made for an earlier version. `waits`: a scan of it is to be confirmed already.
    """

    id: int
    title: str
    party: str
    person: str
    code: str
    version: int | None
    is_earlier: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Signatory:
    """A person, with the pages that he has still to sign."""

    person: str
    pages: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class TrayPage:
    """One page of the tray. `found` candidates match `text`, of `missing`; the first SHOWN are in `people`.

    `place` of `count` is where the page is in the tray; `later` the page to look at next, None for the last.
    """

    row: PageRow
    people: tuple[Signatory, ...]
    text: str
    found: int
    shown: int
    missing: int
    place: int
    count: int
    later: int | None


def tray_page(deal: Deal, page: ReturnedPage, text: str) -> TrayPage:
    """A page of the tray of `deal` with the missing pages that `text` leaves. A fixed number of queries."""
    gate = gate_of(deal)
    missing = list(_missing(deal, gate, page.codes))
    words = text.casefold().split()
    found = [each for each in missing if all(word in _searched(each) for word in words)]
    ids = list(
        ReturnedPage.objects.filter(file__deal=deal, state=Place.TRAY).order_by("pk").values_list("pk", flat=True)
    )
    shown = found[:SHOWN]
    return TrayPage(
        row=one_page(page),
        people=_by_person(shown),
        text=text,
        found=len(found),
        shown=len(shown),
        missing=len(missing),
        place=ids.index(page.pk) + 1 if page.pk in ids else 0,
        count=len(ids),
        later=next_in_tray(deal, page.pk),
    )


def _missing(deal: Deal, gate: Gate, codes: Sequence[str]) -> Iterator[Candidate]:
    """The pages sent out of which no signature counts yet, those for the version in force first.

    Of a sheet on which different codes were read, only their pages.
    """
    signed = {(each.document, each.block) for each in gate.facts.signatures}
    in_force = {document: rows[-1].version for document, rows in versions_by_document(gate.facts).items()}
    waits = set(ReturnedPage.objects.filter(file__deal=deal, state=Place.TO_CONFIRM).values_list("page_id", flat=True))
    rows = SignaturePage.objects.filter(deal=deal, deliverable__withdrawn_at=None)
    rows = rows.filter(token__in=codes) if codes else rows
    fields = (
        "pk",
        "deliverable__key",
        "deliverable__title",
        "block__key",
        "block__party",
        "block__person",
        "token",
        "version__sha256",
        "version__number",
    )
    earlier = []
    for pk, key, title, block, party, person, token, version, number in rows.order_by(
        "block__position", "deliverable__position", "-pk"
    ).values_list(*fields):
        if (key, block) in signed:
            continue
        is_earlier = key in in_force and version != in_force[key]
        each = Candidate(pk, title, party, person, human_token(token), number, is_earlier, pk in waits)
        if is_earlier:
            earlier.append(each)
        else:
            yield each
    yield from earlier


def _searched(each: Candidate) -> str:
    said = f"{each.title} {each.party} {each.person} {each.code} {each.code.replace('-', '')}"
    return said.casefold()


def _by_person(pages: Sequence[Candidate]) -> tuple[Signatory, ...]:
    people: dict[str, list[Candidate]] = {}
    for each in pages:
        people.setdefault(each.person, []).append(each)
    return tuple(Signatory(person, tuple(found)) for person, found in people.items())
