"""The documents: the numbered checklist of deliverables, one of them with its versions, and the files themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef

from closing.models import Deal, Deliverable, DocumentVersion, PdfCopy
from closing.queries.deals import investor_names_of
from closing.queries.execution import Execution, execution_of, version_stages, why_final
from closing.queries.gates import gate_of
from closing.queries.owed import owner_name
from closing.queries.page_states import PageStates, page_states
from closing.queries.submissions import balls
from closing.rules import terms
from closing.rules.documents import Standing, own_blocks, satisfied_state, signatories, standing
from closing.rules.execution import Stage
from closing.rules.gate import Gate
from closing.rules.signatures import PageStanding
from closing.rules.submissions import Ball, in_words
from closing.rules.terms import INVESTORS, ISSUER
from investors.models import User

FOLDER = "documents"
SIGNED_NOW = (Stage.EXECUTION, Stage.EXECUTED)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A deliverable on the checklist. `number` is its place on the whole list, which one investor sees a part of.

    `ball` is who has it between the two counsel; None for an investor.
    """

    number: int
    key: str
    title: str
    section: str
    owes: str
    signatories: str
    standing: Standing
    versions: int
    ball: Ball | None = None

    @property
    def between(self) -> str:
        """Who has the ball, in words; blank for an investor."""
        return in_words(self.ball) if self.ball else ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the checklist under its heading."""

    heading: str
    rows: tuple[DocumentRow, ...]


@dataclass(frozen=True, slots=True)
class DocumentsPage:
    """The checklist. `waiting` counts what somebody must still act on."""

    parts: tuple[Part, ...]
    count: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Serves:
    """A condition that a deliverable serves."""

    section: str
    heading: str
    state: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Signatory:
    """A block that signs a document, and where its page is."""

    block: str
    party: str
    signer: str
    standing: PageStanding


@dataclass(frozen=True, slots=True)
class Version:
    """A file handed in. `size` in bytes; `is_current` is the last; `may_freeze` that it may be what is signed."""

    id: int
    number: int
    filename: str
    by: str
    at: datetime
    size: int
    pages: int | None
    sha256: str
    note: str
    is_current: bool
    stage: Stage
    may_freeze: bool
    has_pdf: bool


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One deliverable, with its signatories and the files handed in, the newest first.

    `is_signed` is whether anybody signs it, so that it has an execution version, now or later.
    """

    row: DocumentRow
    part: str
    is_act: bool
    owed_by: str
    owed_to: str
    serves: tuple[Serves, ...]
    signatories: tuple[Signatory, ...]
    signed: int
    versions: tuple[Version, ...]
    is_signed: bool
    execution: Execution | None


def documents_page(deal: Deal, user: User, is_counsel: bool) -> DocumentsPage:
    """The deliverables that `user` may see, in the checklist's order. A fixed number of queries."""
    gate, own = gate_of(deal), own_of(deal, user, is_counsel)
    seen = dict(Deliverable.objects.visible_to(user).filter(deal=deal).values_list("key", "id"))
    versions = version_counts(deal, user)
    held = balls(deal) if own is None else {}
    parts: dict[str, list[DocumentRow]] = {}
    for number, each in enumerate(gate.deal.deliverables, start=1):
        if each.key in seen:
            row = _row(gate, each, number, versions.get(each.key, 0), own)
            parts.setdefault(each.part, []).append(replace(row, ball=held.get(each.key)))
    rows = [row for each in parts.values() for row in each]
    return DocumentsPage(
        parts=tuple(Part(heading, tuple(rows)) for heading, rows in parts.items()),
        count=len(rows),
        waiting=sum(1 for row in rows if row.standing.is_waiting),
    )


def document_page(deliverable: Deliverable, user: User, is_counsel: bool) -> DocumentPage:
    """One deliverable that `user` may see. A fixed number of queries."""
    deal = deliverable.deal
    gate, own = gate_of(deal), own_of(deal, user, is_counsel)
    term = gate.deal.deliverable_by_key[deliverable.key]
    number = gate.deal.deliverables.index(term) + 1
    rows = _version_rows(deliverable, user)
    execution = execution_of(deliverable, gate, user, own, rows) if term.signed_by else None
    may_freeze = bool(term.signed_by) and own is None and not why_final(deliverable.key, gate)
    versions = _versions(rows, version_stages(deliverable, gate, user, rows), may_freeze=may_freeze)
    signers = _signatories(deliverable, term, gate, own)
    return DocumentPage(
        row=_row(gate, term, number, len(versions), own),
        part=term.part,
        is_act=term.act,
        owed_by=_party(gate.deal, term.owed_by, own),
        owed_to=_party(gate.deal, term.owed_to, own),
        serves=_serves(gate, term, own),
        signatories=signers,
        signed=sum(1 for each in signers if each.standing.state.is_signed),
        versions=versions,
        is_signed=bool(term.signed_by),
        execution=execution,
    )


