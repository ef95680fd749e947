"""The rows of the pages that are signed: one for each document, block and version, made when first asked for."""

import secrets
from collections.abc import Iterable

from closing.models import Deal, Deliverable, DocumentVersion, SignatureBlock, SignaturePage
from closing.pdf.signatures import new_token
from closing.queries.electronic import files_in_force
from closing.rules.facts import Facts

Place = tuple[str, str]
"""A page: deliverable key, block key."""


def page_rows(deal: Deal, standing: Facts, places: Iterable[Place]) -> dict[Place, SignaturePage]:
    """The pages at `places` for the versions in force in `standing`, facts that stand now; those that are new made now.

    To be called under the deal's lock. Five queries, whatever the deal's size.
    """
    wanted = list(dict.fromkeys(places))
    versions = files_in_force(deal, standing)
    rows = SignaturePage.objects.filter(deal=deal).select_related("deliverable", "block", "version")
    known = {
        (row.deliverable.key, row.block.key): row
        for row in rows
        if row.version_id == _pk(versions.get(row.deliverable.key))
    }
    documents = {row.key: row for row in Deliverable.objects.filter(deal=deal)}
    blocks = {row.key: row for row in SignatureBlock.objects.filter(deal=deal)}
    missing = [
        SignaturePage(
            deal=deal,
            deliverable=documents[document],
            block=blocks[block],
            version=versions.get(document),
            token=new_token(secrets.token_bytes(10)),
        )
        for document, block in wanted
        if (document, block) not in known
    ]
    for row in SignaturePage.objects.bulk_create(missing):
        known[row.deliverable.key, row.block.key] = row
    return {place: known[place] for place in wanted}


def _pk(version: DocumentVersion | None) -> int | None:
    return version.pk if version else None
