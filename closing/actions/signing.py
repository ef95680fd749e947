"""Signing in the browser. Who signs is the one whose page it is; what he signs is the version that he has read.

The signature is on file, in escrow, from the moment of signing; a worker then makes the page and seals it
(`signed_pages`).
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from closing.actions.base import Act, ActionRefused, NotAllowed, acting
from closing.actions.facts import put_on_file
from closing.actions.signature_pages import page_rows
from closing.actions.stored_files import store
from closing.models import Deal, Declining, ElectronicSignature, Signature, SignatureBlock, SignaturePage
from closing.pdf.signed_pages import BadSignature, DrawnSignature, TypedSignature, check_signature
from closing.queries.deals import deal_terms
from closing.queries.electronic import CONSENTS, files_in_force, missing_pages, pages_read
from closing.queries.facts import facts_of
from closing.rules import electronic_consent, facts, terms
from closing.rules.access import Verb
from closing.rules.capacity import asks_name, asks_title, capacity_of, name_of_signer
from closing.rules.execution import in_force, split_stale
from closing.rules.further import has_closed, why_closed
from closing.rules.words import listing
from investors.models import User

LONGEST_NAME = 100
SCRIPTS = ("LATIN ", "GREEK ", "CYRILLIC ")
LONGEST_AGENT = 400
CLOSED = "The deal has closed. Nothing is signed in it any more."
NEW_VERSION = (
    "Counsel have put another version of this document in force since you opened it. Read the new version first."
)
NO_VERSION = "There is no version of this document to sign yet. Counsel will ask you when there is."
OLD_CONSENT = "The words of the consent have changed since you opened the page. Read them again."
OTHER_LETTERS = (
    "Write names and titles in Latin, Greek or Cyrillic letters, as the page prints them; or draw your signature."
)
NOT_OWN = "You sign your own pages only. This page is another's."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What somebody sends who signs one document. `capacities` are the blocks confirmed, with the title filled in.

    `version` and `consent` are the SHA-256 of the file and of the words that his page showed. `name` fills in what the
    blocks leave blank. `address` and `agent` are where it came from.
    """

    document: str
    version: str
    capacities: Mapping[str, str]
    mark: DrawnSignature | TypedSignature
    consent: str
    name: str = ""
    address: str | None = None
    agent: str = ""


def sign(deal: Deal, said: Signing, by: User) -> list[ElectronicSignature]:
    """Sign one document for the blocks confirmed: all of them or none. Sent twice, it signs once.

    Ring for the result with `closing.tasks.signing.ring`. Raises NotAllowed for another's page or where he signs
    nothing; ActionRefused, with what to do, where the page cannot be signed as it was sent.
    """
    with acting(deal, by, Verb.SIGN) as act:
        of = deal_terms(act.deal)
        every = facts_of(act.deal)
        on_file = every.on(act.now)
        blocks = _own_blocks(act, of, said, by)
        done = _done(act, said, by)
        if done:
            return done
        counting, _ = split_stale(on_file, every, act.now)
        _check(act, of, counting, said, by)
        consent = store(electronic_consent.TEXT.encode(), CONSENTS, ".txt")
        pages = page_rows(act.deal, on_file, [(said.document, key) for key in said.capacities])
        return [
            _sign_one(act, of, blocks[key], pages[said.document, key], said, consent.sha256) for key in said.capacities
        ]


def _own_blocks(act: Act, of: terms.Deal, said: Signing, by: User) -> dict[str, terms.SignatureBlock]:
    """The blocks by which he signs the document. Raises NotAllowed for another's, ActionRefused for none chosen."""
    own = set(SignatureBlock.objects.filter(deal=act.deal, person_email=by.email).values_list("key", flat=True))
    term = of.deliverable_by_key.get(said.document)
    blocks = {block.key: block for block in (of.blocks_for(term) if term else ()) if block.key in own}
    if not set(said.capacities) <= set(blocks):
        raise NotAllowed(NOT_OWN)
    if not said.capacities:
        raise ActionRefused("Confirm for whom you sign: tick at least one capacity.")
    return blocks


