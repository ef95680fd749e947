"""A deal, its Schedule A, who signs for whom, and which lawyers work on it.

The long tail of a deal file (people, thresholds, covenants, faults) lies in `Deal.terms`; what a
query, a constraint or a trigger reads has a column. `closing.queries.deals.deal_terms` reads all
of it back as one value.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closing.models.base import (
    AllotmentRowQuerySet,
    DealRowQuerySet,
    WholeDealQuerySet,
    deals_of_contact,
    deals_of_signatory,
    investors_of,
)
from closing.rules.access import Role
from investors.models import Address, Investor, Issuer, ShareClass, User
from investors.models.guards import never_emptied, refusal

MONEY_DIGITS = 24
MONEY_PLACES = 6


class DealQuerySet(DealRowQuerySet["Deal"]):
    """Deals."""

    deal = "pk"

    def own(self, user: User) -> Q:
        """The deals in which he is a contact of an investor, or signs."""
        return Q(pk__in=deals_of_contact(user)) | Q(pk__in=deals_of_signatory(user))


_SCHEDULE_WITHIN_MAXIMUM = """
SELECT coalesce(sum(shares), 0), coalesce(sum(purchase_price), 0) INTO sold, price
    FROM closing_allotment WHERE deal_id = NEW.id;
IF sold > NEW.max_shares OR price > NEW.max_amount THEN {too_many} END IF;
RETURN NEW;
"""


class Deal(models.Model):
    """One agreement on its way to its closing. Money in `currency`; `time_zone` is an IANA name.

    `further_closings`: those left out of a closing may close later, until `further_until`, where it is given.
    """

    code = models.CharField(unique=True)
    name = models.CharField()
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="deals")
    share_class = models.ForeignKey(ShareClass, on_delete=models.PROTECT, related_name="deals")
    agreement_title = models.CharField()
    agreement_dated = models.DateField()
    currency = models.CharField(max_length=3)
    governing_law = models.CharField(blank=True)
    security_name = models.CharField()
    security_short = models.CharField()
    price_per_share = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    max_shares = models.BigIntegerField()
    max_amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    legends = ArrayField(models.TextField(), default=list, blank=True)
    certificate_prefix = models.CharField(blank=True)
    closing_at = models.DateTimeField()
    time_zone = models.CharField()
    place = models.TextField()
    further_closings = models.BooleanField(default=False)
    further_until = models.DateField(null=True, blank=True)
    survival_section = models.CharField()
    survival_months = models.PositiveIntegerField()
    terms = models.JSONField(default=dict)

    objects = DealQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="deal_price", condition=Q(price_per_share__gt=0)),
            models.CheckConstraint(name="deal_max_shares", condition=Q(max_shares__gt=0)),
            models.CheckConstraint(name="deal_max_amount", condition=Q(max_amount__gt=0)),
            models.CheckConstraint(
                name="deal_further_until", condition=Q(further_until__isnull=True) | Q(further_closings=True)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="maximum_covers_schedule",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("max_shares", "max_amount"),
                declare=[("sold", "numeric"), ("price", "numeric")],
                func=_SCHEDULE_WITHIN_MAXIMUM.format(
                    too_many=refusal(
                        "maximum_covers_schedule",
                        "Schedule A has % shares for %, more than the new maximum",
                        "sold",
                        "price",
                    )
                ),
            ),
            never_emptied("deals"),
        ]

    def __str__(self) -> str:
        return self.name


class CounselQuerySet(WholeDealQuerySet["Counsel"]):
    """Law firms."""


class Counsel(models.Model):
    """A law firm of the deal, referred to by `key`. `contacts` are names of the deal's people."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="counsel")
    key = models.CharField()
    position = models.PositiveIntegerField()
    name = models.CharField()
    short = models.CharField()
    side = models.CharField()
    address_lines = ArrayField(models.CharField(), default=list)
    address_jurisdiction = models.CharField(blank=True)
    attention = models.CharField(blank=True)
    contacts = ArrayField(models.CharField(), default=list, blank=True)

    objects = CounselQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "counsel"
        ordering = ["deal", "position"]
        constraints = [
            models.UniqueConstraint(name="counsel_key_once_per_deal", fields=["deal", "key"]),
            models.CheckConstraint(name="counsel_side", condition=Q(side__in=["issuer", "investors"])),
        ]

    def __str__(self) -> str:
        return self.name


class AllotmentQuerySet(AllotmentRowQuerySet["Allotment"]):
    """Rows of Schedule A."""

    def own(self, user: User) -> Q:
        """The rows of the investors he is a contact of."""
        return Q(investor__in=investors_of(user))


