"""What the room knows of reading and signing in the browser: the version to sign, what was shown, the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.files.storage import default_storage
from django.db.models import Max, Min

from closing.models import Counterpart, Deal, DocumentVersion, ElectronicSignature, PageRead
from closing.rules import facts
from closing.rules.execution import versions_by_document
from investors.models import User

CONSENTS = "consents"
PDF = "application/pdf"


def files_in_force(deal: Deal, standing: facts.Facts) -> Mapping[str, DocumentVersion]:
    """The file that the parties sign, by the document's key, where it is in the room. One query."""
    in_force = {document: rows[-1] for document, rows in versions_by_document(standing).items()}
    digests = [each.version for each in in_force.values()]
    rows = DocumentVersion.objects.filter(deliverable__deal=deal, sha256__in=digests).select_related("deliverable")
    found: dict[str, DocumentVersion] = {}
    for row in rows.order_by("number"):
        fact = in_force.get(row.deliverable.key)
        if fact is None or row.sha256 != fact.version:
            continue
        if row.deliverable.key not in found or row.number == fact.number:
            found[row.deliverable.key] = row
    return found


def pages_read(version: DocumentVersion, user: User) -> frozenset[int]:
    """The numbers of the pages that were shown to him."""
    return frozenset(PageRead.objects.filter(version=version, user=user).values_list("number", flat=True))


def missing_pages(version: DocumentVersion, read: frozenset[int]) -> tuple[int, ...]:
    """The numbers of the pages that were not."""
    return tuple(number for number in range(1, (version.pages or 0) + 1) if number not in read)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one act of signing. `consent` is the text consented to; blank where the store has lost it."""

    row: ElectronicSignature
    counterpart: Counterpart | None
    consent: str
    first_read: datetime | None
    last_read: datetime | None
    pages: int
    as_text: bool
    is_withdrawn: bool


def evidence_of(row: ElectronicSignature) -> Evidence:
    """The evidence of one electronic signature, in three queries."""
    version = row.page.version
    read = PageRead.objects.filter(version=version, user=row.user, at__lte=row.signed_at)
    times = read.aggregate(first=Min("at"), last=Max("at"))
    numbers = list(read.values_list("as_text", flat=True))
    return Evidence(
        row=row,
        counterpart=Counterpart.objects.filter(signature=row.signature).first(),
        consent=_consent(row.consent_sha256),
        first_read=times["first"],
        last_read=times["last"],
        pages=len(numbers),
        as_text=any(numbers),
        is_withdrawn=row.signature.withdrawn_at is not None,
    )


def _consent(sha256: str) -> str:
    try:
        with default_storage.open(f"{CONSENTS}/{sha256[:2]}/{sha256}.txt") as file:
            content: bytes = file.read()
    except FileNotFoundError:
        return ""
    return content.decode()

