"""A firm's own checklist on its way in: read, shown, and taken in once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet
from closing.models.deals import Deal
from investors.models import User


class ChecklistImportQuerySet(DealRowQuerySet["ChecklistImport"]):
    """Imports. A firm's own list may say what only its own side should read, so only whoever sent it sees it."""

    def counsel(self, user: User) -> Q:
        """Those that he sent himself, on a deal whose counsel he is."""
        return super().counsel(user) & Q(by=user)


class ChecklistImport(models.Model):
    """A table as it was read, cell by cell, waiting for its sender's word; `confirmed_at` is when it was taken in."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="checklist_imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    source = models.CharField(max_length=255)
    rows = models.JSONField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = ChecklistImportQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="checklist_import_confirmed_later",
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=models.F("at")),
            ),
        ]

    def __str__(self) -> str:
        return self.source