# The no-op update takes the deal's row, so that two changes of one schedule follow each other.
_MAXIMUM_HOLDS = """
FOR each IN SELECT DISTINCT deal_id FROM rows ORDER BY deal_id LOOP
    UPDATE closing_deal SET name = name WHERE id = each.deal_id
        RETURNING max_shares, max_amount INTO most, most_paid;
    SELECT sum(shares), sum(purchase_price) INTO sold, price
        FROM closing_allotment WHERE deal_id = each.deal_id;
    IF sold > most OR price > most_paid THEN {too_many} END IF;
END LOOP;
RETURN NULL;
"""


def _within_maximum(name: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(new="rows"),
        declare=[
            ("each", "record"),
            ("most", "bigint"),
            ("most_paid", "numeric"),
            ("sold", "numeric"),
            ("price", "numeric"),
        ],
        func=_MAXIMUM_HOLDS.format(
            too_many=refusal(
                name,
                "Schedule A would have % shares for %; at most % for % may be sold",
                "sold",
                "price",
                "most",
                "most_paid",
            )
        ),
    )


class Allotment(models.Model):
    """A row of Schedule A: what one investor buys, and the notice address that it states.

    `purchase_price` in the deal's currency. `contacts` are names of the deal's people.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="allotments")
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="allotments")
    position = models.PositiveIntegerField()
    shares = models.BigIntegerField()
    purchase_price = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="+")
    care_of = models.CharField(blank=True)
    contacts = ArrayField(models.CharField(), default=list, blank=True)

    objects = AllotmentQuerySet.as_manager()

    class Meta:
        ordering = ["deal", "position"]
        constraints = [
            models.UniqueConstraint(name="allotment_once_per_deal", fields=["deal", "investor"]),
            models.CheckConstraint(name="allotment_shares", condition=Q(shares__gt=0)),
            models.CheckConstraint(name="allotment_price", condition=Q(purchase_price__gt=0)),
        ]
        triggers = [
            _within_maximum("allotted_within_maximum", pgtrigger.Insert),
            _within_maximum("reallotted_within_maximum", pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return self.investor.name


def own_names(user: User, deal: str = "deal") -> models.QuerySet[Allotment, Any]:
    """The names, in the outer row's deal, of the investors whose contact the user is."""
    return Allotment.objects.filter(deal=models.OuterRef(deal), investor__in=investors_of(user)).values(
        "investor__name"
    )


class SignatureBlockQuerySet(AllotmentRowQuerySet["SignatureBlock"]):
    """Signature blocks."""


class SignatureBlock(models.Model):
    """Who signs for a party and how; `allotment` None is the issuer.

    `chain` lists the `By:` lines, outermost first, as `{"entity", "capacity"}`; `person` is the
    name of who receives the packet, `person_email` the address in lower case under which he signs in.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="blocks")
    allotment = models.ForeignKey(Allotment, on_delete=models.CASCADE, null=True, blank=True, related_name="blocks")
    key = models.CharField()
    position = models.PositiveIntegerField()
    party = models.CharField()
    chain = models.JSONField(default=list)
    signer = models.CharField(blank=True)
    title = models.CharField(blank=True)
    person = models.CharField()
    person_email = models.CharField(blank=True)
    title_line = models.BooleanField(default=True)
    individual = models.BooleanField(default=False)

    objects = SignatureBlockQuerySet.as_manager()

    class Meta:
        ordering = ["deal", "position"]
        constraints = [
            models.UniqueConstraint(name="block_key_once_per_deal", fields=["deal", "key"]),
        ]

    def __str__(self) -> str:
        return self.party


class MembershipQuerySet(DealRowQuerySet["Membership"]):
    """Memberships."""

    def own(self, user: User) -> Q:
        """His own; an admin gives and takes them, and sees all."""
        return Q() if user.is_admin else Q(user=user)


class Membership(models.Model):
    """A lawyer's place on a deal: on one side of the table."""

    class Roles(models.TextChoices):
        """The two sides' counsel."""

        COMPANY_COUNSEL = Role.COMPANY_COUNSEL.value, "Company counsel"
        INVESTORS_COUNSEL = Role.INVESTORS_COUNSEL.value, "Investors' counsel"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Roles.choices)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="member_on_one_side_of_a_deal", fields=["user", "deal"]),
            models.CheckConstraint(
                name="membership_role",
                condition=Q(role__in=[Role.COMPANY_COUNSEL.value, Role.INVESTORS_COUNSEL.value]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} on {self.deal}"
