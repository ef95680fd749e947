"""Something of each kind in the world of the web's tests, to name in an address."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile

from closing.actions.bank import ignore_lines
from closing.actions.bank_statements import import_statement
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
from tests.web.world import MONDAY, World

Args = Callable[[World], list[Any]]


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
