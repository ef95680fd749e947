"""The closing, effected once, what each investor got, and what is owed after it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from closing.models.base import AllotmentRowQuerySet, DealRowQuerySet, WholeDealQuerySet
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Allotment, Deal
from investors.models import Certificate
from investors.models.guards import append_only


class ClosingQuerySet(WholeDealQuerySet["Closing"]):
    """Closings."""


class Closing(models.Model):
    """The closing of a deal, for the investors of its `allotments`. Written once, never changed.

    `shares` and `purchase_price` are the totals closed; the reimbursements are fixed at the closing
    (Section 6(d)). Money in the deal's currency.
    """

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="effected")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    shares = models.BigIntegerField()
    purchase_price = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    fees_reimbursed = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    expenses_reimbursed = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    survival_until = models.DateField()

    objects = ClosingQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="closing_of_shares", condition=Q(shares__gt=0)),
            models.CheckConstraint(
                name="closing_amounts",
                condition=Q(purchase_price__gt=0, fees_reimbursed__gte=0, expenses_reimbursed__gte=0),
            ),
        ]
        triggers = append_only("closings")

    def __str__(self) -> str:
        return f"Closing of {self.deal}"


class ClosedAllotmentQuerySet(AllotmentRowQuerySet["ClosedAllotment"]):
    """What the closing gave to each investor."""

    deal = "closing__deal"


class ClosedAllotment(models.Model):
    """An investor that closed, and the certificate issued to it."""

    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="allotments")
    allotment = models.OneToOneField(Allotment, on_delete=models.PROTECT, related_name="closed")
    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="closed")

    objects = ClosedAllotmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        triggers = append_only("closed allotments")

    def __str__(self) -> str:
        return f"{self.allotment}, certificate {self.certificate}"


class PostClosingItemQuerySet(DealRowQuerySet["PostClosingItem"]):
    """Post-closing items."""


class PostClosingItem(models.Model):
    """Something owed after the closing: a filing excepted from 2(a)(vi), or a covenant."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="post_closing_items")
    key = models.CharField()
    heading = models.CharField()
    section = models.CharField()
    owed_by = models.CharField()
    due_on = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True)

    objects = PostClosingItemQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(name="post_closing_item_once", fields=["deal", "key"]),
        ]

    def __str__(self) -> str:
        return self.heading
