"""The signing room: somebody's own pages by document, one document to read, and to sign. Nothing of another's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from closing.models import (
    Counterpart,
    Deal,
    Declining,
    DocumentVersion,
    ElectronicSignature,
    SignatureBlock,
)
from closing.queries.electronic import PDF, files_in_force, missing_pages, pages_read
from closing.queries.gates import gate_of
from closing.queries.page_states import PageStates, page_states
from closing.rules import terms
from closing.rules.capacity import asks_name, asks_title, i_sign_in_words, name_of_signer, signs_in_words
from closing.rules.further import has_closed
from closing.rules.gate import Gate
from closing.rules.signatures import PageState
from closing.rules.signing_order import NOT_YOUR_TURN, waits_for
from closing.rules.terms import ISSUER
from closing.rules.words import count_of
from investors.models import User

NOTHING_TO_SIGN_YET = (
    "Counsel have not yet put the version to sign in force. You will be written to when they have; until then there is "
    "nothing to do."
)
NOT_IN_ROOM = "The version to sign is not in this room as a PDF. Sign the page on paper; counsel send it to you."
CLOSED = "The deal has closed."


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of his, for one document. `says` is in which capacity, `confirms` the same in the first person; `why_not`
    why it cannot be signed now.

    `signing` is what he did in the browser, `counterpart` the id of the signed page as a file, `declining` that of his
    refusal; None where there is none.
    """

    block: str
    party: str
    says: str
    confirms: str
    signer: str
    title: str
    asks_name: bool
    asks_title: bool
    state: PageState
    since: datetime | None
    reason: str
    why_not: str
    signing: ElectronicSignature | None
    counterpart: int | None
    declining: int | None

    @property
    def may_sign(self) -> bool:
        """Whether it can be signed now."""
        return not self.why_not and not self.state.is_signed


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A document with his pages of it. `file` is the version to sign; `why_not` why nobody signs it here now."""

    key: str
    title: str
    file: DocumentVersion | None
    pages: tuple[OwnPage, ...]
    why_not: str

    @property
    def to_sign(self) -> tuple[OwnPage, ...]:
        """Those that can be signed now."""
        return tuple(each for each in self.pages if each.may_sign)

    @property
    def to_ask(self) -> tuple[OwnPage, ...]:
        """Those that can be signed now and are not declined."""
        return tuple(each for each in self.to_sign if each.state is not PageState.DECLINED)

    @property
    def is_signed(self) -> bool:
        """Whether all of them are signed."""
        return all(each.state.is_signed for each in self.pages)

    @property
    def declined(self) -> tuple[OwnPage, ...]:
        """Those that he declines to sign."""
        return tuple(each for each in self.pages if each.state is PageState.DECLINED)

    @property
    def is_in_the_making(self) -> bool:
        """Whether a worker has still to make a page that he signed."""
        under_way = (ElectronicSignature.State.QUEUED, ElectronicSignature.State.MAKING)
        return any(each.signing is not None and each.signing.state in under_way for each in self.pages)


@dataclass(frozen=True, slots=True)
class SigningRoom:
    """All that somebody signs in a deal. `counsel` is the firm that holds his pages."""

    documents: tuple[OwnDocument, ...]
    time_zone: str
    closing_at: datetime
    counsel: str
    is_closed: bool

    @property
    def to_sign(self) -> int:
        """How many pages he can sign now and does not decline."""
        return sum(len(each.to_ask) for each in self.documents)

    @property
    def headline(self) -> str:
        """The answer in a sentence."""
        if self.is_closed:
            return "The deal has closed"
        if self.to_sign:
            return f"{count_of(self.to_sign, 'page')} to sign"
        return "You have signed every page" if self.signed == self.pages else "Nothing for you to sign now"

    @property
    def next(self) -> str:
        """The key of the document to sign next; blank where there is none."""
        return next((each.key for each in self.documents if each.to_ask), "")

    @property
    def pages(self) -> int:
        """How many pages he signs in all."""
        return sum(len(each.pages) for each in self.documents)

    @property
    def signed(self) -> int:
        """How many are signed."""
        return sum(1 for each in self.documents for page in each.pages if page.state.is_signed)

    @property
    def is_in_the_making(self) -> bool:
        """Whether a worker has still to make a page that he signed."""
        return any(each.is_in_the_making for each in self.documents)

    def document(self, key: str) -> OwnDocument | None:
        """One document of his; None where he signs none of that key."""
        return next((each for each in self.documents if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of a document was shown to him."""

    pages: int
    missing: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every page was."""
        return self.pages > 0 and not self.missing


def signing_room(deal: Deal, user: User) -> SigningRoom:
    """The pages that `user` signs, in the checklist's order. The number of queries is the same for every deal."""
    gate = gate_of(deal)
    own = set(SignatureBlock.objects.filter(deal=deal, person_email=user.email).values_list("key", flat=True))
    found = _Found(deal, gate, own)
    documents = []
    for term in gate.deal.deliverables:
        blocks = [each for each in gate.deal.blocks_for(term) if each.key in own]
        if blocks:
            documents.append(_document(found, term, blocks))
    return SigningRoom(
        documents=tuple(documents),
        time_zone=gate.deal.closing.time_zone,
        closing_at=gate.closing.at,
        counsel=_counsel(gate, own),
        is_closed=gate.is_closed,
    )


