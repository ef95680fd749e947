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
from closing.models.documents import Deliverable
from investors.models import User


class SignatureQuerySet(AllotmentRowQuerySet["Signature"]):
    """Signatures."""

    allotment = "block__allotment"


class Signature(FactRow):
    """A signature page returned, in escrow until `released_at`."""

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="signatures")
    block = models.ForeignKey(SignatureBlock, on_delete=models.PROTECT, related_name="signatures")
    signer = models.CharField(blank=True)
    title = models.CharField(blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    objects = SignatureQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("signature"),
            models.UniqueConstraint(
                name="signature_stands_once",
                fields=["deliverable", "block"],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]
        triggers = fact_triggers("signatures", "released_at")


class SignaturePageQuerySet(AllotmentRowQuerySet["SignaturePage"]):
    """Signature pages."""

    allotment = "block__allotment"


class SignaturePage(models.Model):
    """A page for one block to sign for one document; `token` is what its codes say."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="signature_pages")
    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="signature_pages")
    block = models.ForeignKey(SignatureBlock, on_delete=models.PROTECT, related_name="signature_pages")
    token = models.CharField(max_length=16, unique=True)

    objects = SignaturePageQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="signature_page_once", fields=["deliverable", "block"]),
            models.CheckConstraint(
                name="signature_page_token",
                condition=Q(token__regex=r"^[0-9A-Z]{8,16}$"),  # noqa: S106
            ),
        ]

    def __str__(self) -> str:
        return self.token


class PacketQuerySet(DealRowQuerySet["Packet"]):
    """Packets."""

    def own(self, user: User) -> Q:
        """Packets of his investors' pages only: one page of another's hides the packet."""
        pages = PacketPage.objects.filter(packet=OuterRef("pk"))
        his = Q(page__block__allotment__investor__in=investors_of(user))
        # Not `exclude`, which would let the issuer's pages (no allotment) pass.
        others = pages.exclude(pk__in=PacketPage.objects.filter(his).values("pk"))
        return Q(Exists(pages)) & ~Q(Exists(others))


class Packet(models.Model):
    """All the pages that one person signs, in one file: asked for, then made by a worker.

    The row is the queue. A worker claims it by a lease (`lease_until`, `lease_token`) and may only
    finish while the lease is its own. `content_key` is a digest of what the packet is made of.
    """

    class State(models.TextChoices):
        """How far a packet is."""

        QUEUED = "queued", "Queued"
        MAKING = "making", "Being made"
        MADE = "made", "Made"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="packets")
    person = models.CharField()
    content_key = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    pages_total = models.PositiveIntegerField(default=0)
    pages_made = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    size = models.BigIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)
    pages = models.ManyToManyField(SignaturePage, through="PacketPage", related_name="packets")

    objects = PacketQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="packet_once_while_live",
                fields=["deal", "person", "content_key"],
                condition=Q(state__in=["queued", "making", "made"]),
            ),
            models.CheckConstraint(
                name="packet_state",
                condition=Q(state__in=["queued", "making", "made", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="packet_made_has_a_file",
                condition=~Q(state="made") | Q(sha256__isnull=False, size__isnull=False, made_at__isnull=False),
            ),
            models.CheckConstraint(
                name="packet_making_has_a_lease",
                condition=~Q(state="making") | Q(lease_until__isnull=False, lease_token__isnull=False),
            ),
            models.CheckConstraint(name="packet_pages_made", condition=Q(pages_made__lte=models.F("pages_total"))),
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
