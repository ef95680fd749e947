"""Bills of counsel and what the issuer paid towards them (Section 6(d)).

The cap holds in the database: a payment past it is refused whoever writes it, and so is a cap
lowered below what is paid (`Deal`).
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet, FactRow, fact_triggers, withdrawal_check
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Counsel
from investors.models.guards import append_only, refusal


class LineKind(models.TextChoices):
    """What a line of a bill, or a payment towards it, is for."""

    FEE = "fee", "Fee"
    EXPENSE = "expense", "Expense"


class BillQuerySet(DealRowQuerySet["Bill"]):
    """Bills."""


class Bill(FactRow):
    """A bill of counsel, received at `at`."""

    number = models.CharField()
    counsel = models.ForeignKey(Counsel, on_delete=models.PROTECT, related_name="bills")
    dated = models.DateField()

    objects = BillQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("bill"),
            models.UniqueConstraint(name="bill_number_once_per_deal", fields=["deal", "number"]),
        ]
        triggers = fact_triggers("bills")

    def __str__(self) -> str:
        return self.number


class BillLineQuerySet(DealRowQuerySet["BillLine"]):
    """Lines of bills."""

    deal = "bill__deal"


class BillLine(models.Model):
    """A line of a bill, in the deal's currency. Never changed; a wrong bill is withdrawn."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=LineKind.choices)
    description = models.TextField()
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)

    objects = BillLineQuerySet.as_manager()

    class Meta:
        ordering = ["bill", "position"]
        constraints = [
            models.UniqueConstraint(name="bill_line_position_once", fields=["bill", "position"]),
            models.CheckConstraint(name="bill_line_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="bill_line_kind", condition=Q(kind__in=["fee", "expense"])),
        ]
        triggers = append_only("lines of bills")

    def __str__(self) -> str:
        return self.description


class FeePaymentQuerySet(DealRowQuerySet["FeePayment"]):
    """Payments towards bills."""


# The no-op update takes the deal's row, so that payments of one deal follow each other, and makes
# a transaction of an older snapshot fail rather than count without what others paid meanwhile.
_WITHIN_CAP = """
UPDATE closing_deal SET name = name WHERE id = NEW.deal_id
    RETURNING fee_cap, fee_counsel, fee_cap_covers INTO cap, counsel_key, covers;
IF NEW.deal_id IS DISTINCT FROM (SELECT deal_id FROM closing_bill WHERE id = NEW.bill_id)
    THEN {other_deal} END IF;
SELECT coalesce(sum(payment.amount), 0) INTO paid
    FROM closing_feepayment AS payment
    JOIN closing_bill AS bill ON bill.id = payment.bill_id
    JOIN closing_counsel AS counsel ON counsel.id = bill.counsel_id
    WHERE payment.deal_id = NEW.deal_id AND payment.withdrawn_at IS NULL
        AND counsel.key = counsel_key AND payment.kind = ANY (covers);
IF paid > cap THEN {too_much} END IF;
RETURN NULL;
"""


class FeePayment(FactRow):
    """What the issuer paid towards counsel's bill, in the deal's currency."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=10, choices=LineKind.choices)
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)

    objects = FeePaymentQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("fee_payment"),
            models.CheckConstraint(name="fee_payment_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="fee_payment_kind", condition=Q(kind__in=["fee", "expense"])),
        ]
        triggers = [
            *fact_triggers("payments of fees"),
            pgtrigger.Trigger(
                name="fees_within_cap",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[
                    ("cap", "numeric"),
                    ("paid", "numeric"),
                    ("counsel_key", "text"),
                    ("covers", "text[]"),
                ],
                func=_WITHIN_CAP.format(
                    other_deal=refusal("fees_within_cap", "the bill is of another deal"),
                    too_much=refusal(
                        "fees_within_cap",
                        "fees of % would be paid, past the cap of %",
                        "paid",
                        "cap",
                    ),
                ),
            ),
        ]
