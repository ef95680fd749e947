"""Notes of the two counsel on conditions and deliverables, shared or private to one side."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from closing.models.base import DealRowQuerySet, deals_of_counsel, deals_of_side, fact_triggers, withdrawal_check
from closing.models.conditions import Condition
from closing.models.deals import Deal
from closing.models.documents import Deliverable
from closing.rules.notes import Audience
from closing.rules.terms import Side
from investors.models import User


class NoteQuerySet(DealRowQuerySet["Note"]):
    """Notes. Nothing reads them but through `visible_to`, the one place that decides who reads which."""

    def counsel(self, user: User) -> Q:
        """The shared ones of his deals, and those of his own side. An investor's contact reads none at all."""
        found = Q(audience=Audience.SHARED.value, deal__in=deals_of_counsel(user))
        for side in Side:
            found |= Q(audience=Audience.of(side).value, deal__in=deals_of_side(user, side))
        return found


class Note(models.Model):
    """A note on one condition or one deliverable. Written once; it may be taken back, once.

    `side` is the side whose counsel wrote it, `audience` who reads it: both counsel, or that side's alone.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="notes")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    audience = models.CharField()
    side = models.CharField()
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            withdrawal_check("note"),
            models.CheckConstraint(
                name="note_on_one_item",
                condition=Q(condition__isnull=True, deliverable__isnull=False)
                | Q(condition__isnull=False, deliverable__isnull=True),
            ),
            models.CheckConstraint(name="note_side", condition=Q(side__in=[each.value for each in Side])),
            # A side writes for both or for itself, never for the other side alone.
            models.CheckConstraint(
                name="note_audience", condition=Q(audience=Audience.SHARED.value) | Q(audience=F("side"))
            ),
            models.CheckConstraint(name="note_says_something", condition=~Q(text="")),
        ]
        triggers = fact_triggers("notes")

    def __str__(self) -> str:
        return f"Note {self.pk}"
