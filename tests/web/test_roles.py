"""Every address of the room as every role and as a stranger; an address without a row here fails."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from closing.actions.bank import ignore_lines, import_statement
from closing.actions.documents import add_document_version
from closing.actions.execution import freeze_version
from closing.actions.funds_flow import freeze_funds_flow
from closing.actions.instructions import propose_instructions
from closing.actions.investors_own import announce_payment
from closing.actions.majorities import propose
from closing.actions.payments import record_payment
from closing.actions.reading import read_as_text
from closing.actions.signing import sign
from closing.actions.stored_files import store
from closing.models import (
    BankBooking,
    BankLine,
    Bill,
    ChecklistImport,
    ClosingBook,
    Consent,
    ConsentPaper,
    Counterpart,
    Deliverable,
    DocumentVersion,
    ElectronicSignature,
    ExecutedVersion,
    ExecutionVersion,
    MoneyPaper,
    Note,
    Packet,
    Payment,
    PdfCopy,
    Proposal,
    Reminder,
    ReturnedFile,
    ReturnedPage,
    Waiver,
    WireInstruction,
)
from closing.pdf.money_papers import PaperContent
from closing.rules import facts
from investors.models import ShareClass, User
from tests.pdf.test_comparison import word_file
from tests.web.papers import pdf
from tests.web.signing_room import freeze, signing
from tests.web.world import MONDAY, ROLES, World

pytestmark = pytest.mark.django_db

Args = Callable[[World], list[Any]]


@dataclass(frozen=True)
class Row:
    """Statuses in the order of ROLES, for a GET and for a POST of an empty form.

    302 is a redirect (for the stranger: to the sign-in), 404 what one may not see, 403 what one may see and not do,
    405 what the address does not take, 422 a form with mistakes.
    """

    args: Args
    get: str
    post: str

    def url(self, world: World, name: str) -> str:
        """The address."""
        return reverse(name, args=self.args(world))


def nothing(world: World) -> list[Any]:
    """Addresses under no deal."""
    return []


def deal(*more: Any) -> Args:
    """Addresses under the reference deal."""
    return lambda world: [world.deal.code, *more]


def of(find: Callable[[World], Any], *more: Any) -> Args:
    """Addresses under the reference deal that name one of its rows."""
    return lambda world: [world.deal.code, find(world), *more]


def deal_then(word: str, find: Callable[[World], Any]) -> Args:
    """Addresses that name a kind of row, and a row."""
    return lambda world: [world.deal.code, word, find(world)]


def waiver(world: World) -> int:
    return Waiver.objects.filter(deal=world.deal).values_list("pk", flat=True)[0]


def consent(world: World) -> int:
    return Consent.objects.filter(deal=world.deal, withdrawn_at=None).values_list("pk", flat=True)[0]


def paper(world: World) -> int:
    """The Fairbairns' consent, with the paper of it."""
    given = Consent.objects.filter(deal=world.deal, allotment__investor__name="Malcolm and Emily Fairbairn")[0]
    kept = store(b"I consent.\n", "documents")
    about = {"sha256": kept.sha256, "size": kept.size, "filename": "consent.txt", "content_type": "text/plain"}
    ConsentPaper.objects.get_or_create(consent=given, defaults=about)
    return given.pk


def move(world: World) -> str:
    """A proposal to close an hour later."""
    to = datetime.fromisoformat("1996-06-10T12:00-07:00")
    said = facts.Proposal(at=MONDAY, key="", matter="move-closing", to=to)
    if not Proposal.objects.filter(deal=world.deal).exists():
        propose(world.deal, said, world.people["company"], seen=())
    return "move-1"


def payment(world: World) -> int:
    return Payment.objects.filter(deal=world.deal, withdrawn_at=None).values_list("pk", flat=True)[0]


def check(world: World) -> int:
    """A check of Andrea Martin's."""
    said: dict[str, Any] = {"investor": "Andrea Martin", "amount": Decimal(10_000), "method": "check"}
    found = Payment.objects.filter(deal=world.deal, method="check").first()
    return (found or record_payment(world.deal, world.people["company"], **said)).pk


