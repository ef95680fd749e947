"""Who sees which rows: counsel their deal's, a contact its own investor's, everybody else none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from closing.actions.deals import load_deal, open_accounts
from closing.actions.events import record
from closing.actions.facts import load_facts, record_fact
from closing.models import (
    Allotment,
    Announcement,
    BankBooking,
    BankLine,
    BankStatement,
    Bill,
    BillLine,
    Closing,
    Consent,
    ConsentPaper,
    Counsel,
    CreditNote,
    CreditNoteLine,
    Deal,
    Deliverable,
    DocumentVersion,
    FeePayment,
    FeeReversal,
    OverCapAllotment,
    OverCapPart,
    Packet,
    PacketPage,
    Payment,
    PostClosingItem,
    Refund,
    Reimbursement,
    Reminder,
    Signature,
    SignatureBlock,
    SignaturePage,
    SignOff,
    Waiver,
    WireInstruction,
    WriteOff,
)
from closing.rules import facts
from closing.rules.access import Role
from closing.rules.terms import LineKind
from investors.models import Address, Certificate, Contact, Investor, Issuer, LedgerEntry, ShareClass, User
from tests.db.conftest import MONDAY
from tests.db.test_facts import opening
from tests.kept_rows import begin_with
from tests.rules.any_facts import CERPLEX

MODELS = [*apps.get_app_config("closing").get_models(), *apps.get_app_config("investors").get_models()]
FAIRBAIRN = "Malcolm and Emily Fairbairn"


@pytest.fixture
def cerplex(db: None, monday: datetime) -> Deal:
    """The deal with rows in nearly every table, and a second deal beside it."""
    begin_with("visible", _fill)
    return Deal.objects.get(code=CERPLEX.code)


def _fill() -> None:
    cerplex = load_deal(CERPLEX)
    open_accounts(cerplex)
    load_facts(cerplex, opening())
    emails = {person.name: person.email for person in CERPLEX.people}
    for name in (FAIRBAIRN, "Andrea Martin"):
        block = SignatureBlock.objects.filter(deal=cerplex, allotment__investor__name=name)[0]
        paper = Deliverable.objects.get(deal=cerplex, key="stock-purchase-agreement")
        page = SignaturePage.objects.create(deal=cerplex, deliverable=paper, block=block, token=f"{block.pk:016d}")
        packet = Packet.objects.create(deal=cerplex, person=block.person, content_key=name, requested_at=MONDAY)
        PacketPage.objects.create(packet=packet, page=page, position=0)
        version = {"filename": "a.pdf", "sha256": "0" * 64, "size": 1, "content_type": "application/pdf"}
        number = DocumentVersion.objects.count() + 1
        DocumentVersion.objects.create(deliverable=paper, number=number, at=MONDAY, **version)
        certificate = Certificate.objects.create(
            share_class=cerplex.share_class,
            number=name,
            investor=Investor.objects.get(name=name),
            registered_name=name,
            shares=1,
            issued_on=date(1996, 6, 10),
        )
        LedgerEntry.objects.create(
            share_class=cerplex.share_class,
            investor=certificate.investor,
            certificate=certificate,
            kind="issued",
            shares=1,
            on=date(1996, 6, 10),
        )
        Reminder.objects.create(
            deal=cerplex,
            person=block.person,
            email=emails[block.person],
            schedule_key="1",
            message_id=name,
            subject="Owed",
            text="Owed",
            due_at=MONDAY,
            created_at=MONDAY,
        )
    for consent in Consent.objects.filter(deal=cerplex):
        ConsentPaper.objects.create(consent=consent, filename="a.pdf", sha256="0" * 64, size=1, content_type="a/b")
    said = {"shares": 8000, "purchase_price": 8000000, "fees_reimbursed": 1, "expenses_reimbursed": 1}
    closing = Closing.objects.create(deal=cerplex, number=1, at=MONDAY, survival_until=date(1997, 12, 10), **said)
    firm = Counsel.objects.get(deal=cerplex, key="investors-counsel")
    Reimbursement.objects.create(closing=closing, counsel=firm, fees=1, expenses=1)
    owed = {"key": "d", "heading": "Form D", "section": "2(a)(vi)", "owed_by": "issuer"}
    PostClosingItem.objects.create(deal=cerplex, closing=closing, **owed)
    bank = {"filename": "june.csv", "sha256": "0" * 64, "size": 1, "form": "csv"}
    statement = BankStatement.objects.create(deal=cerplex, at=MONDAY, **bank)
    money = {"amount": 1, "currency": "USD", "is_credit": False, "booked_on": date(1996, 6, 3)}
    line = BankLine.objects.create(statement=statement, position=0, row=1, **money)
    BankBooking.objects.create(line=line, becomes="ignored", reason="Rent", at=MONDAY)
    record(None, None, "user-added", None, "Somebody was let in")
    for name in (FAIRBAIRN, "Andrea Martin"):
        record_fact(cerplex, facts.SignOff(at=MONDAY, section="2(a)(vii)", party=name), None)
        paid = facts.Payment(at=MONDAY, investor=name, amount=Decimal(2), currency="USD")
        record_fact(cerplex, paid, None)
        record_fact(cerplex, facts.Refund(at=MONDAY, investor=name, amount=Decimal(1), currency="USD"), None)
        own = Allotment.objects.get(deal=cerplex, investor__name=name)
        money = {"amount": 1, "currency": "USD", "method": "wire", "sent_on": date(1996, 6, 3)}
        Announcement.objects.create(deal=cerplex, allotment=own, at=MONDAY, **money)
    _fees(cerplex)
    # The same names on another deal, by other people.
    people = tuple(replace(person, email=f"other.{person.email}") for person in CERPLEX.people)
    load_deal(replace(CERPLEX, code="another", issuer=replace(CERPLEX.issuer, code="another"), people=people))


OF_THE_COMPANY: tuple[type[Model], ...] = (BankStatement, BankLine, BankBooking)
"""What the account of the company shows, which the investors' counsel does not see."""


