"""The pages that a deal sent out, looked up for the scans that came back: what is so of each now.

A fixed number of queries, whatever the number of pages asked for.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from closing import models
from closing.models import Deal, Declining, ReturnedPage, Signature, SignaturePage
from closing.rules import facts
from closing.rules.execution import signed_for
from closing.rules.facts import UNBOUND
from closing.rules.returns import Finding, KnownPage

COPIES = (Finding.RECOGNISED, Finding.STALE, Finding.DECLINED, Finding.UNREAD)
Versions = Mapping[int, Sequence[facts.ExecutionVersion]]


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page that the deal sent out. `version` is what a signature on it is signed for, as a fact says it.

    `signature` stands on file for this very page; `has_scan` says whether the page itself is there too, or is being
    made after it was signed in the browser. `copies` are the scans of it, by id, that are filed or to be confirmed.
    """

    row: SignaturePage
    version: str
    is_stale: bool
    is_unbound: bool
    signature: Signature | None
    has_scan: bool
    copies: frozenset[int]
    has_declined: bool

    def known(self, but: int | None = None) -> KnownPage:
        """The page as the rules ask of it; `but` is the scan that is itself asked about."""
        return KnownPage(
            is_stale=self.is_stale,
            is_unbound=self.is_unbound,
            is_on_file=self.has_scan,
            came_before=bool(self.copies - {but}),
            has_declined=self.has_declined,
        )


def sent_pages(deal: Deal, *, tokens: Collection[str] = (), ids: Collection[int] = ()) -> dict[str, SentPage]:
    """The pages of `deal` that have these codes or ids, by code. Five queries; one where there are none."""
    asked = SignaturePage.objects.filter(Q(token__in=tokens) | Q(pk__in=ids), deal=deal)
    rows = list(asked.select_related("deliverable", "block", "version"))
    if not rows:
        return {}
    versions = versions_of(deal, {row.deliverable_id for row in rows})
    signatures = _signatures(deal, rows, versions)
    copies = _copies(rows)
    declined = set(
        Declining.objects.filter(page__in=rows, taken_back_at=None).values_list(
            "page__deliverable_id", "page__block_id"
        )
    )
    return {row.token: _sent(row, versions.get(row.deliverable_id, ()), signatures, copies, declined) for row in rows}


def versions_of(deal: Deal, documents: Collection[int]) -> Versions:
    """The execution versions of these documents, also those taken back, the last on file last."""
    found: dict[int, list[facts.ExecutionVersion]] = defaultdict(list)
    rows = models.ExecutionVersion.objects.filter(deal=deal, deliverable__in=documents).order_by("at", "id")
    for document, version, at, withdrawn_at in rows.values_list("deliverable", "version", "at", "withdrawn_at"):
        found[document].append(
            facts.ExecutionVersion(at=at, withdrawn_at=withdrawn_at, document=str(document), version=version)
        )
    return found


def in_force(versions: Sequence[facts.ExecutionVersion]) -> str:
    """The SHA-256 of the version in force; blank where there is none."""
    return next((each.version for each in reversed(versions) if each.withdrawn_at is None), "")


def _sent(
    row: SignaturePage,
    versions: Sequence[facts.ExecutionVersion],
    signatures: Mapping[tuple[int, int, str], Signature],
    copies: Mapping[int, frozenset[int]],
    declined: Collection[tuple[int, int]],
) -> SentPage:
    current = in_force(versions)
    bound = row.version.sha256 if row.version else ""
    signature = signatures.get((row.deliverable_id, row.block_id, bound))
    return SentPage(
        row=row,
        version=bound or (UNBOUND if current else ""),
        is_stale=bool(current and bound and bound != current),
        is_unbound=bool(current and not bound),
        signature=signature,
        has_scan=signature is not None and (hasattr(signature, "counterpart") or hasattr(signature, "electronic")),
        copies=copies.get(row.pk, frozenset()),
        has_declined=(row.deliverable_id, row.block_id) in declined,
    )


def _signatures(deal: Deal, rows: Sequence[SignaturePage], versions: Versions) -> dict[tuple[int, int, str], Signature]:
    """The signatures that stand, by document, block and the version signed; blank for none."""
    found = {}
    standing = Signature.objects.filter(
        deal=deal,
        deliverable__in={row.deliverable_id for row in rows},
        block__in={row.block_id for row in rows},
        withdrawn_at=None,
    )
    for each in standing.select_related("counterpart", "electronic"):
        said = facts.Signature(at=each.at, document="", block="", version=each.version)
        version = signed_for(said, versions.get(each.deliverable_id, ()))
        found[each.deliverable_id, each.block_id, "" if version == UNBOUND else version] = each
    return found


def _copies(rows: Sequence[SignaturePage]) -> dict[int, frozenset[int]]:
    """The scans of each page that are filed or wait to be confirmed; a blank or a doubtful one counts for none."""
    found: dict[int, set[int]] = defaultdict(set)
    waiting = Q(state=ReturnedPage.State.TO_CONFIRM, finding__in=[each.value for each in COPIES])
    there = ReturnedPage.objects.filter(waiting | Q(state=ReturnedPage.State.FILED), page__in=rows)
    for page, scan in there.values_list("page", "pk"):
        found[page].add(scan)
    return {page: frozenset(scans) for page, scans in found.items()}
