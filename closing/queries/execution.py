"""The execution version of a document as its page shows it: what is frozen, what went stale, what is carried over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from closing.models import CarryOver, Deal, Deliverable, DocumentVersion, ExecutedVersion, ExecutionVersion
from closing.queries.facts import facts_of
from closing.queries.gates import gate_of
from closing.rules import facts, terms
from closing.rules.execution import (
    Change,
    Stage,
    if_frozen,
    if_taken_back,
    in_force,
    is_version,
    pages_in_words,
    signed_for,
    stages,
    versions_by_document,
)
from closing.rules.gate import Gate
from investors.models import User

HANDED_IN_AS = {DocumentVersion.Stage.DRAFT.value: Stage.DRAFT, DocumentVersion.Stage.COMMENTS.value: Stage.COMMENTS}
CLOSED = "The deal has closed on the execution version."
RELEASED = "Signed pages are released, so what they were signed for stands."


@dataclass(frozen=True, slots=True)
class SignedPage:
    """A signed page in words: whose it is, when it came on file, and the number of the version signed (0: unknown)."""

    block: str
    party: str
    signer: str
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Carried:
    """An authority on file: whose pages it carries over; nobody named is all who had signed by then."""

    pk: int
    parties: tuple[str, ...]
    authority: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Execution:
    """The execution version in force. `number` 0 is a file that the room does not have.

    `later` is the number of the last version that was never frozen, where that is a later one; `why_final` says why the
    execution version is no longer changed, blank where it may be. Pages in `stale` are signed for an earlier version.
    """

    pk: int
    number: int
    sha256: str
    at: datetime
    by: str
    blank_pages: tuple[int, ...]
    later: int | None
    stale: tuple[SignedPage, ...]
    carried: tuple[Carried, ...]
    why_final: str
    is_closed: bool

    @property
    def blanks(self) -> str:
        """Its blank signature pages in words; blank where none are named."""
        return pages_in_words(self.blank_pages)


def execution_of(
    deliverable: Deliverable, gate: Gate, user: User, own: frozenset[str] | None, rows: Sequence[DocumentVersion]
) -> Execution | None:
    """The execution version of a document; None where it has none. With `own`, only those investors' pages are told.

    `rows` are the document's versions that the user may see, in any order. At most two queries.
    """
    standing = in_force(gate.facts, deliverable.key)
    if standing is None:
        return None
    kept = ExecutionVersion.objects.filter(deliverable=deliverable, withdrawn_at=None).select_related("recorded_by")
    row = kept.order_by("at", "id").last()
    if row is None:
        return None
    frozen = {each.version for each in versions_by_document(gate.facts)[deliverable.key]}
    number = max((each.number for each in rows if is_version(standing, each.number, each.sha256)), default=0)
    latest = max((each.number for each in rows if each.sha256 not in frozen), default=0)
    return Execution(
        pk=row.pk,
        number=number,
        sha256=standing.version,
        at=standing.at,
        by=str(row.recorded_by or "the operator"),
        blank_pages=tuple(sorted(standing.blank_pages)),
        later=latest if number and latest > number else None,
        stale=stale_pages(deliverable.key, gate, own, rows),
        carried=_carried(deliverable, gate.deal, user, standing.version),
        why_final=why_final(deliverable.key, gate),
        is_closed=gate.is_closed,
    )


def why_final(document: str, gate: Gate) -> str:
    """Why the execution version of a document is no longer changed, as a sentence; blank where it may be."""
    if gate.is_closed:
        return CLOSED
    released = any(each.document == document and each.released_at for each in gate.facts.signatures)
    return RELEASED if released else ""


def stale_pages(
    document: str, gate: Gate, own: frozenset[str] | None, rows: Sequence[DocumentVersion]
) -> tuple[SignedPage, ...]:
    """The pages signed for an earlier version of a document and not signed anew, in the deal's order."""
    signed = {each.block for each in gate.facts.signatures if each.document == document}
    found = [each for each in gate.stale if each.document == document and each.block not in signed]
    return in_words(_last_of_each(found), gate, own, rows)


def in_words(
    pages: Sequence[facts.Signature], gate: Gate, own: frozenset[str] | None, rows: Sequence[DocumentVersion]
) -> tuple[SignedPage, ...]:
    """Signed pages for people, in the order of the deal's blocks; with `own`, those investors' alone."""
    of, numbers = gate.deal, _numbers(rows)
    versions = versions_by_document(gate.facts)
    order = {key: place for place, key in enumerate(of.block_by_key)}
    known = [each for each in pages if each.block in order and (own is None or of.party_of_block[each.block] in own)]
    return tuple(
        SignedPage(
            each.block,
            of.block_by_key[each.block].party,
            each.signer or of.block_by_key[each.block].signer,
            each.at,
            numbers.get(signed_for(each, versions.get(each.document, ())), 0),
        )
        for each in sorted(known, key=lambda each: order[each.block])
    )


def version_stages(
    deliverable: Deliverable, gate: Gate, user: User, rows: Sequence[DocumentVersion]
) -> Mapping[int, Stage]:
    """The stage of each version, by its number. One query."""
    made = ExecutedVersion.objects.visible_to(user).filter(deliverable=deliverable, state=ExecutedVersion.State.MADE)
    frozen = versions_by_document(gate.facts).get(deliverable.key, ())
    handed_in = [(each.number, each.sha256, HANDED_IN_AS[each.stage]) for each in rows]
    return stages(handed_in, frozen, frozenset(made.values_list("version", flat=True)))


def change_if_frozen(version: DocumentVersion, gate: Gate) -> Change:
    """What making a version the execution version now would do to the signed pages."""
    deliverable = version.deliverable
    fact = facts.ExecutionVersion(
        at=gate.moment, document=deliverable.key, version=version.sha256, number=version.number
    )
    return if_frozen(facts_of(deliverable.deal), fact)


def change_if_taken_back(deal: Deal, version: facts.ExecutionVersion) -> dict[str, tuple[str, ...]]:
    """What taking an execution version back now would do: whose pages go stale, and whose count again."""
    gate = gate_of(deal)
    change = if_taken_back(facts_of(deal), version, gate.moment)
    return {
        "stale": tuple(each.party for each in in_words(change.stale, gate, None, ())),
        "again": tuple(each.party for each in in_words(change.again, gate, None, ())),
    }


def _last_of_each(pages: Sequence[facts.Signature]) -> list[facts.Signature]:
    return list({each.block: each for each in sorted(pages, key=lambda each: each.at)}.values())


def _numbers(rows: Sequence[DocumentVersion]) -> dict[str, int]:
    return {each.sha256: each.number for each in sorted(rows, key=lambda each: each.number)}


def _carried(deliverable: Deliverable, of: terms.Deal, user: User, version: str) -> tuple[Carried, ...]:
    rows = CarryOver.objects.visible_to(user).filter(deliverable=deliverable, version=version, withdrawn_at=None)
    return tuple(
        Carried(
            each.pk,
            tuple(of.block_by_key[key].party if key in of.block_by_key else key for key in each.blocks),
            each.authority,
            each.at,
            str(each.recorded_by or "the operator"),
        )
        for each in rows.select_related("recorded_by").order_by("at", "id")
    )
