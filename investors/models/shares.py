"""Classes of shares, the certificates issued for them, and the stock ledger.

The database itself refuses an issue past the authorised number, a second certificate of one number,
a holder below nothing, and any change of what was once written.
"""

from __future__ import annotations

from typing import Self

import pgtrigger
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from investors.models.guards import append_only, never_emptied, refusal
from investors.models.issuers import Contact, HoldingQuerySet, Investor, Issuer
from investors.models.people import Viewer


class ShareClassQuerySet(models.QuerySet["ShareClass"]):
    """Classes of shares."""

    def visible_to(self, user: Viewer) -> Self:
        """An admin sees every class; an investor's contact those of the issuers it invests in."""
        if isinstance(user, AnonymousUser):
            return self.none()
        if user.is_admin:
            return self
        return self.filter(issuer__in=Contact.objects.filter(user=user).values("investor__issuer"))


_AUTHORIZED_COVERS_ISSUED = """
SELECT coalesce(sum(shares), 0) INTO issued FROM investors_ledgerentry
    WHERE share_class_id = NEW.id;
IF NEW.authorized < issued THEN {too_low} END IF;
RETURN NEW;
"""


class ShareClass(models.Model):
    """A class or series of an issuer's shares.

    `authorized` is None where no paper on file states it; then nothing is checked against it.
    `price` is the original issue price of one share.
    """

    class Kind(models.TextChoices):
        """Common or preferred."""

        COMMON = "common", "Common"
        PREFERRED = "preferred", "Preferred"

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="share_classes")
    name = models.CharField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    authorized = models.BigIntegerField(null=True, blank=True)
    votes_per_share = models.PositiveIntegerField(default=1)
    price = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)

    objects = ShareClassQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "share classes"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="share_class_once_per_issuer", fields=["issuer", "name"]),
            models.CheckConstraint(name="share_class_kind", condition=Q(kind__in=["common", "preferred"])),
            models.CheckConstraint(
                name="share_class_authorized", condition=Q(authorized__isnull=True) | Q(authorized__gte=0)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="authorized_covers_issued",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("authorized"),
                declare=[("issued", "numeric")],
                func=_AUTHORIZED_COVERS_ISSUED.format(
                    too_low=refusal(
                        "authorized_covers_issued",
                        "% shares of % are outstanding, so % cannot be all that are authorized",
                        "issued",
                        "NEW.name",
                        "NEW.authorized",
                    )
                ),
            ),
            never_emptied("classes of shares"),
        ]

    def __str__(self) -> str:
        return self.name


class CertificateQuerySet(HoldingQuerySet["Certificate"]):
    """Certificates."""


class Certificate(models.Model):
    """A certificate issued in a registered name, with its legends as printed. Never changed."""

    share_class = models.ForeignKey(ShareClass, on_delete=models.PROTECT, related_name="certificates")
    number = models.CharField()
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="certificates")
    registered_name = models.CharField()
    shares = models.BigIntegerField()
    legends = ArrayField(models.TextField(), default=list, blank=True)
    issued_on = models.DateField()

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="certificate_number_once", fields=["share_class", "number"]),
            models.CheckConstraint(name="certificate_for_shares", condition=Q(shares__gt=0)),
        ]
        triggers = append_only("certificates")

    def __str__(self) -> str:
        return self.number


class LedgerEntryQuerySet(HoldingQuerySet["LedgerEntry"]):
    """Ledger entries."""


# The no-op update takes the class's row for this transaction, and makes a transaction of an older
# snapshot fail rather than count without what others wrote meanwhile.
_WITHIN_AUTHORIZED = """
FOR class IN
    SELECT id FROM investors_shareclass
    WHERE id IN (SELECT share_class_id FROM entries) ORDER BY id
LOOP
    UPDATE investors_shareclass SET name = name WHERE id = class.id
        RETURNING investors_shareclass.authorized, investors_shareclass.name INTO most, title;
    SELECT coalesce(sum(shares), 0) INTO issued FROM investors_ledgerentry
        WHERE share_class_id = class.id;
    IF issued > most THEN {too_many} END IF;
    SELECT min(total) INTO least FROM (
        SELECT sum(shares) AS total FROM investors_ledgerentry
        WHERE share_class_id = class.id
            AND investor_id IN (SELECT investor_id FROM entries)
        GROUP BY investor_id
    ) AS holdings;
    IF least < 0 THEN {too_few} END IF;
END LOOP;
RETURN NULL;
"""


class LedgerEntry(models.Model):
    """One line of the stock ledger: `shares` come to the investor, or go where negative.

    A transfer is two entries, a conversion one out of the old class and one into the new.
    """

    class Kind(models.TextChoices):
        """Why shares came or went."""

        ISSUED = "issued", "Issued"
        TRANSFERRED = "transferred", "Transferred"
        CONVERTED = "converted", "Converted"
        CANCELLED = "cancelled", "Cancelled"

    share_class = models.ForeignKey(ShareClass, on_delete=models.PROTECT, related_name="entries")
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="entries")
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, null=True, blank=True, related_name="entries"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    shares = models.BigIntegerField()
    on = models.DateField()
    note = models.CharField(blank=True)

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="ledger_entry_moves_shares", condition=~Q(shares=0)),
            models.CheckConstraint(
                name="ledger_entry_direction",
                condition=Q(kind="issued", shares__gt=0)
                | Q(kind="cancelled", shares__lt=0)
                | Q(kind__in=["transferred", "converted"]),
            ),
        ]
        triggers = [
            *append_only("ledger entries"),
            pgtrigger.Trigger(
                name="within_authorized",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="entries"),
                declare=[
                    ("class", "record"),
                    ("most", "bigint"),
                    ("title", "text"),
                    ("issued", "numeric"),
                    ("least", "numeric"),
                ],
                func=_WITHIN_AUTHORIZED.format(
                    too_many=refusal(
                        "within_authorized",
                        "% shares of % would be outstanding and % are authorized",
                        "issued",
                        "title",
                        "most",
                    ),
                    too_few=refusal("within_authorized", "a holder of % would hold less than nothing", "title"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shares} on {self.on}"
