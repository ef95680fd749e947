"""Signed pages that came back as scans: the files handed in, and each of their pages on its way to its place."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from closing.models.base import DealRowQuerySet
from closing.models.deals import Deal
from closing.models.leases import LeasedRow
from closing.models.signatures import Signature, SignaturePage
from investors.models.guards import refusal


class ReturnedFileQuerySet(DealRowQuerySet["ReturnedFile"]):
    """Returned files: counsel's alone, since one scan mixes several signatories."""


class ReturnedFile(LeasedRow):
    """A scan handed in, read page by page by a worker. Kept under its SHA-256; `size` in bytes."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="returned_files")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()

    objects = ReturnedFileQuerySet.as_manager()

    class Meta(LeasedRow.Meta):
        constraints = [
            *LeasedRow.Meta.constraints,
            models.UniqueConstraint(name="returned_file_once", fields=["deal", "sha256"]),
            models.CheckConstraint(name="returned_file_sha256", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return self.filename


class ReturnedPageQuerySet(DealRowQuerySet["ReturnedPage"]):
    """Returned pages: counsel's alone until they are filed."""

    deal = "file__deal"


# Whatever writes the row: a page is taken for what its codes say, and filed as the signature of that page.
_WHERE_IT_BELONGS = """
IF NEW.page_id IS NULL THEN RETURN NEW; END IF;
SELECT each.token, each.deal_id, each.deliverable_id, each.block_id INTO code, of_deal, of_document, of_block
    FROM closing_signaturepage AS each WHERE each.id = NEW.page_id;
SELECT deal_id INTO in_deal FROM closing_returnedfile WHERE id = NEW.file_id;
IF of_deal <> in_deal OR (cardinality(NEW.codes) > 0 AND NOT code = ANY(NEW.codes)) THEN {another} END IF;
IF NEW.signature_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM closing_signature AS signed WHERE signed.id = NEW.signature_id
    AND signed.deliverable_id = of_document AND signed.block_id = of_block
) THEN {elsewhere} END IF;
RETURN NEW;
"""


def _filed_where_it_belongs() -> pgtrigger.Trigger:
    name = "filed_where_it_belongs"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("page_id", "codes", "signature_id", "file_id"),
        declare=[
            ("code", "text"),
            ("of_deal", "bigint"),
            ("in_deal", "bigint"),
            ("of_document", "bigint"),
            ("of_block", "bigint"),
        ],
        func=_WHERE_IT_BELONGS.format(
            another=refusal(name, "the code on a returned page says that it is another page"),
            elsewhere=refusal(name, "a returned page is filed as the signature of its own page only"),
        ),
    )


class ReturnedPage(models.Model):
    """One page of a returned file: what was read on it, and what became of it.

    `token` is the code read, blank where none was; `codes` all that were seen, more than one where they differ. `page`
    is the signature page it is taken for, by its code or by a person's word (`assigned_by`). `turned` and `skew` say
    how it lay, in degrees clockwise. `is_compared` is whether it could be compared with the page as it was sent out.
    `upright_sha256` is the straightened page, `picture_sha256` its preview. A page leaves the list once: filed
    (`signature`), or set aside with the reason; taking the signature back puts it on the list again.
    """

    class State(models.TextChoices):
        """Where the page is."""

        TRAY = "tray", "To be assigned"
        TO_CONFIRM = "to-confirm", "To be confirmed"
        FILED = "filed", "Filed"
        SET_ASIDE = "set-aside", "Set aside"

    class Finding(models.TextChoices):
        """What was noticed about it when it was read."""

        RECOGNISED = "recognised", "Recognised by its code"
        UNREAD = "unread", "No code could be read"
        UNKNOWN = "unknown", "Not a page of this deal"
        DUPLICATE = "duplicate", "The same page came before"
        STALE = "stale", "A page of an earlier version"
        BLANK = "blank", "Not signed"
        DECLINED = "declined", "The signatory had declined"
        WITHDRAWN = "withdrawn", "Filed before, and taken back"

    file = models.ForeignKey(ReturnedFile, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    finding = models.CharField(max_length=12, choices=Finding.choices)
    token = models.CharField(max_length=16, blank=True)
    codes = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    page = models.ForeignKey(SignaturePage, on_delete=models.PROTECT, null=True, blank=True, related_name="returns")
    turned = models.PositiveIntegerField(default=0)
    skew = models.FloatField(default=0)
    is_compared = models.BooleanField(default=False)
    upright_sha256 = models.CharField(max_length=64)
    picture_sha256 = models.CharField(max_length=64)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="returned_pages"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    objects = ReturnedPageQuerySet.as_manager()

    class Meta:
        ordering = ["file", "number"]
        constraints = [
            models.UniqueConstraint(name="returned_page_once", fields=["file", "number"]),
            models.CheckConstraint(
                name="returned_page_state", condition=Q(state__in=["tray", "to-confirm", "filed", "set-aside"])
            ),
            models.CheckConstraint(
                name="returned_page_filed",
                condition=Q(state="filed", signature__isnull=False, page__isnull=False)
                | (~Q(state="filed") & Q(signature__isnull=True)),
            ),
            models.CheckConstraint(
                name="returned_page_settled",
                condition=Q(state__in=["filed", "set-aside"], settled_at__isnull=False)
                | Q(state__in=["tray", "to-confirm"], settled_at__isnull=True),
            ),
            models.UniqueConstraint(name="returned_page_signature_once", fields=["signature"]),
            models.CheckConstraint(
                name="returned_page_to_confirm", condition=~Q(state="to-confirm") | Q(page__isnull=False)
            ),
        ]
        indexes = [models.Index(name="returned_page_waiting", fields=["state", "file"])]
        triggers = [_filed_where_it_belongs()]

    def __str__(self) -> str:
        return f"{self.file}, page {self.number}"
