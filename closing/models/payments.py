"""Purchase price received."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from closing.models.base import AllotmentRowQuerySet, FactRow, fact_triggers, withdrawal_check
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Allotment
from investors.models.guards import refusal


class PaymentQuerySet(AllotmentRowQuerySet["Payment"]):
    """Payments of the purchase price."""


_PARTS_DIFFER = """
IF EXISTS (
    SELECT 1 FROM closing_payment AS part
    JOIN closing_payment AS other ON other.deal_id = part.deal_id AND other.receipt = part.receipt
    WHERE part.id = NEW.id AND (other.withdrawn_at, other.cleared_at, other.method)
        IS DISTINCT FROM (part.withdrawn_at, part.cleared_at, part.method)
) THEN {parted} END IF;
RETURN NULL;
"""


def _parts_go_together() -> pgtrigger.Trigger:
    """A wire that came back came back whole; asked when the transaction is done with all of its parts."""
    name = "parts_go_together"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update,
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(new__receipt__gt=""),
        func=_PARTS_DIFFER.format(
            parted=refusal(name, "the parts of one wire or check are received, cleared and returned together")
        ),
    )


class Payment(FactRow):
    """Purchase price received from an investor (Section 2(b)(ii)). One that bounced is withdrawn.

    The parts of one wire or check for several investors share its key `receipt`; a check clears at `cleared_at`.
    """

    class Method(models.TextChoices):
        """How the money came (Section 1(b))."""

        WIRE = "wire", "Wire"
        CHECK = "check", "Check"

    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.WIRE)
    reference = models.CharField(blank=True)
    receipt = models.CharField(blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("payment"),
            models.CheckConstraint(name="payment_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="payment_method", condition=Q(method__in=["wire", "check"])),
            models.CheckConstraint(
                name="payment_cleared",
                condition=Q(cleared_at__isnull=True) | Q(method="check", cleared_at__gte=F("at")),
            ),
            models.UniqueConstraint(
                name="payment_part_once", fields=["deal", "receipt", "allotment"], condition=~Q(receipt="")
            ),
        ]
        triggers = [*fact_triggers("payments", "cleared_at"), _parts_go_together()]


class RefundQuerySet(AllotmentRowQuerySet["Refund"]):
    """Purchase price sent back."""


class Refund(FactRow):
    """Purchase price sent back to an investor that had paid more than it owed."""

    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=10, choices=Payment.Method.choices, default=Payment.Method.WIRE)
    reference = models.CharField(blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("refund"),
            models.CheckConstraint(name="refund_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="refund_method", condition=Q(method__in=["wire", "check"])),
        ]
        triggers = fact_triggers("refunds")
