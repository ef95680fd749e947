"""Counsel's bills, what is taken off them, and what the issuer reimburses of them (Section 6(d)).

What must hold between them holds in the database: `closing.models.fee_walls`.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closing.models import fee_walls
from closing.models.base import DealRowQuerySet, FactRow, WholeDealQuerySet, fact_triggers, withdrawal_check
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Counsel, Deal
from investors.models.guards import append_only, never_emptied


class LineKind(models.TextChoices):
    """What a line of a bill, or a payment towards it, is for."""

    FEE = "fee", "Fee"
    EXPENSE = "expense", "Expense"
    DISPUTE = "dispute", "Dispute"


KINDS = [kind.value for kind in LineKind]
PAID_KINDS = [LineKind.FEE.value, LineKind.EXPENSE.value]


class FeeCapQuerySet(WholeDealQuerySet["FeeCap"]):
    """Caps on what is reimbursed."""


class FeeCap(models.Model):
    """What the issuer reimburses of a counsel's bills. `cap` None is no cap; `cap_covers` the kinds that it limits."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="fee_caps")
    counsel = models.ForeignKey(Counsel, on_delete=models.CASCADE, related_name="fee_caps")
    position = models.PositiveIntegerField()
    section = models.CharField()
    cap = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES, null=True, blank=True)
    cap_covers = ArrayField(models.CharField(), default=list, blank=True)
    only_if_closed = models.BooleanField(default=True)

    objects = FeeCapQuerySet.as_manager()

    class Meta:
        ordering = ["deal", "position"]
        constraints = [
            models.UniqueConstraint(name="fee_cap_once_per_counsel", fields=["deal", "counsel"]),
            models.CheckConstraint(name="fee_cap_amount", condition=Q(cap__isnull=True) | Q(cap__gte=0)),
            models.CheckConstraint(name="fee_cap_kinds", condition=Q(cap_covers__contained_by=PAID_KINDS)),
        ]
        triggers = [
            fee_walls.holds(
                "cap_covers_fees_paid",
                "fees of % are paid, so the cap cannot be %",
                operation=fee_walls.INSERT_OR_UPDATE,
            ),
            never_emptied("fee caps"),
        ]

    def __str__(self) -> str:
        return f"{self.section}, {self.counsel}"


class BillQuerySet(DealRowQuerySet["Bill"]):
    """Bills."""


class Bill(FactRow):
    """A bill of counsel, on file at `at`; `received_on` None is that day.

    `paper` is the SHA-256 of its PDF in the store, blank where there is none. `payee` is who sent it to the issuer
    where that is not the counsel itself.
    """

    number = models.CharField()
    counsel = models.ForeignKey(Counsel, on_delete=models.PROTECT, related_name="bills")
    dated = models.DateField()
    received_on = models.DateField(null=True, blank=True)
    paper = models.CharField(max_length=64, blank=True)
    payee = models.CharField(blank=True)

    objects = BillQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("bill"),
            models.UniqueConstraint(name="bill_number_once_per_counsel", fields=["deal", "counsel", "number"]),
        ]
        triggers = [
            *fact_triggers("bills", text_latches=("paper",)),
            fee_walls.holds("bill_within_cap", operation=fee_walls.UPDATE),
        ]

    def __str__(self) -> str:
        return self.number


class BillLineQuerySet(DealRowQuerySet["BillLine"]):
    """Lines of bills."""

    deal = "bill__deal"


class Line(models.Model):
    """A line of a bill or of a credit note, in the deal's currency. Never changed; a wrong paper is withdrawn."""

    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=LineKind.choices)
    description = models.TextField()
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.description


class BillLine(Line):
    """A line of a bill."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="lines")

    objects = BillLineQuerySet.as_manager()

    class Meta:
        ordering = ["bill", "position"]
        constraints = [
            models.UniqueConstraint(name="bill_line_position_once", fields=["bill", "position"]),
            models.CheckConstraint(name="bill_line_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="bill_line_kind", condition=Q(kind__in=KINDS)),
        ]
        triggers = append_only("lines of bills")


class CreditNoteQuerySet(DealRowQuerySet["CreditNote"]):
    """Credit notes."""


class CreditNote(FactRow):
    """A counsel's credit note: its lines are taken off those of its bill, by kind."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="credit_notes")
    number = models.CharField()
    dated = models.DateField()

    objects = CreditNoteQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("credit_note"),
            models.UniqueConstraint(name="credit_note_number_once_per_bill", fields=["bill", "number"]),
        ]
        triggers = [*fact_triggers("credit notes"), fee_walls.of_one_deal("credit_note_of_one_deal")]

    def __str__(self) -> str:
        return self.number


class CreditNoteLineQuerySet(DealRowQuerySet["CreditNoteLine"]):
    """Lines of credit notes."""

    deal = "credit_note__deal"


class CreditNoteLine(Line):
    """A line of a credit note."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")

    objects = CreditNoteLineQuerySet.as_manager()

    class Meta:
        ordering = ["credit_note", "position"]
        constraints = [
            models.UniqueConstraint(name="credit_note_line_position_once", fields=["credit_note", "position"]),
            models.CheckConstraint(name="credit_note_line_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="credit_note_line_kind", condition=Q(kind__in=KINDS)),
        ]
        triggers = [
            *append_only("lines of credit notes"),
            fee_walls.holds(
                "credit_keeps_what_is_paid",
                operation=fee_walls.INSERT,
                deal="(SELECT deal_id FROM closing_creditnote WHERE id = NEW.credit_note_id)",
            ),
        ]


class WriteOffQuerySet(DealRowQuerySet["WriteOff"]):
    """Write-offs."""


class WriteOff(FactRow):
    """What a counsel gives up of its bill, in the deal's currency."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="write_offs")
    kind = models.CharField(max_length=10, choices=LineKind.choices)
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)

    objects = WriteOffQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("write_off"),
            models.CheckConstraint(name="write_off_of_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="write_off_kind", condition=Q(kind__in=KINDS)),
        ]
        triggers = [
            *fact_triggers("write-offs"),
            fee_walls.of_one_deal("write_off_of_one_deal"),
            fee_walls.holds("write_off_keeps_what_is_paid", operation=fee_walls.INSERT_OR_UPDATE),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.bill}"
