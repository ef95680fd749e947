"""The version that the parties sign, the authority to carry signed pages over, and the document as executed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closing.models.base import (
    AllotmentRowQuerySet,
    DealRowQuerySet,
    FactRow,
    WholeDealQuerySet,
    fact_triggers,
    withdrawal_check,
)
from closing.models.deals import Allotment, Deal
from closing.models.documents import Deliverable
from closing.models.leases import LeasedFile

IS_SHA256 = r"^[0-9a-f]{64}$"


class ExecutionVersionQuerySet(WholeDealQuerySet["ExecutionVersion"]):
    """Execution versions."""


class ExecutionVersion(FactRow):
    """The file that the parties sign: `version` is its SHA-256, `number` its number among the document's versions.

    The last one on file is in force. `blank_pages` are the numbers of its own blank signature pages, from 1.
    """

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="execution_versions")
    version = models.CharField(max_length=64)
    number = models.PositiveIntegerField(default=0)
    blank_pages = ArrayField(models.PositiveIntegerField(), default=list, blank=True)

    objects = ExecutionVersionQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("execution_version"),
            models.CheckConstraint(name="execution_version_sha256", condition=Q(version__regex=IS_SHA256)),
        ]
        triggers = fact_triggers("execution versions")


class CarryOverQuerySet(DealRowQuerySet["CarryOver"]):
    """Carry-overs."""


class CarryOver(FactRow):
    """Pages signed for an earlier version count for `version`, on the authority stated. No `blocks` means all."""

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="carry_overs")
    version = models.CharField(max_length=64)
    authority = models.TextField()
    blocks = ArrayField(models.CharField(), default=list, blank=True)

    objects = CarryOverQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("carry_over"),
            models.CheckConstraint(name="carry_over_sha256", condition=Q(version__regex=IS_SHA256)),
            models.CheckConstraint(name="carry_over_has_authority", condition=~Q(authority="")),
        ]
        triggers = fact_triggers("carry-overs")


class ExecutedVersionQuerySet(AllotmentRowQuerySet["ExecutedVersion"]):
    """Executed versions: counsel see all, an investor's contact the one made for it."""


class ExecutedVersion(LeasedFile):
    """A document as executed: the execution version with the signed pages in the places of the blank ones, sealed.

    `allotment` None is the whole document, counsel's; an investor gets the counterparts of the issuer and its own.
    `version` is the SHA-256 of the execution version; `content_key` a digest of all that goes in, so that the same
    pages give the same row. `conformed` counts pages of which no scan is on file, shown as "/s/" with who has them.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="executed_versions")
    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="executed_versions")
    allotment = models.ForeignKey(
        Allotment, on_delete=models.PROTECT, null=True, blank=True, related_name="executed_versions"
    )
    version = models.CharField(max_length=64)
    content_key = models.CharField(max_length=64)
    conformed = models.PositiveIntegerField(default=0)

    objects = ExecutedVersionQuerySet.as_manager()

    class Meta(LeasedFile.Meta):
        constraints = [
            *LeasedFile.Meta.constraints,
            models.UniqueConstraint(
                name="executed_version_once_while_live",
                fields=["deliverable", "allotment", "content_key"],
                condition=Q(state__in=["queued", "making", "made"]),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"Executed version of {self.deliverable}"