def bank_statement(world: World) -> int:
    """A statement of three lines: one for the Fairbairns, one nobody looked at, one set aside."""
    text = b"Date,Amount,Payer\n1996-06-03,1.00,Fairbairn\n1996-06-03,2.00,Nobody\n1996-06-03,-3.00,Rent\n"
    statement, _ = import_statement(world.deal, world.people["company"], "june.csv", text)
    ignore_lines([statement.lines.get(row=4)], world.people["company"], "Rent")
    return statement.pk


def bank_line(world: World) -> int:
    return BankLine.objects.values_list("pk", flat=True).get(statement=bank_statement(world), row=2)


def bank_booking(world: World) -> int:
    return BankBooking.objects.values_list("pk", flat=True).get(line__statement=bank_statement(world))


def proposed(world: World) -> int:
    """Wire instructions that wait for a second person."""
    said = {"holder": "The Cerplex Group, Inc.", "bank": "Bank of the company", "routing": "123456780"}
    waiting = WireInstruction.objects.filter(deal=world.deal, confirmed_at=None, rejected_at=None).first()
    return (waiting or propose_instructions(world.deal, world.people["company"], account="12344321", **said)).pk


def announced(world: World) -> list[Any]:
    """A payment that the Fairbairns announced."""
    own = world.allotment("Malcolm and Emily Fairbairn")
    said: dict[str, Any] = {"amount": Decimal(40_000), "method": "wire", "sent_on": date(1996, 6, 3), "reference": ""}
    row = own.announcements.first() or announce_payment(world.deal, own, world.people["investor"], **said)
    return [world.deal.code, own.position, row.pk]


def bill(world: World) -> int:
    return Bill.objects.filter(deal=world.deal).values_list("pk", flat=True)[0]


def bill_with_paper(world: World) -> int:
    pk = bill(world)
    Bill.objects.filter(pk=pk, paper="").update(paper=store(pdf(), "documents").sha256)
    return pk


def withdrawn_bill(world: World) -> list[Any]:
    """What the address of taking back a bill is made of."""
    return [world.deal.code, "bills", bill(world)]


def packet(world: World) -> int:
    return Packet.objects.filter(deal=world.deal, person="Emily Fairbairn").values_list("pk", flat=True)[0]


def two_versions(world: World) -> list[Any]:
    """The opinion, and a later draft of it."""
    opinion = Deliverable.objects.get(deal=world.deal, key="opinion-of-company-counsel")
    if opinion.versions.count() < 2:
        later = ContentFile(b"A later draft of the opinion.\n", name="opinion.txt")
        add_document_version(opinion, later, "", world.people["company"])
    return [world.deal.code, opinion.key, 1, 2]


def word_version(world: World) -> list[Any]:
    """A Word file of the agreement, its PDF copy made."""
    agreement = Deliverable.objects.get(deal=world.deal, key="stock-purchase-agreement")
    version = agreement.versions.order_by("number").last()
    if version is None:
        file = ContentFile(word_file("The Company shall sell."), name="agreement.docx")
        version = add_document_version(agreement, file, "", world.people["company"])
        kept = store(b"%PDF-1.7\n", "documents")
        about = {"sha256": kept.sha256, "size": kept.size, "requested_at": MONDAY, "made_at": MONDAY}
        PdfCopy.objects.create(version=version, state=PdfCopy.State.MADE, **about)
    return [world.deal.code, agreement.key, version.number]


def executed(world: World) -> int:
    """Counsel's executed version of the agreement."""
    kept = store(b"%PDF-1.7\n", "executed", ".pdf")
    said = {"sha256": kept.sha256, "size": kept.size, "state": "made", "made_at": MONDAY, "requested_at": MONDAY}
    document = Deliverable.objects.get(deal=world.deal, key="registration-rights-agreement")
    about = {"deal": world.deal, "deliverable": document, "version": "a" * 64, "content_key": "b" * 64}
    return ExecutedVersion.objects.get_or_create(**about, defaults=said)[0].pk


