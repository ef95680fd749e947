"""What the upper building stores, and what the database itself refuses."""

from closing.models.bank import BankBooking, BankLine, BankStatement
from closing.models.base import FactRow
from closing.models.books import ClosingBook
from closing.models.checklist import ChecklistImport
from closing.models.closings import (
    ClosedAllotment,
    Closing,
    ClosingConfirmation,
    PostClosingItem,
    Reimbursement,
)
from closing.models.conditions import (
    Condition,
    Confirmation,
    Disclosure,
    Qualification,
    SignOff,
    StepTaken,
    ThirdPartyConsent,
)
from closing.models.deals import Allotment, Counsel, Deal, Membership, SignatureBlock
from closing.models.documents import (
    Deliverable,
    Delivery,
    DocumentVersion,
    OfficerCertificate,
    Opinion,
    PdfCopy,
)
from closing.models.events import Event
from closing.models.executed import CarryOver, ExecutedVersion, ExecutionVersion
from closing.models.fee_payments import FeePayment, FeeReversal
from closing.models.fees import Bill, BillLine, CreditNote, CreditNoteLine, FeeCap, WriteOff
from closing.models.funds_flow import FundsFlowAgreement, FundsFlowVersion
from closing.models.instructions import WireInstruction
from closing.models.leases import LeasedFile, LeasedRow
from closing.models.majorities import Approval, Proposal, Proxy
from closing.models.money_papers import MoneyPaper
from closing.models.notes import Note
from closing.models.over_cap import OverCapAllotment, OverCapPart
from closing.models.payments import Announcement, Payment, Refund
from closing.models.reading import PageRead
from closing.models.reminders import Reminder
from closing.models.returns import ReturnedFile, ReturnedPage
from closing.models.signatures import (
    Counterpart,
    Declining,
    ElectronicSignature,
    Packet,
    PacketPage,
    Signature,
    SignaturePage,
)
from closing.models.submissions import Submission
from closing.models.waivers import Consent, ConsentPaper, Waiver

__all__ = [
    "Allotment",
    "Announcement",
    "Approval",
    "BankBooking",
    "BankLine",
    "BankStatement",
    "Bill",
    "BillLine",
    "CarryOver",
    "ChecklistImport",
    "ClosedAllotment",
    "Closing",
    "ClosingBook",
    "ClosingConfirmation",
    "Condition",
    "Confirmation",
    "Consent",
    "ConsentPaper",
    "Counsel",
    "Counterpart",
    "CreditNote",
    "CreditNoteLine",
    "Deal",
    "Declining",
    "Deliverable",
    "Delivery",
    "Disclosure",
    "DocumentVersion",
    "ElectronicSignature",
    "Event",
    "ExecutedVersion",
    "ExecutionVersion",
    "FactRow",
    "FeeCap",
    "FeePayment",
    "FeeReversal",
    "FundsFlowAgreement",
    "FundsFlowVersion",
    "LeasedFile",
    "LeasedRow",
    "Membership",
    "MoneyPaper",
    "Note",
    "OfficerCertificate",
    "Opinion",
    "OverCapAllotment",
    "OverCapPart",
    "Packet",
    "PacketPage",
    "PageRead",
    "Payment",
    "PdfCopy",
    "PostClosingItem",
    "Proposal",
    "Proxy",
    "Qualification",
    "Refund",
    "Reimbursement",
    "Reminder",
    "ReturnedFile",
    "ReturnedPage",
    "SignOff",
    "Signature",
    "SignatureBlock",
    "SignaturePage",
    "StepTaken",
    "Submission",
    "ThirdPartyConsent",
    "Waiver",
    "WireInstruction",
    "WriteOff",
]
