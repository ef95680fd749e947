"""Where the purchase price is to be sent (Section 1(b)): versions, each in force only on a second person's word."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from closing.models.base import DealRowQuerySet, deals_of_contact
from closing.models.deals import Deal
from investors.models import User
from investors.models.guards import never_deleted, never_emptied, refusal


class WireInstructionQuerySet(DealRowQuerySet["WireInstruction"]):
    """Wire instructions."""

    def own(self, user: User) -> Q:
        """Those in force: no investor sees what was only proposed, or where money went before."""
        return Q(deal__in=deals_of_contact(user), confirmed_at__isnull=False) & ~Q(Exists(_later()))


def _later() -> models.QuerySet[WireInstruction]:
    confirmed = WireInstruction.objects.filter(deal=OuterRef("deal"), confirmed_at__isnull=False)
    return confirmed.filter(number__gt=OuterRef("number"))


_DECISION = (
    "ARRAY['confirmed_at', 'confirmed_by_id', 'checked_with', 'rejected_at', 'rejected_by_id', 'rejected_reason']"
)
_DECIDED_ONCE = """
IF to_jsonb(NEW) = to_jsonb(OLD) THEN RETURN NEW; END IF;
IF OLD.confirmed_at IS NOT NULL OR OLD.rejected_at IS NOT NULL
    OR (to_jsonb(NEW) - {decision}) IS DISTINCT FROM (to_jsonb(OLD) - {decision}) THEN {changed} END IF;
RETURN NEW;
"""


class WireInstruction(models.Model):
    """One version of where to send the purchase price. The last one confirmed is in force.

    `routing` is an ABA number or a BIC, `account` an account number or IBAN, `reference` what the sender is to state.
    `checked_with` says with whom the second person spoke by telephone. Never changed; decided once.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="wire_instructions")
    number = models.PositiveIntegerField()
    holder = models.CharField(max_length=140)
    bank = models.CharField(max_length=140)
    routing = models.CharField(max_length=20)
    account = models.CharField(max_length=40)
    reference = models.CharField(max_length=140, blank=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_with = models.CharField(max_length=200, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rejected_reason = models.TextField(blank=True)

    objects = WireInstructionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="wire_instruction_number_once", fields=["deal", "number"]),
            models.UniqueConstraint(
                name="wire_instruction_one_proposed",
                fields=["deal"],
                condition=Q(confirmed_at__isnull=True, rejected_at__isnull=True),
            ),
            models.CheckConstraint(
                name="wire_instruction_second_person",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True, checked_with="")
                | (
                    Q(confirmed_at__gte=F("at"), confirmed_by__isnull=False)
                    & ~Q(confirmed_by=F("by"))
                    & ~Q(checked_with="")
                ),
            ),
            models.CheckConstraint(
                name="wire_instruction_rejected_with_a_reason",
                condition=Q(rejected_at__isnull=True, rejected_by__isnull=True, rejected_reason="")
                | (Q(rejected_at__gte=F("at"), confirmed_at__isnull=True) & ~Q(rejected_reason="")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="decided_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_DECIDED_ONCE.format(
                    decision=_DECISION,
                    changed=refusal(
                        "decided_once", "wire instructions are never changed, and confirmed or rejected once"
                    ),
                ),
            ),
            never_deleted("wire instructions"),
            never_emptied("wire instructions"),
        ]

    def __str__(self) -> str:
        return f"Wire instructions {self.number}"
