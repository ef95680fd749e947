"""Every kind of fact as a record and as a row: the one table between the two, read both ways."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from closing import models
from closing.queries.money import money
from closing.rules import facts
from closing.rules.terms import LineKind

Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a fact and the column that keeps it.

    `path` is read; where it leads to another row (`deliverable__key`), `refers` is that row's
    foreign key, and writing looks its id up by what the fact says. A row that two fields name together is looked up by
    both: `beside` is the other one, whose own column only reads.
    """

    field: str
    path: str
    refers: str = ""
    read: Reader | None = None
    beside: str = ""
    only_reads: bool = False


@dataclass(frozen=True, slots=True)
class Below:
    """Records below a fact that are rows of their own: the fact's field, and what keeps them by which foreign key."""

    field: str
    record: type[Any]
    model: type[Model]
    parent: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: its table in a facts file, its record, its rows, its name in events.

    `once` kinds say nothing new when repeated: the same again while it stands is not written. `below` are the rows
    that a fact has of its own (a bill's lines).
    """

    table: str
    noun: str
    fact: type[facts.Fact]
    model: type[models.FactRow]
    columns: tuple[Column, ...]
    once: bool = True
    below: Below | None = None


def same(*names: str, read: Reader | None = None) -> tuple[Column, ...]:
    """Fields and columns of one name."""
    return tuple(Column(name, name, read=read) for name in names)


def texts(*names: str) -> tuple[Column, ...]:
    """Fields that are tuples, kept as arrays."""
    return same(*names, read=tuple)


INVESTOR = Column("investor", "allotment__investor__name", "allotment")
DOCUMENT = Column("document", "deliverable__key", "deliverable")
SECTION = Column("section", "condition__section", "condition")
COUNSEL = Column("counsel", "counsel__key", "counsel")
AMOUNT = Column("amount", "amount", read=money)
BILL = (
    Column("bill", "bill__number", "bill", beside="counsel"),
    Column("counsel", "bill__counsel__key", only_reads=True),
)
LINE_KIND = Column("kind", "kind", read=LineKind)
NETTED_FROM = Column("netted_from", "netted_from__investor__name", "netted_from", read=lambda name: name or "")
LINE = (LINE_KIND, *same("description"), AMOUNT)
COMMON = same("at", "withdrawn_at", "withdrawn_reason", "note")

# What may still be set on a fact on file, once, besides its withdrawal.
LATCHES = ("released_at", "satisfied_at", "issuer_agreed_at", "cleared_at", "paper")

KINDS: tuple[Kind, ...] = (
    Kind(
        "execution_versions",
        "execution-version",
        facts.ExecutionVersion,
        models.ExecutionVersion,
        (DOCUMENT, *same("version", "number"), *texts("blank_pages")),
        # The first file frozen again after another is in force again, and an authority covers what came before it.
        once=False,
    ),
    Kind(
        "signatures",
        "signature",
        facts.Signature,
        models.Signature,
        (DOCUMENT, Column("block", "block__key", "block"), *same("signer", "title", "version", "released_at")),
    ),
    Kind(
        "carry_overs",
        "carry-over",
        facts.CarryOver,
        models.CarryOver,
        (DOCUMENT, *same("version", "authority"), *texts("blocks")),
        once=False,
    ),
    Kind("sign_offs", "sign-off", facts.SignOff, models.SignOff, (SECTION, *same("party"), INVESTOR)),
    Kind(
        "confirmations",
        "confirmation",
        facts.Confirmation,
        models.Confirmation,
        (SECTION, *same("party", "as_of"), *texts("representations")),
    ),
    Kind("disclosures", "disclosure", facts.Disclosure, models.Disclosure, same("representation", "text")),
    Kind("steps", "step", facts.StepTaken, models.StepTaken, (SECTION, *same("step", "on", "evidence"))),
    Kind("deliveries", "delivery", facts.Delivery, models.Delivery, (DOCUMENT, INVESTOR)),
    Kind(
        "certificates",
        "certificate",
        facts.Certificate,
        models.OfficerCertificate,
        (DOCUMENT, *same("signer", "title", "dated")),
    ),
    Kind("opinions", "opinion", facts.Opinion, models.Opinion, (DOCUMENT, COUNSEL, *same("dated"))),
    Kind(
        "qualifications",
        "qualification",
        facts.Qualification,
        models.Qualification,
        same("jurisdiction", "effective_on", "lapses_on", "evidence"),
    ),
    Kind(
        "third_party_consents",
        "third-party-consent",
        facts.ThirdPartyConsent,
        models.ThirdPartyConsent,
        (SECTION, *same("third_party")),
    ),
    Kind(
        "payments",
        "payment",
        facts.Payment,
        models.Payment,
        (INVESTOR, AMOUNT, *same("currency", "method", "reference", "receipt", "cleared_at")),
        once=False,
    ),
    Kind(
        "refunds",
        "refund",
        facts.Refund,
        models.Refund,
        (INVESTOR, AMOUNT, *same("currency", "method", "reference")),
        once=False,
    ),
    Kind(
        "waivers",
        "waiver",
        facts.Waiver,
        models.Waiver,
        (*same("key", "text", "for_closing_on", "until"), *texts("sections", "items", "investors")),
    ),
    Kind(
        "consents",
        "consent",
        facts.Consent,
        models.Consent,
        (
            Column("waiver", "waiver__key", "waiver"),
            INVESTOR,
            *texts("blocks"),
            *same("written", "declined", "subject_to", "satisfied_at"),
        ),
    ),
    Kind("proxies", "proxy", facts.Proxy, models.Proxy, same("stockholder", "shares"), once=False),
    Kind(
        "proposals",
        "proposal",
        facts.Proposal,
        models.Proposal,
        same("key", "matter", "text", "to", "place", "issuer_agreed_at"),
    ),
    Kind(
        "approvals",
        "approval",
        facts.Approval,
        models.Approval,
        (Column("proposal", "proposal__key", "proposal"), INVESTOR, *texts("blocks"), *same("written", "declined")),
    ),
    Kind(
        "bills",
        "bill",
        facts.Bill,
        models.Bill,
        (COUNSEL, *same("number", "dated", "received_on", "paper", "payee")),
        below=Below("lines", facts.BillLine, models.BillLine, "bill", LINE),
    ),
    Kind(
        "credit_notes",
        "credit-note",
        facts.CreditNote,
        models.CreditNote,
        (*BILL, *same("number", "dated")),
        below=Below("lines", facts.BillLine, models.CreditNoteLine, "credit_note", LINE),
    ),
    Kind("write_offs", "write-off", facts.WriteOff, models.WriteOff, (*BILL, LINE_KIND, AMOUNT), once=False),
    Kind(
        "fee_payments",
        "fee-payment",
        facts.FeePayment,
        models.FeePayment,
        (*BILL, LINE_KIND, AMOUNT, NETTED_FROM),
        once=False,
    ),
    Kind(
        "fee_reversals",
        "fee-reversal",
        facts.FeeReversal,
        models.FeeReversal,
        (*BILL, LINE_KIND, AMOUNT, NETTED_FROM),
        once=False,
    ),
    Kind(
        "over_cap_allotments",
        "over-cap-allotment",
        facts.OverCapAllotment,
        models.OverCapAllotment,
        (),
        once=False,
        below=Below(
            "parts",
            facts.OverCapPart,
            models.OverCapPart,
            "over_cap_allotment",
            (INVESTOR, Column("parts", "parts", read=money)),
        ),
    ),
)

KIND_OF_FACT: dict[type[facts.Fact], Kind] = {kind.fact: kind for kind in KINDS}
KIND_OF_ROW: dict[type[models.FactRow], Kind] = {kind.model: kind for kind in KINDS}
