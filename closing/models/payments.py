"""Purchase price received."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from closing.models.base import AllotmentRowQuerySet, FactRow, fact_triggers, withdrawal_check
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Allotment


class PaymentQuerySet(AllotmentRowQuerySet["Payment"]):
    """Payments of the purchase price."""


class Payment(FactRow):
    """Purchase price received from an investor (Section 2(b)(ii)). One that bounced is withdrawn."""

    class Method(models.TextChoices):
        """How the money came (Section 1(b))."""

        WIRE = "wire", "Wire"
        CHECK = "check", "Check"

    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.WIRE)
    reference = models.CharField(blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("payment"),
            models.CheckConstraint(name="payment_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="payment_method", condition=Q(method__in=["wire", "check"])),
        ]
        triggers = fact_triggers("payments")
