"""Issuing shares: a certificate for each holder, and its line in the stock ledger. Who may is asked above."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from investors.models import Certificate, Investor, LedgerEntry, ShareClass


@dataclass(frozen=True, slots=True)
class Issue:
    """Shares issued to a holder under a certificate of that number."""

    investor: Investor
    number: str
    shares: int


@transaction.atomic
def issue_shares(
    share_class: ShareClass, issues: Sequence[Issue], on: date, legends: Sequence[str], note: str
) -> list[Certificate]:
    """Issue certificates in the holders' registered names, and write the ledger; in the order given.

    Raises IntegrityError for a number that is taken, and past the authorized number of shares.
    """
    certificates = Certificate.objects.bulk_create(
        Certificate(
            share_class=share_class,
            number=each.number,
            investor=each.investor,
            registered_name=each.investor.name,
            shares=each.shares,
            legends=list(legends),
            issued_on=on,
        )
        for each in issues
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            share_class=share_class,
            investor=certificate.investor,
            certificate=certificate,
            kind=LedgerEntry.Kind.ISSUED,
            shares=certificate.shares,
            on=on,
            note=note,
        )
        for certificate in certificates
    )
    return certificates


def numbers_taken(share_class: ShareClass) -> tuple[str, ...]:
    """The certificate numbers of a class, its row locked until the transaction ends: nobody else takes one."""
    ShareClass.objects.select_for_update(no_key=True).get(pk=share_class.pk)
    return tuple(Certificate.objects.filter(share_class=share_class).values_list("number", flat=True))
