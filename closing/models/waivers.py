"""Waivers of conditions, and what each investor answered."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closing.models.base import (
    AllotmentRowQuerySet,
    DealRowQuerySet,
    FactRow,
    deals_of_contact,
    fact_triggers,
    withdrawal_check,
)
from closing.models.deals import Allotment, own_names
from investors.models import User
from investors.models.guards import append_only


class WaiverQuerySet(DealRowQuerySet["Waiver"]):
    """Waivers."""

    def own(self, user: User) -> Q:
        """Those as to every investor, and those that name one of his."""
        named = Q(investors=[]) | Q(investors__overlap=ArraySubquery(own_names(user)))
        return Q(deal__in=deals_of_contact(user)) & named


class Waiver(FactRow):
    """A waiver of `sections`, as proposed (2(a)) or given by the issuer (2(b)).

    `items` limits it to parts of a condition, `investors` (names) an issuer's waiver to those;
    empty means the whole, and all.
    """

    key = models.CharField()
    sections = ArrayField(models.CharField())
    text = models.TextField()
    items = ArrayField(models.CharField(), default=list, blank=True)
    for_closing_on = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    investors = ArrayField(models.CharField(), default=list, blank=True)

    objects = WaiverQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("waiver"),
            models.UniqueConstraint(name="waiver_key_once_per_deal", fields=["deal", "key"]),
        ]
        triggers = fact_triggers("waivers")

    def __str__(self) -> str:
        return self.key


class ConsentQuerySet(AllotmentRowQuerySet["Consent"]):
    """Consents to waivers."""


class Consent(FactRow):
    """An investor's answer to a waiver, by the keys of the signature blocks that gave it.

    `subject_to` is a condition stated in the consent, met at `satisfied_at`.
    """

    waiver = models.ForeignKey(Waiver, on_delete=models.PROTECT, related_name="consents")
    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, related_name="consents")
    blocks = ArrayField(models.CharField(), default=list, blank=True)
    written = models.BooleanField(default=True)
    declined = models.BooleanField(default=False)
    subject_to = models.TextField(blank=True)
    satisfied_at = models.DateTimeField(null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("consent"),
            models.CheckConstraint(
                name="consent_satisfied_of_something",
                condition=Q(satisfied_at__isnull=True) | ~Q(subject_to=""),
            ),
        ]
        triggers = fact_triggers("consents", "satisfied_at")


class ConsentPaperQuerySet(AllotmentRowQuerySet["ConsentPaper"]):
    """Written consents."""

    deal = "consent__deal"
    allotment = "consent__allotment"


class ConsentPaper(models.Model):
    """The paper on which an investor answered a waiver, kept under its SHA-256. `size` in bytes."""

    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="paper")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=100)

    objects = ConsentPaperQuerySet.as_manager()

    class Meta:
        ordering = ["consent"]
        constraints = [
            models.CheckConstraint(name="consent_paper_sha256", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="consent_paper_has_content", condition=Q(size__gt=0)),
        ]
        triggers = append_only("written consents")

    def __str__(self) -> str:
        return self.filename