def _fees(deal: Deal) -> None:
    """A row of everything that becomes of a bill."""
    bill = Bill.objects.get(deal=deal)
    line = facts.BillLine(kind=LineKind.FEE, description="Twice", amount=Decimal(1))
    said: dict[str, Any] = {"at": MONDAY, "counsel": bill.counsel.key, "bill": bill.number}
    money: dict[str, Any] = {**said, "kind": LineKind.FEE, "amount": Decimal(1)}
    part = facts.OverCapPart(investor="Andrea Martin", parts=Decimal(1))
    for fact in (
        facts.CreditNote(**said, number="C", dated=date(1996, 6, 1), lines=(line,)),
        facts.WriteOff(**money),
        facts.FeePayment(**money, netted_from="Andrea Martin"),
        facts.FeeReversal(**money, netted_from="Andrea Martin"),
        facts.OverCapAllotment(at=MONDAY, parts=(part,)),
    ):
        record_fact(deal, fact, None)


def visible(model: type[Model], user: Any) -> Any:
    manager: Any = model._default_manager
    return manager.visible_to(user)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_stranger_sees_nothing(cerplex: Deal, model: type[Model]) -> None:
    assert not visible(model, AnonymousUser()).exists()
    stranger = User.objects.create_user("stranger@stradling.example", name="Stranger", is_superuser=True, is_staff=True)
    assert list(visible(model, stranger)) == ([stranger] if model is User else [])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_counsel_see_their_deal_and_no_other(
    cerplex: Deal, user_of: Callable[[Role], User], model: type[Model]
) -> None:
    for role in (Role.COMPANY_COUNSEL, Role.INVESTORS_COUNSEL):
        rows = visible(model, user_of(role))
        deals = {deal_of(row) for row in rows}
        assert deals <= {cerplex, None}
        if model in OF_THE_COMPANY and role is Role.INVESTORS_COUNSEL:
            assert not rows.exists()
            assert model._default_manager.exists()
        elif model._meta.app_label == "closing":
            everything = [row for row in model._default_manager.all() if deal_of(row) == cerplex]
            assert set(rows) == set(everything)


PARENTS = (
    "deliverable",
    "bill",
    "packet",
    "closing",
    "consent",
    "statement",
    "line.statement",
    "credit_note",
    "over_cap_allotment",
)


def deal_of(row: Any) -> Deal | None:
    if isinstance(row, Deal):
        return row
    for path in ("deal", *(f"{name}.deal" for name in PARENTS)):
        found = row
        for name in path.split("."):
            found = getattr(found, name, None)
        if isinstance(found, Deal):
            return found
    return None


