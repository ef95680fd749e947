"""Proxies over voting stock, and what is put to a majority of the investors."""

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
from closing.models.deals import Allotment


class ProxyQuerySet(DealRowQuerySet["Proxy"]):
    """Proxies."""


class Proxy(FactRow):
    """An irrevocable proxy or voting agreement over `shares` (2(a)(ix)). Revoked is withdrawn."""

    stockholder = models.CharField()
    shares = models.BigIntegerField()

    objects = ProxyQuerySet.as_manager()

    class Meta(FactRow.Meta):
        verbose_name_plural = "proxies"
        constraints = [
            withdrawal_check("proxy"),
            models.CheckConstraint(name="proxy_over_shares", condition=Q(shares__gt=0)),
        ]
        triggers = fact_triggers("proxies")


class ProposalQuerySet(WholeDealQuerySet["Proposal"]):
    """Proposals."""


class Proposal(FactRow):
    """Moving the closing, an amendment, or a first public disclosure, put to a majority."""

    class Matter(models.TextChoices):
        """What a majority may decide."""

        MOVE_CLOSING = "move-closing", "Move the closing"
        AMENDMENT = "amendment", "Amend the agreement"
        PUBLIC_DISCLOSURE = "public-disclosure", "First public disclosure"

    key = models.CharField()
    matter = models.CharField(max_length=20, choices=Matter.choices)
    text = models.TextField(blank=True)
    to = models.DateTimeField(null=True, blank=True)
    place = models.TextField(blank=True)
    issuer_agreed_at = models.DateTimeField(null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            withdrawal_check("proposal"),
            models.UniqueConstraint(name="proposal_key_once_per_deal", fields=["deal", "key"]),
            models.CheckConstraint(
                name="proposal_matter",
                condition=Q(matter__in=["move-closing", "amendment", "public-disclosure"]),
            ),
        ]
        triggers = fact_triggers("proposals", "issuer_agreed_at")

    def __str__(self) -> str:
        return self.key


class ApprovalQuerySet(AllotmentRowQuerySet["Approval"]):
    """Approvals of proposals."""


class Approval(FactRow):
    """An investor agrees to a proposal, or declines, by the keys of the blocks that said so."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="approvals")
    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, related_name="approvals")
    blocks = ArrayField(models.CharField(), default=list, blank=True)
    written = models.BooleanField(default=True)
    declined = models.BooleanField(default=False)

    objects = ApprovalQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("approval")]
        triggers = fact_triggers("approvals")
