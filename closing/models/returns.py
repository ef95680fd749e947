"""Signed pages that came back as scans: the files handed in, and each of their pages on its way to its place."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet
from closing.models.deals import Deal
from closing.models.leases import LeasedRow
from closing.models.signatures import Signature, SignaturePage


class ReturnedFileQuerySet(DealRowQuerySet["ReturnedFile"]):
    """Returned files: counsel's alone, since one scan mixes several signatories."""


class ReturnedFile(LeasedRow):
    """A scan handed in, read page by page by a worker. Kept under its SHA-256; `size` in bytes."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="returned_files")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()

    objects = ReturnedFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.filename


class ReturnedPageQuerySet(DealRowQuerySet["ReturnedPage"]):
    """Returned pages: counsel's alone until they are filed."""

    deal = "file__deal"


class ReturnedPage(models.Model):
    """One page of a returned file: what was read on it, and what became of it.

    `token` is the code read, blank where none was; `page` the signature page it is taken for, by its code or by a
    person's word (`assigned_by`). `upright_sha256` is the straightened page, `picture_sha256` its preview.
    A page leaves the tray once: filed (`signature`), or set aside with the reason.
    """

    class State(models.TextChoices):
        """Where the page is."""

        TRAY = "tray", "To be assigned"
        TO_CONFIRM = "to-confirm", "To be confirmed"
        FILED = "filed", "Filed"
        SET_ASIDE = "set-aside", "Set aside"

    class Finding(models.TextChoices):
        """What was noticed about it when it was read."""

        RECOGNISED = "recognised", "Recognised by its code"
        UNREAD = "unread", "No code could be read"
        UNKNOWN = "unknown", "Not a page of this deal"
        DUPLICATE = "duplicate", "The same page came before"
        STALE = "stale", "A page of an earlier version"
        BLANK = "blank", "Not signed"
        DECLINED = "declined", "The signatory had declined"

    file = models.ForeignKey(ReturnedFile, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    finding = models.CharField(max_length=12, choices=Finding.choices)
    token = models.CharField(max_length=16, blank=True)
    page = models.ForeignKey(SignaturePage, on_delete=models.PROTECT, null=True, blank=True, related_name="returns")
    turned = models.PositiveIntegerField(default=0)
    upright_sha256 = models.CharField(max_length=64)
    picture_sha256 = models.CharField(max_length=64)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="returned_pages"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    objects = ReturnedPageQuerySet.as_manager()

    class Meta:
        ordering = ["file", "number"]
        constraints = [
            models.UniqueConstraint(name="returned_page_once", fields=["file", "number"]),
            models.CheckConstraint(
                name="returned_page_state", condition=Q(state__in=["tray", "to-confirm", "filed", "set-aside"])
            ),
            models.CheckConstraint(
                name="returned_page_filed",
                condition=Q(state="filed", signature__isnull=False, page__isnull=False)
                | (~Q(state="filed") & Q(signature__isnull=True)),
            ),
            models.CheckConstraint(
                name="returned_page_settled",
                condition=Q(state__in=["filed", "set-aside"], settled_at__isnull=False)
                | Q(state__in=["tray", "to-confirm"], settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file}, page {self.number}"
