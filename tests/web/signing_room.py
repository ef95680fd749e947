"""A document to sign: its execution version in the room, read by whoever is to sign it."""

from io import BytesIO

import pikepdf
from django.core.files.base import ContentFile

from closing.actions.documents import add_document_version
from closing.actions.facts import record_fact
from closing.actions.reading import read_as_text
from closing.actions.signing import Signing
from closing.models import Deal, Deliverable, DocumentVersion
from closing.pdf.signed_pages import DrawnSignature, TypedSignature
from closing.queries.signing import signing_room
from closing.rules import electronic_consent, facts
from closing.rules.signatures import PageState
from investors.clock import now
from investors.models import User

AGREEMENT = "stock-purchase-agreement"
DRAWN = DrawnSignature((((0.1, 0.2), (0.3, 0.1), (0.5, 0.3)), ((0.6, 0.2), (0.8, 0.25))))


def paper(title: str, pages: int = 3) -> bytes:
    """A PDF of pages with words on them."""
    made = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for number in range(1, pages + 1):
        page = made.add_blank_page(page_size=(612, 792))
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        words = f"BT /F1 14 Tf 72 700 Td ({title}) Tj 0 -30 Td (Page {number} of {pages}) Tj ET"
        page.obj.Contents = made.make_stream(words.encode())
    target = BytesIO()
    made.save(target)
    return target.getvalue()


def freeze(
    deal: Deal, key: str = AGREEMENT, title: str = "Stock Purchase Agreement", pages: int = 3
) -> DocumentVersion:
    """Hand a file in and make it the execution version."""
    document = Deliverable.objects.get(deal=deal, key=key)
    version = add_document_version(document, ContentFile(paper(title, pages), name=f"{key}.pdf"), "", None)
    fact = facts.ExecutionVersion(at=now(), document=key, version=version.sha256, number=version.number)
    record_fact(deal, fact, None)
    return version


def read(deal: Deal, version: DocumentVersion, user: User) -> None:
    """He has read it all."""
    read_as_text(deal, version, user)


def signing(
    version: DocumentVersion, *blocks: str, typed: str = "", title: str = "", name: str = "", **changes: object
) -> Signing:
    """What the form of a signatory asks for."""
    said: dict[str, object] = {
        "document": version.deliverable.key,
        "version": version.sha256,
        "capacities": dict.fromkeys(blocks, title),
        "mark": TypedSignature(typed) if typed else DRAWN,
        "consent": electronic_consent.SHA256,
        "name": name,
        "address": "198.51.100.7",
        "agent": "A browser",
    }
    return Signing(**{**said, **changes})  # type: ignore[arg-type]


def person(name: str) -> User:
    return User.objects.get(name=name)


def state_of(deal: Deal, user: User, block: str, key: str = AGREEMENT) -> PageState:
    own = signing_room(deal, user).document(key)
    assert own is not None
    return next(each.state for each in own.pages if each.block == block)
