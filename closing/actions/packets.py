"""Asking for packets of signature pages, and calling one off. A worker makes them (`packet_making`)."""

from collections.abc import Iterable, Mapping

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.leases import call_off, lock_to, queue_again
from closing.actions.signature_pages import Place, page_rows
from closing.models import Deal, Packet, PacketPage, SignatureBlock, SignaturePage
from closing.pdf.signatures import packet_key
from closing.queries.gates import gate_of
from closing.queries.packet_specs import frame_of, packet_spec, printed_pages
from closing.queries.packets import firm_of_party, unsigned_pages
from closing.rules import terms
from closing.rules.access import Verb
from closing.rules.making import MakingState
from closing.rules.words import number
from investors.models import User

Kind = Packet.Kind
LIVE = (Packet.State.QUEUED, Packet.State.MAKING, Packet.State.MADE)
SUPERSEDED = "Its pages changed; see the newer packet."


def request_packets(
    deal: Deal, by: User | None, person: str | None = None, kind: Packet.Kind = Kind.PERSON
) -> list[Packet]:
    """Ask for packets of a kind: for everybody, every firm or every document with pages to sign, or for one by name.

    `person` names the one: a person, a firm, or a document by its title. A packet holds only the pages that still lack
    a signature. Asked twice for the same pages, it returns the same packets; once a signature came in, a block changed
    or another version is to be signed, a new one, and one still in the queue for the old pages is called off. Ring for
    the result with `closing.tasks.packets.ring`. Raises NotAllowed, and ActionRefused where there is nothing to sign.
    """
    with acting(deal, by, Verb.REQUEST_PACKET) as act:
        if act.is_limited and (person is None or kind != Kind.PERSON):
            raise ActionRefused("Ask for your own packet only.")
        gate = gate_of(act.deal, act.now)
        wanted = _grouped(gate.deal, unsigned_pages(gate), kind)
        if person is not None:
            if person not in wanted:
                raise ActionRefused(f"{person} has no page left to sign, so there is no packet to make.")
            wanted = {person: wanted[person]}
        _check_own(act, gate.deal, {block for places in wanted.values() for _, block in places})
        rows = page_rows(act.deal, gate.facts, (place for places in wanted.values() for place in places))
        return _packets(act, kind, {name: [rows[place] for place in places] for name, places in wanted.items()})


def cancel_packet(packet: Packet, by: User | None) -> Packet:
    """Call off a packet that is not made yet; a worker already at it throws its work away.

    Raises NotAllowed, and ActionRefused where it is made or over.
    """
    with acting(packet.deal, by, Verb.CANCEL_PACKET) as act:
        locked = call_off(packet, "packet")
        act.record("packet-cancelled", locked, f"The packet of {locked.person} was cancelled")
        return locked


def retry_packet(packet: Packet, by: User | None) -> Packet:
    """Put a failed or cancelled packet back in the queue, its attempts counted afresh.

    Where the same pages are in a packet that is made or under way, that one is returned. Raises NotAllowed, and
    ActionRefused from any other state.
    """
    with acting(packet.deal, by, Verb.REQUEST_PACKET) as act:
        locked = lock_to(packet, MakingState.QUEUED, "packet")
        if locked.state == Packet.State.MAKING:
            raise ActionRefused("This packet is being made. Wait for it, or cancel it first.")
        if by is not None and act.is_limited and not Packet.objects.visible_to(by).filter(pk=locked.pk).exists():
            raise ActionRefused("Ask for your own packet only.")
        same = Packet.objects.filter(
            deal=act.deal, kind=locked.kind, person=locked.person, content_key=locked.content_key, state__in=LIVE
        ).first()
        if same is not None:
            return same
        queue_again(locked, act.now)
        act.record("packet-requested-again", locked, f"The packet of {locked.person} was asked for again")
        return locked


def _grouped(of: terms.Deal, places: Iterable[Place], kind: Packet.Kind) -> dict[str, list[Place]]:
    """The pages to sign by who or what the packet is for, persons and firms in the order of the deal's blocks."""
    places = list(places)
    if kind == Kind.DOCUMENT:
        names = _document_names(of)
        found: dict[str, list[Place]] = {}
        for document, block in places:
            found.setdefault(names[document], []).append((document, block))
        return found
    found = {_name(of, block, kind): [] for block in of.block_by_key}
    for document, block in places:
        found[_name(of, block, kind)].append((document, block))
    return {name: pages for name, pages in found.items() if name and pages}


def _name(of: terms.Deal, block: str, kind: Packet.Kind) -> str:
    return of.block_by_key[block].person if kind == Kind.PERSON else firm_of_party(of, of.party_of_block[block])


def _document_names(of: terms.Deal) -> dict[str, str]:
    """What each document is called where it is told from every other: by its title, and its key if two share one."""
    titles = [each.title for each in of.deliverables]
    return {
        each.key: each.title if titles.count(each.title) == 1 else f"{each.title} ({each.key})"
        for each in of.deliverables
    }


def _check_own(act: Act, of: terms.Deal, blocks: set[str]) -> None:
    """An investor's contact asks for his investors' pages, and whoever signs for his own. Raises NotAllowed."""
    if act.user is None or not act.is_limited:
        return
    signs = SignatureBlock.objects.filter(deal=act.deal, person_email=act.user.email.lower())
    others = blocks - set(signs.values_list("key", flat=True))
    parties = {of.party_of_block[block] for block in others}
    act.check_own(parties)


def _packets(act: Act, kind: Packet.Kind, wanted: Mapping[str, list[SignaturePage]]) -> list[Packet]:
    keys = _content_keys(act.deal, kind, wanted)
    live = Packet.objects.filter(deal=act.deal, kind=kind, person__in=keys, state__in=LIVE)
    same = {each.person: each for each in live if each.content_key == keys[each.person]}
    old = [each for each in live if each.content_key != keys[each.person] and each.state != Packet.State.MADE]
    Packet.objects.filter(pk__in=[each.pk for each in old]).update(
        state=Packet.State.CANCELLED, lease_until=None, lease_token=None, error=SUPERSEDED
    )
    new = [
        Packet(
            deal=act.deal,
            kind=kind,
            person=name,
            content_key=keys[name],
            pages_total=len(pages),
            requested_by=act.user,
            requested_at=act.now,
        )
        for name, pages in wanted.items()
        if name not in same
    ]
    Packet.objects.bulk_create(new)
    PacketPage.objects.bulk_create(
        PacketPage(packet=packet, page=page, position=at)
        for packet in new
        for at, page in enumerate(wanted[packet.person], start=1)
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


def _content_keys(deal: Deal, kind: Packet.Kind, wanted: Mapping[str, list[SignaturePage]]) -> dict[str, str]:
    """A digest for each packet of all that it prints, but for the date on its cover."""
    frame = frame_of(Deal.objects.select_related("issuer").get(pk=deal.pk))
    ids = [page.pk for pages in wanted.values() for page in pages]
    printed = {page.id: page for page in printed_pages(SignaturePage.objects.filter(pk__in=ids))}
    return {
        name: packet_key(packet_spec(frame, kind, name, [printed[page.pk] for page in pages], ""))
        for name, pages in wanted.items()
    }
