"""Which pages of an execution version were shown to the person who is to sign it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet
from closing.models.deals import Deal
from closing.models.documents import DocumentVersion
from investors.models import User
from investors.models.guards import append_only


class PageReadQuerySet(DealRowQuerySet["PageRead"]):
    """Pages shown."""

    def own(self, user: User) -> Q:
        """What was shown to him."""
        return Q(user=user)


class PageRead(models.Model):
    """A page of a file, from 1, shown to somebody for the first time: as a picture, or `as_text` where he asked so."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="pages_read")
    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="pages_read")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    as_text = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects = PageReadQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "pages read"
        ordering = ["version", "user", "number"]
        constraints = [
            models.UniqueConstraint(name="page_read_first_time", fields=["version", "user", "number"]),
            models.CheckConstraint(name="page_read_number", condition=Q(number__gte=1)),
        ]
        triggers = append_only("pages read")

    def __str__(self) -> str:
        return f"Page {self.number}, read by {self.user}"