def book(world: World) -> int:
    """Andrea Martin's closing book."""
    kept = store(b"%PDF-1.7\n", "books", ".pdf")
    said = {"sha256": kept.sha256, "size": kept.size, "state": "made", "made_at": MONDAY, "requested_at": MONDAY}
    about = {"deal": world.deal, "allotment": world.allotment("Andrea Martin"), "form": "pdf", "content_key": "b" * 64}
    return ClosingBook.objects.get_or_create(**about, defaults=said)[0].pk


def money_paper(world: World) -> int:
    """Andrea Martin's receipt."""
    kept = store(b"%PDF-1.7\n", "money-papers", ".pdf")
    said = {"sha256": kept.sha256, "size": kept.size, "state": "made", "made_at": MONDAY, "requested_at": MONDAY}
    content = PaperContent(title="Receipt", deal_name=world.deal.name)
    row = {"title": "Receipt", "content": content.as_json(), **said}
    about = {"deal": world.deal, "allotment": world.allotment("Andrea Martin"), "content_key": content.key}
    return MoneyPaper.objects.get_or_create(**about, kind="receipt", defaults=row)[0].pk


def flow(world: World) -> int:
    """The first version of the funds flow."""
    freeze_funds_flow(world.deal, None)
    return 1


def charter(world: World) -> str:
    """A document that the company alone signs, its version in force."""
    key = "certificate-of-designation"
    if not ExecutionVersion.objects.filter(deal=world.deal, deliverable__key=key).exists():
        freeze(world.deal, key, "Certificate of Designation", pages=1)
    return key


def sheet(world: World) -> list[Any]:
    """The first page of it."""
    key = charter(world)
    return [world.deal.code, key, DocumentVersion.objects.get(deliverable__key=key).sha256, 1]


def electronic(world: World) -> int:
    """The page that Emily Fairbairn signed in the browser, beside her husband."""
    known = ElectronicSignature.objects.filter(deal=world.deal).first()
    if known is not None:
        return known.pk
    version, emily = freeze(world.deal), User.objects.get(name="Emily Fairbairn")
    read_as_text(world.deal, version, emily)
    return sign(world.deal, signing(version, "emily-fairbairn"), emily)[0].pk


def signed_page(world: World) -> int:
    """That page as a file, put where the worker would."""
    row = ElectronicSignature.objects.get(pk=electronic(world))
    kept = store(b"%PDF-1.7\n", "counterparts", ".pdf")
    said = {"page": row.page, "how": "browser", "sha256": kept.sha256, "size": kept.size, "at": MONDAY}
    return Counterpart.objects.get_or_create(signature=row.signature, defaults=said)[0].pk


def returned(world: World) -> int:
    """A page that came back and could not be read."""
    kept = store(b"\x89PNG\r\n\x1a\n", "pictures", ".png")
    about = {"filename": "scan.pdf", "size": 1, "requested_at": MONDAY, "state": "failed"}
    file, _ = ReturnedFile.objects.get_or_create(deal=world.deal, sha256=kept.sha256, defaults=about)
    what = {"state": "tray", "finding": "unread", "upright_sha256": kept.sha256, "picture_sha256": kept.sha256}
    return ReturnedPage.objects.get_or_create(file=file, number=1, defaults=what)[0].pk


def returned_file(world: World) -> int:
    """The file of that page, which failed in the end."""
    return ReturnedPage.objects.values_list("file", flat=True).get(pk=returned(world))


def letter(world: World) -> int:
    return Reminder.objects.filter(deal=world.deal).values_list("pk", flat=True)[0]


def note(world: World) -> int:
    """A private one of the investors' counsel."""
    return Note.objects.filter(deal=world.deal).values_list("pk", flat=True)[0]


def own_list(world: World) -> int:
    """A firm's own checklist that company counsel is taking in."""
    said = {"source": "list.txt", "rows": [["Item"], ["Bylaws"]], "at": MONDAY}
    return ChecklistImport.objects.get_or_create(deal=world.deal, by=world.people["company"], defaults=said)[0].pk


def fairbairns(world: World) -> int:
    return world.allotment("Malcolm and Emily Fairbairn").pk


def position(world: World) -> int:
    return world.allotment("Malcolm and Emily Fairbairn").position