OWN: dict[type[Model], str] = {
    Allotment: "investor__name",
    SignatureBlock: "allotment__investor__name",
    Payment: "allotment__investor__name",
    Refund: "allotment__investor__name",
    Announcement: "allotment__investor__name",
    Consent: "allotment__investor__name",
    ConsentPaper: "consent__allotment__investor__name",
    Signature: "block__allotment__investor__name",
    SignaturePage: "block__allotment__investor__name",
    PacketPage: "page__block__allotment__investor__name",
    Packet: "packet_pages__page__block__allotment__investor__name",
    SignOff: "party",
    Investor: "name",
    Contact: "investor__name",
    Address: "investor__name",
    Certificate: "investor__name",
    LedgerEntry: "investor__name",
}


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_a_contact_sees_its_own_investors_rows_only(
    cerplex: Deal, user_of: Callable[[Role], User], model: type[Model]
) -> None:
    rows = visible(model, user_of(Role.INVESTOR))
    assert set(rows.values_list(OWN[model], flat=True)) == {FAIRBAIRN}
    of_the_deal = rows.filter(deal=cerplex) if hasattr(model, "deal") else rows
    assert of_the_deal.count() < model._default_manager.count()


@pytest.mark.parametrize(
    "model",
    [
        Bill,
        BillLine,
        CreditNote,
        CreditNoteLine,
        WriteOff,
        FeePayment,
        FeeReversal,
        OverCapAllotment,
        OverCapPart,
    ],
)
def test_a_contact_sees_nothing_of_counsels_bills(
    cerplex: Deal, user_of: Callable[[Role], User], model: type[Model]
) -> None:
    assert model._default_manager.exists()
    assert not visible(model, user_of(Role.INVESTOR)).exists()


def test_a_contact_sees_what_is_meant_for_every_investor(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    malcolm = user_of(Role.INVESTOR)
    assert list(visible(Deal, malcolm)) == [cerplex]
    assert visible(Waiver, malcolm).exists()
    assert not any(item.owed_to == "issuer" and item.owed_by == "issuer" for item in visible(Deliverable, malcolm))
    own = Reminder.objects.filter(email=malcolm.email)
    assert list(visible(Reminder, malcolm)) == list(own)
    assert own.count() == 1


def test_a_waiver_for_another_investor_is_not_shown(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    said = facts.Waiver(at=MONDAY, key="i", sections=("2(b)(ii)",), text="Part", investors=("Andrea Martin",))
    other = record_fact(cerplex, said, None)
    own = record_fact(cerplex, replace(said, key="j", investors=(FAIRBAIRN,)), None)
    shown = set(visible(Waiver, user_of(Role.INVESTOR)))
    assert own in shown
    assert other not in shown


def test_an_investor_sees_the_instructions_in_force_and_no_others(
    cerplex: Deal, user_of: Callable[[Role], User]
) -> None:
    counsel, other, malcolm = (user_of(role) for role in (Role.COMPANY_COUNSEL, Role.INVESTORS_COUNSEL, Role.INVESTOR))
    account = {"holder": "The company", "bank": "Bank of the company", "routing": "123456780", "account": "12344321"}
    decided: list[dict[str, Any]] = [
        {"confirmed_at": MONDAY, "confirmed_by": other, "checked_with": "The treasurer"},
        {"confirmed_at": MONDAY, "confirmed_by": other, "checked_with": "The treasurer"},
        {"rejected_at": MONDAY, "rejected_by": other, "rejected_reason": "Not the company’s"},
        {},
    ]
    for number, decision in enumerate(decided, start=1):
        WireInstruction.objects.create(deal=cerplex, number=number, at=MONDAY, by=counsel, **account, **decision)
    assert [row.number for row in visible(WireInstruction, malcolm)] == [2]
    assert visible(WireInstruction, counsel).count() == 4


def test_a_packet_with_one_page_of_another_investor_is_hidden(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    malcolm = user_of(Role.INVESTOR)
    packet = visible(Packet, malcolm).get()
    issuer = SignatureBlock.objects.get(deal=cerplex, allotment__isnull=True)
    paper = Deliverable.objects.get(deal=cerplex, key="stock-purchase-agreement")
    page = SignaturePage.objects.create(deal=cerplex, deliverable=paper, block=issuer, token="0" * 16)
    PacketPage.objects.create(packet=packet, page=page, position=1)
    assert not visible(Packet, malcolm).exists()


def test_the_admin_sees_users_and_cap_tables_and_no_deal(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    admin = user_of(Role.ADMIN)
    everything: list[type[Model]] = [User, Issuer, Investor, ShareClass, Certificate, LedgerEntry]
    for model in everything:
        assert visible(model, admin).count() == model._default_manager.count()
    nothing: list[type[Model]] = [Deal, Allotment, Payment, Deliverable, Packet, Closing]
    for model in nothing:
        assert not visible(model, admin).exists()
    verbs = {event.verb for event in visible(apps.get_model("closing.Event"), admin)}
    assert verbs == {"user-added", "counsel-seated"}
