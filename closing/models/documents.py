"""Deliverables, the versions of their files, and the facts of their delivery."""

from __future__ import annotations

from typing import Self

from django.conf import settings
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
from closing.models.conditions import Condition
from closing.models.deals import Allotment, Counsel, Deal, own_names
from closing.models.leases import LeasedFile
from closing.rules.terms import INVESTORS
from investors.models import User, Viewer
from investors.models.guards import append_only


class DeliverableQuerySet(DealRowQuerySet["Deliverable"]):
    """Deliverables."""

    def visible_to(self, user: Viewer) -> Self:
        """As for every row of a deal, without what was withdrawn from the checklist."""
        return super().visible_to(user).filter(withdrawn_at__isnull=True)

    def own(self, user: User) -> Q:
        """Those to, by or signed by every investor, or one whose contact the user is."""
        names = own_names(user)
        to_all = Q(owed_to=INVESTORS) | Q(owed_by=INVESTORS) | Q(signed_by__contains=[INVESTORS])
        to_his = Q(owed_to__in=names) | Q(owed_by__in=names) | Q(signed_by__overlap=ArraySubquery(names))
        return Q(deal__in=deals_of_contact(user)) & (to_all | to_his)


class Deliverable(models.Model):
    """A document or act owed at or before the closing, and the conditions that it serves.

    `owed_by`, `owed_to` and `signed_by` are party references: `issuer`, `investors`, the key of a
    counsel, or an investor's name. `signing_order` is a list of lists of them: who signs after whom.
    `added_at` is when counsel added it beyond the deal file, None for
    what the file states. An item withdrawn from the checklist keeps its row, and is no part of the terms.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="deliverables")
    position = models.PositiveIntegerField()
    key = models.CharField()
    title = models.CharField()
    part = models.CharField()
    owed_by = models.CharField()
    owed_to = models.CharField()
    signed_by = ArrayField(models.CharField(), default=list, blank=True)
    section = models.CharField(blank=True)
    act = models.BooleanField(default=False)
    signing_order = models.JSONField(default=list, blank=True)
    serves = models.ManyToManyField(Condition, related_name="deliverables", blank=True)
    added_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DeliverableQuerySet.as_manager()

    class Meta:
        ordering = ["deal", "position"]
        constraints = [
            models.UniqueConstraint(name="deliverable_key_once_per_deal", fields=["deal", "key"]),
            models.CheckConstraint(
                name="deliverable_withdrawal",
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="", withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, added_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DocumentVersionQuerySet(DealRowQuerySet["DocumentVersion"]):
    """Versions of documents."""

    deal = "deliverable__deal"

    def own(self, user: User) -> Q:
        """The files of what comes to his investors, what they sign, and what they alone owe."""
        return files_for_contact(user, "deliverable")


def files_for_contact(user: User, deliverable: str) -> Q:
    """Rows whose deliverable's files an investor's contact or a signatory may see; `deliverable` is the path to it.

    What every investor owes lies in one place, and another's file would be among them.
    """
    names = own_names(user, f"{deliverable}__deal")
    to_all = Q(**{f"{deliverable}__owed_to": INVESTORS}) | Q(**{f"{deliverable}__signed_by__contains": [INVESTORS]})
    to_his = (
        Q(**{f"{deliverable}__owed_to__in": names})
        | Q(**{f"{deliverable}__owed_by__in": names})
        | Q(**{f"{deliverable}__signed_by__overlap": ArraySubquery(names)})
    )
    signs = Deliverable.objects.filter(signature_pages__block__person_email=user.email)
    of_contact = Q(**{f"{deliverable}__deal__in": deals_of_contact(user)}) & (to_all | to_his)
    return of_contact | Q(**{f"{deliverable}__in": signs.values("pk")})


class DocumentVersion(models.Model):
    """A file handed in for a deliverable, kept under its SHA-256. Never changed, only superseded.

    `size` in bytes; `pages` None where the file is not paged. `stage` is what it was handed in as; which version is
    the execution version is a fact of its own.
    """

    class Stage(models.TextChoices):
        """How far the text is."""

        DRAFT = "draft", "Draft"
        COMMENTS = "comments", "In comments"

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=100)
    pages = models.PositiveIntegerField(null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.DRAFT)

    objects = DocumentVersionQuerySet.as_manager()

    class Meta:
        ordering = ["deliverable", "number"]
        constraints = [
            models.UniqueConstraint(name="version_number_once", fields=["deliverable", "number"]),
            models.CheckConstraint(name="version_sha256", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="version_has_content", condition=Q(size__gt=0)),
            models.CheckConstraint(name="version_stage", condition=Q(stage__in=["draft", "comments"])),
        ]
        triggers = append_only("versions of documents")

    def __str__(self) -> str:
        return f"{self.filename}, version {self.number}"


class PdfCopyQuerySet(DealRowQuerySet["PdfCopy"]):
    """PDF copies."""

    deal = "version__deliverable__deal"

    def own(self, user: User) -> Q:
        """Those of the files that he may see."""
        return files_for_contact(user, "version__deliverable")


class PdfCopy(LeasedFile):
    """A Word file's PDF, converted by a worker where an office suite is found."""

    version = models.OneToOneField(DocumentVersion, on_delete=models.PROTECT, related_name="pdf_copy")

    objects = PdfCopyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"PDF of {self.version}"


class DeliveryQuerySet(AllotmentRowQuerySet["Delivery"]):
    """Deliveries."""

    def own(self, user: User) -> Q:
        """Those to his investors, and those to every investor."""
        to_all = Q(allotment__isnull=True, deal__in=deals_of_contact(user))
        return super().own(user) | to_all


class Delivery(FactRow):
    """A document delivered to one investor, or to every investor where `allotment` is None."""

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="deliveries")
    allotment = models.ForeignKey(Allotment, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries")

    objects = DeliveryQuerySet.as_manager()

    class Meta(FactRow.Meta):
        verbose_name_plural = "deliveries"
        constraints = [withdrawal_check("delivery")]
        triggers = fact_triggers("deliveries")


class OfficerCertificateQuerySet(DealRowQuerySet["OfficerCertificate"]):
    """Officers' certificates."""


class OfficerCertificate(FactRow):
    """An officer's certificate: who signed it, with which title, dated when."""

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="officer_certificates")
    signer = models.CharField()
    title = models.CharField()
    dated = models.DateField()

    objects = OfficerCertificateQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("officer_certificate")]
        triggers = fact_triggers("certificates")


class OpinionQuerySet(DealRowQuerySet["Opinion"]):
    """Opinions."""


class Opinion(FactRow):
    """An opinion signed by a counsel, dated as of `dated`."""

    deliverable = models.ForeignKey(Deliverable, on_delete=models.PROTECT, related_name="opinions")
    counsel = models.ForeignKey(Counsel, on_delete=models.PROTECT, related_name="opinions")
    dated = models.DateField()

    objects = OpinionQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [withdrawal_check("opinion")]
        triggers = fact_triggers("opinions")
