"""The version that the parties sign: frozen, taken back, and signed pages carried over to a later one.

Nothing here rewrites the file: a PDF that carries digital signatures is frozen, kept and handed out as it came.
"""

from collections.abc import Collection, Sequence

from django.core.files.base import ContentFile

from closing.actions.base import ActionRefused, acting
from closing.actions.documents import add_document_version
from closing.actions.facts import check_may_change, put_on_file
from closing.models import CarryOver, Deliverable, DocumentVersion, ExecutionVersion, PdfCopy
from closing.pdf.children import ChildGaveUp, ask_child
from closing.pdf.signature_places import looks_like_signature_page
from closing.pdf.uploads import DEFAULT_LIMITS, MEDIA_TYPES
from closing.queries.deals import deal_terms, roles_in
from closing.queries.documents import open_stored
from closing.queries.facts import facts_of
from closing.queries.gates import gate_of
from closing.rules import facts, terms
from closing.rules.access import Verb, check_may
from closing.rules.execution import Change, if_frozen, in_force, is_version
from closing.rules.words import listing, number
from investors.models import User

PDF = MEDIA_TYPES["pdf"]


class NeedsConfirming(ActionRefused):
    """What the change does to signed pages is not what whoever asked for it was shown."""

    def __init__(self, change: Change) -> None:
        super().__init__("Look again at what this does to the pages already signed, and confirm it.")
        self.change = change


def freeze_version(
    version: DocumentVersion,
    by: User | None,
    blank_pages: Sequence[int] | None = None,
    *,
    seen: Collection[str] | None = None,
) -> ExecutionVersion:
    """Make a version the one that the parties sign. What is in force already is not frozen twice.

    `blank_pages` are the numbers of its own blank signature pages, from 1; None has them guessed. `seen` are the keys
    of the blocks whose pages were shown to go stale, None where nothing was shown. Raises NotAllowed; NeedsConfirming
    where other pages go stale than were shown; ActionRefused for a file that is no PDF, for a document that nobody
    signs, and once a page of it is released or the deal has closed.
    """
    deal = version.deliverable.deal
    if by is not None:
        check_may(roles_in(by, deal), Verb.FREEZE_VERSION)
    check_may_freeze(version)
    # Reading the pages takes time: not under the deal's lock.
    pages = tuple(sorted(set(guess_blank_pages(version) if blank_pages is None else blank_pages)))
    _check_pages(version, pages)
    with acting(deal, by, Verb.FREEZE_VERSION) as act:
        agreed, on_file = deal_terms(act.deal), facts_of(act.deal)
        document = agreed.deliverable_by_key.get(version.deliverable.key)
        if document is None or not agreed.blocks_for(document):
            raise ActionRefused(f"Nobody signs {version.deliverable.title}, so it has no execution version.")
        standing = in_force(on_file.on(act.now), document.key)
        if standing is not None and standing.blank_pages == pages and _is(standing, version):
            return _row_in_force(version.deliverable)
        check_may_change(version.deliverable, act.now)
        fact = facts.ExecutionVersion(
            at=act.now, document=document.key, version=version.sha256, number=version.number, blank_pages=pages
        )
        change = if_frozen(on_file, fact)
        stale = {each.block for each in change.stale}
        if seen is not None and stale != set(seen):
            raise NeedsConfirming(change)
        row, _ = put_on_file(act, fact, agreed, how=told(change, agreed))
        assert isinstance(row, ExecutionVersion)
        return row


def _is(standing: facts.ExecutionVersion, version: DocumentVersion) -> bool:
    return is_version(standing, version.number, version.sha256)


def _row_in_force(document: Deliverable) -> ExecutionVersion:
    return ExecutionVersion.objects.filter(deliverable=document, withdrawn_at=None).order_by("at", "id").reverse()[0]


