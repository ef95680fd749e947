"""Who did what, when, why, to which row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet, deals_of_side
from closing.models.deals import Deal
from closing.rules.terms import Side
from investors.models import User
from investors.models.guards import append_only


class EventQuerySet(DealRowQuerySet["Event"]):
    """Events."""

    def counsel(self, user: User) -> Q:
        """Those of his deals, less what is only for the other side."""
        own_side = [Q(only_for=side.value, deal__in=deals_of_side(user, side)) for side in Side]
        return super().counsel(user) & (Q(only_for="") | own_side[0] | own_side[1])

    def own(self, user: User) -> Q:
        """An admin sees the events that belong to no deal."""
        return Q(deal__isnull=True) if user.is_admin else Q(pk__in=[])


class Event(models.Model):
    """One thing done, written in the transaction that did it. Never changed, never deleted.

    `actor` None is the software itself, or its operator at the command line. `only_for` is the side whose counsel alone
    may know of it; blank for both.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    verb = models.CharField()
    subject_kind = models.CharField(blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    summary = models.TextField()
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    only_for = models.CharField(blank=True, db_default="")

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="event_subject", fields=["deal", "subject_kind", "subject_id"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="event_only_for", condition=Q(only_for__in=["", *(side.value for side in Side)])
            ),
        ]
        triggers = append_only("events")

    def __str__(self) -> str:
        return self.summary
