"""Signatures on file, the pages that are signed, and the packets in which they go out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from closing.models.base import (
    AllotmentRowQuerySet,
    DealRowQuerySet,
    FactRow,
    fact_triggers,
    investors_of,
    withdrawal_check,
)
from closing.models.deals import Deal, SignatureBlock
from closing.models.documents import Deliverable, DocumentVersion
from closing.models.leases import MAKING, LeasedFile
from investors.models import User
from investors.models.guards import append_only, changed_in_part


class SignatureQuerySet(AllotmentRowQuerySet["Signature"]):
    """Signatures."""

    allotment = "block__allotment"


class Signature(FactRow):
    """A signature page returned, in escrow until `released_at`.

    `version` is the SHA-256 of the execution version that was signed; blank where the document had none.
    """

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="signatures")
    block = models.ForeignKey(SignatureBlock, on_delete=models.PROTECT, related_name="signatures")
    signer = models.CharField(blank=True)
    title = models.CharField(blank=True)
    version = models.CharField(max_length=64, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    objects = SignatureQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("signature"),
            models.UniqueConstraint(
                name="signature_stands_once",
                fields=["deliverable", "block", "version"],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]
        triggers = fact_triggers("signatures", "released_at")


class SignaturePageQuerySet(AllotmentRowQuerySet["SignaturePage"]):
    """Signature pages."""

    allotment = "block__allotment"

    def own(self, user: User) -> Q:
        """Those of his investors, and those that he signs himself."""
        return super().own(user) | Q(block__person_email=user.email)


class SignaturePage(models.Model):
    """A page for one block to sign for one document; `token` is what its codes say.

    `version` is the execution version whose hash the page is bound to; None where the document had none when the
    page was first asked for. `sent_at` and `viewed_at` are the first times.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="signature_pages")
    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="signature_pages")
    block = models.ForeignKey(SignatureBlock, on_delete=models.PROTECT, related_name="signature_pages")
    version = models.ForeignKey(
        DocumentVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="signature_pages"
    )
    token = models.CharField(max_length=16, unique=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    viewed_at = models.DateTimeField(null=True, blank=True)

    objects = SignaturePageQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="signature_page_once", fields=["deliverable", "block", "version"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="signature_page_token",
                condition=Q(token__regex=r"^[0-9A-Z]{8,16}$"),  # noqa: S106
            ),
        ]
        triggers = changed_in_part("signature pages", "sent_at", "viewed_at")

    def __str__(self) -> str:
        return self.token


class CounterpartQuerySet(AllotmentRowQuerySet["Counterpart"]):
    """Counterparts."""

    deal = "signature__deal"
    allotment = "signature__block__allotment"

    def own(self, user: User) -> Q:
        """Those of his investors, and those that he signed himself."""
        return super().own(user) | Q(signature__block__person_email=user.email)


class Counterpart(models.Model):
    """The signed page itself, as a file: a scan straightened, or the page signed in the browser and sealed.

    `sha256` names a one-page PDF in the store, `size` in bytes.
    """

    class How(models.TextChoices):
        """How it was signed."""

        SCAN = "scan", "On paper, scanned"
        BROWSER = "browser", "In the browser"

    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="counterpart")
    page = models.ForeignKey(SignaturePage, on_delete=models.PROTECT, related_name="counterparts")
    how = models.CharField(max_length=10, choices=How.choices)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    at = models.DateTimeField()

    objects = CounterpartQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="counterpart_sha256", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="counterpart_how", condition=Q(how__in=["scan", "browser"])),
        ]
        triggers = append_only("counterparts")

    def __str__(self) -> str:
        return f"Counterpart {self.sha256[:12]}"


class DecliningQuerySet(AllotmentRowQuerySet["Declining"]):
    """Refusals to sign."""

    deal = "page__deal"
    allotment = "page__block__allotment"

    def own(self, user: User) -> Q:
        """Those of his investors, and his own."""
        return super().own(user) | Q(page__block__person_email=user.email)


class Declining(models.Model):
    """A signatory declines to sign a page, with the reason. Taken back once, by signing after all or by word."""

    page = models.ForeignKey(SignaturePage, on_delete=models.PROTECT, related_name="declinings")
    at = models.DateTimeField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = DecliningQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="declined_once_at_a_time", fields=["page"], condition=Q(taken_back_at__isnull=True)
            ),
            models.CheckConstraint(name="declining_has_a_reason", condition=~Q(reason="")),
        ]
        triggers = changed_in_part("refusals to sign", "taken_back_at")

    def __str__(self) -> str:
        return f"{self.page} declined"


