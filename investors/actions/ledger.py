"""Writing the stock ledger. Who may is asked above this building; the database has the last word."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction

from investors.models import Investor, Issuer, LedgerEntry, ShareClass

COMMON = "Common Stock"


@transaction.atomic
def register_holders(issuer: Issuer, names: Sequence[str]) -> dict[str, Investor]:
    """The issuer's investors of these names, made where they are new. Two or three queries."""
    known = {each.name: each for each in Investor.objects.filter(issuer=issuer, name__in=names)}
    new = [Investor(issuer=issuer, name=name) for name in dict.fromkeys(names) if name not in known]
    known.update({each.name: each for each in Investor.objects.bulk_create(new)})
    return known


@transaction.atomic
def open_ledger(issuer: Issuer, on: date, holders: Mapping[str, int], note: str) -> ShareClass:
    """Open the issuer's common stock with what its holders had on a day, one vote a share.

    How many shares are authorized is left open: a list of holders does not say.
    """
    common, _ = ShareClass.objects.get_or_create(
        issuer=issuer, name=COMMON, defaults={"kind": ShareClass.Kind.COMMON, "votes_per_share": 1}
    )
    investors = register_holders(issuer, list(holders))
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            share_class=common,
            investor=investors[name],
            kind=LedgerEntry.Kind.ISSUED,
            shares=shares,
            on=on,
            note=note,
        )
        for name, shares in holders.items()
    )
    return common


def has_ledger(issuer: Issuer) -> bool:
    """Whether the issuer's stock ledger has a line."""
    return LedgerEntry.objects.filter(share_class__issuer=issuer).exists()
