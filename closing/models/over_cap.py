"""What is over the cap on counsel's fees, and who bears it (Section 6(d))."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet, FactRow, fact_triggers, withdrawal_check
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Allotment
from investors.models.guards import append_only


class OverCapAllotmentQuerySet(DealRowQuerySet["OverCapAllotment"]):
    """How counsel allots what is over the cap."""


class OverCapAllotment(FactRow):
    """How counsel allots what is over the cap; the last that stands is in force."""

    objects = OverCapAllotmentQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("over_cap_allotment")]
        triggers = fact_triggers("allotments of what is over the cap")

    def __str__(self) -> str:
        return f"Allotment of {self.at}"


class OverCapPartQuerySet(DealRowQuerySet["OverCapPart"]):
    """Parts of what is over the cap."""

    deal = "over_cap_allotment__deal"


class OverCapPart(models.Model):
    """How many parts of what is over the cap an investor bears."""

    over_cap_allotment = models.ForeignKey(OverCapAllotment, on_delete=models.PROTECT, related_name="of")
    position = models.PositiveIntegerField()
    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, related_name="+")
    parts = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)

    objects = OverCapPartQuerySet.as_manager()

    class Meta:
        ordering = ["over_cap_allotment", "position"]
        constraints = [
            models.UniqueConstraint(name="over_cap_part_once", fields=["over_cap_allotment", "allotment"]),
            models.CheckConstraint(name="over_cap_part_amount", condition=Q(parts__gte=0)),
        ]
        triggers = append_only("parts of what is over the cap")

    def __str__(self) -> str:
        return f"{self.parts} of {self.allotment}"
