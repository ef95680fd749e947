"""Versions of the funds flow, frozen, and which counsel agreed to which."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet
from closing.models.deals import Deal
from investors.models.guards import append_only, refusal

_IN_TURN = "funds_flow_numbered_in_turn"
# Both triggers take the deal's row, so that no agreement slips past a version that is just being frozen.
_NUMBERED_IN_TURN = """
PERFORM 1 FROM closing_deal WHERE id = NEW.deal_id FOR NO KEY UPDATE;
SELECT count(*) INTO before FROM closing_fundsflowversion WHERE deal_id = NEW.deal_id;
IF NEW.number <> before + 1 THEN {out_of_turn} END IF;
RETURN NEW;
"""
_LATEST = "funds_flow_agreed_to_the_latest"
_AGREED_TO_THE_LATEST = """
PERFORM 1 FROM closing_deal JOIN closing_fundsflowversion AS said ON said.deal_id = closing_deal.id
    WHERE said.id = NEW.version_id FOR NO KEY UPDATE OF closing_deal;
IF EXISTS (
    SELECT 1 FROM closing_fundsflowversion AS later JOIN closing_fundsflowversion AS said ON said.id = NEW.version_id
    WHERE later.deal_id = said.deal_id AND later.number > said.number
) THEN {superseded} END IF;
RETURN NEW;
"""


class FundsFlowVersionQuerySet(DealRowQuerySet["FundsFlowVersion"]):
    """Versions of funds flows: both counsel's."""


class FundsFlowVersion(models.Model):
    """A funds flow as counsel froze it; 1, 2, ... on each deal, for its closing of that `closing_number`.

    `content` is `closing.rules.funds_flow_versions.FrozenFlow` as JSON, `digest` its SHA-256, `changes` what changed
    against the version before, in words. `tie` is the tie-out of then, `closing.rules.tie_out.TieOut` as JSON; None in
    versions frozen before it was kept. Written once, never changed.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="funds_flows")
    number = models.PositiveIntegerField()
    closing_number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    changes = ArrayField(models.TextField(), default=list, blank=True)
    tie = models.JSONField(null=True, blank=True)

    objects = FundsFlowVersionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="funds_flow_number_once", fields=["deal", "number"]),
            models.CheckConstraint(name="funds_flow_numbers", condition=Q(number__gt=0, closing_number__gt=0)),
        ]
        triggers = [
            *append_only("versions of the funds flow"),
            pgtrigger.Trigger(
                name=_IN_TURN,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("before", "bigint")],
                func=_NUMBERED_IN_TURN.format(
                    out_of_turn=refusal(
                        _IN_TURN, "the next version of the funds flow is number %, not %", "before + 1", "NEW.number"
                    )
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Funds flow of {self.deal}, version {self.number}"


class FundsFlowAgreementQuerySet(DealRowQuerySet["FundsFlowAgreement"]):
    """Agreements to versions."""

    deal = "version__deal"


class FundsFlowAgreement(models.Model):
    """The word of one side's counsel that it agrees to a version, the latest then. It carries to no other version."""

    version = models.ForeignKey(FundsFlowVersion, on_delete=models.PROTECT, related_name="agreements")
    side = models.CharField(max_length=10)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = FundsFlowAgreementQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="funds_flow_agreed_once_by_each_side", fields=["version", "side"]),
            models.CheckConstraint(name="funds_flow_agreed_by_a_side", condition=Q(side__in=["issuer", "investors"])),
        ]
        triggers = [
            *append_only("agreements to a funds flow"),
            pgtrigger.Trigger(
                name=_LATEST,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_AGREED_TO_THE_LATEST.format(
                    superseded=refusal(_LATEST, "a later version of the funds flow is on file; agree to that one")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}, agreed for {self.side}"