def reading_of(version: DocumentVersion, user: User) -> Reading:
    """How much of a version was shown to `user`, in one query."""
    return Reading(version.pages or 0, missing_pages(version, pages_read(version, user)))


class _Found:
    """What is read once for all documents."""

    def __init__(self, deal: Deal, gate: Gate, own: set[str]) -> None:
        self.gate = gate
        self.files = files_in_force(deal, gate.facts)
        self.states: PageStates = page_states(deal, gate)
        done = ElectronicSignature.objects.filter(
            deal=deal, page__block__key__in=own, signature__withdrawn_at=None
        ).select_related("page__deliverable", "page__block", "signature")
        self.signings: Mapping[tuple[str, str, str], ElectronicSignature] = {
            (each.page.deliverable.key, each.page.block.key, each.document_sha256): each for each in done.order_by("id")
        }
        kept = Counterpart.objects.filter(page__deal=deal, page__block__key__in=own, signature__withdrawn_at=None)
        path = ("signature__deliverable__key", "signature__block__key", "signature__version", "pk")
        self.counterparts = {tuple(place): pk for *place, pk in kept.order_by("id").values_list(*path)}
        refused = Declining.objects.filter(page__deal=deal, page__block__key__in=own, taken_back_at=None)
        where = ("page__deliverable__key", "page__block__key", "pk")
        self.declinings = {tuple(place): pk for *place, pk in refused.order_by("id").values_list(*where)}


def _document(found: _Found, term: terms.Deliverable, blocks: list[terms.SignatureBlock]) -> OwnDocument:
    file, why = found.files.get(term.key), ""
    if found.gate.is_closed or has_closed(found.gate.deal, found.gate.facts, [each.key for each in blocks]):
        why = CLOSED
    elif not any(each.document == term.key for each in found.gate.facts.execution_versions):
        why = NOTHING_TO_SIGN_YET
    elif file is None or file.content_type != PDF:
        why = NOT_IN_ROOM
    pages = tuple(_page(found, term, each, why) for each in blocks)
    return OwnDocument(term.key, term.title, file if file and file.content_type == PDF else None, pages, why)


def _page(found: _Found, term: terms.Deliverable, block: terms.SignatureBlock, why: str) -> OwnPage:
    gate, place = found.gate, (term.key, block.key)
    standing = found.states.of(*place)
    fact = found.states.signed.get(place)
    if not why and not standing.state.is_signed and waits_for(gate.deal, gate.facts, *place):
        why = NOT_YOUR_TURN
    if not why and standing.state is PageState.SIGNED:
        why = "The page that you signed on paper came back, and counsel are confirming it."
    version = fact.version if fact else ""
    return OwnPage(
        block=block.key,
        party=block.party,
        says=signs_in_words(block),
        confirms=i_sign_in_words(block),
        signer=(fact.signer if fact else "") or name_of_signer(block) or block.person,
        title=(fact.title if fact else "") or block.title,
        asks_name=asks_name(block),
        asks_title=asks_title(block),
        state=standing.state,
        since=standing.since,
        reason=standing.reason,
        why_not="" if standing.state.is_signed else why,
        signing=found.signings.get((*place, version)) if fact else None,
        counterpart=found.counterparts.get((*place, version)) if fact else None,
        declining=found.declinings.get(place),
    )


def _counsel(gate: Gate, own: set[str]) -> str:
    """The firm of his side, which holds his pages in escrow."""
    parties = {gate.deal.party_of_block[key] for key in own if key in gate.deal.party_of_block}
    side = terms.Side.ISSUER if ISSUER in parties else terms.Side.INVESTORS
    firm = next((each for each in gate.deal.counsel if each.side is side), None)
    return firm.name if firm else "counsel"
