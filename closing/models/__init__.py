"""What the upper building stores, and what the database itself refuses."""

from closing.models.base import FactRow
from closing.models.checklist import ChecklistImport
from closing.models.closings import ClosedAllotment, Closing, PostClosingItem
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
)
from closing.models.events import Event
from closing.models.fees import Bill, BillLine, FeePayment
from closing.models.majorities import Approval, Proposal, Proxy
from closing.models.notes import Note
from closing.models.payments import Payment
from closing.models.reminders import Reminder
from closing.models.signatures import Packet, PacketPage, Signature, SignaturePage
from closing.models.submissions import Submission
from closing.models.waivers import Consent, ConsentPaper, Waiver

__all__ = [
    "Allotment",
    "Approval",
    "Bill",
    "BillLine",
    "ChecklistImport",
    "ClosedAllotment",
    "Closing",
    "Condition",
    "Confirmation",
    "Consent",
    "ConsentPaper",
    "Counsel",
    "Deal",
    "Deliverable",
    "Delivery",
    "Disclosure",
    "DocumentVersion",
    "Event",
    "FactRow",
    "FeePayment",
    "Membership",
    "Note",
    "OfficerCertificate",
    "Opinion",
    "Packet",
    "PacketPage",
    "Payment",
    "PostClosingItem",
    "Proposal",
    "Proxy",
    "Qualification",
    "Reminder",
    "SignOff",
    "Signature",
    "SignatureBlock",
    "SignaturePage",
    "StepTaken",
    "Submission",
    "ThirdPartyConsent",
    "Waiver",
]