def carry_over(document: Deliverable, authority: str, blocks: Sequence[str], by: User | None) -> CarryOver:
    """Let stale pages of these blocks count for the execution version in force, on the authority stated in words.

    The same authority for pages that it carried over already changes nothing. Raises NotAllowed; ActionRefused without
    an authority, for a block without a stale page, a document without an execution version, and after the closing.
    """
    said, wanted = authority.strip(), tuple(dict.fromkeys(blocks))
    if not wanted:
        raise ActionRefused("blocks: Choose whose pages are carried over.")
    if not said:
        raise ActionRefused("authority: Write down who gave the authority, when and how, and for what change.")
    with acting(document.deal, by, Verb.CARRY_OVER) as act:
        agreed, gate = deal_terms(act.deal), gate_of(act.deal)
        standing = in_force(gate.facts, document.key)
        if standing is None:
            raise ActionRefused("This document has no execution version, so there is nothing to carry pages over to.")
        if gate.is_closed:
            raise ActionRefused("The deal has closed on the pages that counted then. Nothing is carried over any more.")
        stale = {each.block for each in gate.stale if each.document == document.key}
        given = CarryOver.objects.filter(
            deliverable=document, version=standing.version, authority=said, withdrawn_at=None
        )
        known = next((each for each in given if set(each.blocks) == set(wanted)), None)
        if known is not None and not stale & set(wanted):
            return known
        strange = [_party(agreed, key) for key in wanted if key not in stale]
        if strange:
            raise ActionRefused(f"blocks: No stale page of {listing(strange)} is on file. Look at the list again.")
        fact = facts.CarryOver(
            at=act.now, document=document.key, version=standing.version, authority=said, blocks=wanted
        )
        row, _ = put_on_file(act, fact, agreed, how=f", on this authority: {said}")
        assert isinstance(row, CarryOver)
        return row


def hand_in_pdf_copy(version: DocumentVersion, by: User | None) -> DocumentVersion:
    """Hand in the PDF made of a Word file as the document's next version, which can then be frozen.

    Raises NotAllowed; ActionRefused while there is no such PDF, and where it is the current version already.
    """
    if by is not None:
        check_may(roles_in(by, version.deliverable.deal), Verb.UPLOAD_DOCUMENT)
    copy = PdfCopy.objects.filter(version=version, state=PdfCopy.State.MADE).first()
    if copy is None or copy.sha256 is None:
        raise ActionRefused("There is no PDF of this version yet. Ask for it first, or hand in a PDF of your own.")
    name = f"{version.filename.rpartition('.')[0] or version.filename}.pdf"
    stage = DocumentVersion.Stage(version.stage)
    note = f"The PDF of version {number(version.number)}."
    return add_document_version(version.deliverable, ContentFile(_read(copy.sha256), name=name), note, by, stage=stage)


def guess_blank_pages(version: DocumentVersion) -> tuple[int, ...]:
    """The pages of a version that look like its blank signature pages, from 1; none where it cannot be read.

    The file is opened in a child process. Raises ActionRefused where the store does not give it.
    """
    try:
        answer = ask_child("text", _read(version.sha256), DEFAULT_LIMITS.seconds, DEFAULT_LIMITS.memory_bytes)
    except ChildGaveUp:
        return ()
    texts = answer.get("pages")
    if not isinstance(texts, list):
        return ()
    return tuple(at for at, text in enumerate(texts, start=1) if looks_like_signature_page(str(text)))


def _read(sha256: str) -> bytes:
    try:
        with open_stored(sha256) as file:
            return bytes(file.read())
    except OSError as lost:
        raise ActionRefused("The file store does not give this file at the moment. Try again.") from lost


def is_signed_digitally(version: DocumentVersion) -> bool:
    """Whether a PDF carries digital signatures: it is kept and frozen as it came, and no page is ever put into it.

    The file is opened in a child process. Raises ActionRefused where the store does not give it.
    """
    try:
        answer = ask_child("sealed", _read(version.sha256), DEFAULT_LIMITS.seconds, DEFAULT_LIMITS.memory_bytes)
    except ChildGaveUp:
        return False
    return answer.get("sealed") is True


def check_may_freeze(version: DocumentVersion) -> None:
    """Raises ActionRefused for a file that is no PDF, whoever asks."""
    if version.content_type != PDF or version.pages is None:
        raise ActionRefused(
            f"{version.filename} is no PDF, and only a PDF looks the same to everybody who signs it. "
            "Hand in its PDF as a version of its own, and make that one the execution version."
        )


def _check_pages(version: DocumentVersion, pages: Sequence[int]) -> None:
    last = version.pages or 0
    if pages and not 1 <= pages[0] <= pages[-1] <= last:
        raise ActionRefused(f"blank_pages: The file has {number(last)} pages. Name signature pages among them.")


def told(change: Change, agreed: terms.Deal) -> str:
    """What a change does to signed pages, to end the line of the record with; blank where it does nothing."""
    said = []
    for pages, does in ((change.stale, "stale"), (change.again, "good again")):
        if pages:
            whose = listing(dict.fromkeys(_party(agreed, each.block) for each in pages))
            many = "signed page is" if len(pages) == 1 else "signed pages are"
            said.append(f". {number(len(pages))} {many} now {does}: {whose}")
    return "".join(said)


def _party(agreed: terms.Deal, block: str) -> str:
    return agreed.block_by_key[block].party if block in agreed.block_by_key else block