def own_of(deal: Deal, user: User, is_counsel: bool) -> frozenset[str] | None:
    """The investors whose affairs alone the user may see, by name; None for counsel, who see all."""
    return None if is_counsel else investor_names_of(user, deal)


def open_version(version: DocumentVersion) -> IO[bytes]:
    """The file of a version, for reading. Raises FileNotFoundError where the store has lost it."""
    return open_stored(version.sha256)


def open_stored(sha256: str) -> IO[bytes]:
    """The file of that digest, for reading. Raises FileNotFoundError where the store has lost it."""
    return default_storage.open(f"{FOLDER}/{sha256[:2]}/{sha256}")


def _row(gate: Gate, term: terms.Deliverable, number: int, versions: int, own: frozenset[str] | None) -> DocumentRow:
    return DocumentRow(
        number=number,
        key=term.key,
        title=term.title,
        section=term.section,
        owes=_party(gate.deal, term.owed_by, own),
        signatories=signatories(gate, term, own),
        standing=standing(gate, term, versions, own),
        versions=versions,
    )


def _party(deal: terms.Deal, reference: str, own: frozenset[str] | None) -> str:
    if own is not None and (reference == INVESTORS or reference in own):
        return "You"
    return deal.issuer.name if reference == ISSUER else owner_name(reference, deal)


def version_counts(deal: Deal, user: User) -> Mapping[str, int]:
    """How many files are on file for each deliverable, by key, as `user` may see them. One query."""
    counts: dict[str, int] = {}
    rows = DocumentVersion.objects.visible_to(user).filter(deliverable__deal=deal)
    for key in rows.values_list("deliverable__key", flat=True):
        counts[key] = counts.get(key, 0) + 1
    return counts


def _version_rows(deliverable: Deliverable, user: User) -> list[DocumentVersion]:
    rows = DocumentVersion.objects.visible_to(user).filter(deliverable=deliverable)
    made = PdfCopy.objects.filter(version=OuterRef("pk"), state=PdfCopy.State.MADE)
    return list(rows.select_related("uploaded_by").annotate(has_pdf=Exists(made)).order_by("-number"))


def _versions(
    rows: Iterable[DocumentVersion], stage_of: Mapping[int, Stage], *, may_freeze: bool
) -> tuple[Version, ...]:
    return tuple(
        Version(
            id=each.pk,
            number=each.number,
            filename=each.filename,
            by=str(each.uploaded_by or "the operator"),
            at=each.at,
            size=each.size,
            pages=each.pages,
            sha256=each.sha256,
            note=each.note,
            is_current=at == 0,
            stage=stage_of[each.number],
            may_freeze=may_freeze and each.pages is not None and stage_of[each.number] not in SIGNED_NOW,
            has_pdf=getattr(each, "has_pdf", False),
        )
        for at, each in enumerate(rows)
    )


def _serves(gate: Gate, term: terms.Deliverable, own: frozenset[str] | None) -> tuple[Serves, ...]:
    return tuple(_served(gate, section, own) for section in term.serves)


def _served(gate: Gate, section: str, own: frozenset[str] | None) -> Serves:
    found = gate.condition(section)
    state = satisfied_state(gate, section, own)
    said = state.value if state else "open"
    if own is None and found.open and found.met + found.waived:
        said = f"open for {found.open} of {len(gate.investors)} investors"
    return Serves(section, found.condition.heading, said, state is None)


def _signatories(
    deliverable: Deliverable, term: terms.Deliverable, gate: Gate, own: frozenset[str] | None
) -> tuple[Signatory, ...]:
    blocks = own_blocks(gate, term, own)
    if not blocks:
        return ()
    states = page_states(deliverable.deal, gate)
    return tuple(_signatory(each, states, term.key) for each in blocks)


def _signatory(block: terms.SignatureBlock, states: PageStates, document: str) -> Signatory:
    fact = states.signed.get((document, block.key))
    return Signatory(
        block=block.key,
        party=block.party,
        signer=(fact.signer if fact else "") or block.signer or (block.party if block.individual else ""),
        standing=states.of(document, block.key),
    )
