"""The tracker of signature pages: every document and every signatory, what narrows it, and who to call."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from closing.models import Deal, ReturnedPage
from closing.queries.gates import gate_of
from closing.queries.packets import packet_list
from closing.queries.page_states import page_states
from closing.queries.signatures import Packets, headline, packets_of
from closing.rules import escrow, terms
from closing.rules.gate import Gate
from closing.rules.signatures import PageStanding, PageState
from closing.rules.signing_order import waits_for
from closing.rules.terms import ISSUER, Side
from investors.models import User

ROWS_SHOWN = 100
CALLED = 50


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of the tracker is asked for: pages in a state, of a side, for a document, of signatories named so."""

    state: str = ""
    side: str = ""
    document: str = ""
    text: str = ""
    page: int = 1

    @property
    def is_on(self) -> bool:
        """Whether anything narrows it."""
        return bool(self.state or self.side or self.document or self.text)


@dataclass(frozen=True, slots=True)
class TrackedDocument:
    """A document that is signed: a column. `held` counts pages in escrow that the user's side may release."""

    key: str
    title: str
    signed: int
    pages: int
    held: int


@dataclass(frozen=True, slots=True)
class TrackedBlock:
    """A signatory: a row. `pages` in the columns' order, None where the block does not sign."""

    block: str
    party: str
    signer: str
    person: str
    pages: tuple[PageStanding | None, ...]

    @property
    def signed(self) -> int:
        """How many pages count."""
        return sum(1 for each in self.pages if each is not None and each.state.is_signed)

    @property
    def count(self) -> int:
        """How many pages the block signs, of the documents shown."""
        return sum(1 for each in self.pages if each is not None)


@dataclass(frozen=True, slots=True)
class MissingPage:
    """A page that somebody has still to sign; `is_later` where others sign the document first."""

    document: str
    title: str
    party: str
    standing: PageStanding
    is_later: bool = False


@dataclass(slots=True)
class ToCall:
    """A person who has pages to sign. `since` is when the oldest step of them was taken, None where there is none."""

    person: str
    firm: str
    email: str
    pages: list[MissingPage] = field(default_factory=list)
    since: datetime | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether a page of his was declined, withdrawn or has gone stale."""
        return any(each.standing.state.is_stuck for each in self.pages)

    @property
    def is_later(self) -> bool:
        """Whether it is not his turn for any of the pages, so that a call is of no use yet."""
        return all(each.is_later for each in self.pages)


@dataclass(frozen=True, slots=True)
class TrackerPage:
    """The tracker as counsel see it."""

    headline: str
    narrowed: Narrowed
    documents: tuple[TrackedDocument, ...]
    all_documents: tuple[tuple[str, str], ...]
    rows: tuple[TrackedBlock, ...]
    found: int
    pages: int
    last_page: int
    states: tuple[tuple[PageState, int], ...]
    total: int
    signed: int
    unsigned: int
    is_closed: bool
    moment: datetime
    to_call: tuple[ToCall, ...]
    callers: int
    to_confirm: int
    in_tray: int
    packets: Packets


def tracker_page(deal: Deal, user: User, side: Side, narrowed: Narrowed) -> TrackerPage:
    """The tracker of `deal` for the counsel of `side`. A fixed number of queries."""
    gate = gate_of(deal)
    states = page_states(deal, gate)
    documents = [each for each in gate.deal.deliverables if each.signed_by]
    places = [(each, block) for each in documents for block in gate.deal.blocks_for(each)]
    standings = {(each.key, block.key): states.of(each.key, block.key) for each, block in places}
    counted = Counter(each.state for each in standings.values())
    shown = [each for each in documents if narrowed.document in ("", each.key)]
    rows = _rows(gate, shown, standings, narrowed)
    last = max(1, -(-len(rows) // ROWS_SHOWN))
    start = (min(max(1, narrowed.page), last) - 1) * ROWS_SHOWN
    waiting = Counter(
        ReturnedPage.objects.filter(file__deal=deal, state__in=["tray", "to-confirm"]).values_list("state", flat=True)
    )
    calls = _to_call(gate, places, standings)
    return TrackerPage(
        headline=headline(gate),
        narrowed=narrowed,
        documents=tuple(_document(gate, each, side, standings) for each in shown),
        all_documents=tuple((each.key, each.title) for each in documents),
        rows=tuple(rows[start : start + ROWS_SHOWN]),
        found=len(rows),
        pages=min(max(1, narrowed.page), last),
        last_page=last,
        states=tuple((state, counted[state]) for state in PageState if counted[state]),
        total=len(standings),
        signed=gate.signatures.signed,
        unsigned=len(standings) - gate.signatures.signed,
        is_closed=gate.is_closed,
        moment=gate.moment,
        to_call=tuple(calls[:CALLED]),
        callers=len(calls),
        to_confirm=waiting["to-confirm"],
        in_tray=waiting["tray"],
        packets=packets_of(packet_list(deal, user, gate.moment)),
    )


def _document(
    gate: Gate, document: terms.Deliverable, side: Side, standings: dict[tuple[str, str], PageStanding]
) -> TrackedDocument:
    found = [standings[document.key, block.key] for block in gate.deal.blocks_for(document)]
    held = escrow.in_escrow(gate, side, document=document.key)
    return TrackedDocument(
        document.key, document.title, sum(1 for each in found if each.state.is_signed), len(found), len(held)
    )


def _rows(
    gate: Gate,
    documents: list[terms.Deliverable],
    standings: dict[tuple[str, str], PageStanding],
    narrowed: Narrowed,
) -> list[TrackedBlock]:
    """The signatories asked for, the issuer's first, then in Schedule A's order."""
    text = narrowed.text.casefold()
    rows = []
    for block in gate.deal.block_by_key.values():
        pages = tuple(standings.get((each.key, block.key)) for each in documents)
        is_issuers = gate.deal.party_of_block[block.key] == ISSUER
        if narrowed.side and (narrowed.side == Side.ISSUER.value) != is_issuers:
            continue
        if text and not any(text in each.casefold() for each in (block.party, block.signer, block.person)):
            continue
        if any(each is not None and narrowed.state in ("", each.state.value) for each in pages):
            rows.append(TrackedBlock(block.key, block.party, block.signer, block.person, pages))
    return rows


def _to_call(
    gate: Gate,
    places: Iterable[tuple[terms.Deliverable, terms.SignatureBlock]],
    standings: dict[tuple[str, str], PageStanding],
) -> list[ToCall]:
    """Who has pages to sign: first whose pages are stuck, then who has waited longest, last whose turn is later."""
    people = {each.name: each for each in gate.deal.people}
    calls: dict[str, ToCall] = {}
    for document, block in places:
        standing = standings[document.key, block.key]
        if standing.state.is_signed or standing.state is PageState.SIGNED:
            continue
        person = people.get(block.person)
        call = calls.setdefault(
            block.person, ToCall(block.person, person.firm if person else "", person.email if person else "")
        )
        is_later = bool(waits_for(gate.deal, gate.facts, document.key, block.key))
        call.pages.append(MissingPage(document.key, document.title, block.party, standing, is_later))
        if standing.since is not None:
            call.since = min(standing.since, call.since or standing.since)
    return sorted(calls.values(), key=lambda each: _turn(each, gate.moment))


def _turn(call: ToCall, moment: datetime) -> tuple[bool, bool, datetime, str]:
    return call.is_later, not call.is_stuck, call.since or moment, call.person
