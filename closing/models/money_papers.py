"""Papers about money that a worker makes of frozen content: funds flows, closing statements, receipts."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from closing.models.base import AllotmentRowQuerySet
from closing.models.deals import Allotment, Deal
from closing.models.leases import LeasedFile
from investors.models.guards import never_deleted, never_emptied, refusal

_SAID = ", ".join(f"'{column}'" for column in ("deal_id", "allotment_id", "kind", "title", "content", "content_key"))
_KEEPS_CONTENT = """
IF (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(NEW)) WHERE key IN ({said}))
    IS DISTINCT FROM (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(OLD)) WHERE key IN ({said}))
    THEN {changed} END IF;
IF OLD.state = 'made' AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN {made} END IF;
RETURN NEW;
"""


class MoneyPaperQuerySet(AllotmentRowQuerySet["MoneyPaper"]):
    """Money papers: a receipt is its investor's too, the others are counsel's."""


class MoneyPaper(LeasedFile):
    """A paper made of `content` (`closing.pdf.money_papers.PaperContent` as JSON), whose digest is `content_key`.

    Equal content is one row. A receipt is for one `allotment`; every other kind is counsel's and for none.
    """

    class Kind(models.TextChoices):
        """What it is."""

        FUNDS_FLOW = "funds-flow", "Funds flow"
        CLOSING_STATEMENT = "closing-statement", "Closing statement"
        RECEIPT = "receipt", "Receipt"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="money_papers")
    allotment = models.ForeignKey(
        Allotment, on_delete=models.PROTECT, null=True, blank=True, related_name="money_papers"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField()
    content = models.JSONField()
    content_key = models.CharField(max_length=64)

    objects = MoneyPaperQuerySet.as_manager()

    class Meta(LeasedFile.Meta):
        constraints = [
            *LeasedFile.Meta.constraints,
            models.UniqueConstraint(
                name="money_paper_once_while_live",
                fields=["deal", "allotment", "kind", "content_key"],
                condition=Q(state__in=["queued", "making", "made"]),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="money_paper_kind", condition=Q(kind__in=["funds-flow", "closing-statement", "receipt"])
            ),
            models.CheckConstraint(
                name="money_paper_of_one_investor_is_a_receipt",
                condition=Q(kind="receipt", allotment__isnull=False) | (~Q(kind="receipt") & Q(allotment=None)),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="content_never_changed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_KEEPS_CONTENT.format(
                    said=_SAID,
                    changed=refusal(
                        "content_never_changed", "what a money paper says is never changed; other content is another"
                    ),
                    made=refusal("content_never_changed", "a money paper that is made is never changed"),
                ),
            ),
            never_deleted("money papers"),
            never_emptied("money papers"),
        ]

    def __str__(self) -> str:
        return f"{self.title} of {self.deal}"
