"""Letters: one e-mail to one person about one thing, a point of the schedule or what happened, never twice."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet
from closing.models.deals import Deal
from investors.models import User


class ReminderQuerySet(DealRowQuerySet["Reminder"]):
    """Reminders."""

    def own(self, user: User) -> Q:
        """Those sent to him."""
        return Q(email=user.email)


class Reminder(models.Model):
    """A letter: what a person is told, with its words. The row is the queue; `message_id` is fixed before sending.

    `schedule_key` names the point of the schedule, or what it is about. A reminder whose fate is not known (the worker
    died while handing it to the relay) is `unknown`, and is not sent again.
    """

    class State(models.TextChoices):
        """How far a reminder is."""

        QUEUED = "queued", "Queued"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Not known to have been sent"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="reminders")
    person = models.CharField()
    email = models.EmailField()
    schedule_key = models.CharField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    message_id = models.CharField(max_length=200, unique=True)
    subject = models.CharField()
    text = models.TextField()
    html = models.TextField(blank=True)
    error = models.TextField(blank=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at", "id"]
        constraints = [
            models.UniqueConstraint(name="reminder_once_per_person", fields=["deal", "email", "schedule_key"]),
            models.CheckConstraint(
                name="reminder_state",
                condition=Q(state__in=["queued", "sending", "sent", "failed", "unknown"]),
            ),
            models.CheckConstraint(
                name="reminder_sending_has_a_lease",
                condition=~Q(state="sending") | Q(lease_until__isnull=False, lease_token__isnull=False),
            ),
            models.CheckConstraint(
                name="reminder_sent_has_a_time",
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}, to {self.person}"