class ElectronicSignatureQuerySet(AllotmentRowQuerySet["ElectronicSignature"]):
    """Electronic signatures."""

    deal = "page__deal"
    allotment = "page__block__allotment"

    def own(self, user: User) -> Q:
        """Those of his investors, and his own."""
        return super().own(user) | Q(page__block__person_email=user.email)


class ElectronicSignature(LeasedFile):
    """A page signed in the browser, with the evidence; the worker then makes the page and seals it.

    `strokes` is what was drawn, `typed` what was typed: one of them. `document_sha256` is the file that was read,
    `consent_sha256` the text consented to, kept in the store. `address` and `agent` are where it came from.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="electronic_signatures")
    page = models.ForeignKey(SignaturePage, on_delete=models.PROTECT, related_name="electronic_signatures")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="electronic")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    capacity = models.CharField()
    strokes = models.JSONField(default=list, blank=True)
    typed = models.CharField(blank=True)
    document_sha256 = models.CharField(max_length=64)
    consent_sha256 = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=400, blank=True)
    email = models.EmailField()

    objects = ElectronicSignatureQuerySet.as_manager()

    class Meta(LeasedFile.Meta):
        constraints = [
            *LeasedFile.Meta.constraints,
            models.CheckConstraint(
                name="electronic_signature_drawn_or_typed",
                condition=(Q(strokes=[]) & ~Q(typed="")) | (~Q(strokes=[]) & Q(typed="")),
            ),
        ]
        triggers = changed_in_part("electronic signatures and their evidence", *MAKING)

    def __str__(self) -> str:
        return f"Electronic signature of {self.user}"


class PacketQuerySet(DealRowQuerySet["Packet"]):
    """Packets."""

    def own(self, user: User) -> Q:
        """Packets of his investors' pages only: one page of another's hides the packet."""
        pages = PacketPage.objects.filter(packet=OuterRef("pk"))
        his = Q(page__block__allotment__investor__in=investors_of(user)) | Q(page__block__person_email=user.email)
        # Not `exclude`, which would let the issuer's pages (no allotment) pass.
        others = pages.exclude(pk__in=PacketPage.objects.filter(his).values("pk"))
        return Q(Exists(pages)) & ~Q(Exists(others))


class Packet(LeasedFile):
    """Pages to sign in one file: asked for, then made by a worker.

    `kind` is whose pages: one person's, all those of a firm (`person` is then its name), or one document's
    (`person` is then its title). `content_key` is a digest of what the packet is made of.
    """

    class Kind(models.TextChoices):
        """Whose pages are in it."""

        PERSON = "person", "A person's"
        FIRM = "firm", "A firm's"
        DOCUMENT = "document", "A document's"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="packets")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    person = models.CharField()
    content_key = models.CharField(max_length=64)
    pages = models.ManyToManyField(SignaturePage, through="PacketPage", related_name="packets")

    objects = PacketQuerySet.as_manager()

    class Meta(LeasedFile.Meta):
        constraints = [
            *LeasedFile.Meta.constraints,
            models.UniqueConstraint(
                name="packet_once_while_live",
                fields=["deal", "kind", "person", "content_key"],
                condition=Q(state__in=["queued", "making", "made"]),
            ),
            models.CheckConstraint(name="packet_kind", condition=Q(kind__in=["person", "firm", "document"])),
        ]

    def __str__(self) -> str:
        return f"Packet of {self.person}"


class PacketPageQuerySet(AllotmentRowQuerySet["PacketPage"]):
    """Pages of packets."""

    deal = "packet__deal"
    allotment = "page__block__allotment"


class PacketPage(models.Model):
    """A signature page in its place in a packet."""

    packet = models.ForeignKey(Packet, on_delete=models.CASCADE, related_name="packet_pages")
    page = models.ForeignKey(SignaturePage, on_delete=models.PROTECT, related_name="packet_pages")
    position = models.PositiveIntegerField()

    objects = PacketPageQuerySet.as_manager()

    class Meta:
        ordering = ["packet", "position"]
        constraints = [
            models.UniqueConstraint(name="packet_position_once", fields=["packet", "position"]),
            models.UniqueConstraint(name="packet_page_once", fields=["packet", "page"]),
        ]

    def __str__(self) -> str:
        return f"{self.packet_id}, page {self.position}"
