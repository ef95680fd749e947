"""The closings of a deal, what each investor got, and what is owed after them."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from closing.models.base import AllotmentRowQuerySet, DealRowQuerySet, WholeDealQuerySet, fact_triggers
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Allotment, Counsel, Deal
from investors.models import Certificate
from investors.models.guards import append_only, refusal

_FOLLOW = "closings_follow_each_other"
_FOLLOW_EACH_OTHER = """
UPDATE closing_deal SET name = name WHERE id = NEW.deal_id
    RETURNING further_closings, max_shares, max_amount INTO further, most, most_paid;
SELECT count(*), coalesce(sum(shares), 0), coalesce(sum(purchase_price), 0) INTO before, sold, price
    FROM closing_closing WHERE deal_id = NEW.deal_id;
IF before > 0 AND NOT further THEN {only_one} END IF;
IF NEW.number <> before + 1 THEN {out_of_turn} END IF;
IF sold + NEW.shares > most OR price + NEW.purchase_price > most_paid THEN {too_many} END IF;
RETURN NEW;
"""


_BY_BOTH = "closing_confirmed_by_both"
_CONFIRMED_BY_BOTH = """
IF NEW.by_id IS NOT NULL AND (
    SELECT count(DISTINCT side) FROM closing_closingconfirmation
    WHERE deal_id = NEW.deal_id AND number = NEW.number AND digest = NEW.digest AND withdrawn_at IS NULL
) < 2 THEN {alone} END IF;
RETURN NEW;
"""


class ClosingQuerySet(WholeDealQuerySet["Closing"]):
    """Closings."""


class Closing(models.Model):
    """A closing of a deal, for the investors of its `allotments`. Written once, never changed.

    `number` is 1 for the first; another follows where the deal allows further closings. `shares` and `purchase_price`
    are the totals closed; the reimbursements are fixed at the closing (Section 6(d)). Money in the deal's currency.
    `digest` is that of the review which was effected; where `by` is given, counsel of both sides had confirmed it.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="closings")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    shares = models.BigIntegerField()
    purchase_price = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    fees_reimbursed = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    expenses_reimbursed = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    survival_until = models.DateField()
    digest = models.CharField(max_length=64, blank=True)

    objects = ClosingQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="closing_number_once", fields=["deal", "number"]),
            models.CheckConstraint(name="closing_number", condition=Q(number__gt=0)),
            models.CheckConstraint(name="closing_of_shares", condition=Q(shares__gt=0)),
            models.CheckConstraint(
                name="closing_amounts",
                condition=Q(purchase_price__gt=0, fees_reimbursed__gte=0, expenses_reimbursed__gte=0),
            ),
        ]
        triggers = [
            *append_only("closings"),
            pgtrigger.Trigger(
                name=_FOLLOW,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("further", "boolean"),
                    ("most", "bigint"),
                    ("most_paid", "numeric"),
                    ("before", "bigint"),
                    ("sold", "bigint"),
                    ("price", "numeric"),
                ],
                func=_FOLLOW_EACH_OTHER.format(
                    only_one=refusal(_FOLLOW, "the agreement has one closing, and it has been effected"),
                    out_of_turn=refusal(_FOLLOW, "the next closing is number %, not %", "before + 1", "NEW.number"),
                    too_many=refusal(
                        _FOLLOW, "% shares are closed, so % more pass the maximum of %", "sold", "NEW.shares", "most"
                    ),
                ),
            ),
            pgtrigger.Trigger(
                name=_BY_BOTH,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_CONFIRMED_BY_BOTH.format(
                    alone=refusal(_BY_BOTH, "counsel of both sides confirm a closing before it is effected")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Closing of {self.deal}"


class ClosingConfirmationQuerySet(DealRowQuerySet["ClosingConfirmation"]):
    """Confirmations of closings."""


_STANDS = "closing_confirmation_stands"
_EFFECTED = """
IF NEW.withdrawn_at IS NOT NULL AND EXISTS (
    SELECT FROM closing_closing WHERE deal_id = NEW.deal_id AND number = NEW.number
) THEN {effected} END IF;
RETURN NEW;
"""


class ClosingConfirmation(models.Model):
    """Counsel of one side confirmed what a closing would do, as it was `seen`; `digest` is that of the review.

    `number` is the closing's. It may be withdrawn until the closing is effected. The last of a side is the one that
    counts, and only for what it was given for: `closing.rules.closing_confirmations`.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="closing_confirmations")
    number = models.PositiveIntegerField()
    side = models.CharField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    seen = models.JSONField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ClosingConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="closing_confirmation_side", condition=Q(side__in=["issuer", "investors"])),
            models.CheckConstraint(
                name="closing_confirmation_withdrawal",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__gte=F("at"), withdrawn_by__isnull=False),
            ),
        ]
        triggers = [
            *fact_triggers("closing confirmations"),
            pgtrigger.Trigger(
                name=_STANDS,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_EFFECTED.format(
                    effected=refusal(_STANDS, "the closing is effected, and what was confirmed stands")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Confirmation of closing {self.number} of {self.deal}"


class ReimbursementQuerySet(DealRowQuerySet["Reimbursement"]):
    """What closings fixed for counsel."""

    deal = "closing__deal"


class Reimbursement(models.Model):
    """What a closing fixed that the issuer reimburses to a counsel (Section 6(d)), in the deal's currency.

    `netted` is what was kept back from the wires of the investors who closed. Never twice: a further closing fixes what
    came after the ones before.
    """

    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="reimbursements")
    counsel = models.ForeignKey(Counsel, on_delete=models.PROTECT, related_name="+")
    fees = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    expenses = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    netted = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES, default=0)

    objects = ReimbursementQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="reimbursement_once", fields=["closing", "counsel"]),
            models.CheckConstraint(
                name="reimbursement_amounts", condition=Q(fees__gte=0, expenses__gte=0, netted__gte=0)
            ),
        ]
        triggers = append_only("reimbursements")

    def __str__(self) -> str:
        return f"Reimbursement of {self.counsel}"


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
    """Something owed after a closing: a filing excepted from 2(a)(vi), or a covenant."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="post_closing_items")
    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="items")
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
            models.UniqueConstraint(name="post_closing_item_once", fields=["closing", "key"]),
        ]

    def __str__(self) -> str:
        return self.heading
