"""Making a packet in a worker: claim it by a lease, typeset it, keep the file, finish while the lease is one's own.

`closing.actions.leases` has the moves; small packets take them a few at a time. The typesetter runs in worker children
only (`closing.pdf.typesetting`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, JSONField, TextField, Value
from django.db.models.functions import Cast

from closing.actions import events
from closing.actions.leases import CannotBeMade, Held, Queue
from closing.actions.stored_files import StoredFile, store
from closing.models import Deal, Packet
from closing.pdf.signature_specs import PageCannotBeMade
from closing.pdf.signatures import is_one_part, make_packet, packet_key
from closing.pdf.typesetting import side_by_side
from closing.queries.packet_specs import (
    Frame,
    PrintedPage,
    are_current,
    frame_of,
    packet_spec,
    pages_of_each,
    prepared_on,
    versions_to_sign,
)
from closing.queries.packets import FOLDER, SUFFIX
from closing.rules.words import number
from investors.clock import now

State = Packet.State
PAGES_AT_ONCE, PACKETS_AT_ONCE = 160, 20
CHANGED = (
    "The deal's signature blocks, or the version to sign, changed since this packet was asked for. Ask for the packets "
    "again."
)


def make(packet_id: int) -> bool:
    """Make one packet, if nobody else is at it. True if this call made it."""
    return bool(make_all([packet_id]))


def make_all(packet_ids: Iterable[int]) -> int:
    """Make these packets, but for those that somebody else is at; how many this call made.

    They are claimed together, read together and finished together, each only while its lease is still held: what a
    few small packets cost besides the typesetting is paid once. While the next ones are being set, this thread keeps
    the files of those that are. What cannot be printed fails at once, with the reason; any other error puts its packet
    back in the queue, fails it after so many attempts, and is raised at the end.
    """
    token, rows = QUEUE.claim_all(packet_ids)
    if not rows:
        return 0
    done: list[tuple[Packet, StoredFile]] = []
    errors: list[Exception] = []
    with side_by_side() as setters:
        for held, made in _begin([Held(QUEUE, row, token) for row in rows], setters):
            try:
                file = QUEUE.attempt(held, partial(_keep, made))
            except Exception as error:  # its packet has its end; the others are not to suffer from it
                errors.append(error)
            else:
                if file is not None:
                    done.append((held.row, file))
    count = _finish(token, done) if done else 0
    if errors:
        raise errors[0]
    return count


def batches(packets: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Packets as (id, pages) in the parts in which workers make them: a large one alone, small ones some together."""
    batch: list[int] = []
    held = 0
    for packet_id, pages in packets:
        if batch and (held + pages > PAGES_AT_ONCE or len(batch) == PACKETS_AT_ONCE):
            yield batch
            batch, held = [], 0
        batch.append(packet_id)
        held += pages
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class _Read:
    """What the packets of a batch print, read in a few queries for all of them."""

    frames: Mapping[int, Frame]
    pages: Mapping[int, Sequence[PrintedPage]]
    current: frozenset[int]

    @classmethod
    def of(cls, packets: Sequence[Packet]) -> Self:
        pages = pages_of_each(packets)
        frames: dict[int, Frame] = {}
        current: set[int] = set()
        for deal in Deal.objects.filter(pk__in={each.deal_id for each in packets}).select_related("issuer"):
            frames[deal.pk] = frame_of(deal)
            in_force = versions_to_sign(deal)
            own = (each.pk for each in packets if each.deal_id == deal.pk)
            current |= {pk for pk in own if pages[pk] and are_current(pages[pk], in_force)}
        return cls(frames, pages, frozenset(current))


def _begin(all_held: Sequence[Held[Packet]], setters: Executor) -> list[tuple[Held[Packet], Callable[[], bytes]]]:
    """Each packet with what gives it when it is made; the small ones are begun at once, in this order."""
    read = _Read.of([held.row for held in all_held])
    return [(held, _begun(held, read, setters)) for held in all_held]


def _begun(held: Held[Packet], read: _Read, setters: Executor) -> Callable[[], bytes]:
    """A small packet is set on another thread; a large one, which tells the database how far it is, when asked for."""
    if is_one_part(held.row.pages_total):
        return setters.submit(_make, held.row, read).result
    return partial(_make, held.row, read, held.progress)


def _make(packet: Packet, read: _Read, on_progress: Callable[[int], None] | None = None) -> bytes:
    if packet.pk not in read.current:
        raise CannotBeMade(CHANGED)
    frame = read.frames[packet.deal_id]
    spec = packet_spec(frame, packet.kind, packet.person, read.pages[packet.pk], "")
    if packet_key(spec) != packet.content_key:
        raise CannotBeMade(CHANGED)
    on = prepared_on(packet.requested_at, frame.time_zone)
    try:
        return make_packet(replace(spec, prepared_on=on), on_progress)
    except PageCannotBeMade as refused:
        raise CannotBeMade(str(refused)) from refused


def _keep(made: Callable[[], bytes]) -> StoredFile:
    return store(made(), FOLDER, SUFFIX)


@transaction.atomic
def _finish(token: UUID, done: Sequence[tuple[Packet, StoredFile]]) -> int:
    """Save the files of those packets whose lease is still held under `token`, with an event for each."""
    moment, kept = now(), {packet.pk: file for packet, file in done}
    held = Packet.objects.filter(pk__in=kept, state=State.MAKING, lease_token=token)
    ended = set(held.select_for_update().order_by("pk").values_list("pk", flat=True))
    Packet.objects.filter(pk__in=ended).update(
        state=State.MADE,
        made_at=moment,
        pages_made=F("pages_total"),
        sha256=_of_each({pk: file.sha256 for pk, file in kept.items()}),
        size=Cast(_of_each({pk: file.size for pk, file in kept.items()}), BigIntegerField()),
        error="",
        lease_until=None,
        lease_token=None,
    )
    told = [
        events.Happening(
            packet.deal_id,
            "packet-made",
            packet,
            f"The packet for {packet.person} is made, pages to sign: {number(packet.pages_total)}",
            {"sha256": kept[packet.pk].sha256, "attempts": packet.attempts},
        )
        for packet, _ in done
        if packet.pk in ended
    ]
    events.record_all(told, moment)
    return len(ended)


def _of_each(values: Mapping[int, str | int]) -> Func:
    """The value of each packet by its id, as text: one table looked up in, which costs less than a case for each."""
    table = Value({str(pk): value for pk, value in values.items()}, JSONField())
    return Func(table, Cast("pk", TextField()), function="jsonb_extract_path_text", output_field=TextField())


def _told(packet: Packet) -> None:
    """Within the transaction that ends a packet which was not made: the event."""
    summary = f"The packet for {packet.person} failed"
    events.record(packet.deal, None, "packet-failed", packet, summary, reason=packet.error)


QUEUE = Queue(Packet, timedelta(seconds=settings.PACKET_LEASE_SECONDS), _told)
