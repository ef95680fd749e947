"""Delivery of a document to each investor, which certificates and opinions share."""

from closing.rules.facts import Delivery
from closing.rules.findings import Case, Missing


def undelivered(document: str, owed_by: str, case: Case) -> dict[str, tuple[Missing, ...]]:
    """For every investor to whom `document` was not delivered, what is missing; empty where all have it.

    Asked only of a paper that is good: one that is not signed yet has nobody to go to.
    """
    delivered = {each.investor for each in case.facts.deliveries if each.document == document}
    if None in delivered:
        return {}
    since = case.lapsed(Delivery, lambda fact: fact.document).of(document)
    missing = (Missing("delivery", "Not delivered to this investor", owed_by, since=since),)
    return {each.name: missing for each in case.deal.investors if each.name not in delivered}