def _done(act: Act, said: Signing, by: User) -> list[ElectronicSignature]:
    """What the same form did when it came before: every page of it is signed by him for this version."""
    standing = ElectronicSignature.objects.filter(
        deal=act.deal,
        user=by,
        document_sha256=said.version,
        page__deliverable__key=said.document,
        page__block__key__in=list(said.capacities),
        signature__withdrawn_at=None,
    )
    found = list(standing.select_related("page__block", "signature").order_by("id"))
    return found if {each.page.block.key for each in found} == set(said.capacities) else []


def _check(act: Act, of: terms.Deal, on_file: facts.Facts, said: Signing, by: User) -> None:
    """Raises ActionRefused with the first thing that keeps the document from being signed as it was sent.

    `on_file` are the facts that stand, of the signed pages only those that count.
    """
    if why_closed(of, on_file, act.now) or has_closed(of, on_file, said.capacities):
        raise ActionRefused(CLOSED)
    version = in_force(on_file, said.document)
    if version is None:
        raise ActionRefused(NO_VERSION)
    if version.version != said.version:
        raise ActionRefused(NEW_VERSION)
    file = files_in_force(act.deal, on_file).get(said.document)
    if file is None:
        raise ActionRefused(NO_VERSION)
    unread = missing_pages(file, pages_read(file, by))
    if unread or not file.pages:
        shown = ", ".join(map(str, unread[:12])) + (" and more" if len(unread) > 12 else "")
        raise ActionRefused(f"Read the whole document first. Not shown to you yet: page {shown}.")
    if said.consent != electronic_consent.SHA256:
        raise ActionRefused(OLD_CONSENT)
    counted = {each.block for each in on_file.signatures if each.document == said.document}
    signed = [of.block_by_key[key].party for key in said.capacities if key in counted]
    if signed:
        raise ActionRefused(f"Signed already: {listing(signed)}. Choose only the pages that are still to be signed.")
    _check_words(of, said)
    try:
        check_signature(said.mark)
    except BadSignature as bad:
        raise ActionRefused(bad.reason) from bad


def _check_words(of: terms.Deal, said: Signing) -> None:
    for key, title in said.capacities.items():
        block = of.block_by_key[key]
        if asks_name(block) and not said.name.strip():
            raise ActionRefused("Write your name: the agreement leaves it blank.")
        if asks_title(block) and not title.strip():
            raise ActionRefused(f"Write your title for {block.party}: the agreement leaves it blank.")
        for words in (said.name, title):
            if len(words) > LONGEST_NAME or not words.isprintable():
                raise ActionRefused(f"Write names and titles on one line, in at most {LONGEST_NAME} characters.")
    typed = said.mark.text if isinstance(said.mark, TypedSignature) else ""
    if not all(map(_is_printed, "".join([said.name, *said.capacities.values(), typed]))):
        raise ActionRefused(OTHER_LETTERS)


def _is_printed(letter: str) -> bool:
    """Whether the fonts of the page have the letter; a worker finds out for certain, when it is too late to ask."""
    return letter.isascii() or not letter.isalpha() or unicodedata.name(letter, "").startswith(SCRIPTS)


def _sign_one(
    act: Act, of: terms.Deal, block: terms.SignatureBlock, page: SignaturePage, said: Signing, consent: str
) -> ElectronicSignature:
    assert act.user is not None
    name = name_of_signer(block, said.name.strip())
    title = block.title or (said.capacities[block.key].strip() if asks_title(block) else "")
    fact = facts.Signature(
        at=act.now, document=said.document, block=block.key, signer=name, title=title, version=said.version
    )
    row, _ = put_on_file(act, fact, of, how=", signed in the browser")
    assert isinstance(row, Signature)
    declined = Declining.objects.filter(
        page__deliverable=page.deliverable, page__block=page.block, taken_back_at__isnull=True
    )
    declined.update(taken_back_at=act.now)
    drawn = [[list(point) for point in stroke] for stroke in getattr(said.mark, "strokes", ())]
    return ElectronicSignature.objects.create(
        deal=act.deal,
        page=page,
        signature=row,
        user=act.user,
        signed_at=act.now,
        capacity=capacity_of(block, title),
        strokes=drawn,
        typed=said.mark.text.strip() if isinstance(said.mark, TypedSignature) else "",
        document_sha256=said.version,
        consent_sha256=consent,
        address=said.address,
        agent="".join(each for each in said.agent if each.isprintable())[:LONGEST_AGENT],
        email=act.user.email,
        pages_total=1,
        requested_by=act.user,
        requested_at=act.now,
    )
