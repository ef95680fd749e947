"""Statements of the company's bank, their lines, and what each line was confirmed to be. Company counsel's alone."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from closing.models.base import DealRowQuerySet, deals_of_side
from closing.models.deals import MONEY_DIGITS, MONEY_PLACES, Deal
from closing.models.payments import Payment, Refund
from closing.rules.terms import Side
from investors.models import User
from investors.models.guards import append_only, never_deleted, never_emptied, refusal


class BankStatementQuerySet(DealRowQuerySet["BankStatement"]):
    """Statements. The account is the company's, so its counsel alone sees what else went through it."""

    def counsel(self, user: User) -> Q:
        """Those of deals on which he is company counsel."""
        return Q(deal__in=deals_of_side(user, Side.ISSUER))


class BankStatement(models.Model):
    """A statement as it was taken in; the file is kept under its SHA-256. `size` in bytes. Never changed."""

    class Form(models.TextChoices):
        """What the file is."""

        CSV = "csv", "CSV"
        CAMT053 = "camt.053", "camt.053"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="bank_statements")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    form = models.CharField(max_length=10, choices=Form.choices)
    account = models.CharField(max_length=140, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = BankStatementQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(name="bank_statement_once", fields=["deal", "sha256"]),
            models.CheckConstraint(name="bank_statement_sha256", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="bank_statement_form", condition=Q(form__in=["csv", "camt.053"])),
        ]
        triggers = append_only("bank statements")

    def __str__(self) -> str:
        return self.filename


class BankLineQuerySet(DealRowQuerySet["BankLine"]):
    """Lines of statements."""

    deal = "statement__deal"

    def counsel(self, user: User) -> Q:
        """Those of deals on which he is company counsel."""
        return Q(statement__deal__in=deals_of_side(user, Side.ISSUER))


class BankLine(models.Model):
    """A booked line of a statement, in its own currency. `repeats` is the same line in a file that came before.

    `row` is its row in the file. `is_credit` is money that came; `is_reversal` undoes an earlier line. Never changed.
    """

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    row = models.PositiveIntegerField()
    booked_on = models.DateField()
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    currency = models.CharField(max_length=3)
    is_credit = models.BooleanField()
    is_reversal = models.BooleanField(default=False)
    party = models.CharField(blank=True)
    reference = models.CharField(blank=True)
    bank_reference = models.CharField(blank=True)
    repeats = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="repeated_by")

    objects = BankLineQuerySet.as_manager()

    class Meta:
        ordering = ["statement", "position"]
        constraints = [
            models.UniqueConstraint(name="bank_line_position_once", fields=["statement", "position"]),
            models.CheckConstraint(name="bank_line_of_something", condition=Q(amount__gt=0)),
        ]
        triggers = append_only("lines of bank statements")

    def __str__(self) -> str:
        return f"Line {self.row} of {self.statement}"


class BankBookingQuerySet(DealRowQuerySet["BankBooking"]):
    """What lines were confirmed to be."""

    deal = "line__statement__deal"

    def counsel(self, user: User) -> Q:
        """Those of deals on which he is company counsel."""
        return Q(line__statement__deal__in=deals_of_side(user, Side.ISSUER))


_COMES_TO_ITS_LINE = """
SELECT amount, is_credit, repeats_id INTO line_amount, line_credit, line_repeats
    FROM closing_bankline WHERE id = NEW.line_id;
IF NEW.becomes = 'ignored' OR NEW.undone_at IS NOT NULL THEN RETURN NULL; END IF;
IF line_repeats IS NOT NULL THEN {repeated} END IF;
IF (NEW.becomes IN ('received', 'on-file')) IS DISTINCT FROM line_credit THEN {direction} END IF;
IF NEW.becomes = 'refund' THEN
    SELECT amount INTO booked FROM closing_refund WHERE id = NEW.refund_id;
ELSE
    SELECT sum(part.amount) INTO booked FROM closing_payment AS part JOIN closing_payment AS one
        ON one.id = NEW.payment_id AND part.deal_id = one.deal_id
        AND (part.id = one.id OR (part.receipt = one.receipt AND one.receipt > ''));
END IF;
IF booked IS DISTINCT FROM line_amount THEN {amount} END IF;
RETURN NULL;
"""

_UNDONE_ONCE = """
IF to_jsonb(NEW) = to_jsonb(OLD) THEN RETURN NEW; END IF;
IF OLD.undone_at IS NOT NULL OR (to_jsonb(NEW) - {free}) IS DISTINCT FROM (to_jsonb(OLD) - {free})
    THEN {changed} END IF;
RETURN NEW;
"""
_FREE = "ARRAY['undone_at', 'undone_by_id', 'undone_reason']"


class BankBooking(models.Model):
    """What a person confirmed a line to be: a payment received or on file, one returned, a refund, or nothing of ours.

    `payment` is one part of the wire; its receipt leads to the others. One stands for a line at a time; a wrong one is
    undone, with a reason.
    """

    class Becomes(models.TextChoices):
        """What the line is."""

        RECEIVED = "received", "Received"
        ON_FILE = "on-file", "On file already"
        RETURNED = "returned", "Returned"
        REFUND = "refund", "Sent back"
        IGNORED = "ignored", "Set aside"

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="bookings")
    becomes = models.CharField(max_length=10, choices=Becomes.choices)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_reason = models.TextField(blank=True)

    objects = BankBookingQuerySet.as_manager()

    class Meta:
        ordering = ["line", "id"]
        constraints = [
            models.UniqueConstraint(
                name="bank_booking_one_stands", fields=["line"], condition=Q(undone_at__isnull=True)
            ),
            models.CheckConstraint(
                name="bank_booking_becomes",
                condition=Q(becomes__in=["received", "on-file", "returned"], payment__isnull=False, refund=None)
                | Q(becomes="refund", payment=None, refund__isnull=False)
                | (Q(becomes="ignored", payment=None, refund=None) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="bank_booking_undone_with_a_reason",
                condition=Q(undone_at__isnull=True, undone_by=None, undone_reason="")
                | (Q(undone_at__gte=F("at")) & ~Q(undone_reason="")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="undone_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_UNDONE_ONCE.format(
                    free=_FREE, changed=refusal("undone_once", "what a line was confirmed to be is undone once")
                ),
            ),
            pgtrigger.Trigger(
                name="comes_to_its_line",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                declare=[
                    ("line_amount", "numeric"),
                    ("line_credit", "boolean"),
                    ("line_repeats", "bigint"),
                    ("booked", "numeric"),
                ],
                func=_COMES_TO_ITS_LINE.format(
                    repeated=refusal("comes_to_its_line", "the same line came before in another file"),
                    direction=refusal("comes_to_its_line", "what came is received, and what went was returned or sent"),
                    amount=refusal("comes_to_its_line", "what is booked does not come to the line"),
                ),
            ),
            never_deleted("bookings of bank lines"),
            never_emptied("bookings of bank lines"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.get_becomes_display()}"
