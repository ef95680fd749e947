"""Closing books: all executed documents of a deal in one indexed file, for counsel or for one investor."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from closing.models.base import AllotmentRowQuerySet
from closing.models.deals import Allotment, Deal
from closing.models.leases import LeasedFile


class ClosingBookQuerySet(AllotmentRowQuerySet["ClosingBook"]):
    """Closing books."""


class ClosingBook(LeasedFile):
    """A closing book: `allotment` None is counsel's, with everything; else what that investor may see.

    `form` is one PDF, or a folder (zip) with an index that works from a file. `content_key` is a digest of all that
    goes in: the same documents give the same row, and a late one a new row.
    """

    class Form(models.TextChoices):
        """As what it is handed over."""

        PDF = "pdf", "One PDF"
        FOLDER = "folder", "Folder (zip)"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="books")
    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, null=True, blank=True, related_name="books")
    form = models.CharField(max_length=10, choices=Form.choices)
    content_key = models.CharField(max_length=64)
    documents = models.PositiveIntegerField(default=0)

    objects = ClosingBookQuerySet.as_manager()

    class Meta(LeasedFile.Meta):
        constraints = [
            *LeasedFile.Meta.constraints,
            models.UniqueConstraint(
                name="closing_book_once_while_live",
                fields=["deal", "allotment", "form", "content_key"],
                condition=Q(state__in=["queued", "making", "made"]),
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="closing_book_form", condition=Q(form__in=["pdf", "folder"])),
        ]

    def __str__(self) -> str:
        return f"Closing book of {self.deal}"
