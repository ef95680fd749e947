"""Making a packet in a worker: claim it by a lease, typeset it, keep the file, finish while the lease is one's own.

A worker that dies in the middle leaves a lease that runs out; the sweeper then rings for the packet again. Whoever
lost its lease finishes nothing. The typesetter runs in worker children only (`closing.pdf.typesetting`).
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from closing.actions import events
from closing.actions.stored_files import StoredFile, store
from closing.models import Packet
from closing.pdf.signature_specs import PageCannotBeMade
from closing.pdf.signatures import make_packet, packet_key
from closing.queries.deals import deal_terms
from closing.queries.packets import FOLDER, SUFFIX, packet_spec, pages_of, prepared_on
from closing.rules.packets import MOST_ATTEMPTS
from closing.rules.words import number
from investors.clock import now

GAVE_UP = "Given up after {} attempts: the worker stopped in the middle each time. Ask for the packet again."
CHANGED = "The deal's signature blocks changed since this packet was asked for. Ask for the packets again."


def lease() -> timedelta:
    """How long a worker may take; longer than the time limit of its task."""
    return timedelta(seconds=settings.PACKET_LEASE_SECONDS)


def make(packet_id: int) -> bool:
    """Make the packet, if nobody else is at it. True if this call made it.

    What cannot be printed fails at once, with the reason; any other error puts the packet back in the queue, and
    fails it after MOST_ATTEMPTS.
    """
    token = claim(packet_id)
    if token is None:
        return False
    packet = Packet.objects.select_related("deal").get(pk=packet_id)
    try:
        kept = _typeset(packet)
    except PageCannotBeMade as refused:
        _give_back(packet, token, str(refused), for_good=True)
        return False
    except Exception as error:
        _give_back(packet, token, f"{type(error).__name__}: {error}", for_good=packet.attempts >= MOST_ATTEMPTS)
        raise
    return _finish(packet, token, kept)


def claim(packet_id: int) -> UUID | None:
    """Take the lease of a packet that is queued, or whose lease ran out. None where there is nothing to take."""
    moment, token = now(), uuid4()
    free = Q(state=Packet.State.QUEUED) | _lapsed(moment)
    claimed = Packet.objects.filter(free, pk=packet_id, attempts__lt=MOST_ATTEMPTS).update(
        state=Packet.State.MAKING,
        lease_until=moment + lease(),
        lease_token=token,
        attempts=F("attempts") + 1,
    )
    return token if claimed else None


def waiting() -> list[int]:
    """The packets that somebody should come for: queued, or left by a worker that died. Gives up on the hopeless."""
    moment = now()
    lapsed = Packet.objects.filter(_lapsed(moment))
    for packet in lapsed.filter(attempts__gte=MOST_ATTEMPTS).select_related("deal"):
        if packet.lease_token is not None:
            _give_back(packet, packet.lease_token, GAVE_UP.format(number(packet.attempts)), for_good=True)
    free = Packet.objects.filter(Q(state=Packet.State.QUEUED) | _lapsed(moment), attempts__lt=MOST_ATTEMPTS)
    return list(free.order_by("id").values_list("pk", flat=True))


def _lapsed(moment: datetime) -> Q:
    """Being made under a lease that ran out, or that was given before the clock was set back."""
    return Q(state=Packet.State.MAKING) & (Q(lease_until__lte=moment) | Q(lease_until__gt=moment + lease()))


def _typeset(packet: Packet) -> StoredFile:
    of = deal_terms(packet.deal)
    try:
        spec = packet_spec(of, packet.person, pages_of(packet), "")
    except KeyError as gone:
        raise PageCannotBeMade("pages", CHANGED) from gone
    if packet_key(spec) != packet.content_key:
        raise PageCannotBeMade("pages", CHANGED)
    on = prepared_on(packet.requested_at, of.closing.time_zone)
    made = make_packet(packet_spec(of, packet.person, pages_of(packet), on))
    return store(made, FOLDER, SUFFIX)


@transaction.atomic
def _finish(packet: Packet, token: UUID, kept: StoredFile) -> bool:
    moment = now()
    finished = Packet.objects.filter(pk=packet.pk, state=Packet.State.MAKING, lease_token=token).update(
        state=Packet.State.MADE,
        pages_made=F("pages_total"),
        sha256=kept.sha256,
        size=kept.size,
        made_at=moment,
        error="",
        lease_until=None,
        lease_token=None,
    )
    if finished:
        summary = f"The packet for {packet.person} is made, pages to sign: {number(packet.pages_total)}"
        data = {"sha256": kept.sha256, "attempts": packet.attempts}
        events.record(packet.deal, None, "packet-made", packet, summary, data=data, at=moment)
    return bool(finished)


@transaction.atomic
def _give_back(packet: Packet, token: UUID, why: str, *, for_good: bool) -> None:
    state = Packet.State.FAILED if for_good else Packet.State.QUEUED
    given = Packet.objects.filter(pk=packet.pk, state=Packet.State.MAKING, lease_token=token).update(
        state=state, error=why, lease_until=None, lease_token=None
    )
    if given and for_good:
        events.record(packet.deal, None, "packet-failed", packet, f"The packet for {packet.person} failed", reason=why)
