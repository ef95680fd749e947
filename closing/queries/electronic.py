"""What the room knows of reading and signing in the browser: the version to sign, what was shown, the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.files.storage import default_storage
from django.db.models import Max, Min

from closing.models import (
    Counterpart,
    Deal,
    DocumentVersion,
    ElectronicSignature,
    PageRead,
    SignatureBlock,
    SignaturePage,
)
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


def is_unopened(deal: Deal, document: str, version: DocumentVersion, user: User) -> bool:
    """Whether no page of his for this version has been viewed yet. One query."""
    own = SignatureBlock.objects.filter(deal=deal, person_email=user.email)
    viewed = SignaturePage.objects.filter(
        deal=deal, deliverable__key=document, version=version, block__in=own, viewed_at__isnull=False
    )
    return not viewed.exists()


@dataclass(frozen=True, slots=True)
class SignedFile:
    """What counsel can open of a signed page: the evidence of signing it in the browser, and the page as a file."""

    evidence: int | None
    is_in_the_making: bool
    error: str
    counterpart: int | None


def signed_files(deal: Deal, block: str) -> Mapping[tuple[str, str], SignedFile]:
    """For counsel: the files of one block's pages on file, by document and version, in two queries."""
    found: dict[tuple[str, str], SignedFile] = {}
    done = ElectronicSignature.objects.filter(deal=deal, page__block__key=block, signature__withdrawn_at=None)
    for row in done.select_related("page__deliverable"):
        under_way = row.state in (ElectronicSignature.State.QUEUED, ElectronicSignature.State.MAKING)
        error = row.error if row.state == ElectronicSignature.State.FAILED else ""
        found[row.page.deliverable.key, row.document_sha256] = SignedFile(row.pk, under_way, error, None)
    kept = Counterpart.objects.filter(signature__deal=deal, signature__block__key=block, signature__withdrawn_at=None)
    for document, version, pk in kept.values_list("signature__deliverable__key", "signature__version", "pk"):
        had = found.get((document, version), SignedFile(None, False, "", None))
        found[document, version] = replace(had, counterpart=pk)
    return found


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
