"""The Cerplex deal with somebody signed in for every role, and files to hand in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import load_facts
from closing.models import Deal, Membership
from closing.rules import terms
from closing.rules.access import Role
from closing.rules.facts_file import read_facts
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY, terms_of
from tests.rules.any_facts import CERPLEX, SAMPLES

CLOSING = datetime.fromisoformat("1996-06-10T11:05-07:00")
BASE = "/deals/cerplex-1996"


@dataclass(frozen=True)
class Room:
    """The deal, and a client for every role: the investor is Malcolm Fairbairn, another one Robert Finzi of Sprout."""

    deal: Deal
    company: Client
    counsel: Client
    malcolm: Client
    finzi: Client
    admin: Client
    stranger: Client


@contextmanager
def open_room(facts: str = "opening", at: datetime = MONDAY) -> Iterator[Room]:
    """The Cerplex deal with a facts file of the samples (`opening`, `closing-day`, or none for blank) at a moment."""
    with clock.fixed(at):
        deal = load_deal(CERPLEX)
        open_accounts(deal)
        if facts:
            path = SAMPLES / f"cerplex-1996.{facts}.toml"
            load_facts(deal, read_facts(path.read_text(), CERPLEX, path.name))
        admin = User.objects.create_user("admin@closing-room.example", name="Admin", is_admin=True)
        stranger = User.objects.create_user("stranger@closing-room.example", name="Stranger")
        yield Room(
            deal=deal,
            company=signed_in(User.objects.get(memberships__role=Role.COMPANY_COUNSEL.value)),
            counsel=signed_in(User.objects.get(memberships__role=Role.INVESTORS_COUNSEL.value)),
            malcolm=signed_in(User.objects.get(name="Malcolm Fairbairn")),
            finzi=signed_in(User.objects.get(name="Robert Finzi")),
            admin=signed_in(admin),
            stranger=signed_in(stranger),
        )


def signed_in(user: User) -> Client:
    """A client with that user's session; htmx or not is the test's affair."""
    client = Client()
    client.force_login(user)
    return client


def pdf(text: str = "", pages: int = 1) -> bytes:
    """A whole PDF; `text` makes its bytes another's."""
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page()
    made.docinfo["/Title"] = text
    target = BytesIO()
    made.save(target)
    return target.getvalue()


def encrypted() -> bytes:
    """A PDF that asks for a password."""
    made = pikepdf.new()
    made.add_blank_page()
    target = BytesIO()
    made.save(target, encryption=pikepdf.Encryption(owner="o", user="u"))
    return target.getvalue()


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def deal_of(count: int) -> tuple[Deal, Client]:
    """A deal with every kind of condition and `count` investors, and its counsel signed in."""
    of: terms.Deal = terms_of(count)
    deal = load_deal(of)
    user = User.objects.create_user(f"counsel-{count}@closing-room.example", name="Counsel")
    Membership.objects.create(deal=deal, user=user, role=Role.COMPANY_COUNSEL.value)
    return deal, signed_in(user)


def queries_of(client: Client, address: str) -> list[str]:
    """The queries of one GET that is answered with 200."""
    with CaptureQueriesContext(connection) as found:
        answer: Any = client.get(address)
    assert answer.status_code == 200, address
    return [each["sql"] for each in found.captured_queries]


def text_of(answer: Any) -> str:
    """The page as text, its white space run together."""
    return " ".join(answer.content.decode().split())
