"""The stock ledger's figures for the tie-out of a closing."""

from django.db.models import Sum

from closing.models import ClosedAllotment, Closing, Deal
from closing.rules.tie_out import LedgerFigures
from investors.models import Certificate, LedgerEntry


def ledger_of(deal: Deal, before: Closing | None = None) -> LedgerFigures:
    """The class that the deal sells as its ledger stands now, in two queries; or as it stood `before` a closing.

    Before a closing is without what it and later ones of the deal issued.
    """
    certificates = Certificate.objects.filter(share_class=deal.share_class_id)
    entries = LedgerEntry.objects.filter(share_class=deal.share_class_id)
    if before is not None:
        later = ClosedAllotment.objects.filter(closing__deal=deal, closing__gte=before.pk).values("certificate")
        certificates, entries = certificates.exclude(pk__in=later), entries.exclude(certificate__in=later)
    return LedgerFigures(
        authorized=deal.share_class.authorized,
        issued=entries.aggregate(all=Sum("shares"))["all"] or 0,
        numbers=tuple(certificates.order_by("id").values_list("number", flat=True)),
    )
