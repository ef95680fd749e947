"""The pages signed in the browser, made and sealed in a worker: the row of the signature is the queue.

The signature counts from the moment of signing; what is made here is its paper. The typesetter runs in worker children
only (`closing.pdf.typesetting`).
"""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from closing.actions import events
from closing.actions.base import ActionRefused, acting
from closing.actions.leases import CannotBeMade, Held, Queue, queue_again
from closing.actions.sealing import seal_bytes
from closing.actions.stored_files import store
from closing.models import Counterpart, Deal, ElectronicSignature, SignaturePage
from closing.pdf.seals import CannotSeal
from closing.pdf.signature_specs import PageCannotBeMade
from closing.pdf.signed_pages import (
    BadSignature,
    DrawnSignature,
    SigningEvidence,
    TypedSignature,
    sign_page,
)
from closing.queries.counterparts import FOLDER, SUFFIX
from closing.queries.packet_specs import frame_of, page_spec, printed_pages
from closing.rules.access import Verb
from closing.rules.words import number, on_day
from investors.models import User

State = ElectronicSignature.State
NOT_TOLD = "not known"


def make(pk: int) -> bool:
    """Make and seal the page of one electronic signature, if nobody else is at it. True if this call made it."""
    return QUEUE.work(pk, _make)


def retry(row: ElectronicSignature, by: User | None) -> ElectronicSignature:
    """Put a page that could not be made back in the queue, its attempts counted afresh; ring for it then.

    Raises NotAllowed, and ActionRefused where it is made or under way.
    """
    with acting(row.deal, by, Verb.RETURN_PAGES) as act:
        locked = ElectronicSignature.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if locked.state != State.FAILED:
            raise ActionRefused("The page is made, or being made. There is nothing to try again.")
        queue_again(locked, act.now)
        act.record("signed-page-requested-again", locked, f"The page that {row.user} signed is to be made again")
        return locked


def _make(held: Held[ElectronicSignature]) -> dict[str, Any]:
    row = ElectronicSignature.objects.select_related(
        "deal", "page__deliverable", "page__block", "page__version", "signature"
    ).get(pk=held.row.pk)
    frame = frame_of(Deal.objects.select_related("issuer").get(pk=row.deal_id))
    (printed,) = printed_pages(SignaturePage.objects.filter(pk=row.page_id))
    try:
        made = sign_page(page_spec(frame, printed), _mark(row), _evidence(row), deal_name=frame.deal_name)
        sealed = seal_bytes(made, f"{row.user} signed the {row.page.deliverable.title} {row.capacity}")
    except (BadSignature, PageCannotBeMade, CannotSeal) as refused:
        raise CannotBeMade(str(refused)) from refused
    kept = store(sealed, FOLDER, SUFFIX)
    return {"sha256": kept.sha256, "size": kept.size}


def _mark(row: ElectronicSignature) -> DrawnSignature | TypedSignature:
    if row.typed:
        return TypedSignature(row.typed)
    return DrawnSignature(tuple(tuple((float(x), float(y)) for x, y in stroke) for stroke in row.strokes))


def _evidence(row: ElectronicSignature) -> SigningEvidence:
    local = row.signed_at.astimezone(ZoneInfo(row.deal.time_zone))
    version = row.page.version
    return SigningEvidence(
        signer=row.signature.signer or str(row.user),
        title=row.signature.title,
        email=row.email,
        signed_at=f"{on_day(local.date())}, {local:%H:%M:%S} {local:%Z}",
        document_sha256=row.document_sha256,
        version_label=f"version {number(version.number)}" if version else "execution version",
        from_address=row.address or NOT_TOLD,
        consent_sha256=row.consent_sha256,
    )


def _told(row: ElectronicSignature) -> None:
    """Within the transaction that ends the row: the counterpart, and the event."""
    which = f"the page of {row.page.block.party} for the {row.page.deliverable.title}"
    if row.state != State.MADE:
        events.record(row.deal, None, "signed-page-failed", row, f"{which} could not be made", reason=row.error)
        return
    assert row.sha256 is not None
    assert row.size is not None
    assert row.made_at is not None
    Counterpart.objects.create(
        signature=row.signature,
        page=row.page,
        how=Counterpart.How.BROWSER,
        sha256=row.sha256,
        size=row.size,
        at=row.made_at,
    )
    told = f"{which[:1].upper()}{which[1:]}, signed in the browser, is made and sealed"
    events.record(row.deal, None, "signed-page-made", row, told, data={"sha256": row.sha256}, at=row.made_at)


QUEUE = Queue(ElectronicSignature, timedelta(seconds=settings.PACKET_LEASE_SECONDS), _told)
