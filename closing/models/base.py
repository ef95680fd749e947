"""What every row of a deal has in common: who may see it, and how facts are kept.

A fact is written once. It may be taken back once, with a reason, and that is all that may ever
happen to its row; the triggers here say so to raw SQL too.
"""

from __future__ import annotations

from typing import Any, Self, TypeAlias, TypeVar

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q

from closing.rules.access import SIDES
from closing.rules.terms import Side
from investors.models import Contact, User, Viewer
from investors.models.guards import never_deleted, never_emptied, refusal

Row = TypeVar("Row", bound=models.Model, covariant=True)


class DealRowQuerySet(models.QuerySet[Row]):
    """Rows of a deal, reached by the path `deal`; `own` says which of them a contact may see."""

    deal = "deal"

    def visible_to(self, user: Viewer) -> Self:
        """Counsel see every row of their deals, an investor's contact its own, nobody else any."""
        if isinstance(user, AnonymousUser):
            return self.none()
        return self.filter(self.counsel(user) | self.own(user))

    def counsel(self, user: User) -> Q:
        """What counsel may see of these rows: every one of their deals, unless a table says less."""
        return Q(**{f"{self.deal}__in": deals_of_counsel(user)})

    def own(self, user: User) -> Q:
        """What an investor's contact may see of these rows: nothing, unless a table says more."""
        return Q(pk__in=[])


class AllotmentRowQuerySet(DealRowQuerySet[Row]):
    """Rows about one investor of the deal, reached by the path `allotment`."""

    allotment = "allotment"

    def own(self, user: User) -> Q:
        """The rows about the investors he is a contact of."""
        return Q(**{f"{self.allotment}__investor__in": investors_of(user)})


class WholeDealQuerySet(DealRowQuerySet[Row]):
    """Rows that everybody on the deal may see."""

    def own(self, user: User) -> Q:
        """Every row of the deals in which he is a contact of an investor."""
        return Q(**{f"{self.deal}__in": deals_of_contact(user)})


Ids: TypeAlias = "models.QuerySet[Any, Any]"
"""A subquery of ids."""


def deals_of_counsel(user: User) -> Ids:
    """The deals on which the user is counsel."""
    return User.objects.filter(pk=user.pk, memberships__isnull=False).values("memberships__deal")


def deals_of_side(user: User, side: Side) -> Ids:
    """The deals on which the user is counsel of that side."""
    roles = [role.value for role, acts_for in SIDES.items() if acts_for is side]
    return User.objects.filter(pk=user.pk, memberships__role__in=roles).values("memberships__deal")


def deals_of_contact(user: User) -> Ids:
    """The deals in which the user is a contact of an investor."""
    return Contact.objects.filter(user=user, investor__allotments__isnull=False).values("investor__allotments__deal")


def deals_of_signatory(user: User) -> Ids:
    """The deals in which he signs for somebody."""
    blocks = apps.get_model("closing", "SignatureBlock")._default_manager
    return blocks.filter(person_email=user.email).values("deal")


def investors_of(user: User) -> Ids:
    """The investors whose contact the user is."""
    return Contact.objects.filter(user=user).values("investor")


def fact_triggers(what: str, *latches: str, text_latches: tuple[str, ...] = ()) -> list[pgtrigger.Trigger]:
    """A fact is never deleted; it is withdrawn once, and each of `latches` is set once.

    `text_latches` are those that are blank, and not null, until they are set.

    Whatever else an update would change is refused, and a withdrawn fact is not touched again.
    """
    free = ["withdrawn_at", "withdrawn_reason", "withdrawn_by_id", *latches, *text_latches]
    columns = ", ".join(f"'{column}'" for column in free)
    name = "changed_by_withdrawal_only"
    is_set = [f"OLD.{latch} IS NOT NULL" for latch in latches] + [f"OLD.{latch} <> ''" for latch in text_latches]
    relatched = " OR ".join(
        f"({stands} AND NEW.{latch} IS DISTINCT FROM OLD.{latch})"
        for stands, latch in zip(is_set, (*latches, *text_latches), strict=True)
    )
    wrong = [
        "OLD.withdrawn_at IS NOT NULL",
        f"(to_jsonb(NEW) - ARRAY[{columns}]) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY[{columns}])",
        *([relatched] if relatched else []),
    ]
    guard = pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=(
            f"IF to_jsonb(NEW) = to_jsonb(OLD) THEN RETURN NEW; END IF; IF {' OR '.join(wrong)} THEN "
            + refusal(name, f"{what} on file are never changed, only withdrawn, and that once")
            + " END IF; RETURN NEW;"
        ),
    )
    return [guard, never_deleted(what), never_emptied(what)]


def withdrawal_check(name: str) -> models.CheckConstraint:
    """Nothing is withdrawn before it came on file, and a reason belongs to a withdrawal."""
    return models.CheckConstraint(
        name=f"{name}_withdrawal",
        condition=Q(withdrawn_at__isnull=True, withdrawn_reason="", withdrawn_by__isnull=True)
        | Q(withdrawn_at__isnull=False, withdrawn_at__gte=F("at")),
    )


class FactRow(models.Model):
    """A fact on file: when it came, who recorded it, and when, why and by whom it was taken back."""

    deal = models.ForeignKey("closing.Deal", on_delete=models.PROTECT, related_name="%(class)s_facts")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True
        ordering = ["at", "id"]
