"""Which version of a deal's terms and facts the database holds: one query, whatever their number.

A row's place and the transaction that wrote it change with every insert and update, in SQL by hand as in an action, and
no two transactions share a number. So two equal versions were read from the same rows.
"""

from functools import cache

from django.db import connection
from django.db.models import Model

from closing import models
from closing.queries.fact_kinds import KINDS
from investors.models import Investor, Issuer, LedgerEntry, ShareClass

Version = tuple[tuple[int, int], ...]

# What a deal's rows are found by: its id stands for %s. Addresses, named by Schedule A, are never changed.
OF_DEAL = "deal_id = %s"
ISSUER = "(SELECT issuer_id FROM closing_deal WHERE id = %s)"
ROWS: dict[type[Model], str] = {
    models.Deal: "id = %s",
    Issuer: f"id = {ISSUER}",
    Investor: f"issuer_id = {ISSUER}",
    ShareClass: f"issuer_id = {ISSUER}",
    LedgerEntry: f"share_class_id IN (SELECT id FROM investors_shareclass WHERE issuer_id = {ISSUER})",  # noqa: S608
    models.Allotment: OF_DEAL,
    models.SignatureBlock: OF_DEAL,
    models.Counsel: OF_DEAL,
    models.Condition: OF_DEAL,
    models.Deliverable: OF_DEAL,
    models.Deliverable.serves.through: "deliverable_id IN (SELECT id FROM closing_deliverable WHERE deal_id = %s)",
    **{kind.model: OF_DEAL for kind in KINDS},
    models.FeeCap: OF_DEAL,
    **{
        kind.below.model: f"{kind.below.parent}_id IN (SELECT id FROM {kind.model._meta.db_table} WHERE deal_id = %s)"  # noqa: S608
        for kind in KINDS
        if kind.below
    },
    models.ClosedAllotment: "closing_id IN (SELECT id FROM closing_closing WHERE deal_id = %s)",
    models.Closing: OF_DEAL,
    models.Reimbursement: "closing_id IN (SELECT id FROM closing_closing WHERE deal_id = %s)",
}


def version_of(deal: models.Deal) -> Version:
    """How many rows there are of each kind, and a digest of their places and transactions."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [deal.pk] * len(ROWS))
        return tuple((count, digest) for count, digest in cursor.fetchall())


@cache
def _statement() -> str:
    return " UNION ALL ".join(
        f"SELECT count(*), coalesce(bit_xor(hashtidextended(ctid, xmin::text::bigint)), 0) "  # noqa: S608 - our tables
        f"FROM {model._meta.db_table} WHERE {found_by}"
        for model, found_by in ROWS.items()
    )
