"""Rows that are a queue: something to make or to read, claimed by a worker under a lease.

A worker claims a row (`lease_until`, `lease_token`) and may only finish it while the lease is its own.
`closing.actions.leases` has the moves; each table says what is made.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

MAKING = (
    "state",
    "lease_until",
    "lease_token",
    "attempts",
    "pages_total",
    "pages_made",
    "error",
    "requested_at",
    "made_at",
    "sha256",
    "size",
)
"""The columns of a leased file that say how far it is."""


class LeasedRow(models.Model):
    """Work that somebody asked for. `pages_made` of `pages_total` is how far it is."""

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", "Queued"
        MAKING = "making", "Being made"
        MADE = "made", "Made"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    pages_total = models.PositiveIntegerField(default=0)
    pages_made = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_state",
                condition=Q(state__in=["queued", "making", "made", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="%(class)s_making_has_a_lease",
                condition=~Q(state="making") | Q(lease_until__isnull=False, lease_token__isnull=False),
            ),
            models.CheckConstraint(name="%(class)s_pages_made", condition=Q(pages_made__lte=models.F("pages_total"))),
        ]


class LeasedFile(LeasedRow):
    """Work that ends in a file, kept under its SHA-256. `size` in bytes."""

    sha256 = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    size = models.BigIntegerField(null=True, blank=True)

    class Meta(LeasedRow.Meta):
        abstract = True
        constraints = [
            *LeasedRow.Meta.constraints,
            models.CheckConstraint(
                name="%(class)s_made_has_a_file",
                condition=~Q(state="made") | Q(sha256__isnull=False, size__isnull=False, made_at__isnull=False),
            ),
        ]
