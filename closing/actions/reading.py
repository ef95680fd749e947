"""What a signatory was shown of the document that he is to sign: opened, each page of it, or its words."""

from closing.actions.base import ActionRefused, acting
from closing.actions.signature_pages import page_rows
from closing.models import Deal, DocumentVersion, PageRead, SignatureBlock, SignaturePage
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.rules.access import Verb
from investors.clock import now
from investors.models import User


def open_document(deal: Deal, document: str, by: User) -> int:
    """The signatory opens a document: his pages of it get their first view; how many had none yet.

    A first view is kept although nobody pressed anything. Raises NotAllowed; ActionRefused where he signs none of it.
    """
    with acting(deal, by, Verb.SIGN) as act:
        of, standing = deal_terms(act.deal), facts_of(act.deal).on(act.now)
        term = of.deliverable_by_key.get(document)
        own = set(SignatureBlock.objects.filter(deal=deal, person_email=by.email).values_list("key", flat=True))
        places = [(document, block.key) for block in (of.blocks_for(term) if term else ()) if block.key in own]
        if term is None or not places:
            raise ActionRefused("You sign nothing of this document.")
        new = [row for row in page_rows(act.deal, standing, places).values() if row.viewed_at is None]
        if new:
            SignaturePage.objects.filter(pk__in=[row.pk for row in new]).update(viewed_at=act.now)
            act.record("document-opened", new[0], f"{by} opened the {term.title} to read and sign")
        return len(new)


def show_page(deal: Deal, version: DocumentVersion, number: int, to: User) -> None:
    """A page was shown to him, from 1. Kept the first time; decides nothing by itself, so no lock and no event."""
    _keep(deal, version, [number], to, as_text=False)


def read_as_text(deal: Deal, version: DocumentVersion, by: User) -> None:
    """He says that he has read the whole document as words, with a screen reader for example."""
    _keep(deal, version, range(1, (version.pages or 0) + 1), by, as_text=True)


def _keep(deal: Deal, version: DocumentVersion, numbers: range | list[int], user: User, *, as_text: bool) -> None:
    moment = now()
    PageRead.objects.bulk_create(
        (
            PageRead(deal=deal, version=version, user=user, number=each, as_text=as_text, at=moment)
            for each in numbers
            if 1 <= each <= (version.pages or 0)
        ),
        ignore_conflicts=True,
    )
