"""The deals, people and papers that the web's tests walk through."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.files.base import ContentFile
from django.test import Client

from closing.actions.deals import load_deal, open_accounts
from closing.actions.documents import add_document_version
from closing.actions.facts import load_facts
from closing.actions.notes import write_note
from closing.actions.packets import request_packets
from closing.actions.stored_files import store
from closing.models import Allotment, Deal, Deliverable, Membership, Packet, Reminder
from closing.queries.packets import FOLDER, SUFFIX
from closing.rules.deal_file import read_deal
from closing.rules.facts_file import read_facts
from investors.models import User
from tests.kept_rows import begin_with

SAMPLES = Path(__file__).parents[2] / "closing" / "samples"
MONDAY = datetime.fromisoformat("1996-06-03T09:00-07:00")

ROLES = ("company", "investors", "investor", "another", "signatory", "outsider", "admin", "anonymous")


@dataclass(frozen=True)
class World:
    """`people` are by the name of their role; `anonymous` is nobody."""

    deal: Deal
    people: dict[str, User]

    def client(self, role: str) -> Client:
        """A client in which that role is signed in."""
        client = Client()
        if role in self.people:
            client.force_login(self.people[role], "django.contrib.auth.backends.ModelBackend")
        return client

    def allotment(self, name: str) -> Allotment:
        """A row of Schedule A."""
        return Allotment.objects.get(deal=self.deal, investor__name=name)


def make_world() -> World:
    """The Cerplex deal with its opening facts, its packets asked for, one file and one letter; and another deal."""
    begin_with("world", _make)
    counsel = Membership.Roles.COMPANY_COUNSEL, Membership.Roles.INVESTORS_COUNSEL
    deal = Deal.objects.get(code="cerplex-1996")
    company, special = (User.objects.get(memberships__deal=deal, memberships__role=role) for role in counsel)
    people = {
        "company": company,
        "investors": special,
        "investor": User.objects.get(name="Malcolm Fairbairn"),
        "another": User.objects.get(name="Andrea Martin"),
        "signatory": User.objects.get(name="Bruce D. Nye"),
        "outsider": User.objects.get(email="counsel@elsewhere.example"),
        "admin": User.objects.get(is_admin=True),
    }
    return World(deal, people)


def _make() -> None:
    terms = read_deal((SAMPLES / "cerplex-1996.toml").read_text(), "cerplex-1996.toml")
    deal = load_deal(terms)
    load_facts(deal, read_facts((SAMPLES / "cerplex-1996.opening.toml").read_text(), terms, "opening"))
    open_accounts(deal)
    counsel = User.objects.get(memberships__deal=deal, memberships__role=Membership.Roles.COMPANY_COUNSEL)
    request_packets(deal, counsel)
    opinion = Deliverable.objects.get(deal=deal, key="opinion-of-company-counsel")
    add_document_version(opinion, ContentFile(b"A draft of the opinion.\n", name="opinion.txt"), "", counsel)
    special = User.objects.get(memberships__deal=deal, memberships__role=Membership.Roles.INVESTORS_COUNSEL)
    write_note(opinion, "Ask for the non-contravention paragraph.", special, shared=False)
    _letter(deal)
    _make_packet(deal, "Emily Fairbairn")
    other = load_deal(read_deal((SAMPLES / "series-seed.toml").read_text(), "series-seed.toml"))
    outsider = User.objects.create_user("counsel@elsewhere.example", "x", name="Counsel of another deal")
    Membership.objects.create(user=outsider, deal=other, role=Membership.Roles.COMPANY_COUNSEL)
    User.objects.create_user("admin@closing-room.example", "x", name="Administrator", is_admin=True)


def _make_packet(deal: Deal, person: str) -> None:
    """Put a file where the worker would."""
    kept = store(b"%PDF-1.7\n", FOLDER, SUFFIX)
    packets = Packet.objects.filter(deal=deal, person=person)
    packets.update(state=Packet.State.MADE, sha256=kept.sha256, size=kept.size, made_at=MONDAY)


def _letter(deal: Deal) -> Reminder:
    return Reminder.objects.create(
        deal=deal,
        person="Malcolm Fairbairn",
        email="malcolm.fairbairn@fairbairn.example",
        schedule_key="7 days before",
        state=Reminder.State.SENT,
        message_id="<one@closing-room.example>",
        subject="What is open",
        text="What is open.",
        html="<p>What is open.</p>",
        due_at=MONDAY,
        created_at=MONDAY,
        sent_at=MONDAY,
    )
