"""Purchase price announced, received and sent back."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from closing.models.base import AllotmentRowQuerySet, FactRow, fact_triggers, withdrawal_check
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Allotment, Deal
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
IF EXISTS (
    SELECT 1 FROM closing_bankbooking AS booking
    JOIN closing_payment AS one ON one.id = booking.payment_id
    JOIN closing_bankline AS line ON line.id = booking.line_id
    WHERE booking.undone_at IS NULL AND one.deal_id = NEW.deal_id AND one.receipt = NEW.receipt
        AND line.amount <> (
            SELECT sum(amount) FROM closing_payment WHERE deal_id = NEW.deal_id AND receipt = NEW.receipt
        )
) THEN {more} END IF;
RETURN NULL;
"""


_AS_IT_CAME = """
IF NEW.again_of_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM closing_payment AS back WHERE back.id = NEW.again_of_id AND back.withdrawn_at IS NOT NULL
        AND (back.allotment_id, back.amount, back.currency, back.method)
            = (NEW.allotment_id, NEW.amount, NEW.currency, NEW.method)
) THEN {refused} END IF;
RETURN NEW;
"""


def _stands_again_as_it_came() -> pgtrigger.Trigger:
    """Only a payment that was taken for returned stands again, and as the same money."""
    name = "stands_again_as_it_came"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=_AS_IT_CAME.format(
            refused=refusal(name, "only a payment marked as returned stands again, with the same amount")
        ),
    )


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
            parted=refusal(name, "the parts of one wire or check are received, cleared and returned together"),
            more=refusal(name, "the parts of a wire come to its line of the bank's statement"),
        ),
    )


class Payment(FactRow):
    """Purchase price received from an investor (Section 2(b)(ii)). One that bounced is withdrawn.

    The parts of one wire or check for several investors share its key `receipt`; a check clears at `cleared_at`.
    `again_of` is a payment that was taken for returned and had not come back: this one is the same money, once.
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
    again_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="again")

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
            models.UniqueConstraint(name="stands_again_once", fields=["again_of"]),
        ]
        triggers = [
            *fact_triggers("payments", "cleared_at", "again_of_id"),
            _parts_go_together(),
            _stands_again_as_it_came(),
        ]


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


class AnnouncementQuerySet(AllotmentRowQuerySet["Announcement"]):
    """Payments announced."""


class Announcement(models.Model):
    """A payment that an investor says it has sent: a notice, and no payment received. Taken back with a reason."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="announcements")
    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, related_name="announcements")
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=10, choices=Payment.Method.choices)
    sent_on = models.DateField()
    reference = models.CharField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            withdrawal_check("announcement"),
            models.CheckConstraint(name="announcement_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="announcement_method", condition=Q(method__in=["wire", "check"])),
        ]
        triggers = fact_triggers("announced payments")

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} announced by {self.allotment}"
