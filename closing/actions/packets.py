"""Asking for packets of signature pages, and calling one off. A worker makes them (`packet_making`)."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from closing.actions.base import Act, ActionRefused, acting
from closing.models import Deal, Deliverable, Packet, PacketPage, SignatureBlock, SignaturePage
from closing.pdf.signatures import new_token, packet_key
from closing.queries.deals import deal_terms
from closing.queries.packets import PageToSign, packet_spec, unsigned_pages
from closing.rules import terms
from closing.rules.access import Verb
from closing.rules.packets import NotFromHere, PacketState, check_transition
from closing.rules.words import number
from investors.models import User

LIVE = (Packet.State.QUEUED, Packet.State.MAKING, Packet.State.MADE)
SUPERSEDED = "Its pages changed; see the newer packet."


def request_packets(deal: Deal, by: User | None, person: str | None = None) -> list[Packet]:
    """Ask for a packet for everybody who has pages to sign, or for `person` alone.

    A packet holds only the pages that still lack a signature. Asked twice for the same pages, it returns the same
    packets; once a signature came in or a block changed, a new one, and one still in the queue for the old pages is
    called off. Ring for the result with `closing.tasks.packets.ring`. Raises NotAllowed, and ActionRefused where
    `person` has nothing to sign.
    """
    with acting(deal, by, Verb.REQUEST_PACKET) as act:
        of = deal_terms(act.deal)
        wanted = _by_person(of, unsigned_pages(act.deal, of, act.now), person)
        if act.is_limited and person is None:
            raise ActionRefused("Ask for your own packet only.")
        if person is not None and person not in wanted:
            raise ActionRefused(f"{person} has no page left to sign, so there is no packet to make.")
        for places in wanted.values():
            act.check_own({of.party_of_block[block] for _, block in places})
        rows = _page_rows(act.deal, of)
        return _packets(act, of, wanted, rows)


def cancel_packet(packet: Packet, by: User | None) -> Packet:
    """Call off a packet that is not made yet; a worker already at it throws its work away.

    Raises NotAllowed, and ActionRefused where it is made or over.
    """
    with acting(packet.deal, by, Verb.CANCEL_PACKET) as act:
        locked = _locked(packet, PacketState.CANCELLED)
        locked.state, locked.lease_until, locked.lease_token = Packet.State.CANCELLED, None, None
        locked.save(update_fields=["state", "lease_until", "lease_token"])
        act.record("packet-cancelled", locked, f"The packet of {locked.person} was cancelled")
        return locked


def retry_packet(packet: Packet, by: User | None) -> Packet:
    """Put a failed or cancelled packet back in the queue, its attempts counted afresh.

    Where the same pages are in a packet that is made or under way, that one is returned. Raises NotAllowed, and
    ActionRefused from any other state.
    """
    with acting(packet.deal, by, Verb.REQUEST_PACKET) as act:
        locked = _locked(packet, PacketState.QUEUED)
        if locked.state == Packet.State.MAKING:
            raise ActionRefused("This packet is being made. Wait for it, or cancel it first.")
        if by is not None and act.is_limited and not Packet.objects.visible_to(by).filter(pk=locked.pk).exists():
            raise ActionRefused("Ask for your own packet only.")
        same = Packet.objects.filter(
            deal=act.deal, person=locked.person, content_key=locked.content_key, state__in=LIVE
        ).first()
        if same is not None:
            return same
        locked.state, locked.attempts, locked.error, locked.requested_at = Packet.State.QUEUED, 0, "", act.now
        locked.save(update_fields=["state", "attempts", "error", "requested_at"])
        act.record("packet-requested-again", locked, f"The packet of {locked.person} was asked for again")
        return locked


def _locked(packet: Packet, to: PacketState) -> Packet:
    locked = Packet.objects.select_for_update(of=("self",)).select_related("deal").get(pk=packet.pk)
    try:
        check_transition(PacketState(locked.state), to)
    except NotFromHere as refused:
        raise ActionRefused(str(refused)) from refused
    return locked


def _by_person(
    of: terms.Deal, places: Iterable[tuple[str, str]], person: str | None
) -> dict[str, list[tuple[str, str]]]:
    """The pages to sign by who signs them, in the order of the deal's blocks."""
    found: dict[str, list[tuple[str, str]]] = {block.person: [] for block in of.block_by_key.values()}
    for document, block in places:
        found[of.block_by_key[block].person].append((document, block))
    return {name: pages for name, pages in found.items() if pages and person in (None, name)}


def _page_rows(deal: Deal, of: terms.Deal) -> dict[tuple[str, str], SignaturePage]:
    """The signature pages of the whole deal, those that are new made now. Four queries, whatever the deal's size."""
    rows = SignaturePage.objects.filter(deal=deal).select_related("deliverable", "block")
    known = {(row.deliverable.key, row.block.key): row for row in rows}
    documents = {row.key: row for row in Deliverable.objects.filter(deal=deal)}
    blocks = {row.key: row for row in SignatureBlock.objects.filter(deal=deal)}
    missing = [
        SignaturePage(
            deal=deal,
            deliverable=documents[deliverable.key],
            block=blocks[block.key],
            token=new_token(secrets.token_bytes(10)),
        )
        for deliverable in of.deliverables
        for block in of.blocks_for(deliverable)
        if (deliverable.key, block.key) not in known
    ]
    for row in SignaturePage.objects.bulk_create(missing):
        known[row.deliverable.key, row.block.key] = row
    return known


def _packets(
    act: Act,
    of: terms.Deal,
    wanted: dict[str, list[tuple[str, str]]],
    rows: dict[tuple[str, str], SignaturePage],
) -> list[Packet]:
    keys = {name: _content_key(of, name, places, rows) for name, places in wanted.items()}
    live = Packet.objects.filter(deal=act.deal, person__in=keys, state__in=LIVE)
    same = {each.person: each for each in live if each.content_key == keys[each.person]}
    old = [each for each in live if each.content_key != keys[each.person] and each.state != Packet.State.MADE]
    Packet.objects.filter(pk__in=[each.pk for each in old]).update(
        state=Packet.State.CANCELLED,
        lease_until=None,
        lease_token=None,
        error="Its pages changed; see the newer packet.",
    )
    new = [
        _new(act.deal, by=act.user, at=act.now, person=name, key=keys[name], pages=len(places))
        for name, places in wanted.items()
        if name not in same
    ]
    Packet.objects.bulk_create(new)
    PacketPage.objects.bulk_create(
        PacketPage(packet=packet, page=rows[place], position=at)
        for packet in new
        for at, place in enumerate(wanted[packet.person], start=1)
    )
    for packet in new:
        act.record(
            "packet-requested",
            packet,
            f"A packet for {packet.person}, pages to sign: {number(packet.pages_total)}",
            data={"content_key": packet.content_key},
        )
    made = same | {packet.person: packet for packet in new}
    return [made[name] for name in wanted]


def _content_key(
    of: terms.Deal, person: str, places: Iterable[tuple[str, str]], rows: dict[tuple[str, str], SignaturePage]
) -> str:
    """A digest of all that the packet prints, but for the date on its cover."""
    pages = [PageToSign(rows[place].token, *place) for place in places]
    return packet_key(packet_spec(of, person, pages, prepared_on=""))


def _new(deal: Deal, *, by: User | None, at: datetime, person: str, key: str, pages: int) -> Packet:
    return Packet(deal=deal, person=person, content_key=key, pages_total=pages, requested_by=by, requested_at=at)
