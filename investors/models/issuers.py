"""Issuers, the investors that hold their shares, their contacts, and where notices to them go."""

from __future__ import annotations

from datetime import date
from typing import Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from investors.models.guards import append_only
from investors.models.people import User, Viewer

Row = TypeVar("Row", bound=models.Model, covariant=True)


class HoldingQuerySet(models.QuerySet[Row]):
    """Rows of one investor, reached by the path `investor`."""

    investor = "investor"

    def visible_to(self, user: Viewer) -> Self:
        """An admin sees every row; a contact those of the investors he is a contact of."""
        if isinstance(user, AnonymousUser):
            return self.none()
        if user.is_admin:
            return self
        own = Contact.objects.filter(user=user).values("investor")
        return self.filter(**{f"{self.investor}__in": own})


class IssuerQuerySet(models.QuerySet["Issuer"]):
    """Issuers."""

    def visible_to(self, user: Viewer) -> Self:
        """An admin sees every issuer; an investor's contact the issuers it invests in."""
        if isinstance(user, AnonymousUser):
            return self.none()
        if user.is_admin:
            return self
        return self.filter(pk__in=Contact.objects.filter(user=user).values("investor__issuer"))


class Issuer(models.Model):
    """A company that sells its shares, with its notice address."""

    code = models.CharField(unique=True)
    name = models.CharField()
    jurisdiction = models.CharField(blank=True)
    address_lines = ArrayField(models.CharField(), default=list, blank=True)
    address_jurisdiction = models.CharField(blank=True)
    attention = models.CharField(blank=True)

    objects = IssuerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class InvestorQuerySet(HoldingQuerySet["Investor"]):
    """Investors and other holders."""

    investor = "pk"


class Investor(models.Model):
    """A person or firm that buys or holds shares of an issuer, under its registered name."""

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="investors")
    name = models.CharField()

    objects = InvestorQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="investor_once_per_issuer", fields=["issuer", "name"]),
            models.CheckConstraint(name="investor_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(HoldingQuerySet["Contact"]):
    """Contacts."""


class Contact(models.Model):
    """Somebody who acts for an investor. With a `user` he may sign in and see that investor's rows."""

    investor = models.ForeignKey(Investor, on_delete=models.CASCADE, related_name="contacts")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="contacts")
    name = models.CharField()
    email = models.EmailField()

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="contact_once_per_investor", fields=["investor", "name", "email"]),
        ]

    def __str__(self) -> str:
        return f"{self.name} for {self.investor}"


class AddressQuerySet(HoldingQuerySet["Address"]):
    """Notice addresses."""

    def in_force(self, day: date) -> Self:
        """For each investor the address in force on `day`: the latest that was effective by then."""
        latest_first = self.filter(effective_from__lte=day).order_by("investor_id", "-effective_from", "-id")
        return latest_first.distinct("investor_id")


class Address(models.Model):
    """A notice address, from `effective_from` on until a later one. Rows are never changed."""

    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="addresses")
    lines = ArrayField(models.CharField())
    attention = models.CharField(blank=True)
    jurisdiction = models.CharField(blank=True)
    effective_from = models.DateField()

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        ordering = ["investor", "effective_from", "id"]
        triggers = append_only("addresses")

    def __str__(self) -> str:
        return ", ".join(self.lines)
