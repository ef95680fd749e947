"""Who submitted, accepted or sent back which deliverable."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet
from closing.models.documents import Deliverable, DocumentVersion
from closing.rules.submissions import WITH_REASON, Move
from closing.rules.terms import Side
from investors.models.guards import append_only


class SubmissionQuerySet(DealRowQuerySet["Submission"]):
    """Moves of deliverables. They are between the two counsel: an investor's contact sees none."""

    deal = "deliverable__deal"


class Submission(models.Model):
    """One move of a deliverable between the sides (`closing.rules.submissions`). Never changed.

    `number` counts the deliverable's moves from 1, so that of two made at once one is refused. `version` is the file
    that the move is about, None where none was on file. `by` None is the operator at the command line.
    """

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField()
    move = models.CharField()
    side = models.CharField()
    version = models.ForeignKey(
        DocumentVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="submissions"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["deliverable", "number"]
        constraints = [
            models.UniqueConstraint(name="submission_number_once", fields=["deliverable", "number"]),
            models.CheckConstraint(name="submission_number_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(name="submission_move", condition=Q(move__in=[each.value for each in Move])),
            models.CheckConstraint(name="submission_side", condition=Q(side__in=[each.value for each in Side])),
            models.CheckConstraint(
                name="submission_says_why",
                condition=~Q(move__in=sorted(each.value for each in WITH_REASON)) | ~Q(reason=""),
            ),
        ]
        triggers = append_only("submissions")

    def __str__(self) -> str:
        return f"{self.deliverable}: {self.move}"
