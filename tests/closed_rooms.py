"""The Cerplex deal at its closing, each signed document with the version that was signed, so that it is executed."""

import re
from datetime import datetime
from html import unescape
from io import BytesIO
from typing import Any

import pikepdf
from django.core.files.base import ContentFile
from django.test import Client

from closing.actions.closing_confirmations import confirm_closing
from closing.actions.documents import add_document_version
from closing.actions.facts import record_fact
from closing.models import Closing, Deal, Deliverable
from closing.queries.closing_page import close_page
from closing.rules import facts
from closing.rules.access import Role
from closing.rules.terms import Side
from investors.clock import fixed
from investors.models import User
from tests.rules.any_facts import CERPLEX

BEFORE = datetime.fromisoformat("1996-05-27T09:00-07:00")
"""A day before anybody signed."""

SIGNED = tuple(each.key for each in CERPLEX.deliverables if each.signed_by)


def pages(*said: str) -> bytes:
    """A PDF with a line of text on each page."""
    pdf = pikepdf.new()
    for line in said:
        pdf.add_blank_page(page_size=(612, 792))
        page = pdf.pages[-1]
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = pdf.make_stream(f"BT /F1 12 Tf 72 700 Td ({line}) Tj ET".encode())
    out = BytesIO()
    pdf.save(out)
    return out.getvalue()


def freeze_signed(deal: Deal) -> None:
    """Give each document that is signed an execution version of before the signing: two pages, the second blank."""
    with fixed(BEFORE):
        for key in SIGNED:
            row = Deliverable.objects.select_related("deal").get(deal=deal, key=key)
            file = ContentFile(pages(f"Text of {key}", "To be signed here"), name=f"{key}.pdf")
            version = add_document_version(row, file, "", None)
            said = facts.ExecutionVersion(at=BEFORE, document=key, version=version.sha256, number=1, blank_pages=(2,))
            record_fact(deal, said, None)


def confirmed_by_both(deal: Deal, *, leave_out: bool = False) -> Closing:
    """The closing of those who are ready, as company counsel and then the investors' counsel confirm it."""
    closing = None
    for role, side in ((Role.COMPANY_COUNSEL, Side.ISSUER), (Role.INVESTORS_COUNSEL, Side.INVESTORS)):
        by = User.objects.filter(memberships__deal=deal, memberships__role=role.value)[0]
        seen = close_page(deal, by, side).next
        assert seen is not None, "nobody may close any more"
        closing = confirm_closing(deal, by, seen.digest, leave_out).closing
    assert closing is not None, "the second confirmation closes"
    return closing


def confirm(who: Client, page: str, **said: Any) -> Any:
    """A counsel confirms what the page of the closing shows now."""
    shown = who.get(page).content.decode()
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', shown)
    assert found, "the page asks for a confirmation"
    return who.post(page, {"digest": found.group(1), "expected": expected_in(shown), **said})


def expected_in(page: str) -> list[str]:
    """The names of the ready that a page of the closing shows."""
    return [unescape(each) for each in re.findall(r'name="expected" value="([^"]*)"', page)]


def close_for_all(deal: Deal) -> Closing:
    """The closing of all investors, confirmed by both counsel at the clock's moment."""
    closing = confirmed_by_both(deal)
    assert closing.allotments.count() == len(CERPLEX.investors)
    return closing
