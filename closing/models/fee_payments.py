"""What the issuer paid towards counsel's bills, netted from an investor's wire, or got back (Section 6(d))."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from closing.models import fee_walls
from closing.models.base import DealRowQuerySet, FactRow, fact_triggers, withdrawal_check
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Allotment
from closing.models.fees import PAID_KINDS, Bill, LineKind


class Moved(FactRow):
    """Money paid towards a bill, or back, in the deal's currency; `netted_from` is whose wire it was kept back from."""

    kind = models.CharField(max_length=10, choices=LineKind.choices)
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)

    class Meta(FactRow.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.amount} of {self.kind}"


def _moved_triggers(what: str, name: str) -> list[fee_walls.Trigger]:
    return [
        *fact_triggers(what),
        fee_walls.of_one_deal(f"{name}_of_one_deal"),
        fee_walls.effected_stands(f"{name}_effected"),
        fee_walls.holds(f"{name}_within_cap", operation=fee_walls.INSERT_OR_UPDATE),
    ]


class FeePaymentQuerySet(DealRowQuerySet["FeePayment"]):
    """Payments towards bills."""


class FeePayment(Moved):
    """What the issuer paid towards counsel's bill, or kept back from an investor's wire for it."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="payments")
    netted_from = models.ForeignKey(
        Allotment, on_delete=models.PROTECT, null=True, blank=True, related_name="fees_netted"
    )

    objects = FeePaymentQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("fee_payment"),
            models.CheckConstraint(name="fee_payment_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="fee_payment_kind", condition=Q(kind__in=PAID_KINDS)),
        ]
        triggers = _moved_triggers("payments of fees", "fees")


class FeeReversalQuerySet(DealRowQuerySet["FeeReversal"]):
    """What came back of payments towards bills."""


class FeeReversal(Moved):
    """What came back of what was paid towards counsel's bill, or was netted for it and then sent by the investor."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="reversals")
    netted_from = models.ForeignKey(Allotment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = FeeReversalQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("fee_reversal"),
            models.CheckConstraint(name="fee_reversal_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="fee_reversal_kind", condition=Q(kind__in=PAID_KINDS)),
        ]
        triggers = _moved_triggers("reversals of fees", "reversal")
