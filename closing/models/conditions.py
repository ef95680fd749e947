"""The conditions of a deal, and the facts that meet them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closing.models.base import (
    AllotmentRowQuerySet,
    DealRowQuerySet,
    FactRow,
    WholeDealQuerySet,
    fact_triggers,
    withdrawal_check,
)
from closing.models.deals import Allotment, Deal, own_names
from investors.models import User


class ConditionQuerySet(WholeDealQuerySet["Condition"]):
    """Conditions."""


class Condition(models.Model):
    """A condition precedent, by `section` (`2(a)(vi)`). `evidence` is the kind's record, as JSON."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="conditions")
    position = models.PositiveIntegerField()
    section = models.CharField()
    heading = models.CharField()
    text = models.TextField()
    obligation = models.CharField()
    counted = models.CharField()
    kind = models.CharField()
    evidence = models.JSONField()

    objects = ConditionQuerySet.as_manager()

    class Meta:
        ordering = ["deal", "position"]
        constraints = [
            models.UniqueConstraint(name="condition_section_once_per_deal", fields=["deal", "section"]),
            models.CheckConstraint(name="condition_obligation", condition=Q(obligation__in=["investors", "issuer"])),
            models.CheckConstraint(
                name="condition_counted",
                condition=Q(counted__in=["deal", "investor", "every-investor"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.heading}"


class SignOffQuerySet(AllotmentRowQuerySet["SignOff"]):
    """Sign-offs."""

    def own(self, user: User) -> Q:
        """Those as to his investors, and those by them."""
        return super().own(user) | Q(party__in=own_names(user))


class SignOff(FactRow):
    """A party is satisfied on a condition; `allotment` limits it to one investor."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="sign_offs")
    party = models.CharField()
    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, null=True, blank=True, related_name="sign_offs")

    objects = SignOffQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("sign_off")]
        triggers = fact_triggers("sign-offs")


class ConfirmationQuerySet(DealRowQuerySet["Confirmation"]):
    """Confirmations."""

    def own(self, user: User) -> Q:
        """Those by his investors."""
        return Q(party__in=own_names(user))


class Confirmation(FactRow):
    """A party confirms representations as of a closing date; none named means all."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="confirmations")
    party = models.CharField()
    as_of = models.DateField()
    representations = ArrayField(models.CharField(), default=list, blank=True)

    objects = ConfirmationQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("confirmation")]
        triggers = fact_triggers("confirmations")


class DisclosureQuerySet(DealRowQuerySet["Disclosure"]):
    """Disclosures."""


class Disclosure(FactRow):
    """An exception of the Schedule of Exceptions against a representation."""

    representation = models.CharField()
    text = models.TextField()

    objects = DisclosureQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("disclosure")]
        triggers = fact_triggers("disclosures")


class StepTakenQuerySet(DealRowQuerySet["StepTaken"]):
    """Steps taken."""


class StepTaken(FactRow):
    """A step of a condition, taken on a date, with what proves it."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField()
    on = models.DateField()
    evidence = models.TextField(blank=True)

    objects = StepTakenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        verbose_name_plural = "steps taken"
        constraints = [withdrawal_check("step_taken")]
        triggers = fact_triggers("steps taken")


class QualificationQuerySet(DealRowQuerySet["Qualification"]):
    """Qualifications."""


class Qualification(FactRow):
    """An authorization effective in a jurisdiction, until `lapses_on` (exclusive) if given."""

    jurisdiction = models.CharField()
    effective_on = models.DateField()
    lapses_on = models.DateField(null=True, blank=True)
    evidence = models.TextField(blank=True)

    objects = QualificationQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("qualification"),
            models.CheckConstraint(
                name="qualification_lapses_later",
                condition=Q(lapses_on__isnull=True) | Q(lapses_on__gt=models.F("effective_on")),
            ),
        ]
        triggers = fact_triggers("qualifications")


class ThirdPartyConsentQuerySet(DealRowQuerySet["ThirdPartyConsent"]):
    """Consents of third parties."""


class ThirdPartyConsent(FactRow):
    """A consent of somebody who is no party, by the key that the condition gives it."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="third_party_consents")
    third_party = models.CharField()

    objects = ThirdPartyConsentQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("third_party_consent")]
        triggers = fact_triggers("consents of third parties")
