"""Who may do what: one table, asked first in each action.

The two counsel do everything on their deal's checklist except act for the other side: who owes a
paper hands it in, who benefits from it accepts it, and each side signs off for itself. What an
investor says (a consent, a confirmation, an approval) its counsel may put on file too. An
investor's contact acts for its own investors only; `closing.actions.base.Act.check_own` sees to it.
What putting a fact on file takes is in `closing.rules.fact_verbs`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from closing.rules.terms import ISSUER, Deal, Side


class Role(StrEnum):
    """What a user is on a deal; `ADMIN` is what he is in the product. A signatory signs for a party."""

    COMPANY_COUNSEL = "company-counsel"
    INVESTORS_COUNSEL = "investors-counsel"
    INVESTOR = "investor"
    SIGNATORY = "signatory"
    ADMIN = "admin"


class Verb(StrEnum):
    """Everything that may be done, in words that complete `... may not ...`."""

    EDIT_CHECKLIST = "change the checklist"
    UPLOAD_DOCUMENT = "upload a document"
    MOVE_DELIVERABLE = "submit a deliverable, accept it or send it back"
    WRITE_NOTE = "write a note"
    REQUEST_PACKET = "ask for a packet"
    CANCEL_PACKET = "cancel a packet"
    RECORD_SIGNATURE = "record a signature page"
    FREEZE_VERSION = "make a version the execution version"
    CARRY_OVER = "carry signed pages over to a later version"
    SEND_PAGES = "send pages to sign"
    RETURN_PAGES = "hand in signed pages that came back, and file them"
    SIGN = "sign"
    DECLINE = "decline to sign"
    RELEASE_PAGES = "release signed pages from escrow"
    MAKE_EXECUTED = "make an executed version"
    MAKE_BOOK = "make a closing book"
    CANCEL_BOOK = "cancel a closing book"
    MAKE_MONEY_PAPER = "make a paper about the money"
    MAKE_RECEIPT = "make a receipt"
    FREEZE_FUNDS_FLOW = "freeze a version of the funds flow"
    AGREE_TO_FUNDS_FLOW = "agree to a funds flow"
    SIGN_OFF_FOR_ISSUER = "sign off for the company's side"
    SIGN_OFF_FOR_INVESTORS_COUNSEL = "sign off as the investors' counsel"
    SIGN_OFF_FOR_INVESTOR = "sign off for an investor"
    CONFIRM_FOR_ISSUER = "confirm the company's representations"
    CONFIRM_FOR_INVESTOR = "confirm an investor's representations"
    DISCLOSE = "disclose an exception"
    TAKE_STEP = "record a step"
    DELIVER_FROM_ISSUER = "record a delivery by the company's side"
    DELIVER_FROM_INVESTORS = "record a delivery by the investors' side"
    CERTIFY = "record an officer's certificate"
    GIVE_OPINION_OF_COMPANY_COUNSEL = "record company counsel's opinion"
    GIVE_OPINION_OF_INVESTORS_COUNSEL = "record the investors' counsel's opinion"
    QUALIFY = "record a qualification"
    RECORD_THIRD_PARTY_CONSENT = "record a third party's consent"
    RECORD_PAYMENT = "record purchase price received"
    ANNOUNCE_PAYMENT = "announce a payment"
    IMPORT_STATEMENT = "take in a bank's statement"
    PROPOSE_INSTRUCTIONS = "propose wire instructions"
    CONFIRM_INSTRUCTIONS = "put wire instructions in force, or reject them"
    PROPOSE_WAIVER = "propose a waiver"
    WAIVE_FOR_ISSUER = "waive a condition for the company"
    ANSWER_WAIVER = "answer a waiver"
    RECORD_PROXY = "record a proxy"
    PROPOSE = "put a proposal to the investors"
    AGREE_FOR_ISSUER = "agree to a proposal for the company"
    APPROVE = "approve a proposal"
    BILL_FEES = "put a bill of the investors' counsel on file, or take anything off one"
    BILL_FOR_ISSUER = "put a bill to the company on file, or take anything off one"
    CORRECT_BILL = "take anything off a bill, or add its PDF"
    PAY_FEES = "record a payment of fees"
    ALLOT_OVER_CAP = "allot what is over the cap"
    SEND_REMINDERS = "send reminders"
    CLOSE = "confirm the closing"
    FINISH_POST_CLOSING_ITEM = "finish a post-closing item"
    SEE_EVENTS = "see what was done"
    LOAD_FACTS = "load facts from a file"
    LOAD_DEAL = "load a deal file"
    SEE_CAP_TABLE = "see the cap table"
    EDIT_CAP_TABLE = "change the cap table"
    MANAGE_USERS = "manage users and their roles"


_COMPANY = frozenset({Role.COMPANY_COUNSEL})
_INVESTORS = frozenset({Role.INVESTORS_COUNSEL})
_COUNSEL = _COMPANY | _INVESTORS
_INVESTOR_SIDE = _INVESTORS | {Role.INVESTOR}
_ADMIN = frozenset({Role.ADMIN})

MAY: Mapping[Verb, frozenset[Role]] = MappingProxyType(
    {
        # What of it the agreement fixes is a rule of its own: closing.rules.checklist.
        Verb.EDIT_CHECKLIST: _COUNSEL,
        Verb.UPLOAD_DOCUMENT: _COUNSEL,
        # Which of the two may make which move is a rule of its own: closing.rules.submissions.
        Verb.MOVE_DELIVERABLE: _COUNSEL,
        Verb.WRITE_NOTE: _COUNSEL,
        Verb.REQUEST_PACKET: _COUNSEL | {Role.INVESTOR, Role.SIGNATORY},
        Verb.CANCEL_PACKET: _COUNSEL,
        Verb.RECORD_SIGNATURE: _COUNSEL | {Role.INVESTOR},
        Verb.FREEZE_VERSION: _COUNSEL,
        # The authority is the signatory's; counsel states it, in words, with who gave it.
        Verb.CARRY_OVER: _COUNSEL,
        Verb.SEND_PAGES: _COUNSEL,
        Verb.RETURN_PAGES: _COUNSEL,
        # Nobody signs for another: closing.actions.signing asks whose block it is.
        Verb.SIGN: frozenset({Role.SIGNATORY}),
        Verb.DECLINE: _COUNSEL | {Role.SIGNATORY},
        # Each side's counsel holds its own side's pages, and releases those: closing.rules.escrow.
        Verb.RELEASE_PAGES: _COUNSEL,
        Verb.MAKE_EXECUTED: _COUNSEL,
        Verb.MAKE_BOOK: _COUNSEL | {Role.INVESTOR},
        Verb.CANCEL_BOOK: _COUNSEL,
        Verb.MAKE_MONEY_PAPER: _COUNSEL,
        Verb.MAKE_RECEIPT: _COUNSEL | {Role.INVESTOR},
        # Each counsel agrees for its own side: closing.actions.funds_flow.
        Verb.FREEZE_FUNDS_FLOW: _COUNSEL,
        Verb.AGREE_TO_FUNDS_FLOW: _COUNSEL,
        Verb.SIGN_OFF_FOR_ISSUER: _COMPANY,
        Verb.SIGN_OFF_FOR_INVESTORS_COUNSEL: _INVESTORS,
        Verb.SIGN_OFF_FOR_INVESTOR: _INVESTOR_SIDE,
        Verb.CONFIRM_FOR_ISSUER: _COMPANY,
        Verb.CONFIRM_FOR_INVESTOR: _INVESTOR_SIDE,
        Verb.DISCLOSE: _COMPANY,
        Verb.TAKE_STEP: _COUNSEL,
        Verb.DELIVER_FROM_ISSUER: _COMPANY,
        Verb.DELIVER_FROM_INVESTORS: _INVESTORS,
        Verb.CERTIFY: _COMPANY,
        Verb.GIVE_OPINION_OF_COMPANY_COUNSEL: _COMPANY,
        Verb.GIVE_OPINION_OF_INVESTORS_COUNSEL: _INVESTORS,
        Verb.QUALIFY: _COUNSEL,
        Verb.RECORD_THIRD_PARTY_CONSENT: _COUNSEL,
        # The company knows what reached its account; an investor announces what it sent.
        Verb.RECORD_PAYMENT: _COMPANY,
        Verb.ANNOUNCE_PAYMENT: _INVESTOR_SIDE,
        # The account is the company's, and so is what else its statement shows.
        Verb.IMPORT_STATEMENT: _COMPANY,
        Verb.PROPOSE_INSTRUCTIONS: _COMPANY,
        # Another person than who proposed them: closing.rules.wire_instructions, and the database.
        Verb.CONFIRM_INSTRUCTIONS: _COUNSEL,
        Verb.PROPOSE_WAIVER: _COUNSEL,
        Verb.WAIVE_FOR_ISSUER: _COMPANY,
        Verb.ANSWER_WAIVER: _INVESTOR_SIDE,
        Verb.RECORD_PROXY: _COUNSEL,
        Verb.PROPOSE: _COUNSEL,
        Verb.AGREE_FOR_ISSUER: _COMPANY,
        Verb.APPROVE: _INVESTOR_SIDE,
        Verb.BILL_FEES: _INVESTORS,
        Verb.BILL_FOR_ISSUER: _COMPANY,
        # Whose bill it is decides which of the two: closing.actions.fees asks for BILL_FEES or BILL_FOR_ISSUER too.
        Verb.CORRECT_BILL: _COUNSEL,
        Verb.PAY_FEES: _COMPANY,
        Verb.ALLOT_OVER_CAP: _INVESTORS,
        Verb.SEND_REMINDERS: _COUNSEL,
        # Each side's counsel confirms, and the second confirmation effects it: closing.actions.closing_confirmations.
        Verb.CLOSE: _COUNSEL,
        Verb.FINISH_POST_CLOSING_ITEM: _COUNSEL,
        Verb.SEE_EVENTS: _COUNSEL,
        # Files with facts of both sides, and deals themselves, come in by the operator's commands.
        Verb.LOAD_FACTS: frozenset(),
        Verb.LOAD_DEAL: frozenset(),
        Verb.SEE_CAP_TABLE: _COUNSEL | _ADMIN,
        Verb.EDIT_CAP_TABLE: _ADMIN,
        Verb.MANAGE_USERS: _ADMIN,
    }
)

SIDES: Mapping[Role, Side] = MappingProxyType(
    {Role.COMPANY_COUNSEL: Side.ISSUER, Role.INVESTORS_COUNSEL: Side.INVESTORS}
)
"""The side for which each of the two counsel acts."""

NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.COMPANY_COUNSEL: "company counsel",
        Role.INVESTORS_COUNSEL: "the investors' counsel",
        Role.INVESTOR: "an investor",
        Role.SIGNATORY: "the signatory",
        Role.ADMIN: "the admin",
    }
)


class NotAllowed(Exception):
    """The user's roles do not allow what was asked. The message says who may."""


def why_not(roles: Iterable[Role], verb: Verb) -> str:
    """Why these roles may not do this, as a sentence that names who may; blank where they may."""
    allowed = MAY[verb]
    if allowed & set(roles):
        return ""
    if not allowed:
        return f"Only the operator of the closing room may {verb}."
    names = [NAMES[role] for role in Role if role in allowed]
    who = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"Only {who} may {verb}."


def check_may(roles: Iterable[Role], verb: Verb) -> None:
    """Raises NotAllowed, with the reason, unless one of the roles may do this."""
    reason = why_not(roles, verb)
    if reason:
        raise NotAllowed(reason)


def side_of(party: str, deal: Deal) -> Side:
    """The side of the table on which a party reference sits; an unknown name is an investor's."""
    counsel = deal.counsel_by_key.get(party)
    return side_of_party(party, counsel.side if counsel else None)


def side_of_party(party: str, counsel: Side | None) -> Side:
    """As `side_of`, where `counsel` is the side of the counsel whose key `party` is, or None for another party."""
    if party == ISSUER:
        return Side.ISSUER
    return counsel or Side.INVESTORS