def signed_paper(world: World) -> list[Any]:
    """The company's signed page of a document, stale by a later execution version."""
    agreement = Deliverable.objects.get(deal=world.deal, key="registration-rights-agreement")
    if not agreement.versions.exists():
        for text in ("one", "two"):
            version = add_document_version(agreement, ContentFile(pdf(text), name="agreement.pdf"), "", None)
            freeze_version(version, None, [])
    return [world.deal.code, agreement.key]


def first_version(world: World) -> list[Any]:
    return [*signed_paper(world), 1]


def issuer(world: World) -> list[Any]:
    return ["cerplex"]


def share_class(world: World) -> list[Any]:
    return ["cerplex", ShareClass.objects.filter(issuer__code="cerplex").values_list("pk", flat=True)[0]]


def issue(world: World) -> list[Any]:
    return ["cerplex", "issued"]


def user(world: World) -> list[Any]:
    return [world.people["another"].pk]


def close_user(world: World) -> list[Any]:
    return [world.people["another"].pk, "close"]


def welcome(world: World) -> list[Any]:
    """A link that nobody was sent."""
    return ["MQ", "made-up"]


TABLE: dict[str, Row] = {
    "healthz": Row(nothing, "200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405"),
    "home": Row(nothing, "302 302 302 302 302 302 302 302", "405 405 405 405 405 405 405 302"),
    "sign-in": Row(nothing, "302 302 302 302 302 302 302 200", "302 302 302 302 302 302 302 200"),
    "sign-out": Row(nothing, "405 405 405 405 405 405 405 302", "302 302 302 302 302 302 302 302"),
    "deals": Row(nothing, "200 200 200 200 200 200 200 302", "405 405 405 405 405 405 405 302"),
    "overview": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "conditions": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "condition": Row(deal("2(a)(vi)"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "condition-act": Row(
        deal("2(a)(ii)", "sign-off"), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"
    ),
    "waivers": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "waiver": Row(deal("massachusetts"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "waiver-send": Row(deal("massachusetts"), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "consent-paper": Row(of(paper), "200 200 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "what-if-consents": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "what-it-takes": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "cell": Row(of(fairbairns, "2(a)(vi)"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "majorities": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "majority-propose": Row(deal("move-closing"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "majority": Row(of(move), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "majority-answer": Row(of(move), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "majority-agree": Row(of(move), "405 405 405 405 405 405 405 302", "302 403 404 404 404 404 404 302"),
    "portal-proposal": Row(
        lambda world: [world.deal.code, position(world), move(world)],
        "404 404 200 404 404 404 404 302",
        "404 404 422 404 404 404 404 302",
    ),
    "waiver-answer": Row(of(waiver), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "consent-satisfied": Row(of(consent), "405 405 405 405 405 405 405 302", "409 409 404 404 404 404 404 302"),
    "fact-withdraw": Row(
        deal_then("payment", payment), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"
    ),
    "checklist": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "checklist-add": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "checklist-several": Row(deal(), "405 405 405 405 405 405 405 302", "422 422 404 404 404 404 404 302"),
    "checklist-export": Row(deal("full", "docx"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "checklist-import": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "checklist-import-preview": Row(of(own_list), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "checklist-put-back": Row(
        deal("counsel-bill"), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"
    ),
    "checklist-change": Row(
        deal("counsel-bill", "title"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"
    ),
    "documents": Row(deal(), "200 200 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "document": Row(
        deal("opinion-of-company-counsel"), "200 200 200 200 404 404 404 302", "422 422 403 403 404 404 404 302"
    ),
    "condition-note": Row(deal("2(a)(vi)"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "document-note": Row(
        deal("opinion-of-company-counsel"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"
    ),
    "document-move": Row(
        deal("opinion-of-company-counsel", "submit"),
        "200 403 404 404 404 404 404 302",
        "302 403 404 404 404 404 404 302",
    ),
    "note-withdraw": Row(of(note), "404 200 404 404 404 404 404 302", "404 422 404 404 404 404 404 302"),
    "document-version": Row(
        deal("opinion-of-company-counsel", 1), "200 200 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"
    ),
    "pdf-copy": Row(word_version, "200 200 200 200 404 404 404 302", "302 302 403 403 404 404 404 302"),
    "pdf-copies": Row(
        deal("stock-purchase-agreement"), "302 302 302 302 404 404 404 302", "405 405 405 405 405 405 405 302"
    ),
    "document-compare": Row(two_versions, "200 200 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "pdf-hand-in": Row(first_version, "405 405 405 405 405 405 405 302", "409 409 404 404 404 404 404 302"),
    "version-freeze": Row(first_version, "200 200 404 404 404 404 404 302", "302 302 404 404 404 404 404 302"),
    "pages-carry-over": Row(signed_paper, "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "document-executed": Row(
        deal("registration-rights-agreement"), "302 302 302 302 404 404 404 302", "302 302 403 403 404 404 404 302"
    ),
    "executed-version": Row(of(executed), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "books": Row(deal(), "200 200 200 200 404 404 404 302", "422 422 422 422 404 404 404 302"),
    "book": Row(of(book), "200 200 404 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow-freeze": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "funds-flow-excel": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow-version": Row(of(flow), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow-agree": Row(of(flow), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "funds-flow-pdf": Row(of(flow), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "money-paper": Row(of(money_paper), "200 200 404 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "money-paper-state": Row(of(money_paper), "200 200 404 200 404 404 404 302", "302 302 404 302 404 404 404 302"),
    "signatures": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "signatures-release": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "signature-packets": Row(deal(), "302 302 404 404 404 404 404 302", "302 302 404 404 404 404 404 302"),
    "packets-all": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "packet": Row(of(packet), "200 200 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "packet-cancel": Row(of(packet), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "packet-retry": Row(of(packet), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "returns-reading": Row(deal(), "302 302 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-file-retry": Row(of(returned_file), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns-confirm": Row(deal(), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns-copies": Row(deal(), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns-tray": Row(deal(), "302 302 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-page": Row(of(returned), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-picture": Row(of(returned), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-page-act": Row(
        of(returned, "set-aside"), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"
    ),
    "signatory": Row(deal("malcolm-fairbairn"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "signature-withdraw": Row(
        deal("sprout", "registration-rights-agreement"),
        "200 200 404 404 404 404 404 302",
        "422 422 404 404 404 404 404 302",
    ),
    "signature-decline": Row(
        deal("malcolm-fairbairn", "stock-purchase-agreement"),
        "200 200 404 404 404 404 404 302",
        "422 422 404 404 404 404 404 302",
    ),
    "signing-send": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "counterpart": Row(of(signed_page), "200 200 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    # What was kept of a signature is for counsel and for whoever signed: the joint owner sees the page, and not this.
    "signing-evidence": Row(of(electronic), "200 200 404 404 404 404 404 302", "302 302 404 404 404 404 404 302"),
    "signing": Row(deal(), "404 404 200 200 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-document": Row(of(charter), "404 404 404 404 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-text": Row(of(charter), "404 404 404 404 200 404 404 302", "404 404 404 404 302 404 404 302"),
    "signing-file": Row(of(charter), "404 404 404 404 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-sheet": Row(sheet, "404 404 404 404 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-sign": Row(of(charter), "404 404 404 404 200 404 404 302", "404 404 404 404 422 404 404 302"),
    "signing-decline": Row(of(charter), "404 404 404 404 200 404 404 302", "404 404 404 404 422 404 404 302"),
    "closing": Row(deal(), "200 200 404 404 404 404 404 302", "409 409 404 404 404 404 404 302"),
    "closing-statement": Row(deal(1), "404 404 404 404 404 404 404 302", "404 404 404 404 404 404 404 302"),
    "closing-take-back": Row(deal(), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "closing-item": Row(deal(1), "404 404 404 404 404 404 404 302", "404 404 404 404 404 404 404 302"),
    "record": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "mail": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "letter": Row(of(letter), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "letter-html": Row(of(letter), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "money": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "payment-record": Row(deal(), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "payment-return": Row(of(payment), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "fees": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "bill-record": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "bill-file": Row(of(bill_with_paper), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "payment-split": Row(deal(), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "payment-clear": Row(of(check), "200 403 404 404 404 404 404 302", "302 403 404 404 404 404 404 302"),
    "refund-record": Row(of(fairbairns), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "instructions": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "instructions-propose": Row(deal(), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    # Company counsel proposed them: he puts them in force himself no more than a stranger does.
    "instructions-confirm": Row(of(proposed), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "instructions-reject": Row(of(proposed), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "bank": Row(deal(), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bank-statement": Row(of(bank_statement), "200 404 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "bank-confirm": Row(of(bank_statement), "405 405 405 405 405 405 405 302", "302 404 404 404 404 404 404 302"),
    "bank-ignore-rest": Row(of(bank_statement), "405 405 405 405 405 405 405 302", "302 404 404 404 404 404 404 302"),
    "bank-line": Row(of(bank_line), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bank-line-ignore": Row(of(bank_line), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bank-undo": Row(of(bank_booking), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bill-pay": Row(of(bill), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "bill-net": Row(of(bill), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "bill-reverse": Row(of(bill), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "bill-credit": Row(of(bill), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "bill-write-off": Row(of(bill), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "bill-paper": Row(of(bill), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "over-cap": Row(deal(), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "fee-withdraw": Row(withdrawn_bill, "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "investors": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "investor": Row(of(fairbairns), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal": Row(deal(), "404 404 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal-investor": Row(of(position), "404 404 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal-signing": Row(of(position), "404 404 200 404 404 404 404 302", "404 404 302 404 404 404 404 302"),
    "portal-money": Row(of(position), "404 404 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal-receipt": Row(of(position), "405 405 405 405 405 405 405 302", "404 404 302 404 404 404 404 302"),
    "announcement-withdraw": Row(announced, "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"),
    "portal-payment": Row(of(position), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"),
    "portal-waiver": Row(
        of(position, "massachusetts"), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"
    ),
    "portal-representations": Row(
        of(position, "2(b)(i)"), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"
    ),
    "portal-sign-off": Row(
        of(position, "2(a)(vii)"), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"
    ),
    "cap-table": Row(nothing, "302 302 404 404 404 302 200 302", "405 405 405 405 405 405 405 302"),
    "cap-table-issuer": Row(issuer, "200 200 404 404 404 404 200 302", "405 405 405 405 405 405 405 302"),
    "share-class-add": Row(issuer, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "share-class": Row(share_class, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "ledger-record": Row(issue, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "users": Row(nothing, "404 404 404 404 404 404 200 302", "405 405 405 405 405 405 405 302"),
    "user-add": Row(nothing, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "user": Row(user, "404 404 404 404 404 404 200 302", "405 405 405 405 405 405 405 302"),
    "user-link": Row(user, "405 405 405 405 405 405 405 302", "404 404 404 404 404 404 200 302"),
    "user-act": Row(close_user, "405 405 405 405 405 405 405 302", "404 404 404 404 404 404 302 302"),
    "welcome": Row(welcome, "200 200 200 200 200 200 200 200", "200 200 200 200 200 200 200 200"),
}


def addresses() -> list[str]:
    """The names of all addresses of the room."""
    found = []
    for each in get_resolver().url_patterns:
        assert isinstance(each, URLPattern), "this table reads a flat list of addresses"
        assert each.name, f"{each.pattern} has no name"
        found.append(each.name)
    return found


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert sorted(addresses()) == sorted(TABLE)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", addresses())
def test_what_each_role_is_answered(world: World, name: str, method: str) -> None:
    row = TABLE[name]
    told = {role: status(world, role, method, row.url(world, name)) for role in ROLES}
    assert told == dict(zip(ROLES, map(int, getattr(row, method).split()), strict=True))


def status(world: World, role: str, method: str, url: str) -> int:
    """The status of an answer; what it did is taken back."""
    with transaction.atomic():
        response = getattr(world.client(role), method)(url, {"form_key": ""})
        if response.streaming:
            b"".join(response.streaming_content)  # closes the file
        transaction.set_rollback(True)
    code: int = response.status_code
    return code
